"""The base class of training: Lightning's hooks, seeds, CUDA graphs and the check for divergence.

Lightning gives: the loop over epochs and validation, devices and processes (DDP), mixed precision with the
scaler of fp16, the content of checkpoints and their restoration, the progress bar, and TensorBoard.

Internals of Lightning that this package touches, each in one place:

- `trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress` (here): counts the optimisation steps,
  which Lightning cannot see when several come with one batch, or are CUDA graphs;
- `trainer.strategy.optimizer_step` (here): the step of the precision plugin, which unscales fp16 gradients;
- `trainer._checkpoint_connector.dump_checkpoint`, `trainer.strategy.checkpoint_io`,
  `trainer.strategy.launcher` and the key `loops` of checkpoints (`preemption`): state between batches;
- `trainer.strategy.root_device` (`seqcnn.data.datamodule`): where the data are put before training begins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightning
import torch
from torch import Tensor

from seqcnn.config.model import TrainingPlan
from seqcnn.data.batches.augmentation import Batch
from seqcnn.data.batches.epoch_sampler import derive_seed
from seqcnn.data.datamodule import unstack
from seqcnn.model.network.regressor import SequenceRegressor
from seqcnn.model.training.cuda_graphs import GraphedStep
from seqcnn.model.training.distillation import Teachers
from seqcnn.model.training.losses import TrainingDiverged


class TrainingLoop(lightning.LightningModule):
    """Everything about training but the step; all randomness is a pure function of (seed, step).

    Lightning hands over several steps at a time, which are taken without waiting for the device.
    A subclass defines `step`, `validation_loss` and `configure_optimizers`, and sets `teachers`.
    """

    losses: Tensor
    """Of the epoch so far: sum over the sequences of all devices, their number, sum of gradient norms."""
    teachers: Teachers

    def __init__(self, model: SequenceRegressor, plan: TrainingPlan, *, seed: int) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.model, self.plan, self.seed = model, plan, seed
        self.run_step: Callable[[Batch], None] = self.step
        self.register_buffer("losses", torch.zeros(3))

    def step(self, batch: Batch) -> None:
        """Take one step, all of it on the device."""
        raise NotImplementedError

    def validation_loss(self, batch: Batch) -> Tensor:
        """Return the loss of one batch of validation rows."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Predict a one-hot batch (N, 4, L), in the units of the targets (N, T)."""
        return self.model(x)

    def on_fit_start(self) -> None:
        """Move the teachers to the device, and record steps as CUDA graphs if possible."""
        self.teachers.to(self.device)
        if self.uses_graphs():
            self.run_step = GraphedStep(self.step)

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        """Take all steps of a batch from Lightning."""
        progress = self.trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress
        schedule: Any = self.lr_schedulers()
        for step_batch in unstack(batch):
            self.seed_dropout()
            self.run_step(step_batch)
            if self.device.type == "cpu":  # other devices are not waited for within an epoch
                self._refuse_divergence(f", step {self.global_step + 1}")
            schedule.step()
            progress.increment_ready()
            progress.increment_completed()

    def on_validation_start(self) -> None:
        """Copy the running statistics of the first process, whose model is kept, to all processes."""
        if self.trainer.world_size > 1:
            for buffer in self.model.buffers():
                torch.distributed.broadcast(buffer, 0)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Log the validation loss."""
        for step_batch in unstack(batch):
            loss = self.validation_loss(step_batch)
            self.log("val_loss", loss, batch_size=len(step_batch["numbers"]), sync_dist=True)

    def on_validation_epoch_end(self) -> None:
        """Log the training loss of the epoch; checkpoints within an epoch hold its sum so far."""
        self._refuse_divergence()
        self.log("train_loss", self.losses[0] / self.losses[1])
        self.losses.zero_()

    def add_loss(self, loss: Tensor, count: int) -> None:
        """Add the mean loss of `count` sequences to the sums of the epoch, over all devices."""
        size = torch.full_like(loss, count)
        gathered: Any = self.all_gather(torch.stack([loss * size, size]))
        self.losses[:2].add_(gathered.view(-1, 2).sum(0))

    def add_gradient_norm(self, norm: Tensor) -> None:
        """Add a gradient's norm to the sum of the epoch; fp16's scaler skips those that are not finite."""
        if self.plan.precision != "16":
            self.losses[2].add_(norm)

    def clip_and_step(self) -> None:
        """Unscale the gradients of fp16, call `on_before_optimizer_step`, and let the optimizer step."""
        optimizer: Any = self.optimizers(use_pl_optimizer=False)
        self.trainer.strategy.optimizer_step(optimizer, _no_closure)

    def uses_graphs(self) -> bool:
        """Return whether steps are CUDA graphs: on one GPU, unless fp16's scaler would wait for it."""
        return self.device.type == "cuda" and self.trainer.world_size == 1 and self.plan.precision != "16"

    def seed_dropout(self) -> None:
        """Seed dropout from the step, so that a resumed run samples what an uninterrupted one samples."""
        seed = derive_seed(self.seed, 2, self.global_step, self.global_rank)
        torch.default_generator.manual_seed(seed)  # `torch.manual_seed` visits every backend, at every step
        if self.device.type != "cpu":
            getattr(torch, self.device.type).manual_seed(seed)

    def _refuse_divergence(self, step: str = "") -> None:
        """Raise `TrainingDiverged` if the loss or a gradient is not finite, naming the epoch."""
        loss, _, norm = torch.isfinite(self.losses).tolist()
        if loss and norm:
            return
        lr = float(self.trainer.optimizers[0].param_groups[0]["lr"])
        where = f"epoch {self.current_epoch + 1}{step}, learning rate {lr:.3g}"
        what = "gradient" if loss else "loss"
        raise TrainingDiverged(
            f"training: {what} is NaN or infinite at {where}; lower `lr`, or check the targets"
        )


def _no_closure() -> None:
    """Do nothing: the gradients are computed already."""

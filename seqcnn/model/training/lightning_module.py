"""The Lightning module: masked, weighted loss, sparse filters, AdamW, one-cycle learning rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torch.nn import functional

from seqcnn.config.model import TrainingPlan
from seqcnn.data.batches.augmentation import Batch
from seqcnn.data.batches.epoch_sampler import derive_seed
from seqcnn.data.datamodule import unstack
from seqcnn.errors import SeqcnnError
from seqcnn.model.network.regressor import LOG_VARIANCE, SequenceRegressor
from seqcnn.model.training.cuda_graphs import GraphedStep
from seqcnn.model.training.distillation import Teachers

Encoded = tuple[Tensor, Tensor, Tensor]


class TrainingDiverged(SeqcnnError):
    """The loss or a gradient became infinite or NaN."""


def masked_loss(scores: Tensor, y: Tensor, weights: Tensor, loss: str) -> Tensor:
    """Return the weighted mean loss over the measured targets; 0 if none is measured.

    Parameters
    ----------
    scores
        Head output (N, T); for `gaussian` (N, 2 T), means and logarithms of variances.
    y
        Measurements (N, T) on the same scale (counts for `poisson`); NaN = not measured.
    weights
        (N,), one a sequence.
    loss
        `mse`, `huber` (delta 1), `poisson` (scores are the logarithm of the rate) or `gaussian`.
    """
    measured = torch.isfinite(y)
    y = torch.where(measured, y, torch.zeros_like(y))
    mean, log_variance = scores[:, : y.shape[1]], scores[:, y.shape[1] :]
    each = {
        "mse": lambda: functional.mse_loss(mean, y, reduction="none"),
        "huber": lambda: functional.huber_loss(mean, y, reduction="none"),
        "poisson": lambda: functional.poisson_nll_loss(mean, y, reduction="none"),
        "gaussian": lambda: functional.gaussian_nll_loss(
            mean, y, log_variance.clamp(*LOG_VARIANCE).exp(), reduction="none"
        ),
    }[loss]()
    share = weights.unsqueeze(1) * measured  # (N, T)
    return (each * share).sum() / share.sum().clamp(min=torch.finfo(torch.float32).tiny)


def filter_weights(model: SequenceRegressor) -> list[nn.Parameter]:
    """Return the weights of all convolutions, those of filters that stand twice once."""
    return [weight for weight in model.encoder.parameters() if weight.ndim > 2]


class RegressorTraining(lightning.LightningModule):
    """Fits a `SequenceRegressor`; everything random is a pure function of (seed, step).

    Lightning hands over some steps at a time, which are taken without waiting for the device; `encode` turns
    each into one-hot sequences, targets and weights.
    """

    losses: Tensor
    """Of the epoch so far: sum over the sequences of all devices, their number, sum of gradient norms."""

    def __init__(
        self,
        model: SequenceRegressor,
        plan: TrainingPlan,
        encode: Callable[[Batch], Encoded],
        *,
        seed: int,
        steps: int,
        teachers: Teachers,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.model, self.plan, self.seed, self.steps = model, plan, seed, steps
        self.encode, self.teachers = encode, teachers
        self.take: Callable[[Batch], None] = self._step
        self.register_buffer("losses", torch.zeros(3))

    def forward(self, x: Tensor) -> Tensor:
        """Predict in the units of the targets."""
        y_hat: Tensor = self.model(x)
        return y_hat

    def on_fit_start(self) -> None:
        """Bring the teachers to the device."""
        self.teachers.to(self.device)
        if self._graphed():
            self.take = GraphedStep(self._step)

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        """Take all steps of a batch from Lightning."""
        count = self.trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress
        schedule: Any = self.lr_schedulers()
        for one in unstack(batch):
            self._seed_dropout()
            self.take(one)
            if self.device.type == "cpu":  # others are not waited for within an epoch
                self._refuse_divergence(f", step {self.global_step + 1}")
            schedule.step()
            count.increment_ready()
            count.increment_completed()

    def on_validation_start(self) -> None:
        """Let all processes validate what the first one keeps; running statistics are each one's own."""
        if self.trainer.world_size > 1:
            for buffer in self.model.buffers():
                torch.distributed.broadcast(buffer, 0)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Log the validation loss."""
        for one in unstack(batch):
            self.log("val_loss", self._loss(self.encode(one)), batch_size=len(one["numbers"]), sync_dist=True)

    def on_validation_epoch_end(self) -> None:
        """Log the training loss of the epoch; a state within an epoch holds what it sums up."""
        self._refuse_divergence()
        self.log("train_loss", self.losses[0] / self.losses[1])
        self.losses.zero_()

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Clip the gradient's norm, and note it; fp16's scaler skips by itself those that are not finite."""
        norm = nn.utils.clip_grad_norm_(self.parameters(), self.plan.grad_clip)
        if self.plan.precision != "16":
            self.losses[2].add_(norm)

    def configure_optimizers(self) -> Any:
        """AdamW, and a one-cycle learning rate that moves every step."""
        graphed = self._graphed()
        lr: Any = torch.tensor(self.plan.lr, device=self.device) if graphed else self.plan.lr
        fused = self.trainer.precision != "16-mixed"  # whose gradients are scaled when they are clipped
        optimizer = torch.optim.AdamW(
            self.parameters(), lr=lr, weight_decay=self.plan.weight_decay, fused=fused, capturable=graphed
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            self.plan.lr,
            total_steps=self.steps + 1,
            pct_start=self.plan.warmup_fraction,
            cycle_momentum=False,
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _step(self, batch: Batch) -> None:
        """Take one step, all of it on the device."""
        x, y, weights = self.encode(batch)
        loss = self._loss((x, self.teachers.blend(x, y), weights))
        size = torch.full_like(loss, len(x))
        of_all_devices: Any = self.all_gather(torch.stack([loss.detach() * size, size]))
        self.losses[:2].add_(of_all_devices.view(-1, 2).sum(0))
        optimizer: Any = self.optimizers(use_pl_optimizer=False)
        optimizer.zero_grad()
        self.manual_backward(loss + self._sparsity() if self.plan.l1 else loss)
        self.trainer.strategy.optimizer_step(optimizer, _nothing)

    def _graphed(self) -> bool:
        """Tell whether steps may be CUDA graphs: on one GPU, and fp16's scaler would wait for it."""
        return self.device.type == "cuda" and self.trainer.world_size == 1 and self.plan.precision != "16"

    def _seed_dropout(self) -> None:
        """Seed dropout from the step, so that a resumed run draws what an undisturbed one draws."""
        seed = derive_seed(self.seed, 2, self.global_step, self.global_rank)
        torch.default_generator.manual_seed(seed)  # `torch.manual_seed` looks at every backend, every step
        if self.device.type != "cpu":
            getattr(torch, self.device.type).manual_seed(seed)

    def _loss(self, batch: Encoded) -> Tensor:
        """Return the loss of one batch on the scale of the head's output."""
        x, y, weights = batch
        y = y if self.plan.loss == "poisson" else self.model.standardise(y)
        return masked_loss(self.model.scores(x).float(), y, weights, self.plan.loss)

    def _sparsity(self) -> Tensor:
        """Return the loss of the filters' weights, as the lasso's."""
        return self.plan.l1 * torch.stack([weight.abs().sum() for weight in filter_weights(self.model)]).sum()

    def _refuse_divergence(self, step: str = "") -> None:
        """Raise with the place where training diverged, if it did."""
        loss, _, norm = torch.isfinite(self.losses).tolist()
        if loss and norm:
            return
        lr = float(self.trainer.optimizers[0].param_groups[0]["lr"])
        where = f"epoch {self.current_epoch + 1}{step}, learning rate {lr:.3g}"
        what = "gradient" if loss else "loss"
        raise TrainingDiverged(
            f"training: {what} is NaN or infinite at {where}; lower `lr`, or check the targets"
        )


def _nothing() -> None:
    """Do nothing: the gradients are there already."""

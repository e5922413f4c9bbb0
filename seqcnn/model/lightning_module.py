"""The Lightning module: masked, weighted loss, sparse filters, AdamW, one-cycle learning rate."""

from __future__ import annotations

from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torch.nn import functional

from seqcnn.config import TrainingPlan
from seqcnn.data.datamodule import derive_seed
from seqcnn.errors import SeqcnnError
from seqcnn.model.regressor import LOG_VARIANCE, SequenceRegressor
from seqcnn.model.teachers import Teachers

Batch = tuple[Tensor, Tensor, Tensor]


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
    """Fits a `SequenceRegressor`; everything random is a pure function of (seed, step)."""

    losses: Tensor
    """Of the epoch so far: sum over the sequences of all devices, and their number."""

    def __init__(
        self, model: SequenceRegressor, plan: TrainingPlan, *, seed: int, steps: int, teachers: Teachers
    ) -> None:
        super().__init__()
        self.model, self.plan, self.seed, self.steps = model, plan, seed, steps
        self.teachers = teachers
        self.register_buffer("losses", torch.zeros(2))

    def forward(self, x: Tensor) -> Tensor:
        """Predict in the units of the targets."""
        y_hat: Tensor = self.model(x)
        return y_hat

    def on_fit_start(self) -> None:
        """Bring the teachers to the device."""
        self.teachers.to(self.device)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Seed dropout from the step, so that a resumed run draws what an undisturbed one draws."""
        seed = derive_seed(self.seed, 2, self.global_step, self.global_rank)
        torch.default_generator.manual_seed(seed)  # `torch.manual_seed` looks at every backend, every step
        if self.device.type != "cpu":
            getattr(torch, self.device.type).manual_seed(seed)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the loss of one batch."""
        x, y, weights = batch
        loss = self._loss((x, self.teachers.blend(x, y), weights))
        if not torch.isfinite(loss):
            self._stop_diverged("loss")
        found = torch.stack([loss.detach() * len(x), loss.new_tensor(len(x))])
        of_all_devices: Any = self.all_gather(found)
        self.losses += of_all_devices.view(-1, 2).sum(0)
        return loss + self._sparsity() if self.plan.l1 else loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Log the validation loss."""
        self.log("val_loss", self._loss(batch), batch_size=len(batch[0]), sync_dist=True)

    def on_validation_epoch_end(self) -> None:
        """Log the training loss of the epoch; a state within an epoch holds what it sums up."""
        self.log("train_loss", self.losses[0] / self.losses[1])
        self.losses.zero_()

    def configure_gradient_clipping(self, *_: Any, **__: Any) -> None:
        """Clip the gradient's norm, and refuse one that is not finite; fp16's scaler skips these itself."""
        norm = nn.utils.clip_grad_norm_(self.parameters(), self.plan.clip)
        if self.plan.precision != "16" and not torch.isfinite(norm):
            self._stop_diverged("gradient")

    def configure_optimizers(self) -> Any:
        """AdamW, and a one-cycle learning rate that moves every step."""
        fused = self.trainer.precision != "16-mixed"  # whose gradients are scaled when they are clipped
        optimizer = torch.optim.AdamW(
            self.parameters(), lr=self.plan.lr, weight_decay=self.plan.weight_decay, fused=fused
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            self.plan.lr,
            total_steps=self.steps + 1,
            pct_start=self.plan.warmup,
            cycle_momentum=False,
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _loss(self, batch: Batch) -> Tensor:
        """Return the loss of one batch on the scale of the head's output."""
        x, y, weights = batch
        y = y if self.plan.loss == "poisson" else self.model.standardise(y)
        return masked_loss(self.model.scores(x).float(), y, weights, self.plan.loss)

    def _sparsity(self) -> Tensor:
        """Return the loss of the filters' weights, as the lasso's."""
        return self.plan.l1 * torch.stack([weight.abs().sum() for weight in filter_weights(self.model)]).sum()

    def _stop_diverged(self, what: str) -> None:
        """Raise with the place where training diverged."""
        lr = self.trainer.optimizers[0].param_groups[0]["lr"]
        where = f"epoch {self.current_epoch + 1}, step {self.global_step + 1}, learning rate {lr:.3g}"
        raise TrainingDiverged(
            f"training: {what} is NaN or infinite at {where}; lower `lr`, or check the targets"
        )

"""One training step of a regressor: encode, blend with the teacher, loss, backward, clip, step.

What makes it fast and resumable is in the base class, `seqcnn.model.training.lightning_module`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from seqcnn.config.model import TrainingPlan
from seqcnn.data.batches.augmentation import Batch
from seqcnn.model.layers.images import as_images
from seqcnn.model.network.regressor import SequenceRegressor
from seqcnn.model.training.distillation import Teachers
from seqcnn.model.training.lightning_module import TrainingLoop
from seqcnn.model.training.losses import LOSSES, masked_loss, spread_loss

Encoded = tuple[Tensor, Tensor, Tensor]
"""One-hot sequences (N, 4, L), targets (N, T), weights (N,)."""


class RegressorTraining(TrainingLoop):
    """Fit a `SequenceRegressor` by AdamW with a one-cycle learning rate."""

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
        super().__init__(model, plan, seed=seed)
        self.encode, self.teachers, self.steps = encode, teachers, steps

    def step(self, batch: Batch) -> None:
        """Take one step; nothing in it waits for the device."""
        x, y, weights = self.encode(batch)  # (N, 4, L), (N, T), (N,)
        y, sd = self.teachers.blend(x, y)  # (N, T)
        loss = self.loss((x, y, weights), sd)
        self.add_loss(loss.detach(), len(x))
        self.optimizers(use_pl_optimizer=False).zero_grad()  # type: ignore[union-attr]
        self.manual_backward(loss + self.l1_penalty() if self.plan.l1 else loss)
        self.clip_and_step()

    def loss(self, encoded: Encoded, sd: Tensor | None = None) -> Tensor:
        """Return the loss of one batch on the scale of the head's output; `sd` (N, T) is that of teachers."""
        x, y, weights = encoded
        y = self.model.standardise(y) if LOSSES[self.plan.loss].link == "identity" else y
        scores = self.model.scores(as_images(x, self.model)).float()
        loss = masked_loss(scores, y, weights, self.plan.loss)
        return loss if sd is None else loss + spread_loss(scores, sd / self.model.target_scale, weights)

    def l1_penalty(self) -> Tensor:
        """Return the lasso penalty of the convolution filters."""
        return self.plan.l1 * torch.stack([weight.abs().sum() for weight in filter_weights(self.model)]).sum()

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Clip the gradient's norm; `clip_and_step` calls this with unscaled gradients."""
        self.add_gradient_norm(nn.utils.clip_grad_norm_(self.parameters(), self.plan.grad_clip))

    def validation_loss(self, batch: Batch) -> Tensor:
        """Return the loss of one batch of validation rows."""
        return self.loss(self.encode(batch))

    def configure_optimizers(self) -> Any:
        """Return AdamW, and a one-cycle learning rate that changes with every step."""
        graphed = self.uses_graphs()
        lr: Any = torch.tensor(self.plan.lr, device=self.device) if graphed else self.plan.lr
        fused = self.trainer.precision != "16-mixed"  # whose gradients are scaled when they are clipped
        trained = [parameter for parameter in self.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(
            trained, lr=lr, weight_decay=self.plan.weight_decay, fused=fused, capturable=graphed
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            self.plan.lr,
            total_steps=self.steps + 1,
            pct_start=self.plan.warmup_fraction,
            cycle_momentum=False,
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def filter_weights(model: SequenceRegressor) -> list[nn.Parameter]:
    """Return the weights of all convolutions; filters tied to their reverse complements occur once."""
    return [weight for weight in model.encoder.parameters() if weight.ndim > 2]

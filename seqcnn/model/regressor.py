"""The whole network: encoder, one linear output neuron a target, and the way back to the target's units."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from seqcnn.encoders import Encoder

Link = Literal["identity", "log"]
"""What turns the head's output into the target: `identity` rescales, `log` (Poisson loss) exponentiates."""


class SequenceRegressor(nn.Module):
    """`model(x)`: one-hot (N, 4, L) float32 -> predictions (N, T) in the units of the targets."""

    target_mean: Tensor
    target_scale: Tensor

    def __init__(self, encoder: Encoder, targets: int, link: Link = "identity") -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.out_features, targets)
        self.link = link
        self.register_buffer("target_mean", torch.zeros(targets))
        self.register_buffer("target_scale", torch.ones(targets))

    def scale_to(self, targets: Tensor) -> None:
        """Take mean and standard deviation of the training targets (N, T), NaN left out, as the scaling."""
        if self.link == "log":
            return
        measured = torch.isfinite(targets)
        count = measured.sum(0).clamp(min=1)
        mean = torch.where(measured, targets, 0).sum(0) / count
        variance = torch.where(measured, (targets - mean) ** 2, 0).sum(0) / count
        self.target_mean.copy_(mean)
        self.target_scale.copy_(torch.where(variance > 0, variance.sqrt(), 1))

    def scores(self, x: Tensor) -> Tensor:
        """Return the head's output (N, T): z-scores of the targets, or their logarithm."""
        z: Tensor = self.head(self.encoder(x))
        return z

    def standardise(self, y: Tensor) -> Tensor:
        """Return measurements (N, T) on the scale of `scores` (`identity` link only)."""
        return (y - self.target_mean) / self.target_scale

    def forward(self, x: Tensor) -> Tensor:
        """Predict the targets of a one-hot batch, in their units."""
        scores = self.scores(x)
        return scores.exp() if self.link == "log" else scores * self.target_scale + self.target_mean


def parameter_count(model: nn.Module) -> int:
    """Return the number of trained parameters."""
    return sum(parameter.numel() for parameter in model.parameters())

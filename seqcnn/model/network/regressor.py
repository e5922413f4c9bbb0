"""The whole network: encoder, linear head and rescaling to the units of the targets; and ensembles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

import torch
from torch import Tensor, nn

from seqcnn.encoders import Encoder
from seqcnn.model.network.kmer_profile import KmerProfile

Link = Literal["identity", "log"]
"""Map from the head's output to the target: `identity` rescales, `log` (Poisson loss) exponentiates."""

LOG_VARIANCE = -10.0, 10.0
"""Bounds of the predicted logarithm of the noise's variance, on the scale of z-scores."""


class SequenceRegressor(nn.Module):
    """`model(x)`: one-hot (N, 4, L) float32 -> predictions (N, T) in the units of the targets.

    With `predicts_noise` a second output neuron per target predicts the variance of its measurement noise
    (Nix & Weigend 1994, doi:10.1109/ICNN.1994.374138).
    """

    target_mean: Tensor
    target_scale: Tensor
    profile: KmerProfile

    def __init__(
        self, encoder: Encoder, targets: int, link: Link = "identity", *, predicts_noise: bool = False
    ) -> None:
        super().__init__()
        self.encoder = encoder
        outputs = 2 * targets if predicts_noise else targets
        head = nn.Identity() if encoder.IS_COMPLETE else nn.Linear(encoder.out_features, outputs)
        self.head = cast(nn.Linear, head)
        self.link, self.predicts_noise = link, predicts_noise
        self.register_buffer("target_mean", torch.zeros(targets))
        self.register_buffer("target_scale", torch.ones(targets))

    @property
    def device(self) -> torch.device:
        """Where the network computes."""
        return self.target_mean.device

    @property
    def members(self) -> Sequence[SequenceRegressor]:
        """The networks whose mean is the prediction: this one."""
        return (self,)

    def scale_to(self, targets: Tensor) -> None:
        """Set the scaling to mean and standard deviation of the training targets (N, T), ignoring NaN."""
        if self.link == "log":
            return
        measured = torch.isfinite(targets)
        count = measured.sum(0).clamp(min=1)
        # in units of a power of 2, which changes no bit, so that squares of huge or tiny values are finite
        largest = torch.where(measured, targets.abs(), 0).amax(0)
        unit = torch.where(largest > 0, largest / torch.frexp(largest).mantissa, 1)
        targets = targets / unit
        mean = torch.where(measured, targets, 0).sum(0) / count
        variance = torch.where(measured, (targets - mean) ** 2, 0).sum(0) / count
        self.target_mean.copy_(mean * unit)
        self.target_scale.copy_(torch.where(variance > 0, variance.sqrt() * unit, 1))

    def scores(self, x: Tensor) -> Tensor:
        """Return the head's output: z-scores of the targets, or their logarithm, (N, T).

        With `predicts_noise` (N, 2 T): the logarithms of the variances of the z-scores follow.
        """
        return self.head(self.encoder(x))  # (N, D) -> (N, T) or (N, 2 T)

    def standardise(self, y: Tensor) -> Tensor:
        """Return measurements (N, T) on the scale of `scores` (`identity` link only)."""
        return (y - self.target_mean) / self.target_scale

    def predict_members(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Predict in the units of the targets: mean (1, N, T), and SD of the noise (1, N, T) or None."""
        return self.rescaled(self.scores(x))

    def rescaled(self, scores: Tensor) -> tuple[Tensor, Tensor | None]:
        """Convert `scores` to the units of the targets; returns what `predict_members` does."""
        mean = scores[:, : len(self.target_mean)]
        mean = mean.exp() if self.link == "log" else mean * self.target_scale + self.target_mean
        if not self.predicts_noise:
            return mean[None], None
        log_variance = scores[:, len(self.target_mean) :].clamp(*LOG_VARIANCE)
        return mean[None], ((log_variance / 2).exp() * self.target_scale)[None]

    def forward(self, x: Tensor) -> Tensor:
        """Predict the targets of a one-hot batch, in their units."""
        return self.predict_members(x)[0][0]


class Ensemble(nn.Module):
    """Several regressors of one architecture; `model(x)` is the mean of their predictions, (N, T)."""

    profile: KmerProfile

    def __init__(self, members: Sequence[SequenceRegressor]) -> None:
        super().__init__()
        self.members: Sequence[SequenceRegressor] = nn.ModuleList(members)  # type: ignore[assignment]

    @property
    def device(self) -> torch.device:
        """Where the networks compute."""
        return self.members[0].device

    def predict_members(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Predict with every member; as `SequenceRegressor.predict_members`, but (M, N, T)."""
        means, noises = zip(*(member.predict_members(x) for member in self.members), strict=True)
        return torch.cat(means), None if noises[0] is None else torch.cat(noises)

    def forward(self, x: Tensor) -> Tensor:
        """Predict the targets of a one-hot batch, in their units."""
        return self.predict_members(x)[0].mean(0)


Network = SequenceRegressor | Ensemble
"""The network of a bundle."""


def parameter_count(model: nn.Module) -> int:
    """Return the number of trained parameters."""
    return sum(parameter.numel() for parameter in model.parameters())

"""Training losses: `LOSSES` is the only registry, `masked_loss` the weighted mean over measured targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from seqcnn.errors import SeqcnnError
from seqcnn.model.network.regressor import LOG_VARIANCE, Link

Elementwise = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Head's means (N, T), log-variances (N, T) or (N, 0), and measurements (N, T) -> loss of each (N, T)."""


class TrainingDiverged(SeqcnnError):
    """The loss or a gradient became infinite or NaN."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One loss, and what it asks of the network's head."""

    function: Elementwise
    link: Link = "identity"
    """`identity` compares z-scores of the targets; with `log` the head predicts the logarithm of a rate."""
    predicts_noise: bool = False
    """Whether the head predicts a log-variance per target, too."""


def _gaussian_nll(mean: Tensor, log_variance: Tensor, y: Tensor) -> Tensor:
    """Return the Gaussian negative log-likelihood of each measurement, without its constant."""
    return functional.gaussian_nll_loss(mean, y, log_variance.clamp(*LOG_VARIANCE).exp(), reduction="none")


LOSSES = {
    "mse": Loss(lambda mean, _, y: functional.mse_loss(mean, y, reduction="none")),
    "huber": Loss(lambda mean, _, y: functional.huber_loss(mean, y, reduction="none")),
    "poisson": Loss(lambda mean, _, y: functional.poisson_nll_loss(mean, y, reduction="none"), link="log"),
    "gaussian": Loss(_gaussian_nll, predicts_noise=True),
}
"""Name in a training configuration -> loss."""


def masked_loss(scores: Tensor, y: Tensor, weights: Tensor, loss: str) -> Tensor:
    """Return the weighted mean loss over the measured targets; 0 if none is measured.

    Parameters
    ----------
    scores
        Head output (N, T); for `gaussian` (N, 2 T), means and log-variances.
    y
        Measurements (N, T) on the same scale (counts for `poisson`); NaN = not measured.
    weights
        (N,), one per sequence.
    loss
        A name in `LOSSES`: `mse`, `huber` (delta 1), `poisson` (scores are log-rates) or `gaussian`.
    """
    measured = torch.isfinite(y)
    y = torch.where(measured, y, torch.zeros_like(y))  # NaN would spoil the gradient, even if masked
    mean, log_variance = scores[:, : y.shape[1]], scores[:, y.shape[1] :]
    values = LOSSES[loss].function(mean, log_variance, y)  # (N, T)
    mask = weights.unsqueeze(1) * measured  # (N, T)
    return (values * mask).sum() / mask.sum().clamp(min=torch.finfo(torch.float32).tiny)


SPREAD_WEIGHT = 0.1
"""Weight of the loss of the spread; with 1 it takes over, and the mean is predicted worse."""

START_LOG_VARIANCE = -5.0
"""Spread that an untrained student predicts: SDs of 8% of those of the targets, as ensembles have."""


def spread_loss(scores: Tensor, sd: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted mean squared error of the head's log-variances against the SD of teachers.

    Parameters
    ----------
    scores
        Head output (N, 2 T), means and log-variances.
    sd
        SD of the teachers' predictions (N, T), of z-scores.
    weights
        (N,), one per sequence.
    """
    expected = (2 * sd.clamp(min=torch.finfo(torch.float32).tiny).log()).clamp(*LOG_VARIANCE)
    errors = functional.mse_loss(scores[:, sd.shape[1] :], expected, reduction="none").mean(1)  # (N,)
    return SPREAD_WEIGHT * (errors * weights).sum() / weights.sum().clamp(min=torch.finfo(torch.float32).tiny)

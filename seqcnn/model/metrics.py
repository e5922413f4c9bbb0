"""Scores of predictions against measurements; rows that are not measured are left out by the caller.

A metric is one decorated function; its place in this file is its place in the report.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Metric:
    """A named score of predictions `y_hat` (N,) against measurements `y` (N,)."""

    name: str
    label: str
    higher_is_better: bool
    function: Callable[[Array, Array], float]

    def __call__(self, y: Array, y_hat: Array) -> float:
        """Return the score; NaN where it is not defined, such as r of a constant."""
        return self.function(y, y_hat)


METRICS: dict[str, Metric] = {}
"""The only registry of metrics, by name."""


def metric(label: str, *, higher_is_better: bool) -> Callable[[Callable[[Array, Array], float]], Metric]:
    """Register a function of (y, y_hat) as a metric under its own name."""

    def register(function: Callable[[Array, Array], float]) -> Metric:
        """Add the function to the registry."""
        METRICS[function.__name__] = Metric(function.__name__, label, higher_is_better, function)
        return METRICS[function.__name__]

    return register


@metric("Pearson r", higher_is_better=True)
def pearson(y: Array, y_hat: Array) -> float:
    """Pearson's correlation; NaN if either side is constant."""
    if _is_constant(y) or _is_constant(y_hat):
        return float("nan")
    a, b = y - y.mean(), y_hat - y_hat.mean()
    a, b = a / np.abs(a).max(), b / np.abs(b).max()  # squares neither overflow nor vanish
    return float(np.clip((a @ b) / np.sqrt((a @ a) * (b @ b)), -1, 1))


@metric("Spearman rho", higher_is_better=True)
def spearman(y: Array, y_hat: Array) -> float:
    """Pearson's correlation of the ranks, ties sharing their mean rank."""
    from scipy.stats import rankdata

    return pearson(rankdata(y), rankdata(y_hat))


@metric("R²", higher_is_better=True)
def r2(y: Array, y_hat: Array) -> float:
    """1 - SSE / SST: the part of the variance explained, below 0 if worse than the mean."""
    total = float(((y - y.mean()) ** 2).sum())
    return 1 - float(((y - y_hat) ** 2).sum()) / total if total > 0 else float("nan")


@metric("RMSE", higher_is_better=False)
def rmse(y: Array, y_hat: Array) -> float:
    """Root mean square error, in the units of the target."""
    return float(np.sqrt(np.mean((y - y_hat) ** 2)))


@metric("MAE", higher_is_better=False)
def mae(y: Array, y_hat: Array) -> float:
    """Mean absolute error, in the units of the target."""
    return float(np.mean(np.abs(y - y_hat)))


def _is_constant(values: Array) -> bool:
    """Tell whether values differ by no more than rounding."""
    return bool(np.ptp(values) <= 1e-12 * np.abs(values).max())

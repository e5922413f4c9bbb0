"""Scores of predictions against measurements; rows that are not measured are left out by the caller.

A metric is one decorated function; its place in this file is its place in the report.  It is given how
often each row counts, (B, n): a row of ones scores the rows as they are, others score B resamples at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Array = np.ndarray


_ROUNDING = 1e-12  # values that differ by less than this part of the largest are constant


@dataclass(frozen=True, slots=True)
class Metric:
    """A named score of predictions `y_hat` (n,) against measurements `y` (n,)."""

    name: str
    label: str
    higher_is_better: bool
    function: Callable[[Array, Array, Array], Array]

    def __call__(self, y: Array, y_hat: Array) -> float:
        """Return the score; NaN where it is not defined, such as r of a constant."""
        return float(self.function(y, y_hat, np.ones((1, len(y))))[0])

    def resampled(self, y: Array, y_hat: Array, times: Array) -> Array:
        """Return the scores (B,) of B resamples, in which each row occurs so many `times` (B, n)."""
        return self.function(y, y_hat, times)


METRICS: dict[str, Metric] = {}
"""The only registry of metrics, by name."""


def metric(
    label: str, *, higher_is_better: bool
) -> Callable[[Callable[[Array, Array, Array], Array]], Metric]:
    """Register a function of (y, y_hat, times) as a metric under its own name."""

    def register(function: Callable[[Array, Array, Array], Array]) -> Metric:
        """Add the function to the registry."""
        METRICS[function.__name__] = Metric(function.__name__, label, higher_is_better, function)
        return METRICS[function.__name__]

    return register


@metric("Pearson r", higher_is_better=True)
def pearson(y: Array, y_hat: Array, times: Array) -> Array:
    """Pearson's correlation; NaN if either side is constant."""
    return _correlation(_scaled(y), _scaled(y_hat), times)


@metric("Spearman rho", higher_is_better=True)
def spearman(y: Array, y_hat: Array, times: Array) -> Array:
    """Pearson's correlation of the ranks, ties sharing their mean rank."""
    return _correlation(_ranks(y, times), _ranks(y_hat, times), times)


@metric("R²", higher_is_better=True)
def r2(y: Array, y_hat: Array, times: Array) -> Array:
    """1 - SSE / SST: the part of the variance explained, below 0 if worse than the mean."""
    deviations = _centred(y, times)
    total = _sums(times * deviations, deviations)
    error = times @ (y - y_hat) ** 2
    defined = total > times.sum(1) * (_ROUNDING * np.abs(y).max()) ** 2
    return np.where(defined, 1 - error / np.where(defined, total, 1), np.nan)


@metric("RMSE", higher_is_better=False)
def rmse(y: Array, y_hat: Array, times: Array) -> Array:
    """Root mean square error, in the units of the target."""
    return np.asarray(np.sqrt(times @ (y - y_hat) ** 2 / times.sum(1)))


@metric("MAE", higher_is_better=False)
def mae(y: Array, y_hat: Array, times: Array) -> Array:
    """Mean absolute error, in the units of the target."""
    return np.asarray(times @ np.abs(y - y_hat) / times.sum(1))


def _scaled(values: Array) -> Array:
    """Centre values (n,), at most 1 then, so that squares neither overflow nor vanish; 0 if constant."""
    if np.ptp(values) <= _ROUNDING * np.abs(values).max():
        return np.zeros(len(values))
    centred = values - values.mean()
    return np.asarray(centred / np.abs(centred).max())


def _ranks(values: Array, times: Array) -> Array:
    """Return the ranks (B, n) of values in resamples, ties sharing their mean rank."""
    order = np.argsort(values, kind="stable")
    new = np.diff(values[order], prepend=np.nan) != 0  # the first of equal values
    counts = np.add.reduceat(times[:, order], np.flatnonzero(new), axis=1)
    mean_rank = np.cumsum(counts, axis=1) - (counts - 1) / 2
    ranks = np.empty_like(times)
    ranks[:, order] = mean_rank[:, np.cumsum(new) - 1]
    return ranks


def _correlation(a: Array, b: Array, times: Array) -> Array:
    """Return the correlation (B,) of a and b, (n,) or (B, n), in resamples; NaN where one is constant."""
    a, b = _centred(a, times), _centred(b, times)
    counted = times * a
    aa, bb, ab = _sums(counted, a), _sums(times * b, b), _sums(counted, b)
    least = times.sum(1) * _ROUNDING**2
    defined = (aa > least) & (bb > least)
    r = ab / np.sqrt(np.where(defined, aa * bb, 1))
    return np.where(defined, np.clip(r, -1, 1), np.nan)


def _centred(values: Array, times: Array) -> Array:
    """Return values (B, n) minus their mean in each resample."""
    mean = _sums(times, np.broadcast_to(values, times.shape)) / times.sum(1)
    return np.asarray(values - mean[:, None])


def _sums(a: Array, b: Array) -> Array:
    """Return the sums of products, row by row."""
    return np.asarray(np.einsum("bn,bn->b", a, b))

"""Metrics of predictions against measurements; callers leave out rows that are not measured.

A metric is one decorated function, and its place in this file is its place in the report.  `@metric` takes a
plain `f(y, y_hat) -> float`; resampling calls it once per resample.  `@batched_metric` takes a function that
scores B resamples at once, given how often each row occurs, `times` (B, n); a row of ones scores the rows as
they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

Array = np.ndarray
Plain = Callable[[Array, Array], float]
Batched = Callable[[Array, Array, Array], Array]

MIN_CORRELATION_ROWS = 5
"""Rows below which a correlation is not scored: that of two rows is always -1 or 1."""

_ROUNDING = 1e-12  # values whose range is a smaller fraction of the largest are constant


@dataclass(frozen=True, slots=True)
class Metric:
    """A named score of predictions `y_hat` (n,) against measurements `y` (n,)."""

    name: str
    label: str
    higher_is_better: bool
    description: str
    plain: Plain
    batched: Batched
    min_rows: int = 1
    """Rows below which `score` is None."""

    def score(self, y: Array, y_hat: Array) -> float | None:
        """Return the score; None where it is undefined, and from fewer than `min_rows` rows."""
        value = self(y, y_hat) if len(y) >= self.min_rows else np.nan
        return value if np.isfinite(value) else None

    def __call__(self, y: Array, y_hat: Array) -> float:
        """Return the score; NaN where it is undefined, such as r of a constant."""
        return float(self.plain(y, y_hat))

    def resampled(self, y: Array, y_hat: Array, times: Array) -> Array:
        """Return the scores (B,) of B resamples in which each row occurs `times` (B, n) times."""
        return self.batched(y, y_hat, times)


METRICS: dict[str, Metric] = {}
"""The only registry of metrics, by name."""


def metric(label: str, *, higher_is_better: bool) -> Callable[[Plain], Metric]:
    """Register a function of (y, y_hat) as a metric under its own name."""

    def register(function: Plain) -> Metric:
        """Add the function to the registry, with a loop over resamples."""

        def batched(y: Array, y_hat: Array, times: Array) -> Array:
            """Score each resample by itself."""
            rows = (np.repeat(np.arange(len(y)), counts.astype(int)) for counts in times)
            return np.array([function(y[row], y_hat[row]) for row in rows], float)

        return _add(
            Metric(function.__name__, label, higher_is_better, _description(function), function, batched)
        )

    return register


def batched_metric(label: str, *, higher_is_better: bool, min_rows: int = 1) -> Callable[[Batched], Metric]:
    """Register a function of (y, y_hat, times) as a metric under its own name."""

    def register(function: Batched) -> Metric:
        """Add the function to the registry."""

        def plain(y: Array, y_hat: Array) -> float:
            """Score the rows as they are."""
            return float(function(y, y_hat, np.ones((1, len(y))))[0])

        described = (function.__name__, label, higher_is_better, _description(function))
        return _add(Metric(*described, plain, function, min_rows))

    return register


def _description(function: Callable[..., object]) -> str:
    """Return what a metric is, from its docstring."""
    text = (function.__doc__ or "").removeprefix("Return ")
    return text[:1].upper() + text[1:]


def _add(metric: Metric) -> Metric:
    """Add a metric to the registry."""
    METRICS[metric.name] = metric
    return metric


@batched_metric("Pearson r", higher_is_better=True, min_rows=MIN_CORRELATION_ROWS)
def pearson(y: Array, y_hat: Array, times: Array) -> Array:
    """Return Pearson's correlation; NaN if either side is constant."""
    return _correlation(_scaled(y), _scaled(y_hat), times)


@batched_metric("Spearman rho", higher_is_better=True, min_rows=MIN_CORRELATION_ROWS)
def spearman(y: Array, y_hat: Array, times: Array) -> Array:
    """Return Pearson's correlation of the ranks; ties have their mean rank."""
    return _correlation(_ranks(y, times), _ranks(y_hat, times), times)


@batched_metric("R²", higher_is_better=True)
def r2(y: Array, y_hat: Array, times: Array) -> Array:
    """Return 1 - SSE / SST, the fraction of variance explained; below 0 if worse than the mean."""
    deviations = _centred(y, times)
    total = _sums(times * deviations, deviations)
    error = times @ (y - y_hat) ** 2
    defined = total > times.sum(1) * (_ROUNDING * np.abs(y).max()) ** 2
    return np.where(defined, 1 - error / np.where(defined, total, 1), np.nan)


@batched_metric("RMSE", higher_is_better=False)
def rmse(y: Array, y_hat: Array, times: Array) -> Array:
    """Return the root mean square error, in the units of the target."""
    return np.asarray(np.sqrt(times @ (y - y_hat) ** 2 / times.sum(1)))


@batched_metric("MAE", higher_is_better=False)
def mae(y: Array, y_hat: Array, times: Array) -> Array:
    """Return the mean absolute error, in the units of the target."""
    return np.asarray(times @ np.abs(y - y_hat) / times.sum(1))


def _scaled(values: Array) -> Array:
    """Centre values (n,), at most 1 then, so that squares neither overflow nor vanish; 0 if constant."""
    if np.ptp(values) <= _ROUNDING * np.abs(values).max():
        return np.zeros(len(values))
    centred = values - values.mean()
    return np.asarray(centred / np.abs(centred).max())


def _ranks(values: Array, times: Array) -> Array:
    """Return the ranks (B, n) of values in resamples; ties have their mean rank."""
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
    smallest = times.sum(1) * _ROUNDING**2
    defined = (aa > smallest) & (bb > smallest)
    r = ab / np.sqrt(np.where(defined, aa * bb, 1))
    return np.where(defined, np.clip(r, -1, 1), np.nan)


def _centred(values: Array, times: Array) -> Array:
    """Return values (B, n) minus their mean in each resample."""
    mean = _sums(times, np.broadcast_to(values, times.shape)) / times.sum(1)
    return np.asarray(values - mean[:, None])


def _sums(a: Array, b: Array) -> Array:
    """Return the sums of products, row by row."""
    return np.asarray(np.einsum("bn,bn->b", a, b))


def mean_over_targets(values: Iterable[float | None]) -> float | None:
    """Return the mean of a metric over the targets; None if there are none, or it is undefined for one."""
    known = list(values)
    return None if not known or None in known else float(np.mean(known))  # type: ignore[arg-type]

"""Models against each other on the same resamples of test clusters, and the spread over seeds.

Two intervals that overlap do not say that two models are equal: both were scored on the same rows.  So
the clusters of test rows are resampled once for all models, and the difference of their r is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqcnn.evaluation.resampling import (
    FEWEST,
    RESAMPLES,
    bounds,
    draws,
    effective_clusters,
    influence,
    p_value,
)
from seqcnn.report.run.collect import Experiment, Member

_CHUNK = 50  # resamples at a time


@dataclass(frozen=True, slots=True)
class Difference:
    """Pearson r of one member minus that of another on test rows; None where one is not defined."""

    value: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    """Two-sided, of the bootstrap; before any adjustment."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Pearson r on test rows over the seeds of one model."""

    model: str
    seeds: int
    mean: float
    sd: float


def difference(experiment: Experiment, t: int, first: Member, second: Member) -> Difference:
    """Compare two members on target number `t`."""
    return differences(experiment, t, [first], second)[0]


def differences(experiment: Experiment, t: int, members: list[Member], best: Member) -> list[Difference]:
    """Compare members with one of them on the same resamples of test clusters."""
    at = experiment.measured("test", t)
    if not len(at):
        return [Difference(None) for _ in members]
    y = experiment.dataset.targets[at, t].astype(np.float64)
    y_hat = np.stack([member.y_hat[at, t] for member in (best, *members)], axis=1)
    cluster = np.unique(experiment.dataset.groups[at], return_inverse=True)[1]
    resamples = RESAMPLES if cluster.max() + 1 >= FEWEST else 0
    whole, drawn = resampled_r(y, y_hat, cluster, resamples=resamples)
    moved = np.stack([influence(y, column) for column in y_hat.T])
    return [
        _difference(
            whole[k] - whole[0], drawn[:, k] - drawn[:, 0], effective_clusters(moved[k] - moved[0], cluster)
        )
        for k in range(1, len(whole))
    ]


def spreads(experiment: Experiment, target: str) -> list[Spread]:
    """Return mean and standard deviation over the seeds of every model that has several."""
    found: dict[str, list[float]] = {}
    for member in experiment.members:
        r = member.score("test", target, "pearson").value
        if member.name.startswith("seed") and r is not None:
            found.setdefault(member.model, []).append(r)
    return [
        Spread(model, len(r), float(np.mean(r)), float(np.std(r, ddof=1)))
        for model, r in found.items()
        if len(r) > 1
    ]


def resampled_r(
    y: np.ndarray, y_hat: np.ndarray, groups: np.ndarray, *, resamples: int = RESAMPLES
) -> tuple[np.ndarray, np.ndarray]:
    """Return Pearson r of the predictions (n, M) with y (n,), and of resamples of whole groups.

    Returns
    -------
    (M,) of all rows and (resamples, M); NaN where a prediction is constant.
    """
    _, member = np.unique(groups, return_inverse=True)
    count = int(member.max(initial=-1)) + 1
    y, y_hat = y[:, None] - y.mean(), y_hat - y_hat.mean(0)
    columns = np.concatenate([np.ones_like(y), y, y * y, y_hat, y_hat * y_hat, y * y_hat], axis=1)
    sums = np.zeros((count, columns.shape[1]))
    np.add.at(sums, member, columns)
    drawn = [_pearson_of_sums(times @ sums) for times in draws(count, resamples=resamples, chunk=_CHUNK)]
    whole = _pearson_of_sums(sums.sum(0, keepdims=True))
    return whole[0], np.concatenate([whole[:0], *drawn])


def _pearson_of_sums(sums: np.ndarray) -> np.ndarray:
    """Return r (B, M) from the sums (B, 3 + 3 M) of 1, y, y^2, each p, p^2 and y p."""
    n, y, yy = sums[:, :1], sums[:, 1:2], sums[:, 2:3]
    p, pp, yp = np.split(sums[:, 3:], 3, axis=1)
    spread = (n * yy - y**2) * (n * pp - p**2)
    defined = spread > 1e-9 * np.maximum(n * yy, 1e-300) * np.maximum(n * pp, 1e-300)
    r: np.ndarray = np.where(defined, (n * yp - y * p) / np.sqrt(np.where(defined, spread, 1)), np.nan)
    return r


def _difference(value: float, drawn: np.ndarray, clusters: float) -> Difference:
    """Summarise one difference and its resamples, which `clusters` effective clusters gave."""
    drawn = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or len(drawn) < RESAMPLES // 2:
        return Difference(float(value) if np.isfinite(value) else None)
    return Difference(float(value), *bounds(drawn, clusters), p_value(drawn, clusters))

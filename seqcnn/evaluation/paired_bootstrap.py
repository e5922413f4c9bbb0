"""Differences of Pearson's r between models, from the same bootstrap resamples of clusters.

Overlapping intervals of two models do not show that they are equal, because both were scored on the same
rows.  The clusters are therefore resampled once for all models, and the difference of their r is taken in
each resample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqcnn.evaluation.resampling import (
    MIN_CLUSTERS,
    N_RESAMPLES,
    bootstrap_interval,
    bootstrap_p_value,
    effective_clusters,
    influence,
    resample_counts,
)
from seqcnn.model.metrics import MIN_CORRELATION_ROWS

_RESAMPLES_PER_CHUNK = 50


@dataclass(frozen=True, slots=True)
class Difference:
    """Pearson r of one model minus that of another; None where one is not defined."""

    value: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    """Two-sided p-value of the bootstrap, before any adjustment."""


def paired_differences(y: np.ndarray, y_hat: np.ndarray, groups: np.ndarray) -> list[Difference]:
    """Compare the predictions in columns 1, 2, ... with those in column 0.

    Parameters
    ----------
    y
        Measurements, float64 (n,).
    y_hat
        Predictions, float64 (n, M).
    groups
        Cluster of each row, (n,).
    """
    if len(y) < MIN_CORRELATION_ROWS:
        return [Difference(None) for _ in y_hat.T[1:]]
    cluster = np.unique(groups, return_inverse=True)[1]
    resamples = N_RESAMPLES if cluster.max() + 1 >= MIN_CLUSTERS else 0
    r, resampled = resampled_pearson(y, y_hat, cluster, resamples=resamples)
    influences = [influence(y, column) for column in y_hat.T]
    return [
        _difference(
            r[k] - r[0],
            resampled[:, k] - resampled[:, 0],
            effective_clusters(influences[k] - influences[0], cluster),
        )
        for k in range(1, len(r))
    ]


def resampled_pearson(
    y: np.ndarray, y_hat: np.ndarray, groups: np.ndarray, *, resamples: int = N_RESAMPLES
) -> tuple[np.ndarray, np.ndarray]:
    """Return Pearson r of the predictions (n, M) with y (n,), and of resamples of whole groups.

    Returns
    -------
    (M,) of all rows and (resamples, M); NaN where a prediction is constant.
    """
    _, cluster = np.unique(groups, return_inverse=True)
    count = int(cluster.max(initial=-1)) + 1
    y, y_hat = y[:, None] - y.mean(), y_hat - y_hat.mean(0)
    # r follows from sums of products; those of each cluster are computed once and weighted in a resample
    products = np.concatenate([np.ones_like(y), y, y * y, y_hat, y_hat * y_hat, y * y_hat], axis=1)
    sums = np.zeros((count, products.shape[1]))
    np.add.at(sums, cluster, products)
    chunks = resample_counts(count, resamples=resamples, chunk=_RESAMPLES_PER_CHUNK)
    resampled = [_pearson_of_sums(counts @ sums) for counts in chunks]
    r = _pearson_of_sums(sums.sum(0, keepdims=True))
    return r[0], np.concatenate([r[:0], *resampled])


def _pearson_of_sums(sums: np.ndarray) -> np.ndarray:
    """Return r (B, M) from the sums (B, 3 + 3 M) of 1, y, y^2, each p, p^2 and y p."""
    n, y, yy = sums[:, :1], sums[:, 1:2], sums[:, 2:3]
    p, pp, yp = np.split(sums[:, 3:], 3, axis=1)
    variances = (n * yy - y**2) * (n * pp - p**2)
    defined = variances > 1e-9 * np.maximum(n * yy, 1e-300) * np.maximum(n * pp, 1e-300)
    return np.where(defined, (n * yp - y * p) / np.sqrt(np.where(defined, variances, 1)), np.nan)


def _difference(value: float, resampled: np.ndarray, clusters: float) -> Difference:
    """Return a difference with interval and p-value, if at least half its resamples are defined."""
    resampled = resampled[np.isfinite(resampled)]
    if not np.isfinite(value) or len(resampled) < N_RESAMPLES // 2:
        return Difference(float(value) if np.isfinite(value) else None)
    interval = bootstrap_interval(resampled, clusters)
    return Difference(float(value), *interval, bootstrap_p_value(resampled, clusters))

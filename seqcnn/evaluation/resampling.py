"""Bootstrap over clusters of rows, with intervals that are wider where few clusters carry the score.

Percentiles of resamples are too narrow where clusters are few, and where some of them weigh as much as
many others (a family of twenty variants among single sequences).  The percentiles are therefore moved
outwards by the ratio of Student's t to the normal quantile (Hesterberg 2015,
doi:10.1080/00031305.2015.1089789), with an effective number of clusters that follows from how unequally
they move Pearson's r.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqcnn.model.metrics import pearson

CONFIDENCE_LEVEL = 0.95
"""Coverage of the intervals."""

N_RESAMPLES = 1000
"""Bootstrap resamples; a fifth of them for more than `MANY_ROWS` rows."""

MANY_ROWS = 10_000
"""Rows above which fewer resamples are drawn."""

MIN_CLUSTERS = 5
"""Clusters below which there is no interval: resamples of fewer do not reach the nominal coverage."""

_CHUNK_CLUSTERS = 400_000  # clusters of all resamples that are held in memory at a time
_NORMAL_KURTOSIS = 3  # (sum u^4 / n) / (sum u^2 / n)^2 of n normal numbers u
_MIN_TAIL_COUNT = 10  # resamples below which a tail is extrapolated instead of counted


def resample_counts(count: int, *, resamples: int, seed: int = 0, chunk: int) -> Iterator[np.ndarray]:
    """Yield how often each of `count` clusters is drawn, float64 (B, count), B <= chunk resamples each."""
    rng = np.random.default_rng(seed)
    for first in range(0, resamples, chunk):
        sampled = rng.integers(0, count, (min(chunk, resamples - first), count))
        sampled += count * np.arange(len(sampled))[:, None]  # one range of numbers per resample: one bincount
        yield np.bincount(sampled.ravel(), minlength=sampled.size).reshape(sampled.shape).astype(np.float64)


def influence(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    """Return the influence of each row on Pearson's r, times n, (n,); 0 where r is not defined."""
    r = pearson(y, y_hat)
    if not np.isfinite(r):
        return np.zeros(len(y))
    a, b = ((side - side.mean()) / side.std() for side in (y, y_hat))
    return np.asarray(a * b - r * (a * a + b * b) / 2)


def effective_clusters(influences: np.ndarray, cluster: np.ndarray) -> float:
    """Return the number of equally influential clusters with the same information.

    Parameters
    ----------
    influences
        Influence of each row on the score, (n,).
    cluster
        Number of each row's cluster, (n,), from 0.

    Returns
    -------
    3 (sum u^2)^2 / sum u^4, where u is the influence of a whole cluster: K for K clusters with normal u,
    fewer if some move the score much more than others; at least 2 and at most K, and K if all u are 0.
    """
    squared = np.bincount(cluster, influences) ** 2
    if not squared.any():
        return float(len(squared))
    squared = squared / squared.max()
    return float(np.clip(_NORMAL_KURTOSIS * squared.sum() ** 2 / (squared @ squared), 2, len(squared)))


def bootstrap_interval(resampled: np.ndarray, clusters: float) -> tuple[float, float]:
    """Return the interval of a score from its resampled values and its effective number of clusters."""
    from scipy.stats import norm, t

    quantile = t.isf((1 - CONFIDENCE_LEVEL) / 2, clusters - 1) * np.sqrt(clusters / (clusters - 1))
    tail = norm.sf(quantile)
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return float(low), float(high)


def bootstrap_p_value(resampled: np.ndarray, clusters: float) -> float:
    """Return the two-sided p-value that a difference is 0; agrees with `bootstrap_interval`.

    Where fewer than `_MIN_TAIL_COUNT` resamples lie beyond 0, the tail is extrapolated from their mean
    and SD.
    """
    from scipy.stats import norm, t

    count = min((resampled <= 0).sum(), (resampled >= 0).sum())
    tail = (count + 1) / (len(resampled) + 1)
    if tail >= 1 / 2:
        return 1.0
    with np.errstate(divide="ignore"):
        extrapolated = abs(resampled.mean()) / resampled.std()
    z = norm.isf(tail) if count >= _MIN_TAIL_COUNT else max(norm.isf(tail), extrapolated)
    return float(2 * t.sf(z * np.sqrt((clusters - 1) / clusters), clusters - 1))


def mean_interval(values: np.ndarray, groups: np.ndarray, *, seed: int = 0) -> tuple[float, float] | None:
    """Return the interval of a mean from resamples of whole clusters.

    Parameters
    ----------
    values, groups
        Value and cluster of each row, (n,).
    seed
        Random seed of the resamples.

    Returns
    -------
    Low and high; None for fewer than `MIN_CLUSTERS` clusters.
    """
    _, cluster = np.unique(groups, return_inverse=True)
    sizes, sums = np.bincount(cluster), np.bincount(cluster, values)
    if len(sizes) < MIN_CLUSTERS:
        return None
    resamples = N_RESAMPLES if len(values) <= MANY_ROWS else N_RESAMPLES // 5
    chunk = max(1, _CHUNK_CLUSTERS // len(sizes))
    # counts is (B, clusters); the mean of a resample is that of all rows in its clusters.
    means = [
        counts @ sums / (counts @ sizes)
        for counts in resample_counts(len(sizes), resamples=resamples, seed=seed, chunk=chunk)
    ]
    clusters = effective_clusters(values - values.mean(), cluster)
    return bootstrap_interval(np.concatenate(means), clusters)

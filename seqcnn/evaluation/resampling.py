"""Bootstrap over clusters of rows, and how wide its intervals are where few clusters carry the score.

Percentiles of resamples are too narrow where clusters are few, and where some of them weigh as much as many
others: a family of twenty variants among single sequences.  So the percentiles are moved outwards as far
as Student's t is wider than the normal curve (Hesterberg 2015, doi:10.1080/00031305.2015.1089789).  The
clusters that count are fewer than there are; how many follows from how unequally they move Pearson's r.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqcnn.model.metrics import pearson

LEVEL = 0.95
"""Coverage of the intervals."""

RESAMPLES = 1000
"""Bootstrap resamples; a fifth of them where a part has more than LARGE rows."""

LARGE = 10_000

FEWEST = 5
"""Clusters without which there is no interval: resamples of fewer do not cover what they should."""

_NORMAL_KURTOSIS = 3  # sum u^4 / n over (sum u^2 / n)^2, of n normal numbers u


_FEW = 10  # resamples below which a tail cannot be counted


def draws(count: int, *, resamples: int, seed: int = 0, chunk: int) -> Iterator[np.ndarray]:
    """Yield how often each of `count` clusters is drawn, float64 (B, count), B <= chunk resamples each."""
    rng = np.random.default_rng(seed)
    for first in range(0, resamples, chunk):
        drawn = rng.integers(0, count, (min(chunk, resamples - first), count))
        drawn += count * np.arange(len(drawn))[:, None]
        yield np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape).astype(np.float64)


def influence(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    """Return how much each row moves Pearson's r, times n, (n,); 0 where r is not defined."""
    r = pearson(y, y_hat)
    if not np.isfinite(r):
        return np.zeros(len(y))
    a, b = ((side - side.mean()) / side.std() for side in (y, y_hat))
    return np.asarray(a * b - r * (a * a + b * b) / 2)


def effective_clusters(influences: np.ndarray, cluster: np.ndarray) -> float:
    """Return how many alike clusters would say as much as these.

    Parameters
    ----------
    influences
        How much each row moves the score, (n,).
    cluster
        The number of each row's cluster, (n,), from 0.

    Returns
    -------
    3 (sum u^2)^2 / sum u^4, u being what a whole cluster moves: K for K clusters whose u are normal, fewer if
    some move much more than others; at least 2 and at most K, and K if nothing moves.
    """
    moved = np.bincount(cluster, influences) ** 2
    if not moved.any():
        return float(len(moved))
    moved = moved / moved.max()
    return float(np.clip(_NORMAL_KURTOSIS * moved.sum() ** 2 / (moved @ moved), 2, len(moved)))


def bounds(draws: np.ndarray, clusters: float) -> tuple[float, float]:
    """Return the interval of a score from its resamples, which `clusters` effective clusters gave."""
    from scipy.stats import norm, t

    outwards = t.isf((1 - LEVEL) / 2, clusters - 1) * np.sqrt(clusters / (clusters - 1))
    beyond = norm.sf(outwards)
    low, high = np.quantile(draws, [beyond, 1 - beyond])
    return float(low), float(high)


def p_value(draws: np.ndarray, clusters: float) -> float:
    """Return the two-sided p that a difference is 0, from its resamples; as wide as `bounds`.

    Where fewer than `_FEW` resamples lie beyond 0, their mean and SD tell how far out it is.
    """
    from scipy.stats import norm, t

    count = min((draws <= 0).sum(), (draws >= 0).sum())
    beyond = (count + 1) / (len(draws) + 1)
    if beyond >= 1 / 2:
        return 1.0
    with np.errstate(divide="ignore"):
        far = abs(draws.mean()) / draws.std()
    z = norm.isf(beyond) if count >= _FEW else max(norm.isf(beyond), far)
    return float(2 * t.sf(z * np.sqrt((clusters - 1) / clusters), clusters - 1))

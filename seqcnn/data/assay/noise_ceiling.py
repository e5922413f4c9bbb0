"""The noise ceiling: how well the mean of replicates, and so a perfect model, can agree with the truth.

The model is x_ij = t_i + b_j + e_ij: true value of row i, offset of replicate j, and noise whose variance
may differ between replicates.  The covariance of two replicates, over the rows in which both are measured,
is the variance of t; the rest of the variance of a replicate is its noise.  The noise of a row is that of the
mean of those replicates that it has, so rows with fewer replicates are noisier.  The reliability of the means
is 1 - (mean noise variance of the rows) / (variance of the means).  For complete data it is Cronbach's
alpha (1951, doi:10.1007/BF02310555), which is exact for the mean of replicates with unequal noise; the
formula of Spearman and Brown assumes equal noise.  The highest Pearson r that a model can be expected to
reach is the square root of the reliability (Spearman 1904, doi:10.2307/1412159).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from seqcnn.data.dataset import Dataset

MIN_CEILING_ROWS = 30
"""Rows in which two replicates are measured, below which there is no noise ceiling."""

_COPIES = "the replicates are copies of one column, which is no second measurement"


@dataclass(frozen=True, slots=True)
class _Pair:
    """Statistics of two replicates over the rows in which both are measured."""

    first: int
    second: int
    n: int
    variances: tuple[float, float]
    covariance: float
    offset: float
    """Mean of first minus second."""

    @property
    def r(self) -> float:
        """Pearson r; 0 if a replicate is constant."""
        scale = (self.variances[0] * self.variances[1]) ** 0.5
        return self.covariance / scale if scale > 0 else 0.0


def noise_ceiling(replicates: np.ndarray) -> dict[str, float] | None:
    """Return the agreement of replicates and the highest r that a perfect model can reach.

    Parameters
    ----------
    replicates
        Measurements (N, R), NaN = not measured.  Replicates that share fewer than `MIN_CEILING_ROWS` rows
        with each other one do not count.

    Returns
    -------
    `replicate_r`, the Pearson r between two replicates, averaged over their rows; `reliability` of the
    mean of the replicates of a row; `attainable_r`, its square root; and `n`, the number of rows with a
    replicate that counts.  None if there is no ceiling, see `no_ceiling_reason`.
    """
    ceiling = _estimate(replicates)
    return None if isinstance(ceiling, str) else ceiling


def no_ceiling_reason(replicates: np.ndarray) -> str:
    """Return why replicates (N, R) give no noise ceiling, or '' if they give one."""
    ceiling = _estimate(replicates)
    return ceiling if isinstance(ceiling, str) else ""


def scored_replicates(dataset: Dataset, rows: np.ndarray, t: int) -> np.ndarray:
    """Return the replicates (n, R) of those of some rows in which target number `t` was measured."""
    measured = np.isfinite(dataset.targets[rows, t])
    return np.asarray(dataset.replicates[rows[measured], t])


def copied_columns(replicates: np.ndarray) -> list[tuple[int, int]]:
    """Return a replicate and its copy, a column of the same values in all rows of (N, R), for each copy."""
    first: dict[bytes, int] = {}
    copies = []
    for number, column in enumerate(np.ascontiguousarray(replicates.T) + 0.0):  # no negative zeros
        column[np.isnan(column)] = np.nan  # one pattern of bits
        original = first.setdefault(column.tobytes(), number)
        if original < number and np.isfinite(column).any():
            copies.append((original, number))
    return copies


def _estimate(replicates: np.ndarray) -> dict[str, float] | str:
    """Return the noise ceiling, or why there is none."""
    values = replicates.astype(np.float64)
    copies = [copy for _, copy in copied_columns(values)]
    values[:, copies] = np.nan  # a copy is no second measurement
    if np.isfinite(values).any(0).sum() < 2:
        return _COPIES if copies else "there are no replicates to estimate measurement noise from"
    pairs, most = _pairs(values)
    if not pairs:
        return f"two replicates share {most} rows; at least {MIN_CEILING_ROWS} are expected"
    used = sorted({column for pair in pairs for column in (pair.first, pair.second)})
    values = values[np.isfinite(values[:, used]).any(1)]
    measured = np.zeros(values.shape, bool)
    measured[:, used] = np.isfinite(values[:, used])
    count = measured.sum(1)
    means = np.where(measured, values, 0).sum(1) / count  # (n,), of the replicates that each row has
    noise = (measured @ _noise_variances(pairs, values.shape[1])) / count**2
    offsets = (measured @ _offsets(pairs, values.shape[1])) / count
    r = float(np.average([pair.r for pair in pairs], weights=[pair.n for pair in pairs]))
    reliability = 1 - (noise.mean() + offsets.var(ddof=1)) / (means.var(ddof=1) or np.inf)
    if not (r > 0 and reliability > 0):
        return f"the replicates do not agree (mean r between two of them {r:.2f})"
    reliability = min(float(reliability), 1.0)
    return {"replicate_r": r, "reliability": reliability, "attainable_r": reliability**0.5, "n": len(values)}


def _pairs(values: np.ndarray) -> tuple[list[_Pair], int]:
    """Return the pairs of replicates that share enough rows, and the most rows that any two share."""
    pairs, most = [], 0
    for first, second in combinations(range(values.shape[1]), 2):
        both = values[:, [first, second]]
        both = both[np.isfinite(both).all(1)]
        most = max(most, len(both))
        if len(both) < MIN_CEILING_ROWS:
            continue
        covariances = np.cov(both.T)
        variances = float(covariances[0, 0]), float(covariances[1, 1])
        offset = float((both[:, 0] - both[:, 1]).mean())
        pairs.append(_Pair(first, second, len(both), variances, float(covariances[0, 1]), offset))
    return pairs, most


def _noise_variances(pairs: list[_Pair], count: int) -> np.ndarray:
    """Return the noise variance of each replicate, (R,): mean over its pairs, weighted by their rows."""
    totals, weights = np.zeros(count), np.zeros(count)
    for pair in pairs:
        for column, variance in zip((pair.first, pair.second), pair.variances, strict=True):
            totals[column] += (pair.n - 1) * (variance - pair.covariance)
            weights[column] += pair.n - 1
    return np.divide(totals, weights, out=totals, where=weights > 0)


def _offsets(pairs: list[_Pair], count: int) -> np.ndarray:
    """Return the offset of each replicate, (R,), fitted to the mean differences of pairs by least squares."""
    design, weights = np.zeros((len(pairs), count)), np.sqrt([pair.n for pair in pairs])
    for row, pair in enumerate(pairs):
        design[row, [pair.first, pair.second]] = 1, -1
    differences = np.array([pair.offset for pair in pairs])
    return np.linalg.lstsq(design * weights[:, None], differences * weights, rcond=None)[0]

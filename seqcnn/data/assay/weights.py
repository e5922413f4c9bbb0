"""What is known of the noise of each measurement -> its weight in the loss."""

from __future__ import annotations

from typing import Literal

import numpy as np

WeightBy = Literal["weight", "sd", "counts", "replicates", "none"]
"""What a weight column holds, and what becomes of it; `replicates` and `none` need no column.

`weight`: the weight w itself.  `sd`: the standard deviation or error s of each measurement,
w = m^2 / (m^2 + s^2), m the median s: the inverse variance, on top of as much variance as a typical
measurement has.  `counts`: the reads or barcodes n of each measurement, w = n / (n + m), m the median n:
the same, as the variance falls with 1 / n.  `replicates`: as `sd`, s the standard error of the mean of
R replicates, their standard deviation (divisor R - 1) / sqrt(R); rows with fewer than two replicates get
the median s.  With replicates of several targets, w is the mean over these targets.  `none`: w = 1,
whatever a lab format tells.
"""


def weights_of(values: np.ndarray, by: WeightBy) -> np.ndarray:
    """Return the weights (N,) that a weight column (N,) tells, of a median above 0 unless by `weight`."""
    if by == "weight":
        return values
    middle = np.median(values)
    weights: np.ndarray = (
        values / (values + middle) if by == "counts" else middle**2 / (middle**2 + values**2)
    )
    return weights


def weights_of_replicates(replicates: np.ndarray) -> np.ndarray | None:
    """Return the weights (N,) that replicates (N, T, R) tell.

    Returns
    -------
    float64 (N,), or None if a target with replicates has a median standard error of 0, or if there is
    no row with two replicates.
    """
    weights = []
    for y in replicates.transpose(1, 0, 2):
        errors = standard_errors(y)
        if not (known := np.isfinite(errors)).any():
            continue
        middle = np.median(errors[known])
        if not middle:
            return None
        weights.append(weights_of(np.where(known, errors, middle), "sd"))
    mean: np.ndarray | None = np.mean(weights, axis=0) if weights else None
    return mean


def standard_errors(replicates: np.ndarray) -> np.ndarray:
    """Return the standard error of the mean of each row of replicates (N, R).

    Returns
    -------
    float64 (N,), NaN where fewer than two were measured.
    """
    values = np.ma.masked_invalid(replicates.astype(np.float64))
    count = values.count(axis=1)
    errors: np.ndarray = np.full(len(values), np.nan)
    repeated = count > 1
    errors[repeated] = values[repeated].std(axis=1, ddof=1) / np.sqrt(count[repeated])
    return errors

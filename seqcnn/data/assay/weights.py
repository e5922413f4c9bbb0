"""Weights of rows in the loss from the noise of their measurements."""

from __future__ import annotations

from shlex import quote
from typing import Literal

import numpy as np

from seqcnn.errors import show

MIN_COUNTS, MIN_MEASURED = 20, 200
"""Smallest number of different values of a column of counts, and of measured rows that tell its effect."""

MIN_RANGE = 4
"""Smallest ratio of the medians of the largest and the smallest third of counts."""

MIN_SD_RATIO = 1.25
"""Smallest ratio of the SD of a measurement in the third of rows with the smallest counts to the largest."""

WeightBy = Literal["weight", "sd", "counts", "replicates", "none"]
"""Content of the weight column, and how weights follow from it; `replicates` and `none` need no column.

`weight`: the weight w.  `sd`: the standard deviation or error s of each measurement,
w = m^2 / (m^2 + s^2), m the median s: the inverse variance after adding the variance of a typical
measurement.  `counts`: the reads or barcodes n of each measurement, w = n / (n + m), m the median n:
the same for a variance proportional to 1 / n.  `replicates`: as `sd`, s the standard error of the mean of
R replicates, their standard deviation (divisor R - 1) / sqrt(R); rows with fewer than two replicates get
the median s.  With replicates of several targets, w is the mean over these targets.  `none`: w = 1,
even if a lab format has counts.
"""


def weights_of(values: np.ndarray, by: WeightBy) -> np.ndarray:
    """Return the weights (N,) from a weight column (N,), whose median is above 0 unless `by` is `weight`."""
    if by == "weight":
        return values
    middle = np.median(values)
    return values / (values + middle) if by == "counts" else middle**2 / (middle**2 + values**2)


def weights_of_replicates(replicates: np.ndarray) -> np.ndarray | None:
    """Return the weights (N,) from replicates (N, T, R).

    Returns
    -------
    float64 (N,), or None if the median standard error of a target is 0, or no row has two replicates.
    """
    weights = []
    for y in replicates.transpose(1, 0, 2):
        errors = standard_errors(y)
        if not (finite := np.isfinite(errors)).any():
            continue
        middle = np.median(errors[finite])
        if not middle:
            return None
        weights.append(weights_of(np.where(finite, errors, middle), "sd"))
    return np.mean(weights, axis=0) if weights else None


def standard_errors(replicates: np.ndarray) -> np.ndarray:
    """Return the standard error of the mean of each row of replicates (N, R).

    Returns
    -------
    float64 (N,), NaN for fewer than two measured replicates.
    """
    values = np.ma.masked_invalid(replicates.astype(np.float64))
    count = values.count(axis=1)
    errors = np.full(len(values), np.nan)
    repeated = count > 1
    errors[repeated] = values[repeated].std(axis=1, ddof=1) / np.sqrt(count[repeated])
    return errors


def count_note(name: str, values: np.ndarray, targets: np.ndarray) -> str:
    """Return advice to weight rows by a column, if it looks like counts of imprecise measurements, or ''.

    Parameters
    ----------
    name
        Name of the column.
    values
        Its numbers, float64 (rows,).
    targets
        Measurements, float64 (rows, T), NaN where missing.

    Notes
    -----
    Counts are whole numbers >= 0 of many values and a wide range, and a target varies the more the smaller
    they are: its SD falls from third to third of the measured rows, in all by `MIN_SD_RATIO` or more.
    """
    if not (values >= 0).all() or (values % 1).any() or len(np.unique(values)) < MIN_COUNTS:
        return ""
    for y in targets.T:
        measured = np.flatnonzero(np.isfinite(y))
        if len(measured) < MIN_MEASURED:
            continue
        low, middle, high = np.array_split(measured[np.argsort(values[measured], kind="stable")], 3)
        few, some, many = (float(y[part].std()) for part in (low, middle, high))
        wide = np.median(values[high]) >= MIN_RANGE * max(np.median(values[low]), 1)
        if wide and few > some > many and few >= MIN_SD_RATIO * many:
            return (
                f"column {show(name)}: the measurement varies more in the third of rows with its smallest "
                f"numbers (SD {few:.3g}) than with its largest ({many:.3g}); if it counts reads or barcodes, "
                f"weight the rows: --weight {quote(name)} --weight-by counts"
            )
    return ""

"""Coverage of prediction intervals: whether a fifth of the predictions contains too few measurements."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seqcnn.model.inference.conformal import MAX_LEVEL_TARGETS, half_width, supports_level
from seqcnn.model.inference.predictions import Predictions
from seqcnn.model.network.header import Calibration, FifthsCoverage

FIFTHS = ("lowest fifth", "second fifth", "middle fifth", "fourth fifth", "highest fifth")
"""Names of the quintiles, from low to high."""

MAIN_LEVEL = 0.9
"""Nominal coverage that is judged."""

TOLERANCE = 0.05
"""Distance from the nominal coverage that counts as nominal."""

MIN_ROWS = 20
"""Test rows below which coverage is not judged."""

_MAX_P = 0.05 / len(FIFTHS)  # probability by chance below which the coverage of a fifth is called too low


def fifths_of(values: np.ndarray) -> list[np.ndarray]:
    """Return the indices of each fifth of values (n,), n at least 5, from low to high."""
    return np.array_split(np.argsort(values, kind="stable"), len(FIFTHS))


def is_too_low(share: float, n: int) -> bool:
    """Return whether the coverage of a fifth of n rows is below the nominal range, by more than chance."""
    from scipy.stats import binom

    p = binom.cdf(round(share * n), n, MAIN_LEVEL)
    return round(share, 2) < MAIN_LEVEL - TOLERANCE and bool(p < _MAX_P)


def coverage_of_fifths(
    targets: Mapping[str, np.ndarray], predictions: Predictions, calibration: Mapping[str, Calibration]
) -> dict[str, FifthsCoverage]:
    """Return the coverage of the intervals of each target in fifths of the predictions of test rows.

    Parameters
    ----------
    targets
        Name -> measurements (n,), NaN = not measured, in the order of the columns of the predictions.
    predictions
        Predictions of the n test rows.
    calibration
        Name -> calibration; targets without one, or with fewer than `MIN_ROWS` rows, are left out;
        with more than `MAX_LEVEL_TARGETS` targets all are, as the header has no room for them.
    """
    result: dict[str, FifthsCoverage] = {}
    if len(targets) > MAX_LEVEL_TARGETS:
        return result
    for t, (name, y) in enumerate(targets.items()):
        rows = np.flatnonzero(np.isfinite(y))
        if (
            name not in calibration
            or len(rows) < MIN_ROWS
            or not supports_level(calibration[name], MAIN_LEVEL)
        ):
            continue
        y_hat, sd = predictions.mean[rows, t], predictions.sd
        width = half_width(calibration[name], MAIN_LEVEL, None if sd is None else sd[rows, t])
        inside = np.abs(y[rows] - y_hat) <= width
        shares = tuple(float(inside[fifth].mean()) for fifth in fifths_of(y_hat))
        result[name] = FifthsCoverage(n=len(rows), by_fifth=shares)
    return result


def narrow_fifth(coverage: FifthsCoverage) -> tuple[str, float, int] | None:
    """Return name, coverage and number of rows of the fifth with the lowest coverage, if that is too low."""
    sizes = [len(fifth) for fifth in np.array_split(np.arange(coverage.n), len(FIFTHS))]
    share, n, name = min(zip(coverage.by_fifth, sizes, FIFTHS, strict=True))
    return (name, share, n) if is_too_low(share, n) else None

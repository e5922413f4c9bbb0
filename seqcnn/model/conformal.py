"""Prediction intervals by split conformal calibration on the validation rows.

The interval of level q is the prediction plus and minus the ceil((n + 1) q)-th smallest absolute error of
the n validation rows; it then holds a new measurement with probability q or more, if that is of the same
kind as these (Lei et al. 2018, doi:10.1080/01621459.2017.1307116).  A sorted list and one index: a
library would bring more code than it saves.
"""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np

from seqcnn.errors import UsageError, show
from seqcnn.model.header import Calibration, Header

_KEPT = 1000
"""Absolute errors that a bundle keeps for each target."""


def calibrate(y: np.ndarray, y_hat: np.ndarray) -> Calibration | None:
    """Keep the absolute errors of one target; of many, an even choice of ranks.

    Parameters
    ----------
    y, y_hat
        Measured and predicted (n,); NaN where not measured.
    """
    errors = np.sort(np.abs(y - y_hat)[np.isfinite(y)].astype(float))
    if not len(errors) or not np.isfinite(errors).all():
        return None
    ranks = _ranks(len(errors))
    return Calibration(n=len(errors), errors=tuple(errors[ranks - 1].tolist()))


def half_width(
    calibration: Calibration, level: float, spread: np.ndarray | None = None
) -> float | np.ndarray:
    """Return half the width of intervals of a level, in the units of the target.

    Returns
    -------
    One number for all rows, or (n,) where the calibration is of errors by `spread` (n,).

    Raises
    ------
    UsageError
        If the validation rows are too few for the level.
    """
    rank = _rank(calibration, level)
    if rank > calibration.n:
        most = calibration.n / (calibration.n + 1)
        raise UsageError(
            f"--interval {level:g}: the model was calibrated on {calibration.n} sequences; "
            f"expected a level of at most {int(1000 * most) / 1000:g}"
        )
    ranks = _ranks(calibration.n)
    width = calibration.errors[int(np.searchsorted(ranks, rank))]  # the next larger one that was kept
    if calibration.floor is None:
        return width
    if spread is None:
        raise UsageError("--interval: the model's intervals need the spread of its members")
    return width * (calibration.floor + spread)


def reaches(calibration: Calibration, level: float) -> bool:
    """Tell whether there are enough validation rows for intervals of a level."""
    return _rank(calibration, level) <= calibration.n


def _rank(calibration: Calibration, level: float) -> int:
    """Return which of the n errors, in ascending order, is half the width: ceil((n + 1) level)."""
    return ceil(round((calibration.n + 1) * level, 9))


def half_widths(headers: list[Header], level: float) -> np.ndarray:
    """Return half the width a target, (T,); for an ensemble the mean over its members.

    The error of a mean is at most the mean of the errors, so the mean half-width is on the safe side.

    Raises
    ------
    UsageError
        If a model is not calibrated, or not for this level.
    """
    for header in headers:
        if missing := [target for target in header.targets if target not in header.calibration]:
            raise UsageError(f"--interval: no calibration for {show(missing[0])} in a model; train it anew")
    widths: Any = [[half_width(h.calibration[target], level) for target in h.targets] for h in headers]
    mean: np.ndarray = np.mean(widths, axis=0)
    return mean


def _ranks(n: int) -> np.ndarray:
    """Return the ranks, 1 to n, of the errors that are kept."""
    kept = min(n, _KEPT)
    return -(-np.arange(1, kept + 1) * n // kept)

"""Prediction intervals by split conformal calibration on held-out rows.

The interval of level q is the prediction plus and minus the ceil((n + 1) q)-th smallest absolute error of
n held-out rows; it covers a new measurement with probability q or more, if that is exchangeable with them
(Lei et al. 2018, doi:10.1080/01621459.2017.1307116).  If a model predicts a standard deviation (SD) for each
row, that of an ensemble or of the noise, the errors are divided by scale_floor + SD, which makes intervals
narrow where the members agree; `scale_floor` is the median SD.  The library crepes gives the same widths (the
tests compare them), except that it excludes the last possible rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

from seqcnn.errors import UsageError, show
from seqcnn.model.network.header import Calibration, Header

_MAX_ERRORS_PER_TARGET = 1000
_MAX_ERRORS = 40_000  # of all targets of a bundle


def calibrate(
    y: np.ndarray, y_hat: np.ndarray, sd: np.ndarray | None = None, *, targets: int = 1
) -> Calibration | None:
    """Return the calibration of one target: its absolute errors, or evenly spaced ranks of many.

    Parameters
    ----------
    y, y_hat
        Measured and predicted (n,); NaN where not measured.
    sd
        SD of each prediction (n,), in the units of the target.
    targets
        Number of targets of the bundle, which share the space in its header.
    """
    measured = np.isfinite(y)
    errors = np.abs(y - y_hat)[measured].astype(float)
    if not len(errors) or not np.isfinite(errors).all():
        return None
    floor = float(np.median(sd[measured])) if sd is not None else 0.0
    if sd is not None and floor > 0:
        errors /= floor + sd[measured]
    kept = min(len(errors), _MAX_ERRORS_PER_TARGET, max(20, _MAX_ERRORS // targets))
    chosen = np.sort(errors)[_ranks(len(errors), kept) - 1].tolist()
    return Calibration(n=len(errors), errors=tuple(chosen), scale_floor=floor if floor > 0 else None)


def half_width(calibration: Calibration, level: float, sd: np.ndarray | None = None) -> float | np.ndarray:
    """Return half the width of intervals of a level, in the units of the target.

    Returns
    -------
    One number for all rows, or (n,) if the calibration errors are divided by SDs like `sd` (n,).

    Raises
    ------
    UsageError
        If there are too few held-out rows for the level.
    """
    rank = _rank(calibration, level)
    if rank > calibration.n:
        most = calibration.n / (calibration.n + 1)
        raise UsageError(
            f"--interval {level:g}: the model was calibrated on {calibration.n} sequences; "
            f"expected a level of at most {int(1000 * most) / 1000:g}"
        )
    ranks = _ranks(calibration.n, len(calibration.errors))
    width = calibration.errors[int(np.searchsorted(ranks, rank))]  # the next larger error that was kept
    if calibration.scale_floor is None:
        return width
    if sd is None:
        raise UsageError("--interval: the model's intervals need the SD of its members")
    return width * (calibration.scale_floor + sd)


def supports_level(calibration: Calibration, level: float) -> bool:
    """Return whether there are enough held-out rows for intervals of a level."""
    return _rank(calibration, level) <= calibration.n


def half_widths(
    headers: Sequence[Header], level: float, sds: Sequence[np.ndarray | None], n_rows: int
) -> np.ndarray:
    """Return half the width of each row and target, (n, T); for several models the mean over them.

    The error of a mean is at most the mean of the errors, so the mean half-width is conservative.

    Parameters
    ----------
    headers
        One per model.
    level
        Level of the intervals, 0 to 1.
    sds
        SD of the predictions (n, T) per model, or None for a model without.
    n_rows
        Number of rows, n.

    Raises
    ------
    UsageError
        If a model is not calibrated, or not for this level.
    """
    widths = np.zeros((n_rows, len(headers[0].targets)))
    for header, sd in zip(headers, sds, strict=True):
        for t, target in enumerate(header.targets):
            if target not in header.calibration:
                raise UsageError(f"--interval: no calibration for {show(target)} in a model; train it again")
            column = None if sd is None else sd[:, t]
            widths[:, t] += half_width(header.calibration[target], level, column)
    return widths / len(headers)


def _rank(calibration: Calibration, level: float) -> int:
    """Return which of the n errors, in ascending order, is half the width: ceil((n + 1) level)."""
    return ceil(round((calibration.n + 1) * level, 9))


def _ranks(n: int, kept: int) -> np.ndarray:
    """Return the ranks, 1 to n, of the errors that are kept."""
    return -(-np.arange(1, kept + 1) * n // kept)

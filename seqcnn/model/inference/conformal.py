"""Prediction intervals by conformal calibration on rows that the model was not trained on.

The interval of level q is the prediction plus and minus the ceil((n + 1) q)-th smallest absolute error of
n held-out rows; it then holds a new measurement with probability q or more, if that is of the same kind as
these (Lei et al. 2018, doi:10.1080/01621459.2017.1307116).  Where a model says how sure it is of each row, by
the spread of an ensemble or the noise that it predicts, the errors are divided by floor + spread, so that
intervals are narrow where the members agree; `floor` is the median spread.  A sorted list and one index:
the library crepes gives the same widths (the tests compare), but rounds the last possible rank away.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

from seqcnn.errors import UsageError, show
from seqcnn.model.network.header import Calibration, Header

_KEPT = 1000, 40_000
"""Absolute errors that a bundle keeps for each target, and for all of them."""


def calibrate(
    y: np.ndarray, y_hat: np.ndarray, spread: np.ndarray | None = None, *, targets: int = 1
) -> Calibration | None:
    """Keep the absolute errors of one target; of many, an even choice of ranks.

    Parameters
    ----------
    y, y_hat
        Measured and predicted (n,); NaN where not measured.
    spread
        (n,), how unsure the model is of each row, in the units of the target.
    targets
        Number of targets of the bundle, which share its header.
    """
    measured = np.isfinite(y)
    errors = np.abs(y - y_hat)[measured].astype(float)
    if not len(errors) or not np.isfinite(errors).all():
        return None
    floor = float(np.median(spread[measured])) if spread is not None else 0.0
    if spread is not None and floor > 0:
        errors /= floor + spread[measured]
    kept = min(len(errors), _KEPT[0], max(20, _KEPT[1] // targets))
    chosen = np.sort(errors)[_ranks(len(errors), kept) - 1].tolist()
    return Calibration(n=len(errors), errors=tuple(chosen), scale_floor=floor if floor > 0 else None)


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
        If the held-out rows are too few for the level.
    """
    rank = _rank(calibration, level)
    if rank > calibration.n:
        most = calibration.n / (calibration.n + 1)
        raise UsageError(
            f"--interval {level:g}: the model was calibrated on {calibration.n} sequences; "
            f"expected a level of at most {int(1000 * most) / 1000:g}"
        )
    ranks = _ranks(calibration.n, len(calibration.errors))
    width = calibration.errors[int(np.searchsorted(ranks, rank))]  # the next larger one that was kept
    if calibration.scale_floor is None:
        return width
    if spread is None:
        raise UsageError("--interval: the model's intervals need the spread of its members")
    return width * (calibration.scale_floor + spread)


def reaches(calibration: Calibration, level: float) -> bool:
    """Tell whether there are enough held-out rows for intervals of a level."""
    return _rank(calibration, level) <= calibration.n


def half_widths(
    headers: Sequence[Header], level: float, spreads: Sequence[np.ndarray | None], rows: int
) -> np.ndarray:
    """Return half the width of each row and target, (n, T); for several models the mean over them.

    The error of a mean is at most the mean of the errors, so the mean half-width is on the safe side.

    Parameters
    ----------
    headers
        One a model.
    level
        Of the intervals, 0 to 1.
    spreads
        (n, T) a model, or None for one that does not say how sure it is.
    rows
        n.

    Raises
    ------
    UsageError
        If a model is not calibrated, or not for this level.
    """
    widths = np.zeros((rows, len(headers[0].targets)))
    for header, spread in zip(headers, spreads, strict=True):
        for t, target in enumerate(header.targets):
            if target not in header.calibration:
                raise UsageError(f"--interval: no calibration for {show(target)} in a model; train it anew")
            column = None if spread is None else spread[:, t]
            widths[:, t] += half_width(header.calibration[target], level, column)
    return widths / len(headers)


def _rank(calibration: Calibration, level: float) -> int:
    """Return which of the n errors, in ascending order, is half the width: ceil((n + 1) level)."""
    return ceil(round((calibration.n + 1) * level, 9))


def _ranks(n: int, kept: int) -> np.ndarray:
    """Return the ranks, 1 to n, of the errors that are kept."""
    return -(-np.arange(1, kept + 1) * n // kept)

"""Prediction intervals by split conformal calibration on held-out rows.

The interval of level q is the prediction plus and minus the ceil((n + 1) q)-th smallest absolute error of
n held-out rows; it covers a new measurement with probability q or more, if that is exchangeable with them
(Lei et al. 2018, doi:10.1080/01621459.2017.1307116).  If a model predicts a standard deviation (SD) for each
row, that of an ensemble or of the noise, the errors are divided by scale_floor + SD, which makes intervals
narrow where the members agree; `scale_floor` is the median SD.  The library crepes gives the same widths (the
tests compare them), except that it excludes the last possible rank.

Intervals by predicted level are Mondrian: calibrated separately on the held-out rows of each level, so they
cover as promised within each level, not only on average (Vovk et al. 2005, doi:10.1007/b106715).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

from seqcnn.errors import UsageError, show
from seqcnn.model.network.header import Calibration, Header
from seqcnn.model.network.imported_from import UNTRAINED

MAX_LEVELS = 5
"""Predicted levels that are calibrated separately, at most."""

MIN_LEVEL_ROWS = 30
"""Held-out rows of each predicted level, at least."""

MAX_LEVEL_TARGETS = 20
"""Targets of a bundle above which the space in its header is too small for levels."""

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
    scale = floor if floor > 0 else None
    kept = min(_MAX_ERRORS_PER_TARGET, max(20, _MAX_ERRORS // targets))
    levels = _levels(y_hat[measured]) if targets <= MAX_LEVEL_TARGETS else []
    if not levels:
        return _calibration(errors, kept, scale)
    level = np.searchsorted(levels, y_hat[measured], side="right")
    parts = [_calibration(errors[level == i], kept // MAX_LEVELS, scale) for i in range(len(levels) + 1)]
    whole = _calibration(errors, kept, scale)
    return whole.model_copy(update={"edges": tuple(levels), "by_level": tuple(parts)})


def _calibration(errors: np.ndarray, kept: int, scale_floor: float | None) -> Calibration:
    """Return the calibration of scaled errors (n,), of which evenly spaced ranks are kept."""
    chosen = np.sort(errors)[_ranks(len(errors), min(len(errors), kept)) - 1].tolist()
    return Calibration(n=len(errors), errors=tuple(chosen), scale_floor=scale_floor)


def _levels(y_hat: np.ndarray) -> list[float]:
    """Return the edges between predicted levels of equal size; none if a level would have too few rows."""
    count = min(MAX_LEVELS, (len(y_hat) - 1) // MIN_LEVEL_ROWS)
    edges = np.unique(np.quantile(y_hat.astype(float), np.arange(1, count) / max(count, 1)))
    sizes = np.bincount(np.searchsorted(edges, y_hat, side="right"), minlength=len(edges) + 1)
    return edges.tolist() if sizes.min() >= MIN_LEVEL_ROWS else []  # type: ignore[no-any-return]


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
    width = error_quantile(calibration, level)
    if calibration.scale_floor is None:
        return width
    if sd is None:
        raise UsageError("--interval: the model's intervals need the SD of its members")
    return width * (calibration.scale_floor + sd)


def error_quantile(calibration: Calibration, level: float) -> float:
    """Return the calibration error that intervals of a level reach; as `half_width`, but not yet scaled."""
    rank = _rank(calibration, level)
    if rank > calibration.n:
        most = calibration.n / (calibration.n + 1)
        raise UsageError(
            f"--interval {level:g}: the model was calibrated on {calibration.n} sequences; "
            f"expected a level of at most {int(1000 * most) / 1000:g}"
        )
    ranks = _ranks(calibration.n, len(calibration.errors))
    return calibration.errors[int(np.searchsorted(ranks, rank))]  # the next larger error that was kept


def half_width_by_level(
    calibration: Calibration, level: float, y_hat: np.ndarray, sd: np.ndarray | None = None
) -> np.ndarray:
    """Return half the width of intervals that are calibrated by predicted level, (n,); as `half_width`.

    Raises
    ------
    UsageError
        If the model has no such calibration, or too few held-out rows of a predicted level.
    """
    if not calibration.by_level:
        raise UsageError(
            f"--interval-by level: the model was calibrated on {calibration.n} sequences, and not by "
            f"predicted level; expected more than {2 * MIN_LEVEL_ROWS} with different predictions, and at "
            f"most {MAX_LEVEL_TARGETS} targets; calibrate on all rows with seqcnn cross-validate"
        )
    widths = np.empty(len(y_hat))
    member = np.searchsorted(calibration.edges, y_hat, side="right")
    for number, part in enumerate(calibration.by_level):
        rows = member == number
        widths[rows] = half_width(part, level, None if sd is None else sd[rows])
    return widths


def supports_level(calibration: Calibration, level: float) -> bool:
    """Return whether there are enough held-out rows for intervals of a level."""
    return _rank(calibration, level) <= calibration.n


def half_widths(
    headers: Sequence[Header],
    level: float,
    sds: Sequence[np.ndarray | None],
    n_rows: int,
    *,
    by_level: Sequence[np.ndarray] | None = None,
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
    by_level
        Predictions (n, T) per model, for intervals by predicted level; None for the same calibration
        everywhere.

    Raises
    ------
    UsageError
        If a model is not calibrated, or not for this level.
    """
    widths = np.zeros((n_rows, len(headers[0].targets)))
    for m, (header, sd) in enumerate(zip(headers, sds, strict=True)):
        for t, target in enumerate(header.targets):
            if header.encoder in UNTRAINED:
                what = f"the model was {header.encoder}, and no held-out rows calibrate it"
                raise UsageError(f"--interval: no interval: {what}; predict without it")
            if target not in header.calibration:
                raise UsageError(f"--interval: no calibration for {show(target)} in a model; train it again")
            calibration, column = header.calibration[target], None if sd is None else sd[:, t]
            if by_level is None:
                widths[:, t] += half_width(calibration, level, column)
            else:
                widths[:, t] += half_width_by_level(calibration, level, by_level[m][:, t], column)
    return widths / len(headers)


def _rank(calibration: Calibration, level: float) -> int:
    """Return which of the n errors, in ascending order, is half the width: ceil((n + 1) level)."""
    return ceil(round((calibration.n + 1) * level, 9))


def _ranks(n: int, kept: int) -> np.ndarray:
    """Return the ranks, 1 to n, of the errors that are kept."""
    return -(-np.arange(1, kept + 1) * n // kept)

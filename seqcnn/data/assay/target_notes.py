"""Notes on the distribution of a target before training, with a recommended transformation.

Each check returns one phrase or ''.  The checks detect, from quantiles, distributions that squared error
handles badly; normal, uniform and Laplace distributions give no note.  Values are never changed.
"""

from __future__ import annotations

import numpy as np

_MIN_SPIKE_FRACTION, _MIN_FLOOR_FRACTION = 0.05, 0.01
"""Smallest fraction of the values that are equal in a spike, and in a spike of the smallest value."""

_MIN_SPIKE_ROWS, _MIN_FLOOR_ROWS = 10, 5
"""Smallest number of values in a spike, and in a spike of the smallest value."""

_MIN_SPIKE_RATIO = 3
"""Smallest ratio to the frequency of any other value; rounded values and counts have no spike."""

_MIN_REST = 0.5
"""Smallest fraction of the values outside of two spikes; counts have two frequent values and few others."""

_MIN_ONE_END, _MIN_BOTH_ENDS = 0.05, 0.25
"""Smallest fraction of the values near each end of the scale of a fraction, and near both in sum."""

_END_WIDTH = 0.05
"""Width of an end of the scale, as a fraction of the scale."""

_MIN_TAIL_RATIO = 6
"""Smallest ratio of the distances of the upper and of the lower 2 % from the median in a long right tail."""

_OUTLIER_SD = 12
"""Standard deviations above which a value is an outlier, estimated from the 5 % quantile of its side."""

_Z_95 = 1.645
"""Standard deviations between the median and the 5 % quantile of a normal distribution."""

_MIN_HEAVY_FRACTION = 0.001
"""Smallest fraction of outliers in a heavy tail; three at least."""

_PSEUDOCOUNT_QUANTILE = 0.05
"""Quantile of the positive values that is the pseudocount of a logarithm."""


def diagnose(values: np.ndarray) -> list[str]:
    """Return notes on the measured values (N,) of a target, each with a recommendation.

    Parameters
    ----------
    values
        Finite, in the units of the target, at least two of them different.
    """
    if len(distinct := np.unique(values)) == 2:
        return [f"two distinct values ({distinct[0]:g} and {distinct[1]:g}); is this classification?"]
    notes, rest = spikes(values)
    logged = values if values.min() >= 0 else rest  # a negative spike may stand for missing values
    advice = _log_advice(logged) if logged.min() >= 0 else ""
    shape_note = fraction(values) or long_tail(rest, advice) or outliers(rest, advice)
    return [note for note in (*notes, shape_note) if note]


def spikes(values: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Return a note for each of at most two values that many rows share, and the remaining values."""
    distinct, counts = np.unique(values, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    for number in (2, 1):
        tops = order[:number]
        others = counts[order[number:]]
        is_rest = number == 1 or others.sum() >= _MIN_REST * len(values)
        if is_rest and all(_is_spike(int(top), counts, others, len(values)) for top in tops):
            rest = values[~np.isin(values, distinct[tops])]
            return [_spike_note(values, distinct, int(top)) for top in sorted(tops)], rest
    return [], values


def _is_spike(top: int, counts: np.ndarray, others: np.ndarray, n: int) -> bool:
    """Return whether a value, by its rank among the different ones, is more frequent than all `others`."""
    rows, share = (_MIN_SPIKE_ROWS, _MIN_SPIKE_FRACTION) if top else (_MIN_FLOOR_ROWS, _MIN_FLOOR_FRACTION)
    return bool(len(others) and counts[top] >= max(rows, share * n, _MIN_SPIKE_RATIO * others.max()))


def _spike_note(values: np.ndarray, distinct: np.ndarray, top: int) -> str:
    """Return the note on a spike, by its rank among the different values."""
    ends = {0: "the smallest; a limit of detection?", len(distinct) - 1: "the largest; saturation?"}
    count = int((values == distinct[top]).sum())
    return (
        f"{count} of {len(values)} values ({count / len(values):.0%}) are {distinct[top]:g}, "
        f"{ends.get(top, 'between the others; a default?')} recommended: NA where nothing was measured"
    )


def fraction(values: np.ndarray) -> str:
    """Return a note if all values are fractions, or percentages, with many near both ends."""
    top = 1 if values.max() <= 1 else 100
    if values.min() < 0 or values.max() > top:
        return ""
    low, high = (values <= _END_WIDTH * top).mean(), (values >= (1 - _END_WIDTH) * top).mean()
    if min(low, high) < _MIN_ONE_END or low + high < _MIN_BOTH_ENDS:
        return ""
    return (
        f"all values are between 0 and {top}, {low:.0%} of them near 0 and {high:.0%} near {top}; "
        f"fractions? recommended: their logit, log(y / ({top} - y)), y clipped to within the ends"
    )


def long_tail(values: np.ndarray, advice: str) -> str:
    """Return a note if non-negative values have a long right tail that their logarithm does not have.

    `advice` is that of `_log_advice`, '' if values are negative.
    """
    if not advice or not (positive := values[values > 0]).size:
        return ""
    quantiles = np.quantile(positive, [0.02, 0.5, 0.98])  # not the extremes: a single value may be an outlier
    tail = _asymmetry(quantiles)
    if tail < np.log(_MIN_TAIL_RATIO) or abs(_asymmetry(np.log(quantiles))) > tail / 2:
        return ""
    return (
        f"wide range with a long right tail (2% are below {quantiles[0]:.3g}, the median is "
        f"{quantiles[1]:.3g}, 2% are above {quantiles[2]:.3g}); {advice}"
    )


def outliers(values: np.ndarray, advice: str) -> str:
    """Return a note if values are far from the median, with what is recommended for their kind.

    `advice` is that of `_log_advice`, '' if values are negative: it is recommended if several values are far
    above the median.
    """
    below, above = _far_values(values)
    if not (far := below | above).any():
        return ""
    rest, heavy = values[~far], max(3, _MIN_HEAVY_FRACTION * len(values))
    text = (
        f"{far.sum()} of {len(values)} values are far beyond the others, which are between "
        f"{rest.min():.3g} and {rest.max():.3g} (smallest {values.min():.3g}, largest {values.max():.3g}); "
    )
    if min(below.sum(), above.sum()) >= heavy:
        return text + "recommended: ranks instead of values, as both tails are heavy (transform rank-normal)"
    if advice and above.sum() >= heavy:
        return text + advice
    return text + "recommended: check these rows; clip them to that range if they were measured"


def _far_values(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which values are more than `_OUTLIER_SD` standard deviations below and above the median.

    The standard deviation is estimated for each side, as that of a normal distribution with the same
    distance between the median and the 5 % quantile, so that skewed and heavy-tailed data have no outliers.
    """
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    bounds = [middle - _OUTLIER_SD * (middle - low) / _Z_95, middle + _OUTLIER_SD * (high - middle) / _Z_95]
    below = values < bounds[0] if low < middle else np.zeros(len(values), bool)
    above = values > bounds[1] if middle < high else np.zeros(len(values), bool)
    return below, above


def recommended_pseudocount(values: np.ndarray, *, zero: bool) -> float:
    """Return what to add to non-negative values before their logarithm.

    That is 1 for counts; else 0 if none is 0 or so small that its logarithm would be an outlier; else the 5 %
    quantile of the positive values, with two digits.

    Parameters
    ----------
    values
        (N,), 0 or more.
    zero
        Whether one of these values, or of others to be transformed, is 0.
    """
    positive = values[values > 0]
    if (values == np.round(values)).all() or not positive.size:
        return 1.0
    if not zero and positive.size == values.size and not _far_values(np.log(values))[0].any():
        return 0.0
    return float(f"{np.quantile(positive, _PSEUDOCOUNT_QUANTILE):.2g}")


def _log_advice(values: np.ndarray) -> str:
    """Recommend the logarithm of non-negative values, with a pseudocount where it is needed."""
    pseudocount = recommended_pseudocount(values, zero=bool((values == 0).any()))
    counts = "counts? " if (values == np.round(values)).all() else ""
    text = f"y + {pseudocount:g}" if pseudocount else "y"
    return f"{counts}recommended: the logarithm of {text} (transform log2)"


def _asymmetry(quantiles: np.ndarray) -> float:
    """Return the logarithm of the distance of the upper quantile to the middle over that of the lower one."""
    lower, upper = np.maximum(np.diff(quantiles), np.finfo(float).tiny)
    return float(np.log(upper) - np.log(lower))

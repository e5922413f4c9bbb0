"""The values of a target -> what a person should know of them before training, and what is recommended.

Each diagnosis gives one phrase or nothing.  It speaks of shapes that squared error handles badly, by
quantiles, and stays silent on normal, uniform and Laplace values: nothing is changed unasked.
"""

from __future__ import annotations

import numpy as np

_SPIKE = 0.05
"""Part of the values that one value holds in a spike, at least."""

_SPIKE_ROWS = 10
"""Values in a spike, at least."""

_SPIKE_RATIO = 3
"""How much more frequent than any other value it is, at least; rounded values and counts have no spike."""

_ENDS = 0.05, 0.25
"""Both ends of the scale of a fraction hold that part of the values at least, and together that one."""

_NEAR = 0.05
"""How near an end of the scale is, as a part of the scale."""

_TAIL = 6
"""How much farther the upper 2 % are from the median than the lower ones in a long right tail."""

_FAR = 12
"""Standard deviations from which on a value is an outlier, judged by the 5 % of its side; see `outliers`."""

_Z_95 = 1.645
"""Standard deviations between the median and the outer 5 % of normal values."""

_HEAVY = 0.001
"""Part of the values that are outliers on both sides of a heavy tail; and three at least."""


def diagnose(values: np.ndarray) -> list[str]:
    """Return what to know of the measured values (N,) of a target, and what is recommended.

    Parameters
    ----------
    values
        Finite, in the units of the target, at least two of them different.
    """
    if len(distinct := np.unique(values)) == 2:
        return [f"two distinct values ({distinct[0]:g} and {distinct[1]:g}); is this classification?"]
    found, rest = spike(values)
    shape = fraction(values) or long_tail(rest) or outliers(rest)
    return [text for text in (found, shape) if text]


def spike(values: np.ndarray) -> tuple[str, np.ndarray]:
    """Say if one value holds a large part of the rows; return the other values too, or all."""
    distinct, counts = np.unique(values, return_counts=True)
    top = int(counts.argmax())
    count, value = int(counts[top]), distinct[top]
    others = np.delete(counts, top).max()
    if count < max(_SPIKE_ROWS, _SPIKE * len(values), _SPIKE_RATIO * others):
        return "", values
    ends = {0: "the smallest; a limit of detection?", len(distinct) - 1: "the largest; saturation?"}
    text = (
        f"{count} of {len(values)} values ({count / len(values):.0%}) are {value:g}, "
        f"{ends.get(top, 'amid the others; a default?')} recommended: NA where nothing was measured"
    )
    return text, values[values != value]


def fraction(values: np.ndarray) -> str:
    """Say if all values are fractions, or percentages, with many near both ends."""
    top = 1 if values.max() <= 1 else 100
    if values.min() < 0 or values.max() > top:
        return ""
    low, high = (values <= _NEAR * top).mean(), (values >= (1 - _NEAR) * top).mean()
    if min(low, high) < _ENDS[0] or low + high < _ENDS[1]:
        return ""
    return (
        f"all values are between 0 and {top}, {low:.0%} of them near 0 and {high:.0%} near {top}; "
        f"fractions? recommended: their logit, log(y / ({top} - y)), y kept off the ends"
    )


def long_tail(values: np.ndarray) -> str:
    """Say if values that are never negative have a long right tail that their logarithm has not."""
    if values.min() < 0 or not (positive := values[values > 0]).size:
        return ""
    quantiles = np.quantile(positive, [0.02, 0.5, 0.98])  # of few values, the very last is an outlier
    tail = _asymmetry(quantiles)
    if tail < np.log(_TAIL) or abs(_asymmetry(np.log(quantiles))) > tail / 2:
        return ""
    counts = "counts? " if (values == np.round(values)).all() else ""
    return (
        f"wide range with a long right tail (2% are below {quantiles[0]:.3g}, the median is "
        f"{quantiles[1]:.3g}, 2% are above {quantiles[2]:.3g}); {counts}recommended: the logarithm"
        + (", of y + 1" if counts else ", of y plus a small number" if values.min() == 0 else "")
    )


def outliers(values: np.ndarray) -> str:
    """Say if values are far beyond the rest: `_FAR` times the standard deviation of their side.

    That of normal values with the same distance between the median and the outer 5 % of the side, so
    that neither a skewed nor a heavy-tailed bulk makes outliers.
    """
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    bounds = [middle - _FAR * (middle - low) / _Z_95, middle + _FAR * (high - middle) / _Z_95]
    below = values < bounds[0] if low < middle else np.zeros(len(values), bool)
    above = values > bounds[1] if middle < high else np.zeros(len(values), bool)
    if not (far := below | above).any():
        return ""
    rest = values[~far]
    text = (
        f"{far.sum()} of {len(values)} values are far beyond the others, which are between "
        f"{rest.min():.3g} and {rest.max():.3g} (smallest {values.min():.3g}, largest {values.max():.3g}); "
    )
    if min(below.sum(), above.sum()) >= max(3, _HEAVY * len(values)):
        return text + "recommended: ranks instead of values, as both tails are heavy"
    return text + "recommended: look at these rows; clip them to that range if they were measured"


def _asymmetry(quantiles: np.ndarray) -> float:
    """Return the logarithm of the distance of the upper quantile to the middle over that of the lower one."""
    lower, upper = np.maximum(np.diff(quantiles), np.finfo(float).tiny)
    return float(np.log(upper) - np.log(lower))

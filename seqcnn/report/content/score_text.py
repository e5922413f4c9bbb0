"""Scores, differences of scores and strata as text."""

from __future__ import annotations

from seqcnn.evaluation.score import Score
from seqcnn.evaluation.strata import Stratum
from seqcnn.model.metrics import METRICS
from seqcnn.plotting.formatting import UNDEFINED, minus, number, percent, with_minus

MAX_SCALE_LOSS = 0.1
"""Difference of r² and R² above which the scale of the predictions is called uninformative."""


def score_text(score: Score, metric: str) -> str:
    """Return a score with its interval, such as '0.84 (0.83 to 0.85)'."""
    if score.value is None:
        return UNDEFINED
    if score.low is None or score.high is None:
        return f"{_rounded(score.value, metric, 1.0)} (no interval)"
    value, low, high = (
        _rounded(x, metric, score.high - score.low) for x in (score.value, score.low, score.high)
    )
    return f"{value} ({low} to {high})"


def r_text(score: Score) -> str:
    """Return a correlation without its interval, such as '0.84'."""
    return UNDEFINED if score.value is None else _rounded(score.value, "pearson", 1.0)


def r_squared(score: Score) -> str:
    """Return r² of a correlation r, such as '71%'."""
    return UNDEFINED if score.value is None else percent(max(score.value, 0) ** 2)


def r_squared_interval(score: Score) -> str:
    """Return r² of a correlation r with its interval, such as '71% (69% to 72%)'."""
    if score.low is None or score.high is None:
        return r_squared(score)
    low, high = (percent(max(x, 0) ** 2) for x in (score.low, score.high))
    return f"{r_squared(score)} ({low} to {high})"


def scale_note(r: Score, r2: Score) -> str:
    """Return, in brackets, that the scale of predictions is wrong, if R² is far below r².

    Parameters
    ----------
    r, r2
        Pearson r, and R², 1 - SSE / SST, of the same rows.

    Returns
    -------
    '' unless r² exceeds R² by more than `MAX_SCALE_LOSS`.
    """
    if r.value is None or r2.value is None or max(r.value, 0) ** 2 - r2.value <= MAX_SCALE_LOSS:
        return ""
    ranked = r.low is not None and r.low > 0
    if r2.value >= MAX_SCALE_LOSS:
        which = "the scale is less informative than the ranking"
    else:
        which = "the ranking is informative, the scale is not" if ranked else "the scale is not informative"
    return f" ({which}: R² is {with_minus(f'{r2.value:.2f}')})"


def difference_text(value: float, low: float, high: float) -> str:
    """Return a difference of scores with its interval, such as '+0.021 (+0.010 to +0.032)'."""
    a, b, c = (with_minus(f"{x:+.3f}") if round(x, 3) else "0.000" for x in (value, low, high))
    return f"{a} ({b} to {c})"


def stratum_text(stratum: Stratum) -> str:
    """Return the name of a stratum with minus signs; the value of a category is returned as it is."""
    return stratum.name if stratum.is_category else minus(stratum.name)


def _rounded(value: float, metric: str, width: float) -> str:
    """Round a score: correlations to two decimals, three if the interval is narrow; else three digits."""
    if not METRICS[metric].higher_is_better or abs(value) >= 1000:
        return number(value)
    return with_minus(f"{value:.{3 if width < 0.01 else 2}f}")

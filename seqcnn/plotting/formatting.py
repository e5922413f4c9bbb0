"""How the report says numbers: scores with their intervals, counts, durations, sizes."""

from __future__ import annotations

import math

from seqcnn.evaluation.strata import Stratum
from seqcnn.model.metrics import METRICS
from seqcnn.report.run.collect import Score

UNDEFINED = "–"
"""What stands for a value that is not defined, such as r of a constant prediction."""

MINUS = "\N{MINUS SIGN}"


def score_text(score: Score, metric: str) -> str:
    """Say a score as '0.84 (0.83 to 0.85)'."""
    if score.value is None:
        return UNDEFINED
    if score.low is None or score.high is None:
        return f"{_rounded(score.value, metric, 1.0)} (no interval)"
    value, low, high = (
        _rounded(x, metric, score.high - score.low) for x in (score.value, score.low, score.high)
    )
    return f"{value} ({low} to {high})"


def r_text(score: Score) -> str:
    """Say a correlation without its interval, as '0.84'."""
    return UNDEFINED if score.value is None else _rounded(score.value, "pearson", 1.0)


def share_text(score: Score) -> str:
    """Say what part of the variance a correlation explains, as '71%'."""
    return UNDEFINED if score.value is None else percent(max(score.value, 0) ** 2)


def explained(score: Score) -> str:
    """Say what part of the variance a correlation explains, with its interval, as '71% (69% to 72%)'."""
    if score.low is None or score.high is None:
        return share_text(score)
    low, high = (percent(max(x, 0) ** 2) for x in (score.low, score.high))
    return f"{share_text(score)} ({low} to {high})"


def signed(value: float, low: float, high: float) -> str:
    """Say a difference of scores as '+0.021 (+0.010 to +0.032)'."""
    a, b, c = (_signed(f"{x:+.3f}") if round(x, 3) else "0.000" for x in (value, low, high))
    return f"{a} ({b} to {c})"


def stratum_text(stratum: Stratum) -> str:
    """Name a stratum as typesetters do; a category's value is shown as it is."""
    return stratum.name if stratum.is_category else stratum.name.replace("-", MINUS)


def number(value: object) -> str:
    """Say a number with three significant digits."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return UNDEFINED
    return _signed(f"{value:#.3g}".rstrip("."))


def fixed(value: float, spread: float) -> str:
    """Say a number with as many decimals as show two digits of `spread`, so that a column lines up."""
    if not (1e-6 < spread < 1e6 and abs(value) < 1e9):
        return number(value)
    return _signed(f"{value:.{max(0, 1 - math.floor(math.log10(spread)))}f}")


def count(value: object) -> str:
    """Say a whole number with its thousands apart."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else UNDEFINED


def percent(value: float) -> str:
    """Say a fraction in percent."""
    return f"{100 * value:.0f}%"


def duration(seconds: object) -> str:
    """Say a duration as people do."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return UNDEFINED
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def size(n_bytes: int | None) -> str:
    """Say the size of a file."""
    return UNDEFINED if n_bytes is None else f"{n_bytes / 1000:,.0f} kB"


def plural(n: int, noun: str) -> str:
    """Say how many of something there are."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _rounded(value: float, metric: str, width: float) -> str:
    """Round a score: two decimals for correlations, three if the interval is narrow; else three digits."""
    if not METRICS[metric].higher_is_better or abs(value) >= 1000:
        return number(value)
    return _signed(f"{value:.{3 if width < 0.01 else 2}f}")


def _signed(text: str) -> str:
    """Write a minus as typesetters do, and none before zero."""
    return text.replace("-", MINUS if float(text) else "")

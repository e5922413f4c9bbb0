"""Numbers as text, for pages, figures and messages: counts, percentages, durations, file sizes."""

from __future__ import annotations

import math

UNDEFINED = "–"
"""Stands for a value that is not defined, such as r of a constant prediction."""

MINUS = "\N{MINUS SIGN}"


def number(value: object) -> str:
    """Return a number with three significant digits."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return UNDEFINED
    return with_minus(f"{value:#.3g}".rstrip("."))


def fixed(value: float, sd: float) -> str:
    """Return a number with as many decimals as show three digits of `sd`, so that a column lines up."""
    if not (1e-6 < sd < 1e6 and abs(value) < 1e9):
        return number(value)
    return with_minus(f"{value:.{max(0, 2 - math.floor(math.log10(sd)))}f}")


def decimal(value: float, digits: int = 3, *, signed: bool = False) -> str:
    """Return a number with some decimals; with two significant digits if these decimals would all be 0."""
    sign = "+" if signed and value else ""
    text = f"{value:{sign}.{digits}f}"
    return with_minus(text if float(text) or not value else f"{value:{sign}.2g}")


def count(value: object) -> str:
    """Return an integer with thousands separators."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else UNDEFINED


def percent(value: float) -> str:
    """Return a fraction in percent."""
    return f"{100 * value:.0f}%"


def duration(seconds: object) -> str:
    """Return a duration in seconds, minutes or hours."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return UNDEFINED
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def file_size(n_bytes: int | None) -> str:
    """Return the size of a file in kB."""
    return UNDEFINED if n_bytes is None else f"{n_bytes / 1000:,.0f} kB"


def with_minus(text: str) -> str:
    """Return a formatted number with a minus sign instead of a hyphen, and without the sign of -0."""
    return text.replace("-", MINUS if float(text) else "")


def minus(text: str) -> str:
    """Return text with minus signs instead of hyphens."""
    return text.replace("-", MINUS)

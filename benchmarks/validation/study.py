"""Result of a study: title, description, and one row per setting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Row:
    """One setting with its guarantee and the measured value."""

    setting: str
    guarantee: str
    measured: str
    repetitions: int
    holds: bool | None = None
    """Whether the guarantee holds; None without a guarantee."""


@dataclass(frozen=True, slots=True)
class Study:
    """One table."""

    title: str
    description: str
    rows: list[Row]


def percent(share: float) -> str:
    """Format a fraction in percent with one decimal."""
    return f"{100 * share:.1f} %"


def chance(share: float, repetitions: int) -> float:
    """Return the half-width of the 95 % range of a measured fraction by chance."""
    return 1.96 * float(np.sqrt(share * (1 - share) / repetitions))

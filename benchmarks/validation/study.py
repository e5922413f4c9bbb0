"""What a study found: a title, a few words, and a row for each setting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Row:
    """One setting: what was promised of it, and what was measured."""

    setting: str
    promised: str
    measured: str
    repetitions: int
    kept: bool | None = None
    """Whether the promise was kept; None where nothing was promised."""


@dataclass(frozen=True, slots=True)
class Study:
    """One table."""

    title: str
    words: str
    rows: list[Row]


def percent(share: float) -> str:
    """Say a share to a tenth of a percent."""
    return f"{100 * share:.1f} %"


def chance(share: float, repetitions: int) -> float:
    """Return how far from a share chance takes what is measured, in 95 % of cases."""
    return 1.96 * float(np.sqrt(share * (1 - share) / repetitions))

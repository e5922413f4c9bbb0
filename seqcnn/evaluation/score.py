"""One metric of one set of rows, with its bootstrap interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Score:
    """Value and 95% interval of one metric (None where undefined), and the number of rows."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def score_of(scores: dict[str, Any], metric: str) -> Score:
    """Return one metric of the scores that `evaluate` computed for one target."""
    return Score(**{key: scores[metric][key] for key in ("value", "low", "high")}, n=scores["n"])

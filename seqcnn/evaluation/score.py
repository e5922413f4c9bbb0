"""One metric of one set of rows, with its bootstrap interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seqcnn.errors import plural
from seqcnn.model.metrics import MIN_CORRELATION_ROWS


@dataclass(frozen=True, slots=True)
class Score:
    """Value and 95% interval of one metric (None where undefined), and the number of rows."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def score_of(scores: dict[str, Any], metric: str) -> Score:
    """Return one metric of the scores that `evaluate` computed for one target.

    A correlation of too few rows, which an earlier version wrote, is undefined.
    """
    if metric in ("pearson", "spearman") and scores["n"] < MIN_CORRELATION_ROWS:
        return Score(None, None, None, scores["n"])
    return Score(**{key: scores[metric][key] for key in ("value", "low", "high")}, n=scores["n"])


def too_few_rows(n: int) -> str:
    """Return that n rows are too few for a correlation, with the remedy; '' if they are not."""
    if n >= MIN_CORRELATION_ROWS:
        return ""
    return (
        f"not defined ({plural(n, 'row')}, at least {MIN_CORRELATION_ROWS} are expected: "
        "seqcnn cross-validate scores all rows)"
    )


def logged_r(scores: dict[str, Any]) -> str:
    """Return Pearson r of the scores of one target for a log line."""
    r = scores["pearson"]["value"]
    return too_few_rows(scores["n"]) or "not defined" if r is None else f"{r:.3f}"

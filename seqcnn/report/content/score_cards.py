"""Experiment -> the score cards at the top of the report."""

from __future__ import annotations

from dataclasses import dataclass

from seqcnn.evaluation.score import Score
from seqcnn.report.content.score_text import score_text
from seqcnn.report.run.collect import Experiment


@dataclass(frozen=True, slots=True)
class Mark:
    """One line of a score card, and its mark on the scale from 0 to 1."""

    kind: str
    """`best`, `other` or `ceiling`."""
    label: str
    text: str
    at: tuple[float, float, float] | None
    """Low, value and high on a scale of 0 to 100; None if undefined."""


@dataclass(frozen=True, slots=True)
class Card:
    """What was reached for one target on test rows."""

    target: str
    unit: str
    n: int
    marks: list[Mark]


def cards(experiment: Experiment) -> list[Card]:
    """Return a score card a target."""
    units = dict(zip(experiment.dataset.target_names, experiment.dataset.units, strict=True))
    n = {target: experiment.best.score("test", target, "pearson").n for target in experiment.targets}
    return [
        Card(target, units[target], n[target], _marks(experiment, target)) for target in experiment.targets
    ]


def on_scale(score: Score) -> tuple[float, float, float] | None:
    """Return low, value and high of an r as positions from 0 to 100."""
    if score.value is None:
        return None
    bounds = (score.low, score.value, score.high)
    low, value, high = (round(100 * min(max(score.value if x is None else x, 0.0), 1.0), 2) for x in bounds)
    return low, value, high


def _marks(experiment: Experiment, target: str) -> list[Mark]:
    """Return the best model, the best comparator and the ceiling of one target."""
    shown = [("best", "best model", experiment.best)]
    if other := experiment.best_of(baseline=not experiment.best.is_baseline):
        what = "best without deep learning" if other.is_baseline else "best network"
        shown.append(("other", f"{what} on validation rows", other))
    marks = []
    for kind, what, member in shown:
        score = member.score("test", target, "pearson")
        marks.append(Mark(kind, f"{what}: {member.label}", score_text(score, "pearson"), on_scale(score)))
    if ceiling := experiment.best.ceiling("test", target):
        r = ceiling["attainable_r"]
        marks.append(Mark("ceiling", "reachable at best, from replicates", f"{r:.2f}", (100 * r,) * 3))
    return marks

"""Score cards at the top of the report: best model, best of the other kind, and noise ceiling."""

from __future__ import annotations

from dataclasses import dataclass

from seqcnn.evaluation.score import Score
from seqcnn.report.content.score_text import score_text
from seqcnn.report.run.members import Run

Positions = tuple[float, float, float]
"""Low, value and high of an r on a scale of -100 to 100."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One line of a score card, and its mark on the scale from 0 to 1."""

    kind: str
    """`best`, `other` or `ceiling`."""
    label: str
    text: str
    positions: Positions | None
    """None if undefined."""


@dataclass(frozen=True, slots=True)
class Card:
    """The test scores of one target."""

    target: str
    unit: str
    n: int
    marks: list[Mark]

    @property
    def start(self) -> float:
        """Left end of the scale: 0, or the lowest end of an interval below it."""
        return min([0.0, *(mark.positions[0] for mark in self.marks if mark.positions)])


def score_cards(run: Run) -> list[Card]:
    """Return one score card per target."""
    units = dict(zip(run.dataset.target_names, run.dataset.units, strict=True))
    n = {target: run.best.score("test", target, "pearson").n for target in run.targets}
    return [Card(target, units[target], n[target], _marks(run, target)) for target in run.targets]


def scale_positions(score: Score) -> Positions | None:
    """Return low, value and high of an r as positions from -100 to 100; None if it is undefined."""
    if score.value is None:
        return None
    bounds = (score.low, score.value, score.high)
    low, value, high = (round(100 * (score.value if x is None else x), 2) for x in bounds)
    return low, value, high


def _marks(run: Run, target: str) -> list[Mark]:
    """Return the best model, the best of the other kind for one target, and the target's noise ceiling."""
    several = len(run.targets) > 1
    shown = [("best", "best model over all targets" if several else "best model", run.best)]
    other = run.best_for(target, baseline=not run.best.is_baseline)
    if other := other or run.best_of(baseline=not run.best.is_baseline):
        kind = "baseline" if other.is_baseline else "network"
        shown.append(("other", f"best {kind} by validation score", other))
    marks = []
    for kind, role, member in shown:
        score = member.score("test", target, "pearson")
        marks.append(
            Mark(kind, f"{role}: {member.label}", score_text(score, "pearson"), scale_positions(score))
        )
    if ceiling := run.best.ceiling("test", target):
        r = ceiling["attainable_r"]
        marks.append(Mark("ceiling", "noise ceiling from replicates", f"{r:.2f}", (100 * r,) * 3))
    return marks

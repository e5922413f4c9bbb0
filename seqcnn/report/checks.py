"""Experiment -> the tables of its controls: what is left of the score when what matters is taken away."""

from __future__ import annotations

from seqcnn.report.collect import Experiment, Score
from seqcnn.report.reading import CONTROLS
from seqcnn.report.summary import named, on_scale
from seqcnn.report.tables import Cell, Column, Table
from seqcnn.report.verdicts import control_score, controlled
from seqcnn.report.words import count, score_text

_CONTROL_LABELS = {
    "shuffled_bases": "the same model, the bases of each test sequence shuffled",
    "shuffled_dinucleotides": "the same model, the bases shuffled with their neighbours kept",
    "shuffled_targets": "trained and tested anew on shuffled measurements",
}

_SIMPLE = ("gc", "ridge", "boosting")


def control_tables(experiment: Experiment) -> list[Table]:
    """Return the model, the simple models and the controls side by side, a table a target."""
    if experiment.controls is None:
        return []
    return [_controls(experiment, t, target) for t, target in enumerate(experiment.targets)]


def _controls(experiment: Experiment, t: int, target: str) -> Table:
    """Return the table of one target."""
    model = controlled(experiment)
    rows = [_row(f"{model.label}: as it is", model.score("test", target, "pearson"))]
    for name in _SIMPLE:
        if member := experiment.member(name, "fit"):
            rows.append(_row(named(member), member.score("test", target, "pearson")))
    rows += [_row(_CONTROL_LABELS[name], control_score(experiment, name, target)) for name in CONTROLS]
    columns = [Column("What is scored", "text"), Column("Pearson r", "number", "descending"), Column("n")]
    caption = f"{target}: controls of {model.label} on test rows"
    ceiling = model.ceiling("test", target)
    return Table(
        f"controls-{t}",
        caption,
        columns,
        rows,
        marked=0,
        ceiling=100 * ceiling["attainable_r"] if ceiling else None,
    )


def _row(label: str, score: Score) -> list[Cell]:
    """Return one row of a table of scores."""
    return [
        Cell(label),
        Cell(score_text(score, "pearson"), score.value, on_scale(score)),
        Cell(count(score.n), score.n),
    ]

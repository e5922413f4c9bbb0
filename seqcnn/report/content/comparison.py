"""Comparison of models: differences of r on the same resamples of test clusters, and SD over seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqcnn.evaluation.multiple_testing import holm
from seqcnn.evaluation.paired_bootstrap import Difference, paired_differences
from seqcnn.plotting.formatting import UNDEFINED, count, percent
from seqcnn.report.content.score_text import difference_text, scale_note
from seqcnn.report.content.tables import Cell, Column, Table
from seqcnn.report.run.members import Member, Run


@dataclass(frozen=True, slots=True)
class SeedVariation:
    """Mean and SD over seeds of Pearson r on test rows, of one model."""

    model: str
    seeds: int
    mean: float
    sd: float


def comparison_tables(run: Run) -> list[Table]:
    """Return, for each target, every model against the best one, and the SD over seeds."""
    tables = []
    for t, target in enumerate(run.targets):
        tables.append(_difference_table(run, t, target))
        tables += _seed_table(run, t, target)
    return tables


def difference(run: Run, t: int, first: Member, second: Member) -> Difference:
    """Compare two members on target number `t`."""
    return differences(run, t, [first], second)[0]


def differences(run: Run, t: int, members: list[Member], reference: Member) -> list[Difference]:
    """Compare members with a reference on the same resamples of test clusters of target number `t`."""
    rows = run.measured("test", t)
    if not len(rows):
        return [Difference(None) for _ in members]
    y = run.dataset.targets[rows, t].astype(np.float64)
    y_hat = np.stack([member.y_hat[rows, t] for member in (reference, *members)], axis=1)
    return paired_differences(y, y_hat, run.dataset.groups[rows])


def against_best(run: Run, t: int) -> list[tuple[Member, Difference, float | None]]:
    """Return every other member, its difference to the best one, and p adjusted for all of them (Holm)."""
    others = run.members[1:]
    compared = differences(run, t, others, run.best)
    return list(zip(others, compared, holm([difference.p for difference in compared]), strict=True))


def seed_variation(run: Run, target: str) -> list[SeedVariation]:
    """Return mean and SD over the seeds of every model that has several."""
    by_model: dict[str, list[float]] = {}
    for member in run.members:
        r = member.score("test", target, "pearson").value
        if member.name.startswith("seed") and r is not None:
            by_model.setdefault(member.model, []).append(r)
    return [
        SeedVariation(model, len(r), float(np.mean(r)), float(np.std(r, ddof=1)))
        for model, r in by_model.items()
        if len(r) > 1
    ]


def _difference_table(run: Run, t: int, target: str) -> Table:
    """Return the differences to the best model for one target."""
    best = run.best
    rows = [[Cell(best.label), Cell("reference", 0.0), Cell(UNDEFINED)]]
    for member, difference_, p in against_best(run, t):
        p_cell = Cell(UNDEFINED if p is None else _p_text(p), p)
        rows.append([Cell(member.label), _difference_cell(difference_), p_cell])
    columns = [Column("Model", "text"), Column("Difference of r", "number", "descending")]
    columns += [Column("p, adjusted")]
    notes = []
    if ceiling := best.ceiling("test", target):
        columns.append(Column("Share of explainable variance (r²)", "number", "descending"))
        for row, member in zip(rows, run.members, strict=True):
            r = member.score("test", target, "pearson").value
            share = None if r is None else max(r, 0) ** 2 / ceiling["reliability"]
            row.append(Cell(UNDEFINED if share is None else percent(share), share))
            scores = (member.score("test", target, metric) for metric in ("pearson", "r2"))
            if note := scale_note(*scores):
                notes.append(f"{member.label}{note}.")
    caption = f"{target}: every model against {best.label} on the same resamples of test clusters"
    return Table(f"comparison-{t}", caption, columns, rows, marked=0, notes=tuple(notes))


def _difference_cell(difference: Difference) -> Cell:
    """Return the cell of a difference in r."""
    if difference.value is None or difference.low is None or difference.high is None:
        return Cell(UNDEFINED, difference.value)
    text = difference_text(difference.value, difference.low, difference.high)
    return Cell(text, difference.value, bounds=(difference.low, difference.high))


def _p_text(p: float) -> str:
    """Return a p-value of a bootstrap of 1,000 resamples."""
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def _seed_table(run: Run, t: int, target: str) -> list[Table]:
    """Return the table of means and SDs over seeds, if a model has several."""
    rows = [
        [
            Cell(s.model),
            Cell(count(s.seeds), s.seeds),
            Cell(f"{s.mean:.3f}", s.mean),
            Cell(f"{s.sd:.3f}", s.sd),
        ]
        for s in seed_variation(run, target)
    ]
    columns = [Column("Model", "text"), Column("Seeds"), Column("Mean r"), Column("SD over seeds")]
    caption = f"{target}: variation of r over random seeds"
    return [Table(f"seeds-{t}", caption, columns, rows)] if rows else []

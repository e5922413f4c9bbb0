"""Tables of the coverage of prediction intervals: by level, by fifths of the predictions, and by stratum."""

from __future__ import annotations

from seqcnn.model.inference.coverage import FIFTHS, MAIN_LEVEL, fifths_of
from seqcnn.plotting.formatting import UNDEFINED, count, percent
from seqcnn.report.content.coverage import (
    best_calibrated,
    calibration,
    coverage_sentence,
    covered,
)
from seqcnn.report.content.score_text import stratum_text
from seqcnn.report.content.tables import Cell, Column, Table
from seqcnn.report.run.members import Member, Run

LEVELS = (0.5, 0.8, 0.9, 0.95)
"""Nominal coverages in the table."""


def coverage_tables(run: Run) -> list[Table]:
    """Return the coverage of the prediction intervals of each network, by target."""
    return [table for t, target in enumerate(run.targets) for table in _table(run, t, target)]


def coverage_by_stratum(run: Run) -> list[Table]:
    """Return the coverage of the intervals of the best network in each stratum, by target."""
    return [table for t, target in enumerate(run.targets) for table in _stratum_table(run, t, target)]


def _table(run: Run, t: int, target: str) -> list[Table]:
    """Return the table of one target, if a network is calibrated for it."""
    n = len(run.measured("test", t))
    members = [m for m in run.members if calibration(m, target) and n >= len(FIFTHS)]
    rows = []
    for member in members:
        rows.append([Cell(member.label), *_coverages(run, member, t)])
        errors = calibration(member, target)
        if errors and errors.by_level:
            label = f"{member.label}, by predicted level"
            rows.append([Cell(label), *_coverages(run, member, t, by_level=True)])
    columns = [Column("Model", "text"), *(Column(f"{level:.0%}") for level in LEVELS)]
    columns += [Column(f"{MAIN_LEVEL:.0%}, {fifth}") for fifth in FIFTHS]
    caption = f"{target}: coverage of the prediction intervals of each level, n = {n:,} test rows; "
    caption += f"of the {MAIN_LEVEL:.0%} intervals also by fifths of the predictions"
    dash = "too few calibration rows for that level"
    sentence = coverage_sentence(run, t)
    notes = (sentence,) if sentence else ()
    return [Table(f"coverage-{t}", caption, columns, rows, dash=dash, notes=notes)] if rows else []


def _coverages(run: Run, member: Member, t: int, *, by_level: bool = False) -> list[Cell]:
    """Return coverage at every level, then at `MAIN_LEVEL` in each fifth of the predictions."""
    rows = run.measured("test", t)
    inside = {level: covered(run, member, t=t, rows=rows, level=level, by_level=by_level) for level in LEVELS}
    fifths = fifths_of(member.y_hat[rows, t])
    main = inside[MAIN_LEVEL]
    subsets = [*inside.values(), *(None if main is None else main[fifth] for fifth in fifths)]
    shares = [None if subset is None else float(subset.mean()) for subset in subsets]
    return [Cell(UNDEFINED if share is None else percent(share), share) for share in shares]


def _stratum_table(run: Run, t: int, target: str) -> list[Table]:
    """Return the table of one target, if a network is calibrated for it."""
    if (member := best_calibrated(run, target)) is None:
        return []
    rows = []
    for stratum in run.strata[target]:
        inside = covered(run, member, t=t, rows=stratum.rows, level=MAIN_LEVEL)
        if inside is None:
            return []
        share, n = float(inside.mean()), len(inside)
        names = [Cell(stratum.by), Cell(stratum_text(stratum))]
        rows.append([*names, Cell(count(n), n), Cell(percent(share), share)])
    columns = [Column("Stratified by", "text"), Column("Stratum", "text"), Column("n")]
    columns += [Column(f"Coverage of the {MAIN_LEVEL:.0%} interval")]
    caption = f"{target}: coverage of the {MAIN_LEVEL:.0%} interval of {member.label} by stratum"
    if not rows:
        return []
    return [Table(f"coverage-strata-{t}", caption, columns, rows, notes=(_lowest_coverage(rows),))]


def _lowest_coverage(rows: list[list[Cell]]) -> str:
    """Return where coverage is lowest, of rows of the table by stratum."""
    by, stratum, n, share = min(rows, key=lambda row: row[-1].value or 0.0)
    return f"Lowest coverage: {share.text}, where {by.text} is {stratum.text} (n = {n.text})."

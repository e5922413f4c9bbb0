"""Coverage: the share of test measurements within their prediction intervals."""

from __future__ import annotations

import numpy as np

from seqcnn.model.inference.conformal import half_width, supports_level
from seqcnn.model.network.header import Calibration
from seqcnn.plotting.formatting import UNDEFINED, count, percent
from seqcnn.report.content.score_text import stratum_text
from seqcnn.report.content.tables import Cell, Column, Table
from seqcnn.report.run.members import Member, Run

LEVELS = (0.5, 0.8, 0.9, 0.95)
"""Nominal coverages in the table."""

MAIN_LEVEL = 0.9
"""Nominal coverage of the sentences and of the tables by stratum."""

THIRDS = ("low", "middle", "high")
"""Thirds of the predictions."""

_NOMINAL_RANGE = (MAIN_LEVEL - 0.05, MAIN_LEVEL + 0.05)  # coverages that count as nominal
_MIN_ROWS = 20  # test rows below which coverage is not judged


def coverage_tables(run: Run) -> list[Table]:
    """Return the coverage of the prediction intervals of each network, by target."""
    return [table for t, target in enumerate(run.targets) for table in _table(run, t, target)]


def coverage_by_stratum(run: Run) -> list[Table]:
    """Return the coverage of the intervals of the best network in each stratum, by target."""
    return [table for t, target in enumerate(run.targets) for table in _stratum_table(run, t, target)]


def coverage_sentence(run: Run, t: int) -> str | None:
    """Return whether coverage is nominal for target number `t`; None without intervals or with few rows."""
    member = best_calibrated(run, run.targets[t])
    coverage = _main_coverage(run, member, t) if member else None
    if member is None or coverage is None:
        return None
    low, high = _NOMINAL_RANGE
    verdict = (
        "they are too narrow" if coverage < low else "they are too wide" if coverage > high else "as intended"
    )
    intervals = f"{percent(MAIN_LEVEL)} prediction intervals of {member.label}"
    return f"The {intervals} contain {percent(coverage)} of the test measurements: {verdict}."


def too_narrow(run: Run, t: int) -> bool:
    """Return whether the coverage of the best calibrated member is clearly below nominal."""
    member = best_calibrated(run, run.targets[t])
    coverage = _main_coverage(run, member, t) if member else None
    return coverage is not None and coverage < _NOMINAL_RANGE[0]


def calibration(member: Member, target: str) -> Calibration | None:
    """Return the calibration of a member's intervals, None if it has none."""
    found = member.header.calibration.get(target) if member.header else None
    return None if found is None or (found.scale_floor is not None and member.sd is None) else found


def best_calibrated(run: Run, target: str) -> Member | None:
    """Return the best member that has intervals."""
    return next((m for m in run.members if calibration(m, target)), None)


def covered(run: Run, member: Member, *, t: int, rows: np.ndarray, level: float) -> np.ndarray | None:
    """Return which measurements of some rows lie in their intervals; None if there are no intervals."""
    found = calibration(member, run.targets[t])
    if found is None or not supports_level(found, level):
        return None
    sd = None if member.sd is None else member.sd[rows, t]
    error = np.abs(run.dataset.targets[rows, t].astype(np.float64) - member.y_hat[rows, t])
    return np.asarray(error <= half_width(found, level, sd))


def _main_coverage(run: Run, member: Member, t: int) -> float | None:
    """Return the coverage at `MAIN_LEVEL`, rounded to percents; None for few test rows."""
    rows = run.measured("test", t)
    inside = covered(run, member, t=t, rows=rows, level=MAIN_LEVEL) if len(rows) >= _MIN_ROWS else None
    return None if inside is None else round(float(inside.mean()), 2)


def _table(run: Run, t: int, target: str) -> list[Table]:
    """Return the table of one target, if a network is calibrated for it."""
    n = len(run.measured("test", t))
    members = [m for m in run.members if calibration(m, target) and n >= len(THIRDS)]
    rows = []
    for member in members:
        coverages = _coverages(run, member, t)
        cells = [Cell(UNDEFINED if share is None else percent(share), share) for share in coverages]
        rows.append([Cell(member.label), *cells])
    columns = [Column("Model", "text"), *(Column(f"{level:.0%}") for level in LEVELS)]
    columns += [Column(f"{MAIN_LEVEL:.0%}, {third} third") for third in THIRDS]
    caption = f"{target}: coverage of the prediction intervals of each level, n = {n:,} test rows"
    dash = "too few validation rows for that level"
    sentence = coverage_sentence(run, t)
    notes = (sentence,) if sentence else ()
    return [Table(f"coverage-{t}", caption, columns, rows, dash=dash, notes=notes)] if rows else []


def _coverages(run: Run, member: Member, t: int) -> list[float | None]:
    """Return coverage at every level, then at `MAIN_LEVEL` in each third of the predictions."""
    rows = run.measured("test", t)
    inside = {level: covered(run, member, t=t, rows=rows, level=level) for level in LEVELS}
    thirds = np.array_split(np.argsort(member.y_hat[rows, t], kind="stable"), len(THIRDS))
    main = inside[MAIN_LEVEL]
    subsets = [*inside.values(), *(None if main is None else main[third] for third in thirds)]
    return [None if subset is None else float(subset.mean()) for subset in subsets]


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
    return [Table(f"coverage-strata-{t}", caption, columns, rows)] if rows else []

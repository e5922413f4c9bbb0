"""Coverage: the share of test measurements within their prediction intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqcnn.evaluation.strata import FIFTHS
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

_NOMINAL_RANGE = (MAIN_LEVEL - 0.05, MAIN_LEVEL + 0.05)  # coverages that count as nominal
_MIN_ROWS = 20  # test rows below which coverage is not judged
_MIN_MEASURED = 0.5  # coverage of a fifth of the measurements below which most of it is missed
_MAX_P = 0.05 / len(FIFTHS)  # probability by chance below which the coverage of a fifth is called too low


@dataclass(frozen=True, slots=True)
class FifthCoverage:
    """Coverage at `MAIN_LEVEL` of the test rows in one fifth of the predictions, or of the measurements."""

    fifth: str
    """Such as `lowest fifth of the predictions`."""
    n: int
    share: float

    @property
    def text(self) -> str:
        """The coverage with its fifth and number of rows."""
        return f"{percent(self.share)} in the {self.fifth} (n = {self.n:,})"

    @property
    def is_too_low(self) -> bool:
        """Whether the coverage is below the nominal range, by more than chance."""
        from scipy.stats import binom

        p = binom.cdf(round(self.share * self.n), self.n, MAIN_LEVEL)
        return round(self.share, 2) < _NOMINAL_RANGE[0] and bool(p < _MAX_P)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Coverage at `MAIN_LEVEL` of the intervals of one member for one target."""

    share: float
    """Of all test rows, rounded to percents."""
    worst: FifthCoverage
    """The fifth of the predictions with the lowest coverage."""
    worst_measured: FifthCoverage
    """The fifth of the measurements with the lowest coverage."""

    @property
    def narrow_fifth(self) -> FifthCoverage | None:
        """The fifth for which the intervals are too narrow, if there is one.

        Extreme measurements are covered less often than others wherever noise is large, so a fifth of the
        measurements counts only if most of it is missed.
        """
        if self.worst.is_too_low:
            return self.worst
        missed = self.worst_measured.share < _MIN_MEASURED and self.worst_measured.is_too_low
        return self.worst_measured if missed else None

    @property
    def is_too_low(self) -> bool:
        """Whether the intervals are too narrow, for all test rows or for a fifth of them."""
        return self.share < _NOMINAL_RANGE[0] or self.narrow_fifth is not None


def coverage_tables(run: Run) -> list[Table]:
    """Return the coverage of the prediction intervals of each network, by target."""
    return [table for t, target in enumerate(run.targets) for table in _table(run, t, target)]


def coverage_by_stratum(run: Run) -> list[Table]:
    """Return the coverage of the intervals of the best network in each stratum, by target."""
    return [table for t, target in enumerate(run.targets) for table in _stratum_table(run, t, target)]


def coverage_sentence(run: Run, t: int) -> str | None:
    """Return whether coverage is nominal for target number `t`, with the fifth where it is lowest.

    None without intervals or with few rows.
    """
    member = best_calibrated(run, run.targets[t])
    coverage = _main_coverage(run, member, t) if member else None
    if member is None or coverage is None:
        return None
    text = (
        f"The {percent(MAIN_LEVEL)} prediction intervals of {member.label} contain "
        f"{percent(coverage.share)} of the test measurements"
    )
    worst, (low, high) = coverage.worst, _NOMINAL_RANGE
    if coverage.share < low:
        return f"{text}: they are too narrow, most of all with {worst.text}; {_remedy(run, member, t)}."
    if narrow := coverage.narrow_fifth:
        return f"{text}, but only {narrow.text}, where they are too narrow; {_remedy(run, member, t)}."
    verdict = "they are too wide" if coverage.share > high else "as intended on average"
    return f"{text}: {verdict}; the lowest coverage is {worst.text}."


def _remedy(run: Run, member: Member, t: int) -> str:
    """Return what to do about intervals that are too narrow, as the end of a sentence."""
    advice = ["do not rely on them"]
    y = run.dataset.targets[run.measured("train", t), t]
    if member.header is not None and not member.header.predicts_noise:
        advice.append("train with `loss: gaussian`, which predicts where the noise is large")
    if len(y) and y.min() >= 0:
        advice.append("train on the logarithm of the measurements")
    advice.append("calibrate on all rows with `seqcnn cross-validate`")
    return f"{advice[0]} there: {', or '.join(advice[1:])}"


def calibration_sentence(run: Run) -> str | None:
    """Return which rows the intervals of the best calibrated member were calibrated on; None without any."""
    members = (best_calibrated(run, target) for target in run.targets)
    member = next((member for member in members if member), None)
    if member is None or member.header is None:
        return None
    return f"Those of {member.label} were calibrated on {member.header.calibration_text}."


def too_narrow(run: Run, t: int) -> bool:
    """Return whether intervals of the best calibrated member are too narrow, overall or in a fifth."""
    member = best_calibrated(run, run.targets[t])
    coverage = _main_coverage(run, member, t) if member else None
    return coverage is not None and coverage.is_too_low


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


def _main_coverage(run: Run, member: Member, t: int) -> Coverage | None:
    """Return the coverage at `MAIN_LEVEL`; None for few test rows."""
    rows = run.measured("test", t)
    inside = covered(run, member, t=t, rows=rows, level=MAIN_LEVEL) if len(rows) >= _MIN_ROWS else None
    if inside is None:
        return None
    worst = _worst_fifth(inside, member.y_hat[rows, t], "predictions")
    worst_measured = _worst_fifth(inside, run.dataset.targets[rows, t], "measurements")
    return Coverage(round(float(inside.mean()), 2), worst, worst_measured)


def _worst_fifth(inside: np.ndarray, values: np.ndarray, what: str) -> FifthCoverage:
    """Return the fifth of some values (n,) in which the fewest measurements are inside their intervals."""
    fifths = [
        FifthCoverage(f"{name} of the {what}", len(fifth), float(inside[fifth].mean()))
        for name, fifth in zip(FIFTHS, _fifths(values), strict=True)
    ]
    return min(fifths, key=lambda fifth: fifth.share)


def _fifths(values: np.ndarray) -> list[np.ndarray]:
    """Return the indices of each fifth of values (n,), n at least 5, from low to high."""
    return np.array_split(np.argsort(values, kind="stable"), len(FIFTHS))


def _table(run: Run, t: int, target: str) -> list[Table]:
    """Return the table of one target, if a network is calibrated for it."""
    n = len(run.measured("test", t))
    members = [m for m in run.members if calibration(m, target) and n >= len(FIFTHS)]
    rows = []
    for member in members:
        coverages = _coverages(run, member, t)
        cells = [Cell(UNDEFINED if share is None else percent(share), share) for share in coverages]
        rows.append([Cell(member.label), *cells])
    columns = [Column("Model", "text"), *(Column(f"{level:.0%}") for level in LEVELS)]
    columns += [Column(f"{MAIN_LEVEL:.0%}, {fifth}") for fifth in FIFTHS]
    caption = f"{target}: coverage of the prediction intervals of each level, n = {n:,} test rows; "
    caption += f"of the {MAIN_LEVEL:.0%} intervals also by fifths of the predictions"
    dash = "too few calibration rows for that level"
    sentence = coverage_sentence(run, t)
    notes = (sentence,) if sentence else ()
    return [Table(f"coverage-{t}", caption, columns, rows, dash=dash, notes=notes)] if rows else []


def _coverages(run: Run, member: Member, t: int) -> list[float | None]:
    """Return coverage at every level, then at `MAIN_LEVEL` in each fifth of the predictions."""
    rows = run.measured("test", t)
    inside = {level: covered(run, member, t=t, rows=rows, level=level) for level in LEVELS}
    fifths = _fifths(member.y_hat[rows, t])
    main = inside[MAIN_LEVEL]
    subsets = [*inside.values(), *(None if main is None else main[fifth] for fifth in fifths)]
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
    if not rows:
        return []
    return [Table(f"coverage-strata-{t}", caption, columns, rows, notes=(_lowest_coverage(rows),))]


def _lowest_coverage(rows: list[list[Cell]]) -> str:
    """Return where coverage is lowest, of rows of the table by stratum."""
    by, stratum, n, share = min(rows, key=lambda row: row[-1].value or 0.0)
    return f"Lowest coverage: {share.text}, where {by.text} is {stratum.text} (n = {n.text})."

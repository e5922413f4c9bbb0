"""Coverage: the share of test measurements within their prediction intervals, and what to do if it is low."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqcnn.model.inference.conformal import (
    MIN_LEVEL_ROWS,
    half_width,
    half_width_by_level,
    supports_level,
)
from seqcnn.model.inference.coverage import FIFTHS, MAIN_LEVEL, MIN_ROWS, TOLERANCE, fifths_of, is_too_low
from seqcnn.model.network.header import Calibration
from seqcnn.plotting.formatting import percent
from seqcnn.report.run.members import Member, Run

_MIN_MEASURED = 0.5  # coverage of a fifth of the measurements below which most of it is missed


@dataclass(frozen=True, slots=True)
class FifthCoverage:
    """Coverage at `MAIN_LEVEL` of the test rows in one fifth of the predictions, or of the measurements."""

    fifth: str
    """Such as `lowest fifth of the predictions`."""
    share: float
    rows: np.ndarray
    """Indices of its rows among the measured test rows."""

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.rows)

    @property
    def text(self) -> str:
        """The coverage with its fifth and number of rows."""
        return f"{percent(self.share)} in the {self.fifth} (n = {self.n:,})"

    @property
    def is_too_low(self) -> bool:
        """Whether the coverage is below the nominal range, by more than chance."""
        return is_too_low(self.share, self.n)


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
        return self.share < MAIN_LEVEL - TOLERANCE or self.narrow_fifth is not None


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
    worst, low, high = coverage.worst, MAIN_LEVEL - TOLERANCE, MAIN_LEVEL + TOLERANCE
    if coverage.share < low:
        remedy = _remedy(run, member, t, worst)
        return f"{text}: they are too narrow, most of all with {worst.text}; {remedy}."
    if narrow := coverage.narrow_fifth:
        remedy = _remedy(run, member, t, narrow)
        return f"{text}, but only {narrow.text}, where they are too narrow; {remedy}."
    verdict = "they are too wide" if coverage.share > high else "as intended on average"
    return f"{text}: {verdict}; the lowest coverage is {worst.text}."


def _remedy(run: Run, member: Member, t: int, fifth: FifthCoverage) -> str:
    """Return what to do about intervals that are too narrow in a fifth, as the end of a sentence."""
    advice = _intervals_by_level(run, member, t, fifth)
    y = run.dataset.targets[run.measured("train", t), t]
    if member.header is not None and not member.is_baseline and not member.header.predicts_noise:
        advice.append("train with loss gaussian, which predicts where the noise is large")
    if len(y) and y.min() >= 0 and run.targets[t] not in run.dataset.transforms:
        advice.append(run.advice("train on the logarithm of the measurements (--transform log2)"))
    advice.append("calibrate on all rows with seqcnn cross-validate")
    return f"do not rely on them there: {', or '.join(advice)}"


def _intervals_by_level(run: Run, member: Member, t: int, fifth: FifthCoverage) -> list[str]:
    """Return the advice to use intervals by predicted level, if they cover more of a fifth."""
    errors = calibration(member, run.targets[t])
    if errors is not None and not errors.by_level and errors.n <= 2 * MIN_LEVEL_ROWS:
        few = f"they were calibrated on {errors.n} sequences, and intervals by predicted level need more than"
        return [f"use a larger validation part ({few} {2 * MIN_LEVEL_ROWS})"]
    rows = run.measured("test", t)[fifth.rows]
    inside = covered(run, member, t=t, rows=rows, level=MAIN_LEVEL, by_level=True)
    if inside is None or inside.mean() <= fifth.share:
        return []
    option = f"seqcnn predict --interval {MAIN_LEVEL:g} --interval-by level"
    share = percent(float(inside.mean()))
    return [f"use intervals by predicted level ({option}), which contain {share} there"]


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


def covered(
    run: Run, member: Member, *, t: int, rows: np.ndarray, level: float, by_level: bool = False
) -> np.ndarray | None:
    """Return which measurements of some rows lie in their intervals; None if there are no intervals."""
    errors = calibration(member, run.targets[t])
    if errors is None or (by_level and not errors.by_level):
        return None
    if not all(supports_level(part, level) for part in (errors.by_level if by_level else [errors])):
        return None
    y_hat, sd = member.y_hat[rows, t], None if member.sd is None else member.sd[rows, t]
    width = half_width_by_level(errors, level, y_hat, sd) if by_level else half_width(errors, level, sd)
    return np.asarray(np.abs(run.dataset.targets[rows, t].astype(np.float64) - y_hat) <= width)


def _main_coverage(run: Run, member: Member, t: int) -> Coverage | None:
    """Return the coverage at `MAIN_LEVEL`; None for few test rows."""
    rows = run.measured("test", t)
    inside = covered(run, member, t=t, rows=rows, level=MAIN_LEVEL) if len(rows) >= MIN_ROWS else None
    if inside is None:
        return None
    worst = _worst_fifth(inside, member.y_hat[rows, t], "predictions")
    worst_measured = _worst_fifth(inside, run.dataset.targets[rows, t], "measurements")
    return Coverage(round(float(inside.mean()), 2), worst, worst_measured)


def _worst_fifth(inside: np.ndarray, values: np.ndarray, what: str) -> FifthCoverage:
    """Return the fifth of some values (n,) in which the fewest measurements are inside their intervals."""
    fifths = [
        FifthCoverage(f"{name} of the {what}", float(inside[fifth].mean()), fifth)
        for name, fifth in zip(FIFTHS, fifths_of(values), strict=True)
    ]
    return min(fifths, key=lambda fifth: fifth.share)

"""Experiment -> which test measurements lie in their prediction intervals, and what that means in words."""

from __future__ import annotations

import numpy as np

from seqcnn.model.inference.conformal import half_width, reaches
from seqcnn.model.network.header import Calibration
from seqcnn.plotting.formatting import percent
from seqcnn.report.run.collect import Experiment, Member

MIDDLE = 0.9
"""The level that is said in words, and looked at in parts of the test rows too."""

_GOOD = (MIDDLE - 0.05, MIDDLE + 0.05)  # parts held that are as they should be
_FEWEST = 20  # test rows from which on the part held is said in words


def calibration(member: Member, target: str) -> Calibration | None:
    """Return what the intervals of a member are made from, None if it has none."""
    found = member.header.calibration.get(target) if member.header else None
    return None if found is None or (found.scale_floor is not None and member.spread is None) else found


def inside(
    experiment: Experiment, member: Member, *, t: int, at: np.ndarray, level: float
) -> np.ndarray | None:
    """Tell which measurements of some rows lie in their intervals; None if there are no intervals."""
    found = calibration(member, experiment.targets[t])
    if found is None or not reaches(found, level):
        return None
    spread = None if member.spread is None else member.spread[at, t]
    error = np.abs(experiment.dataset.targets[at, t].astype(np.float64) - member.y_hat[at, t])
    return np.asarray(error <= half_width(found, level, spread))


def best_calibrated(experiment: Experiment, target: str) -> Member | None:
    """Return the best member that has intervals."""
    return next((m for m in experiment.members if calibration(m, target)), None)


def coverage_sentence(experiment: Experiment, t: int) -> str | None:
    """Say what the intervals of the best calibrated member are worth; None if that cannot be told."""
    if (member := best_calibrated(experiment, experiment.targets[t])) is None:
        return None
    held = _held(experiment, member, t)
    if held is None:
        return None
    words = f"The {percent(MIDDLE)} prediction intervals of {member.label} held {percent(held)} of the test"
    if held < _GOOD[0]:
        return f"{words} measurements: take them as about {percent(held)} intervals."
    return f"{words} measurements: {'as they should' if held <= _GOOD[1] else 'wider than they need be'}."


def too_narrow(experiment: Experiment, t: int) -> bool:
    """Tell whether the intervals of the best calibrated member hold clearly less than they promise."""
    member = best_calibrated(experiment, experiment.targets[t])
    held = _held(experiment, member, t) if member else None
    return held is not None and held < _GOOD[0]


def _held(experiment: Experiment, member: Member, t: int) -> float | None:
    """Return the part of the test measurements inside, to whole percents; None of too few."""
    at = experiment.measured("test", t)
    found = inside(experiment, member, t=t, at=at, level=MIDDLE) if len(at) >= _FEWEST else None
    return None if found is None else round(float(found.mean()), 2)

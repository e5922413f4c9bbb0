"""Studies of the coverage of prediction intervals and of the effect of a leaky split."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.validation.networks import (
    NORMAL,
    Assessment,
    Effort,
    assess,
    fit,
    fit_folds,
    on_test_rows,
    simulated,
)
from benchmarks.validation.study import Row, Study, percent

GUARANTEED = 0.88, 0.92
"""Mean coverage of 90 % intervals on the test rows of clean splits."""

_CONFORMAL = (
    "A network is trained on each of many simulated libraries of 1,500 oligos.  The value is the "
    "coverage of its prediction intervals on the test rows of all libraries.  Half of the validation "
    "rows, about 75, choose the epoch, the others calibrate the intervals; in the second row the same 150 "
    "rows do both, as in small datasets.  The spread is that between libraries: with so few rows, part of "
    "them in families, the coverage of a single model is not known more precisely.  The guarantee is for "
    "libraries with single oligos; those of the next study consist of families only, of which too few are "
    "in validation to be divided."
)
_LEAK = (
    "Libraries of about 1,500 oligos in some 90 families, without single oligos.  A random split puts "
    "variants of one parent into training and test; the automatic split does not.  Both networks then "
    "predict families that neither was trained on, which is the usual application.  Only about ten "
    "families select the epoch and calibrate the intervals here, so the coverage for one library may be"
    " far below or above 90 %."
)

_NEW = 100_000  # added to the seed of a library of new families


def conformal(repetitions: int, effort: Effort = NORMAL, *, divide: bool = True) -> list[Assessment]:
    """Score networks on the test rows of automatic splits, one library per repetition.

    Without `divide` all validation rows choose the epoch and calibrate the intervals.
    """
    assessments = []
    for seed in range(1, repetitions + 1):
        library = simulated(seed, effort.n, singles=True)
        dataset = replace(library.automatic(seed), keeps_calibration_rows=divide)
        assessments.append(on_test_rows(fit(dataset, effort, seed), library, dataset))
    return assessments


def conformal_of_folds(repetitions: int, effort: Effort = NORMAL) -> list[Assessment]:
    """Score cross-validated networks of libraries of families on new families."""
    assessments = []
    for seed in range(1, repetitions + 1):
        library, new = (simulated(s, effort.n, singles=False) for s in (seed, seed + _NEW))
        assessments.append(assess(fit_folds(library.automatic(seed), effort, seed), new.sequences, new.y))
    return assessments


@dataclass(frozen=True, slots=True)
class Leak:
    """Scores after an automatic and after a random split, on test rows and on new families."""

    automatic: Assessment
    automatic_on_new: Assessment
    random: Assessment
    random_on_new: Assessment


def leak(repetitions: int, effort: Effort = NORMAL) -> list[Leak]:
    """Split libraries of families automatically and at random, and score the networks."""
    found = []
    for seed in range(1, repetitions + 1):
        library, new = (simulated(s, effort.n, singles=False) for s in (seed, seed + _NEW))
        assessments: list[Assessment] = []
        for dataset in (library.automatic(seed), library.random(seed)):
            model = fit(dataset, effort, seed)
            assessments += [on_test_rows(model, library, dataset), assess(model, new.sequences, new.y)]
        found.append(Leak(*assessments))
    return found


def conformal_study(repetitions: int = 40) -> Study:
    """Measure coverage on the test rows of automatic splits."""
    low, high = GUARANTEED
    assessments = conformal(repetitions)
    share = float(np.mean([each.coverage for each in assessments]))
    guarantee = f"{100 * low:.0f} to {100 * high:.0f} % on average"
    holds, what = low <= share <= high, "single oligos and families, test rows of automatic splits"
    rows = [Row(what, guarantee, _coverage(assessments), repetitions, holds)]
    shared = _coverage(conformal(repetitions, divide=False))
    rows.append(Row("the same, calibrated on the rows that chose the epoch", "", shared, repetitions))
    fewer = max(1, repetitions // 6)
    what = "families only, `seqcnn cross-validate`, new families"
    rows.append(Row(what, "", _coverage(conformal_of_folds(fewer)), fewer))
    return Study("Coverage of 90 % prediction intervals", _CONFORMAL, rows)


def leak_study(repetitions: int = 60) -> Study:
    """Measure the effect of random splits of families on scores and intervals."""
    found = leak(repetitions)
    automatic, automatic_new = [f.automatic for f in found], [f.automatic_on_new for f in found]
    at_random, random_new = [f.random for f in found], [f.random_on_new for f in found]
    rows = []
    for split, test, new in (("automatic", automatic, automatic_new), ("random", at_random, random_new)):
        gain = float(np.mean([a.r - b.r for a, b in zip(test, new, strict=True)]))
        guarantee, holds = ("at most 0.05", gain <= 0.05) if split == "automatic" else ("", None)
        rows += [
            Row(f"{split} split: r on test rows", "", _r(test), repetitions),
            Row(f"{split} split: r of the same networks on new families", "", _r(new), repetitions),
            Row(
                f"{split} split: excess of r on test rows over new families",
                guarantee,
                f"{gain:+.3f}",
                repetitions,
                holds,
            ),
            Row(f"{split} split: 90 % intervals on test rows", "", _coverage(test), repetitions),
            Row(f"{split} split: the same intervals on new families", "", _coverage(new), repetitions),
        ]
    return Study("Effect of a leaky split on scores", _LEAK, rows)


def _r(assessments: list[Assessment]) -> str:
    """Format r and its spread over libraries."""
    values = [each.r for each in assessments]
    return f"{np.mean(values):.3f} (± {np.std(values):.3f} from library to library)"


def _coverage(assessments: list[Assessment]) -> str:
    """Format coverage and its spread over libraries."""
    shares = [each.coverage for each in assessments]
    return f"{percent(float(np.mean(shares)))} (± {100 * np.std(shares):.1f} from library to library)"

"""What prediction intervals hold on clean splits, and what a leaky split does to scores and intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.validation.networks import (
    NORMAL,
    Effort,
    Judged,
    fit,
    fit_folds,
    judge,
    on_test_rows,
    simulated,
)
from benchmarks.validation.study import Row, Study, percent

PROMISED = 0.88, 0.92
"""Mean coverage of 90 % intervals on the test rows of clean splits."""

_CONFORMAL = (
    "A network is trained on each of many simulated libraries of 1,500 oligos; counted is which part of "
    "the measurements of the test rows lies inside its intervals.  The spread is that from one library "
    "to the next: with some 150 validation rows, part of them in families, the coverage of one model is "
    "known no better.  The promise is one of libraries with single oligos: the networks of the next study, "
    "whose libraries are families only, held 87 % and would break it."
)
_LEAK = (
    "Libraries of about 1,500 oligos in some 90 families, and nothing else.  A random split puts "
    "variants of one parent into training and test; the automatic split does not.  Both networks are "
    "then asked about families that neither has seen, which is what a lab will ask.  Few families, "
    "about ten, choose the epoch and calibrate the intervals here, so that those of one library may "
    "hold far less or more than 90 %."
)

_NEW = 100_000  # added to the seed of a library of new families


def conformal(repetitions: int, effort: Effort = NORMAL) -> list[Judged]:
    """Judge networks on the test rows of automatic splits, a library a repetition."""
    judged = []
    for seed in range(1, repetitions + 1):
        library = simulated(seed, effort.n, singles=True)
        dataset = library.automatic(seed)
        judged.append(on_test_rows(fit(dataset, effort, seed), library, dataset))
    return judged


def conformal_of_folds(repetitions: int, effort: Effort = NORMAL) -> list[Judged]:
    """Judge cross-validated networks of libraries of families on new families."""
    judged = []
    for seed in range(1, repetitions + 1):
        library, new = (simulated(s, effort.n, singles=False) for s in (seed, seed + _NEW))
        judged.append(judge(fit_folds(library.automatic(seed), effort, seed), new.sequences, new.y))
    return judged


@dataclass(frozen=True, slots=True)
class Leak:
    """One network of an automatic split and one of a random one, on their test rows and on new families."""

    automatic: Judged
    automatic_on_new: Judged
    random: Judged
    random_on_new: Judged


def leak(repetitions: int, effort: Effort = NORMAL) -> list[Leak]:
    """Split libraries of families automatically and at random, and judge what is learnt."""
    found = []
    for seed in range(1, repetitions + 1):
        library, new = (simulated(s, effort.n, singles=False) for s in (seed, seed + _NEW))
        judged: list[Judged] = []
        for dataset in (library.automatic(seed), library.random(seed)):
            model = fit(dataset, effort, seed)
            judged += [on_test_rows(model, library, dataset), judge(model, new.sequences, new.y)]
        found.append(Leak(*judged))
    return found


def conformal_study(repetitions: int = 120) -> Study:
    """Measure coverage on the test rows of automatic splits."""
    low, high = PROMISED
    judged = conformal(repetitions)
    share = float(np.mean([each.coverage for each in judged]))
    promise = f"{100 * low:.0f} to {100 * high:.0f} % on average"
    kept, what = low <= share <= high, "single oligos and families, test rows of automatic splits"
    rows = [Row(what, promise, _coverage(judged), repetitions, kept)]
    fewer = max(1, repetitions // 6)
    what = "families only, `seqcnn cross-validate`, new families"
    rows.append(Row(what, "", _coverage(conformal_of_folds(fewer)), fewer))
    return Study("90 % prediction intervals hold 90 % of new measurements", _CONFORMAL, rows)


def leak_study(repetitions: int = 60) -> Study:
    """Measure what random splits of families do to scores and intervals."""
    found = leak(repetitions)
    honest, honest_new = [f.automatic for f in found], [f.automatic_on_new for f in found]
    leaky, leaky_new = [f.random for f in found], [f.random_on_new for f in found]
    rows = []
    for split, test, new in (("automatic", honest, honest_new), ("random", leaky, leaky_new)):
        gain = float(np.mean([a.r - b.r for a, b in zip(test, new, strict=True)]))
        promise, kept = ("at most 0.05", gain <= 0.05) if split == "automatic" else ("", None)
        rows += [
            Row(f"{split} split: r on test rows", "", _r(test), repetitions),
            Row(f"{split} split: r of the same networks on new families", "", _r(new), repetitions),
            Row(f"{split} split: by how much r is too high", promise, f"{gain:+.3f}", repetitions, kept),
            Row(f"{split} split: 90 % intervals on test rows", "", _coverage(test), repetitions),
            Row(f"{split} split: the same intervals on new families", "", _coverage(new), repetitions),
        ]
    return Study("What a leaky split does to the score", _LEAK, rows)


def _r(judged: list[Judged]) -> str:
    """Say r and its spread over libraries."""
    values = [each.r for each in judged]
    return f"{np.mean(values):.3f} (± {np.std(values):.3f} from library to library)"


def _coverage(judged: list[Judged]) -> str:
    """Say coverage and its spread over libraries."""
    shares = [each.coverage for each in judged]
    return f"{percent(float(np.mean(shares)))} (± {100 * np.std(shares):.1f} from library to library)"

"""How often the control with shuffled measurements finds nothing where there is nothing."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.validation.networks import ONE_THREAD, QUICK, Effort, simulated
from benchmarks.validation.study import Row, Study, percent
from seqcnn.evaluation.controls import controls
from seqcnn.model.train import train

_WORDS = (
    "`seqcnn controls` trains the network anew on shuffled measurements and scores it on shuffled ones: "
    "there is nothing to find.  Counted is how often the 95 % interval of its r holds 0, for libraries "
    "of 600 oligos."
)

COVERS_0 = 0.93
"""Part of the controls whose interval covers 0, at least."""


def shuffled(repetitions: int, effort: Effort = QUICK) -> list[dict[str, float]]:
    """Return r with its interval of networks of shuffled measurements, as `seqcnn controls` finds it."""
    found = []
    for seed in range(1, repetitions + 1):
        dataset = simulated(seed, effort.n, singles=True).automatic(seed)
        with TemporaryDirectory() as name:
            bundle = Path(name) / "cnn/seed1/model.safetensors"
            train(dataset, effort.config, bundle, seed=seed, machine=ONE_THREAD)
            result = controls(dataset, bundle, Path(name) / "controls.json", machine=ONE_THREAD)
        found.append(result["controls"]["shuffled_targets"]["target"]["pearson"])
    return found


def covers_0(scores: list[dict[str, float]]) -> float:
    """Return the part of the intervals that hold 0; those that are not defined do not."""
    return float(np.mean([s["low"] is not None and s["low"] <= 0 <= s["high"] for s in scores]))


def study(repetitions: int = 150) -> Study:
    """Measure how often the interval of the control covers 0."""
    scores = shuffled(repetitions)
    share, r = covers_0(scores), float(np.mean([score["value"] for score in scores]))
    promise = f"at least {100 * COVERS_0:.0f} %"
    row = Row("intervals that hold 0", promise, percent(share), repetitions, share >= COVERS_0)
    rows = [row, Row("mean r", "", f"{r:+.4f}", repetitions)]
    return Study("A network of shuffled measurements scores 0", _WORDS, rows)

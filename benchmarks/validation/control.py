"""Study of the negative control with shuffled measurements."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.validation.networks import ONE_THREAD, QUICK, Effort, simulated
from benchmarks.validation.study import Row, Study, percent
from seqcnn.evaluation.controls import controls
from seqcnn.model.train import train

_DESCRIPTION = (
    "`seqcnn controls` trains the network again on shuffled measurements and scores it on shuffled "
    "ones, so the true r is 0.  The value is how often the 95 % interval of r contains 0, for libraries"
    " of 600 oligos."
)

COVERS_0 = 0.93
"""Minimum fraction of the controls whose interval contains 0."""


def shuffled(repetitions: int, effort: Effort = QUICK) -> list[dict[str, float]]:
    """Return r with its interval for networks trained on shuffled measurements."""
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
    """Return the fraction of intervals that contain 0; undefined ones count as not containing it."""
    return float(np.mean([s["low"] is not None and s["low"] <= 0 <= s["high"] for s in scores]))


def study(repetitions: int = 150) -> Study:
    """Measure how often the interval of the control covers 0."""
    scores = shuffled(repetitions)
    share, r = covers_0(scores), float(np.mean([score["value"] for score in scores]))
    guarantee = f"at least {100 * COVERS_0:.0f} %"
    row = Row("intervals that contain 0", guarantee, percent(share), repetitions, share >= COVERS_0)
    rows = [row, Row("mean r", "", f"{r:+.4f}", repetitions)]
    return Study("Networks trained on shuffled measurements", _DESCRIPTION, rows)

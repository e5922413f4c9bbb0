"""Batches of public datasets: candidates were measured, and a measurement is hidden until it is chosen."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.accuracy.library_size import prepared
from benchmarks.biology.ensembles import fit_ensemble
from benchmarks.biology.next_batch.rounds import MEMBERS, Curve, Plan, curves, parts
from seqcnn.config.recipes import named_config
from seqcnn.data.dataset import Dataset
from seqcnn.model.inference.trained_model import LoadedModel

POOL = 10_000
"""Largest number of candidates, drawn at random from the training and validation rows."""

POOLS = {
    "yeast 5' UTRs": ("yeast_5utr", Plan(batch=300, rounds=3, random_rounds=4)),
    "plant terminators": ("plant_terminators", Plan(batch=500, rounds=3, random_rounds=4)),
}
"""Name of a pool -> public dataset and plan; the split keeps clusters of similar sequences together."""

MODEL = "cnn"
"""Configuration of the networks: the default of `seqcnn fit`."""

NOTE = """Retrospective: {pool:,} measured candidates of `{name}`, whose measurements (`{target}`) are
hidden until they are chosen.  r with the measurements of {test:,} test rows of the automatic split, which
are no candidates and not similar to one.  The networks are those of the configuration `{model}`."""


@cache
def measured(name: str) -> Dataset:
    """Return a public dataset with its first target."""
    with tempfile.TemporaryDirectory() as folder:
        dataset = prepared(name, Path(folder))
    return replace(
        dataset,
        targets=dataset.targets[:, :1],
        replicates=dataset.replicates[:, :1],
        target_names=dataset.target_names[:1],
        units=dataset.units[:1],
    )


def candidates_of(dataset: Dataset, seed: int) -> np.ndarray:
    """Return the row numbers of the candidates: random rows that are not of the test."""
    rows = np.flatnonzero(dataset.split != "test")
    return np.random.default_rng([seed, len(rows)]).permutation(rows)[:POOL]


def public_curves(pool: str, seed: int) -> dict[str, Curve]:
    """Return the curve of every method on a public dataset."""
    name, plan = POOLS[pool]
    dataset = measured(name)
    pool_rows, test_rows = candidates_of(dataset, seed), dataset.part("test")
    config, y = named_config(MODEL), dataset.targets[test_rows, 0]

    def fit(chosen: Sequence[int], number: int) -> tuple[LoadedModel, float]:
        """Train an ensemble on some candidates; score it with the measurements of the test."""
        rows = np.concatenate([pool_rows[chosen], test_rows])
        split = np.array(parts(len(chosen), len(test_rows)))
        model = fit_ensemble(
            replace(dataset.take(rows), split=split), config, seed=seed + 100 * number, members=MEMBERS
        )
        y_hat = model.predict_rows(dataset.rows.take(test_rows))[:, 0]
        return model, float(np.corrcoef(y_hat, y)[0, 1])

    return curves(fit, dataset.rows.take(pool_rows), plan, np.random.default_rng(seed))


def note(pool: str) -> str:
    """Return the text above the tables of a pool."""
    name, _ = POOLS[pool]
    dataset = measured(name)
    return NOTE.format(
        pool=len(candidates_of(dataset, 0)), name=name, target=dataset.target_names[0],
        test=len(dataset.part("test")), model=MODEL,
    )  # fmt: skip

"""Batches of simulated libraries, scored with their true activity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.biology.ensembles import fit_ensemble
from benchmarks.biology.next_batch.rounds import MEMBERS, Curve, Plan, curves, parts
from seqcnn.config.model import ModelConfig
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.data.simulation.ground_truth import true_activity
from seqcnn.data.simulation.oligo_library import design_library
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.sequence.onehot import pack, unpack
from seqcnn.sequence.shuffle import shuffle_dinucleotides
from seqcnn.sequence.window import Layout

LENGTH, POOL, TEST = 80, 4000, 1500
"""Length of sequences in bp, number of candidates, and of test sequences."""

PLAN = Plan(batch=150, rounds=3, random_rounds=6)

POOLS = {"sites in a sixth": 0.8, "sites in most": 0.0}
"""Name of a pool -> fraction of the sequences whose dinucleotides are shuffled: they have no sites."""

STEPS = 300
"""Steps of the training of a network."""

RELIABILITY = 0.9
"""Pearson r of two replicates, whose mean is measured."""

CONFIG = {
    "encoder": "cnn",
    "args": {"filters": [16, 16], "kernel_sizes": [11, 7], "hidden": 16, "filter_dropout": 0, "dropout": 0.1},
    "training": {"batch_size": 48, "lr": 0.01, "weight_decay": 0.05},
}

NOTE = f"""Simulated sequences of {LENGTH} bp; a pool of {POOL:,}, and r with the true activity of {TEST:,}
other sequences of the same kind.  Small networks; replicates correlate with r = {RELIABILITY}."""


class Library:
    """Sequences of one kind with their true activity and a measurement."""

    def __init__(self, rng: np.random.Generator, number: int, shuffled: float) -> None:
        self.sequences = [_shuffled(s, rng) if rng.random() < shuffled else s for s in _natives(rng, number)]
        self.truth = true_activity(self.sequences)
        noise = self.truth.std() * ((1 - RELIABILITY) / RELIABILITY / 2) ** 0.5
        self.measured = self.truth + noise * rng.standard_normal(number)


def _natives(rng: np.random.Generator, number: int) -> list[str]:
    """Return unrelated sequences of the simulated library, with up to five pairs of planted sites."""
    oligos = design_library(rng, 2 * number, LENGTH)
    return [oligo.sequence for oligo in oligos if oligo.id.startswith("nat")][:number]


def _shuffled(sequence: str, rng: np.random.Generator) -> str:
    """Return a sequence with its dinucleotides in random order."""
    return unpack(shuffle_dinucleotides(np.frombuffer(pack(sequence), np.uint8), rng).tobytes())


def simulated_curves(pool: str, seed: int) -> dict[str, Curve]:
    """Return the curve of every method on a simulated pool."""
    rng = np.random.default_rng([seed, list(POOLS).index(pool)])
    library, test = (Library(rng, n, POOLS[pool]) for n in (POOL, TEST))
    rows = Layout(LENGTH).rows([pack(s) for s in library.sequences])

    def fit(chosen: Sequence[int], number: int) -> tuple[LoadedModel, float]:
        """Train an ensemble on some sequences; score it with the truth of the test."""
        sequences = [library.sequences[i] for i in chosen] + test.sequences
        y = np.concatenate([library.measured[chosen], test.truth])
        dataset = dataset_from_arrays(sequences, y, split=parts(len(chosen), TEST))
        epochs = round(STEPS * CONFIG["training"]["batch_size"] / len(dataset.part("train")))
        config = ModelConfig.model_validate(CONFIG | {"training": CONFIG["training"] | {"epochs": epochs}})
        model = fit_ensemble(dataset, config, seed=seed + 100 * number, members=MEMBERS)
        y_hat = model.predict_rows(dataset.rows.take(dataset.part("test")))[:, 0]
        return model, float(np.corrcoef(y_hat, test.truth)[0, 1])

    return curves(fit, rows, PLAN, rng)

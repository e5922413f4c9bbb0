"""Simulated libraries, and networks trained on them with their scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.validation.population import NOISE, design
from seqcnn.config.model import ModelConfig
from seqcnn.data.dataset import Dataset
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.data.simulation.ground_truth import true_activity
from seqcnn.data.split.clusters import strand_keys
from seqcnn.data.split.splits import SplitInput, SplitPlan, split_rows
from seqcnn.evaluation.cross_validate import cross_validate
from seqcnn.model.inference.conformal import half_widths
from seqcnn.model.inference.trained_model import LoadedModel, load_model
from seqcnn.model.metrics import pearson
from seqcnn.model.train import train
from seqcnn.model.training.trainer import Machine
from seqcnn.sequence.onehot import pack

LEVEL = 0.9
"""Level of the prediction intervals."""

LENGTH = 100
"""Length of the oligos, bp."""

ONE_THREAD = Machine("cpu", threads=1)
"""Machine of all trainings."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Size of a library and number of epochs."""

    n: int = 1500
    epochs: int = 10

    @property
    def config(self) -> ModelConfig:
        """A small CNN."""
        args = {
            "filters": [16, 16],
            "kernel_sizes": [11, 5],
            "pool_sizes": [4, 8],
            "hidden": 32,
            "dropout": 0.1,
        }
        plan = {"epochs": self.epochs, "batch_size": 32, "lr": 0.01}
        return ModelConfig.model_validate({"encoder": "cnn", "args": args, "training": plan})


NORMAL = Effort()
QUICK = Effort(600, 3)
"""For studies that do not depend on the accuracy of the network."""


@dataclass(frozen=True, slots=True)
class Library:
    """Oligos with noisy measurements."""

    sequences: list[str]
    y: np.ndarray

    def automatic(self, seed: int) -> Dataset:
        """Split by clusters of similar sequences."""
        return dataset_from_arrays(self.sequences, self.y, seed=seed)

    def random(self, seed: int) -> Dataset:
        """Split rows at random."""
        keys = strand_keys([pack(sequence) for sequence in self.sequences])
        split = split_rows(SplitPlan("random", seed=seed), SplitInput(keys, [""] * len(keys)))
        return dataset_from_arrays(self.sequences, self.y, split=split)


def simulated(seed: int, n: int, *, singles: bool) -> Library:
    """Simulate a library of about `n` oligos; `singles` includes oligos without relatives."""
    sequences = [oligo.sequence for oligo in design(seed, n, LENGTH, singles=singles)]
    truth = true_activity(sequences)
    noise = np.random.default_rng(seed).standard_normal(len(truth))
    return Library(sequences, truth + NOISE * truth.std() * noise)


@dataclass(frozen=True, slots=True)
class Assessment:
    """Scores of a model on some rows."""

    r: float
    coverage: float
    """Fraction of the measurements inside their 90 % intervals."""


def assess(model: LoadedModel, sequences: list[str], y: np.ndarray) -> Assessment:
    """Score predictions and prediction intervals."""
    found = model.predict_members(model.header.layout.rows([pack(sequence) for sequence in sequences]))
    width = half_widths([model.header], LEVEL, [found.sd], len(y))[:, 0]
    y_hat = found.mean[:, 0]
    return Assessment(pearson(y, y_hat), float((np.abs(y - y_hat) <= width).mean()))


def fit(dataset: Dataset, effort: Effort, seed: int) -> LoadedModel:
    """Train a network and load its bundle."""
    with TemporaryDirectory() as folder:
        bundle = Path(folder) / "model.safetensors"
        train(dataset, effort.config, bundle, seed=seed, machine=ONE_THREAD)
        return load_model(bundle, "cpu")


def fit_folds(dataset: Dataset, effort: Effort, seed: int) -> LoadedModel:
    """Cross-validate a network and load the bundle of all folds."""
    with TemporaryDirectory() as folder:
        output = Path(folder) / "cnn"
        cross_validate(dataset, effort.config, output, folds=5, seed=seed, machine=ONE_THREAD)
        return load_model(output / "model.safetensors", "cpu")


def on_test_rows(model: LoadedModel, library: Library, dataset: Dataset) -> Assessment:
    """Score a model on the test rows of its dataset."""
    at = dataset.part("test")
    return assess(model, [library.sequences[i] for i in at], library.y[at])

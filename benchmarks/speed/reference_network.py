"""Reference network of the speed tables, its bundle, and random sequences."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seqcnn.config.model import ModelConfig
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.model.train import train
from seqcnn.model.training.trainer import Machine
from seqcnn.sequence.onehot import PACK
from seqcnn.sequence.window import Rows

LENGTH = 200
"""Length of the sequences, bp."""

CONFIG = ModelConfig.model_validate({
    "encoder": "cnn",
    "args": {
        "filters": [128, 64], "kernel_sizes": [13, 7], "pool_sizes": [2, 2], "hidden": 64,
        "batch_norm": False, "filter_dropout": 0, "dropout": 0,
    },
    "training": {"epochs": 3},
})  # fmt: skip
"""14.5 MFLOP per sequence forward, 40.9 forward and backward."""


def random_letters(n: int, seed: int = 1, length: int = LENGTH) -> np.ndarray:
    """Return `n` random sequences as letters, uint8 (n, length)."""
    letters: np.ndarray = np.frombuffer(b"ACGT", np.uint8)[
        np.random.default_rng(seed).integers(0, 4, (n, length), np.uint8)
    ]
    return letters


def write_fasta(path: Path, letters: np.ndarray, *, width: int = LENGTH) -> Path:
    """Write named sequences in lines of `width` bp."""
    with path.open("wb") as file:
        for number, row in enumerate(letters):
            lines = [row[start : start + width].tobytes() for start in range(0, len(row), width)]
            file.write(b">oligo_%d\n%b\n" % (number, b"\n".join(lines)))
    return path


def reference_bundle(folder: Path) -> Path:
    """Train the reference network briefly on the GC content; return its bundle."""
    letters = random_letters(4000, seed=2)
    gc = np.isin(letters, list(b"CG")).mean(1) + np.random.default_rng(3).normal(0, 0.01, len(letters))
    data = dataset_from_arrays([row.tobytes() for row in letters], gc)
    path = folder / "reference.safetensors"
    train(data, CONFIG, path, machine=Machine("cpu"))
    return path


def packed_rows(letters: np.ndarray) -> Rows:
    """Pack letters into windows of their own length."""
    packed = np.frombuffer(letters.tobytes().translate(PACK), np.uint8).reshape(letters.shape)
    size = np.full(len(letters), LENGTH, np.int32)
    return Rows(packed, np.zeros_like(size), size)

"""The network that speed is measured with, random sequences, and a bundle of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seqcnn.config import ModelConfig
from seqcnn.data.arrays import dataset_from_arrays
from seqcnn.model.train import train
from seqcnn.model.trainer import Machine

LENGTH = 200
"""Of the sequences, in bp."""

CONFIG = ModelConfig.model_validate({
    "encoder": "cnn",
    "args": {
        "filters": [128, 64], "widths": [13, 7], "pools": [2, 2], "dense": 64,
        "batch_norm": False, "filter_dropout": 0, "dropout": 0,
    },
    "training": {"epochs": 1},
})  # fmt: skip
"""14.5 MFLOP a sequence forward, 40.9 forward and backward."""


def random_letters(n: int, seed: int = 1) -> np.ndarray:
    """Draw `n` sequences, as bytes of letters, uint8 (n, LENGTH)."""
    letters: np.ndarray = np.frombuffer(b"ACGT", np.uint8)[
        np.random.default_rng(seed).integers(0, 4, (n, LENGTH), np.uint8)
    ]
    return letters


def write_fasta(path: Path, letters: np.ndarray, *, width: int = LENGTH) -> Path:
    """Write named sequences in lines of `width` bp."""
    with path.open("wb") as file:
        for number, row in enumerate(letters):
            lines = [row[start : start + width].tobytes() for start in range(0, LENGTH, width)]
            file.write(b">oligo_%d\n%b\n" % (number, b"\n".join(lines)))
    return path


def yardstick(folder: Path) -> Path:
    """Train it for a moment; return its bundle."""
    sequences = [row.tobytes() for row in random_letters(600, seed=2)]
    data = dataset_from_arrays(sequences, np.random.default_rng(3).normal(size=600))
    path = folder / "yardstick.safetensors"
    train(data, CONFIG, path, machine=Machine("cpu", threads=1))
    return path

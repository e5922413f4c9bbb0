"""Ensembles of networks that are trained in memory, on one thread."""

from __future__ import annotations

import tempfile
from pathlib import Path

from seqcnn.config.model import ModelConfig
from seqcnn.data.dataset import Dataset
from seqcnn.model.ensemble import join_networks
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.train import Machine, train

MACHINE = Machine("cpu", threads=1)


def fit_ensemble(dataset: Dataset, config: ModelConfig, *, seed: int, members: int) -> LoadedModel:
    """Train the networks of an ensemble; their seeds follow from `seed`."""
    with tempfile.TemporaryDirectory() as folder:
        models = [
            train(dataset, config, Path(folder, f"{m}.safetensors"), seed=10 * seed + m, machine=MACHINE)
            for m in range(members)
        ]
    return LoadedModel(*join_networks([m.regressor for m in models], [m.header for m in models])).eval()

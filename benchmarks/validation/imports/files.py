"""Model files in the layouts of Keras 1 and 2, written with h5py and json alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Layers = Sequence[tuple[str, Mapping[str, Any]]]
"""Class and settings of each layer."""

Arrays = Mapping[str, Mapping[str, np.ndarray]]
"""Name of a layer -> name in the file -> array."""


def sequential(layers: Layers, shape: Sequence[int | None]) -> dict[str, Any]:
    """Return the configuration of a sequential model for an input of a shape without the batch."""
    listed = [{"class_name": name, "config": {"name": name.lower(), **config}} for name, config in layers]
    listed[0]["config"] |= {"batch_input_shape": [None, *shape]}
    return {"class_name": "Sequential", "config": {"name": "model", "layers": listed}}


def write_h5(
    path: Path,
    model: Any,
    arrays: Arrays,
    *,
    version: str = "2.7.0",
    backend: str = "tensorflow",
    suffix: str = ":0",
) -> Path:
    """Write a model as Keras 1 and 2 do; `model` is its configuration, or None for weights alone."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = version, backend
        root = file
        if model is not None:
            file.attrs["model_config"] = model if isinstance(model, str) else json.dumps(model)
            root = file.create_group("model_weights")
        root.attrs["layer_names"] = [name.encode() for name in arrays]
        for layer, named in arrays.items():
            group = root.create_group(layer)
            for name, array in named.items():
                group[f"{layer}/{name}{suffix}"] = np.asarray(array, np.float32)
    return path


def small_model(path: Path, length: int = 30, seed: int = 0) -> Path:
    """Write a model of one output: convolution, maximum, dense layer."""
    rng = np.random.default_rng(seed)
    layers = [
        ("Conv1D", {"filters": 6, "kernel_size": [7], "activation": "relu", "padding": "same"}),
        ("GlobalMaxPooling1D", {}),
        ("Dense", {"units": 1}),
    ]
    arrays = {
        "conv1d": {"kernel": rng.normal(size=(7, 4, 6)), "bias": rng.normal(size=6)},
        "globalmaxpooling1d": {},
        "dense": {"kernel": rng.normal(size=(6, 1)), "bias": rng.normal(size=1)},
    }
    return write_h5(path, sequential(layers, (length, 4)), arrays)

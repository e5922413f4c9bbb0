"""Models of Keras 3 with random weights, and how far their imports are from them."""

from __future__ import annotations

import os
import random
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.validation.imports.cases import CASES
from seqcnn.model.import_model import ImportRequest, import_model

SEQUENCES = 32
"""Random sequences of a comparison."""


@cache
def keras() -> Any:
    """Return Keras 3 with torch, which writes no file of settings."""
    os.environ["KERAS_BACKEND"] = "torch"
    os.environ["KERAS_HOME"] = tempfile.mkdtemp(prefix="keras")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import keras as module
    module.config.disable_interactive_logging()
    return module


@cache
def model_of(name: str, seed: int = 0) -> Any:
    """Return the model of a case, with two outputs of all that it computes."""
    layers = keras().layers
    shape, case = CASES[name]
    x = layers.Input(shape)
    outputs = case(layers, x)
    return with_random_weights(_joined(x, outputs if isinstance(outputs, list) else [outputs]), seed)


def _joined(x: Any, outputs: list[Any]) -> Any:
    """Return a model with two outputs, each a sum of dense layers of some tensors."""
    layers = keras().layers
    sums = [layers.Dense(2)(layers.Flatten()(tensor)) for tensor in outputs]
    return keras().Model(x, layers.Add()(sums) if len(sums) > 1 else sums[0])


def random_graph(seed: int) -> Any:
    """Return a model of up to eight random layers with a branch."""
    draw, layers = random.Random(seed), keras().layers
    x = layers.Input((draw.randint(12, 40), 4))
    y = layers.Conv1D(draw.randint(2, 6), draw.randint(1, 7), padding=draw.choice(["same", "valid"]))(x)
    for _ in range(draw.randint(1, 6)):
        y = _random_layer(draw, y)
    pooled = [layers.GlobalMaxPooling1D()(y), layers.Flatten()(layers.Dense(2)(y))]
    return with_random_weights(_joined(x, pooled), seed)


def _random_layer(draw: random.Random, x: Any) -> Any:
    """Return the output of a random layer for a tensor of positions and channels."""
    layers, channels = keras().layers, x.shape[-1]
    kernel = draw.randint(1, 5)
    residual = layers.Conv1D(
        channels, kernel, padding="same", activation=draw.choice(["relu", "gelu", "silu"])
    )
    choices = [
        lambda: layers.Add()([x, residual(x)]),
        lambda: layers.BatchNormalization()(x),
        lambda: layers.LayerNormalization()(x),
        lambda: layers.Activation(draw.choice(["relu", "tanh", "elu", "softplus"]))(x),
        lambda: layers.MaxPooling1D(2, padding="same")(x),
        lambda: layers.SeparableConv1D(channels, kernel, padding="same", dilation_rate=draw.randint(1, 3))(x),
        lambda: layers.Concatenate()([x, layers.Dense(3)(x)]),
        lambda: layers.Bidirectional(layers.GRU(2, return_sequences=True))(x),
        lambda: layers.Add()([x, layers.MultiHeadAttention(2, 2)(x, x)]),
    ]
    return draw.choice(choices)()


def with_random_weights(model: Any, seed: int) -> Any:
    """Return the model with random weights, of which variances are positive."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        low = 0.5 if "variance" in weight.path else -0.5
        weight.assign(rng.uniform(low, low + 1, weight.shape))
    return model


def one_hot(shape: tuple[int, ...], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return random sequences as the input of a model, and as (N, 4, L)."""
    (length,) = [size for size in shape if size not in (1, 4)]
    x = np.eye(4, dtype=np.float32)[np.random.default_rng(seed).integers(0, 4, (SEQUENCES, length))]
    given = x if shape.index(4) > shape.index(length) else x.transpose(0, 2, 1)
    return given.reshape(SEQUENCES, *shape), x.transpose(0, 2, 1)


def predicted(model: Any, x: np.ndarray) -> np.ndarray:
    """Return the predictions of a model of Keras."""
    outputs = model(x, training=False)
    parts = outputs if isinstance(outputs, list | tuple) else [outputs]
    return np.concatenate([part.detach().cpu().numpy() for part in parts], 1)


def saved(model: Any, path: Path) -> Path:
    """Write a model of Keras, without its advice on formats."""
    from absl import logging

    logging.set_verbosity(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(path)
    return path


def difference(model: Any, path: Path, **request: Any) -> float:
    """Return the largest difference of an import from its original, relative to the largest prediction."""
    x, columns = one_hot(tuple(model.input_shape[1:]))
    y = predicted(model, x)
    targets = [f"y{i}" for i in range(y.shape[1])]
    bundle = path.with_suffix(".safetensors")
    imported = import_model(saved(model, path), bundle, ImportRequest(targets, **request), overwrite=True)
    return float(np.abs(imported.predict_array(columns) - y).max() / np.abs(y).max())

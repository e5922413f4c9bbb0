"""Write a model of Keras 2, computed by TensorFlow, as every kind of file, and its predictions.

Run by `python -m benchmarks.validation.imports` in an environment of its own, with the folder as argument.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

FILES = (("keras2.h5", None), ("keras2.keras", None), ("keras2.json", "keras2.weights.h5"))
"""Model, and its file of weights."""


def model_of(layers: Any, model: Any) -> Any:
    """Return a model of the layers whose conventions differ between versions and libraries."""
    x = layers.Input((30, 4))
    y = layers.Conv1D(6, 5, padding="same", strides=2)(x)
    y = layers.LeakyReLU()(layers.BatchNormalization()(y))
    y = layers.AveragePooling1D(4, 2, padding="same")(y)
    z = layers.SeparableConv1D(5, 3, padding="same", dilation_rate=2, activation="swish")(y)
    y = layers.LayerNormalization()(layers.PReLU()(layers.Concatenate()([y, z])))
    y = layers.MultiHeadAttention(2, 3)(y, y)
    y = layers.Bidirectional(layers.GRU(3, return_sequences=True, recurrent_activation="hard_sigmoid"))(y)
    y = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(y)
    y = layers.GRU(4, reset_after=False, return_sequences=True)(y)
    y = layers.Flatten()(layers.TimeDistributed(layers.Dense(3, activation="elu"))(y))
    given = layers.Input((24,))
    inner = model(
        given, layers.Dense(4, activation="hard_sigmoid")(layers.Dense(4, activation="selu")(given))
    )
    y = inner(y)
    return model(x, [layers.Dense(1)(y), layers.Dense(2, activation="softplus")(y)])


def main() -> None:
    """Write the files into the folder that is the argument."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tf_keras  # type: ignore[import-not-found]

    folder, rng = Path(sys.argv[1]), np.random.default_rng(0)
    model = model_of(tf_keras.layers, tf_keras.Model)
    for weight in model.weights:
        low = 0.5 if "variance" in weight.name else -0.5
        weight.assign(rng.uniform(low, low + 1, weight.shape))
    bases = rng.integers(0, 4, (40, 30))
    y_hat = np.concatenate(model.predict(np.eye(4, dtype=np.float32)[bases], verbose=0), 1)
    model.save(folder / "keras2.h5")
    model.save(folder / "keras2.keras")
    model.save_weights(folder / "keras2.weights.h5")
    (folder / "keras2.json").write_text(model.to_json())
    letters = ["".join("ACGT"[base] for base in row) for row in bases]
    (folder / "s.fa").write_text("".join(f">s{i}\n{s}\n" for i, s in enumerate(letters)))
    rows = ("\t".join([f"s{i}", *(f"{value:.9g}" for value in row)]) for i, row in enumerate(y_hat))
    (folder / "y.tsv").write_text("id\ta\tb\tc\n" + "\n".join(rows) + "\n")
    (folder / "version").write_text(tf_keras.__version__)


if __name__ == "__main__":
    main()

"""Layers of Keras that are imported, each in small models with random weights.

A case takes the module `keras.layers` and a tensor of the shape of its input, and returns a tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

L, SEQUENCE, SHORT = 30, (30, 4), (9, 4)
Case = Callable[[Any, Any], Any]


def _of(name: str, *arguments: Any, **settings: Any) -> Case:
    """Return a case of one layer."""
    return lambda layers, x: getattr(layers, name)(*arguments, **settings)(x)


def _activations(layers: Any, x: Any) -> list[Any]:
    """Return the outputs of all activations by name."""
    names = (
        "relu", "sigmoid", "tanh", "softmax", "log_softmax", "elu", "selu", "softplus", "softsign", "silu",
        "swish", "gelu", "exponential", "hard_sigmoid", "hard_silu", "leaky_relu", "relu6", "mish", "celu",
        "log_sigmoid", "hard_tanh", "tanh_shrink", "linear",
    )  # fmt: skip
    return [layers.Activation(name)(layers.Dense(3)(x)) for name in names]


def _padded(name: str, axes: int) -> Case:
    """Return a case of a convolution or pooling with every padding, stride and dilation."""

    def case(layers: Any, x: Any) -> Any:
        pool, outputs = "Pooling" in name, []
        for padding, size, stride in product(("valid", "same"), (2, 3, 4), (1, 2, 3)):
            if name.startswith("Average") and padding == "same" and (size, stride) != (3, 3):
                continue  # Keras with torch repeats the last position there, TensorFlow does not
            settings = {"padding": padding, "strides": stride}
            arguments = (
                (size,) if pool else ((3, size) if name.startswith("Conv") or "Sep" in name else (size,))
            )
            outputs.append(getattr(layers, name)(*arguments, **settings)(x))
        if not pool:
            dilated = {"padding": "same", "dilation_rate": 3}
            arguments = (3, 3) if not name.startswith("Depth") else (3,)
            outputs.append(getattr(layers, name)(*arguments, use_bias=False, activation="relu", **dilated)(x))
        if name == "Conv1D":
            outputs.append(layers.Conv1D(4, 3, padding="causal", dilation_rate=2)(x))
            outputs.append(layers.Conv1D(4, 3, groups=2)(x))
        if "Sep" in name or "Depth" in name:
            outputs.append(getattr(layers, name)(*arguments, depth_multiplier=2)(x))
        return outputs

    return case


def _recurrent(name: str) -> Case:
    """Return a case of a recurrent layer with every option that changes its states."""

    def case(layers: Any, x: Any) -> Any:
        layer = getattr(layers, name)
        gates: dict[str, Any] = {} if name == "SimpleRNN" else {"recurrent_activation": "hard_sigmoid"}
        outputs = [
            layer(3)(x),
            layer(3, return_sequences=True, go_backwards=True)(x),
            layer(3, use_bias=False)(x),
            layer(3, activation="relu", return_sequences=True, **gates)(x),
        ]
        return outputs + ([layer(3, reset_after=False)(x)] if name == "GRU" else [])

    return case


def _bidirectional(layers: Any, x: Any) -> list[Any]:
    """Return the outputs of Bidirectional in every mode."""
    modes = ("concat", "sum", "mul", "ave")
    outputs = [layers.Bidirectional(layers.LSTM(3, return_sequences=True), merge_mode=m)(x) for m in modes]
    return [*outputs, layers.Bidirectional(layers.GRU(3))(x)]


def _attention(layers: Any, x: Any) -> list[Any]:
    """Return the outputs of multi-head attention: to itself, to another tensor, and with a key."""
    other, key = layers.Dense(5)(x), layers.Dense(6)(x)
    return [
        layers.MultiHeadAttention(2, 3)(x, x),
        layers.MultiHeadAttention(3, 2, value_dim=5, output_shape=7, use_bias=False)(x, other),
        layers.MultiHeadAttention(2, 4)(x, value=other, key=key),
    ]


def _merges(layers: Any, x: Any) -> list[Any]:
    """Return the outputs of all merging layers."""
    parts = [layers.Dense(4)(x) for _ in range(3)]
    names = ("Add", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")
    merged = [getattr(layers, name)()(parts) for name in names]
    return [*merged, layers.Subtract()(parts[:2]), layers.Concatenate(axis=1)(parts)]


def _squeeze_excite(layers: Any, x: Any) -> Any:
    """Return features that are scaled by a dense layer of their means, with axes of size 1."""
    pooled = layers.GlobalAveragePooling1D(keepdims=True)(x)
    return layers.Multiply()([x, layers.Dense(4, activation="sigmoid")(pooled)])


def _nested(layers: Any, x: Any) -> Any:
    """Return the output of models in a model, one of which is called twice."""
    import keras

    inner = keras.Sequential([layers.Input((30, 4)), layers.Dense(3, activation="tanh"), layers.Dense(4)])
    given = layers.Input((30, 4))
    outer = keras.Model(given, layers.Add()([inner(given), layers.Conv1D(4, 3, padding="same")(given)]))
    return layers.Concatenate()([outer(x), outer(layers.ReLU()(x))])


CASES: dict[str, tuple[tuple[int, ...], Case]] = {
    "Conv1D": (SEQUENCE, _padded("Conv1D", 1)),
    "Conv2D, input (L, 4, 1)": ((L, 4, 1), _padded("Conv2D", 2)),
    "Conv2D, input (1, L, 4)": ((1, L, 4), _of("Conv2D", 3, (1, 5), padding="same", activation="relu")),
    "Conv2D, input (4, L, 1)": ((4, L, 1), _of("Conv2D", 3, (4, 6))),
    "Conv1D, input (4, L)": ((4, L), lambda layers, x: layers.Conv1D(3, 4)(layers.Permute((2, 1))(x))),
    "SeparableConv1D": (SEQUENCE, _padded("SeparableConv1D", 1)),
    "SeparableConv2D": ((L, 4, 1), _of("SeparableConv2D", 3, (5, 2), padding="same", depth_multiplier=2)),
    "DepthwiseConv1D": (SEQUENCE, _padded("DepthwiseConv1D", 1)),
    "DepthwiseConv2D": ((1, L, 4), _of("DepthwiseConv2D", (1, 3), depth_multiplier=2, padding="same")),
    "MaxPooling1D": (SEQUENCE, _padded("MaxPooling1D", 1)),
    "AveragePooling1D": (SEQUENCE, _padded("AveragePooling1D", 1)),
    "MaxPooling2D": ((L, 4, 1), _of("MaxPooling2D", (3, 2), padding="same")),
    "AveragePooling2D": ((L, 4, 1), _of("AveragePooling2D", (3, 4), strides=(3, 2), padding="same")),
    "GlobalMaxPooling1D": (SEQUENCE, _of("GlobalMaxPooling1D")),
    "GlobalAveragePooling1D": (SEQUENCE, _of("GlobalAveragePooling1D", keepdims=True)),
    "GlobalMaxPooling2D": ((L, 4, 1), _of("GlobalMaxPooling2D")),
    "GlobalAveragePooling2D": ((1, L, 4), _of("GlobalAveragePooling2D")),
    "ZeroPadding1D, 2D": (
        SEQUENCE,
        lambda layers, x: [
            layers.ZeroPadding1D((2, 3))(x),
            layers.ZeroPadding2D(((1, 0), (2, 1)))(layers.Reshape((L, 4, 1))(x)),
        ],
    ),
    "Cropping1D, 2D": (
        SEQUENCE,
        lambda layers, x: [
            layers.Cropping1D((2, 3))(x),
            layers.Cropping2D(((1, 0), (2, 1)))(layers.Reshape((L, 4, 1))(x)),
        ],
    ),
    "UpSampling1D, 2D": (
        SEQUENCE,
        lambda layers, x: [
            layers.UpSampling1D(3)(x),
            layers.UpSampling2D((2, 3))(layers.Reshape((L, 4, 1))(x)),
        ],
    ),
    "BatchNormalization": (
        SEQUENCE,
        lambda layers, x: [
            layers.BatchNormalization()(x),
            layers.BatchNormalization(axis=1, epsilon=0.1)(x),
            layers.BatchNormalization(scale=False)(x),
            layers.BatchNormalization(center=False)(x),
        ],
    ),
    "LayerNormalization": (
        SEQUENCE,
        lambda layers, x: [
            layers.LayerNormalization()(x),
            layers.LayerNormalization(axis=[1, 2], epsilon=0.1)(x),
            layers.LayerNormalization(scale=False)(x),
        ],
    ),
    "Dense": (SEQUENCE, lambda layers, x: [layers.Dense(5, "gelu")(x), layers.Dense(2, use_bias=False)(x)]),
    "TimeDistributed(Dense)": (
        SEQUENCE,
        lambda layers, x: layers.TimeDistributed(layers.Dense(5, "relu"))(x),
    ),
    "Activation": (SEQUENCE, _activations),
    "ReLU, LeakyReLU, ELU, Softmax": (
        SEQUENCE,
        lambda layers, x: [
            layers.ReLU(max_value=0.5, negative_slope=0.1, threshold=0.2)(layers.Dense(4)(x)),
            layers.LeakyReLU()(layers.Dense(4)(x)),
            layers.ELU(alpha=0.5)(layers.Dense(4)(x)),
            layers.Softmax(axis=1)(layers.Dense(4)(x)),
        ],
    ),
    "PReLU": (
        SEQUENCE,
        lambda layers, x: [
            layers.PReLU()(layers.Dense(4)(x)),
            layers.PReLU(shared_axes=[1])(layers.Dense(4)(x)),
        ],
    ),
    "Add, Multiply, Average, Maximum, Minimum, Subtract, Concatenate": (SEQUENCE, _merges),
    "Multiply with axes of size 1": (SEQUENCE, _squeeze_excite),
    "Flatten, Reshape, Permute, RepeatVector": (
        SEQUENCE,
        lambda layers, x: [
            layers.RepeatVector(3)(layers.Dense(4)(layers.Flatten()(x))),
            layers.Conv1D(2, 3)(layers.Reshape((-1, 8))(x)),
            layers.Conv1D(2, 3)(layers.Permute((2, 1))(x)),
        ],
    ),
    "Rescaling": (SEQUENCE, _of("Rescaling", 2.5, offset=-0.3)),
    "Dropout and noise": (
        SEQUENCE,
        lambda layers, x: layers.GaussianNoise(0.1)(layers.SpatialDropout1D(0.5)(layers.Dropout(0.5)(x))),
    ),
    "LSTM": (SHORT, _recurrent("LSTM")),
    "GRU": (SHORT, _recurrent("GRU")),
    "SimpleRNN": (SHORT, _recurrent("SimpleRNN")),
    "Bidirectional": (SHORT, _bidirectional),
    "MultiHeadAttention": (SEQUENCE, _attention),
    "models in a model": (SEQUENCE, _nested),
}
"""Name -> shape of the input, and what is computed from it."""

"""Dense layers, normalisations and attention of Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from seqcnn.encoders.imported.attention import Attention
from seqcnn.encoders.imported.dense import BatchNorm, Dense, LayerNorm
from seqcnn.errors import show
from seqcnn.model.imports.keras.keras_layer import KerasLayer
from seqcnn.model.imports.keras.layers.activations import CONVERSIONS as ACTIVATIONS
from seqcnn.model.imports.keras.layers.activations import activated

_POINTWISE = ("Activation", "Dropout", "ELU", "LeakyReLU", "ReLU")
"""Layers that do the same for every position with or without TimeDistributed."""


def _dense(layer: KerasLayer, group: str = "") -> int:
    bias = bool(layer.setting("use_bias", "bias", default=True))
    kernel, *biases = layer.weights.arrays(["kernel", "bias"][: 1 + bias], group=group)
    weights = {"weight": kernel.T} | ({"bias": biases[0]} if bias else {})
    units = layer.setting("units", "output_dim")
    return activated(layer, layer.add(Dense, units=units, bias=bias, weights=weights))


def _time_distributed(layer: KerasLayer) -> int:
    inner = layer.setting("layer")
    if not isinstance(inner, Mapping) or not isinstance(inner.get("config"), Mapping):
        raise layer.fault("its layer is missing")
    class_name = inner.get("class_name")
    if class_name in ("Dense", "TimeDistributedDense"):
        return _dense(layer.with_config("Dense", inner["config"]), "layer")
    if class_name in _POINTWISE:
        conversion = ACTIVATIONS.get(class_name)
        return conversion(layer.with_config(class_name, inner["config"])) if conversion else layer.inputs[0]
    raise layer.fault(f"of {show(class_name, 40)} is not imported; of Dense it is")


def _batch_norm(layer: KerasLayer) -> int:
    layer.refuse(mode=0, renorm=False)
    axis = layer.setting("axis", default=-1)
    if isinstance(axis, list | tuple) and len(axis) == 1:
        axis = axis[0]
    scale, center = (bool(layer.setting(name, default=True)) for name in ("scale", "center"))
    names = [*(["gamma"] if scale else []), *(["beta"] if center else []), "moving_mean", "moving_variance"]
    arrays = dict(zip(names, layer.weights.arrays(names), strict=True))
    mean = arrays["moving_mean"]
    gamma, beta = arrays.get("gamma", np.ones_like(mean)), arrays.get("beta", np.zeros_like(mean))
    weights = {"weight": gamma, "bias": beta, "mean": mean, "variance": arrays["moving_variance"]}
    return layer.add(BatchNorm, axis=axis, epsilon=layer.setting("epsilon", default=1e-3), weights=weights)


def _layer_norm(layer: KerasLayer) -> int:
    layer.refuse(rms_scaling=False)
    axis = layer.setting("axis", default=-1)
    axes = axis if isinstance(axis, list | tuple) else [axis]
    scale, center = (bool(layer.setting(name, default=True)) for name in ("scale", "center"))
    names = [*(["gamma"] if scale else []), *(["beta"] if center else [])]
    arrays = dict(zip(names, layer.weights.arrays(names), strict=True))
    weights = {new: arrays[old] for old, new in (("gamma", "weight"), ("beta", "bias")) if old in arrays}
    return layer.add(LayerNorm, axes=axes, epsilon=layer.setting("epsilon", default=1e-3), weights=weights)


def _attention(layer: KerasLayer) -> int:
    layer.refuse(use_gate=False, sliding_window=None)
    if (axes := layer.setting("attention_axes", default=None)) not in (None, [1], (1,), 1):
        raise layer.fault(
            f"attention_axes = {show(axes, 40)} is not imported; expected one axis of positions"
        )
    query, value, *key = [*layer.inputs, *(layer.named[n] for n in ("value", "key") if n in layer.named)]
    bias = bool(layer.setting("use_bias", default=True))
    weights: dict[str, np.ndarray] = {}
    shapes = {}
    for name, legacy in (("query", "query"), ("key", "key"), ("value", "value"), ("out", "attention_output")):
        group = f"{'output' if name == 'out' else name}_dense"
        if layer.weights.file.is_current and not layer.weights.file.within(f"{layer.weights.path}/{group}"):
            group = f"_{group}"  # Keras 2
        kernel, *biases = layer.weights.arrays(["kernel", "bias"][: 1 + bias], group=group, part=legacy)
        shapes[name] = kernel.shape
        inputs = -1 if name == "out" else kernel.shape[0]
        flat = kernel.reshape(-1, kernel.shape[-1]) if name == "out" else kernel.reshape(inputs, -1)
        weights[f"{name}.weight"] = flat.T
        weights |= {f"{name}.bias": biases[0].ravel()} if bias else {}
    heads, key_size = layer.setting("num_heads"), layer.setting("key_dim")
    return layer.add(
        Attention, inputs=[query, value, *key], heads=heads, key_size=key_size,
        value_size=layer.setting("value_dim", default=None) or key_size, out_size=shapes["out"][-1],
        bias=bias, weights=weights,
    )  # fmt: skip


CONVERSIONS: dict[str, Callable[[KerasLayer], int]] = {
    "BatchNormalization": _batch_norm,
    "Dense": _dense,
    "LayerNormalization": _layer_norm,
    "MultiHeadAttention": _attention,
    "TimeDistributed": _time_distributed,
    "TimeDistributedDense": _dense,
}

"""Activations of Keras, as layers and as the setting `activation` of other layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seqcnn.encoders.imported.dense import PReLU
from seqcnn.encoders.imported.elementwise import FUNCTIONS, Activation, Elu, Relu, Softmax
from seqcnn.encoders.imported.layer import LayerSpec
from seqcnn.errors import show
from seqcnn.model.imports.keras.keras_layer import KerasLayer

_SYNONYMS = {"hard_swish": "hard_silu", "swish": "silu"}

_PARAMETRIC: dict[str, tuple[type[LayerSpec], dict[str, Any]]] = {
    "celu": (Elu, {"scaled": True}),
    "elu": (Elu, {}),
    "leaky_relu": (Relu, {"slope": 0.2}),
    "log_softmax": (Softmax, {"log": True}),
    "relu": (Relu, {}),
    "relu6": (Relu, {"limit": 6.0}),
    "softmax": (Softmax, {}),
}
"""Name of an activation -> its layer and fields."""


def activation_name(layer: KerasLayer, value: Any) -> str:
    """Return the name of the activation in a setting; raise `BundleError` for a custom one."""
    if isinstance(value, Mapping):  # a function that Keras 3 writes with its module
        value = value.get("config")
    name = "linear" if value is None else value
    name = _SYNONYMS.get(name, name) if isinstance(name, str) else ""
    if name == "hard_sigmoid" and layer.version < 3:
        return "hard_sigmoid_2"
    if name not in ("linear", *FUNCTIONS, *_PARAMETRIC):
        raise layer.fault(f"activation {show(value, 40)} is custom or not known; it is not imported")
    return name


def activated(layer: KerasLayer, number: int, *names: str) -> int:
    """Add the activation of a layer behind tensor `number`; `names` are those of its setting."""
    value = layer.setting(*(names or ("activation",)), default=None)
    behind = layer.behind(number)
    if isinstance(value, Mapping) and value.get("class_name") in CONVERSIONS:  # a layer as an activation
        config = value.get("config") if isinstance(value.get("config"), Mapping) else {}
        return CONVERSIONS[value["class_name"]](behind.with_config(value["class_name"], config or {}))
    name = activation_name(layer, value)
    if name == "linear":
        return number
    if name in _PARAMETRIC:
        kind, fields = _PARAMETRIC[name]
        return behind.add(kind, **fields)
    return behind.add(Activation, function=name)


def _activation(layer: KerasLayer) -> int:
    return activated(layer, layer.inputs[0])


def _relu(layer: KerasLayer) -> int:
    slope, threshold = (layer.setting(name, default=0.0) for name in ("negative_slope", "threshold"))
    limit = layer.setting("max_value", default=None)
    return layer.add(Relu, slope=_number(slope), limit=limit, threshold=_number(threshold))


def _leaky_relu(layer: KerasLayer) -> int:
    return layer.add(Relu, slope=_number(layer.setting("negative_slope", "alpha", default=0.3)))


def _thresholded_relu(layer: KerasLayer) -> int:
    return layer.add(Relu, threshold=_number(layer.setting("theta", default=1.0)))


def _elu(layer: KerasLayer) -> int:
    return layer.add(Elu, alpha=_number(layer.setting("alpha", default=1.0)))


def _softmax(layer: KerasLayer) -> int:
    return layer.add(Softmax, axis=layer.setting("axis", default=-1))


def _prelu(layer: KerasLayer) -> int:
    (slopes,) = layer.weights.arrays(["alpha"])
    return layer.add(PReLU, shape=slopes.shape, weights={"weight": slopes})


def _number(value: Any) -> Any:
    """Return the number in a setting, which some versions write as an array."""
    if isinstance(value, Mapping):
        value = value.get("value", value.get("config", {}).get("value"))
    return 0.0 if value is None else value


CONVERSIONS: dict[str, Callable[[KerasLayer], int]] = {
    "Activation": _activation,
    "ELU": _elu,
    "LeakyReLU": _leaky_relu,
    "PReLU": _prelu,
    "ReLU": _relu,
    "Softmax": _softmax,
    "ThresholdedReLU": _thresholded_relu,
}

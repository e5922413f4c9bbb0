"""Recurrent layers of Keras, and Bidirectional.

The gates of an LSTM are in the order of torch; those of a GRU are update, reset, new in Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from seqcnn.encoders.imported.elementwise import Concatenate, Merge
from seqcnn.encoders.imported.recurrent import Recurrent
from seqcnn.errors import show
from seqcnn.model.imports.keras.keras_layer import KerasLayer
from seqcnn.model.imports.keras.layers.activations import activation_name
from seqcnn.model.imports.keras.layers.merges import MODES

_NETWORKS = {"GRU": "gru", "LSTM": "lstm", "SimpleRNN": "rnn"}
_GATES = {"gru": "zrh", "lstm": "ifco", "rnn": ""}
"""Suffixes of the arrays of each gate in Keras 1."""


def _recurrent(layer: KerasLayer, *, group: str = "cell", part: str = "", **fields: Any) -> int:
    """Convert a recurrent layer; in Bidirectional `group` and `part` name its arrays."""
    layer.refuse(return_state=False, stateful=False, time_major=False)
    network = _NETWORKS[layer.class_name]
    bias = bool(layer.setting("use_bias", default=True))
    reset_after = bool(layer.setting("reset_after", default=False))
    arrays = _arrays(layer, network, bias=bias, group=group, part=part)
    old = "hard_sigmoid" if layer.version < 3 else "sigmoid"
    gate = activation_name(layer, layer.setting("recurrent_activation", "inner_activation", default=old))
    fields = {
        "network": network,
        "units": layer.setting("units", "output_dim"),
        "activation": activation_name(layer, layer.setting("activation", default="tanh")),
        "gate": gate,
        "reset_after": reset_after,
        "backwards": bool(layer.setting("go_backwards", default=False)),
        "sequences": bool(layer.setting("return_sequences", default=False)),
        **fields,
    }
    return layer.add(Recurrent, **fields, weights=_in_torch_order(network, *arrays))


def _arrays(
    layer: KerasLayer, network: str, *, bias: bool, group: str, part: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return kernel (C, G), recurrent kernel (units, G) and bias (G,) or (2, G); G = gates * units."""
    gates = _GATES[network]
    if gates and layer.weights.has(f"W_{gates[0]}"):  # Keras 1: an array for each gate
        joined = [
            np.concatenate(layer.weights.arrays([f"{name}_{gate}" for gate in gates], part=part), -1)
            for name in "WUb"
        ]
        return joined[0], joined[1], joined[2]
    names = ["kernel", "recurrent_kernel", "bias"][: 2 + bias]
    if layer.weights.file.is_current and not layer.weights.file.within(f"{layer.weights.path}/{group}"):
        group = group.removesuffix("cell").removesuffix("/")
    kernel, recurrent, *biases = layer.weights.arrays(names, group=group, part=part)
    return kernel, recurrent, biases[0] if biases else None


def _in_torch_order(
    network: str, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray | None
) -> dict[str, np.ndarray]:
    """Return the weights by their names and in the order of gates of torch."""
    zeros = np.zeros(kernel.shape[-1], np.float32)
    both = np.zeros((2, len(zeros)), np.float32) if bias is None else bias
    if both.ndim == 1:
        both = np.stack([both, zeros])
    arrays = [kernel.T, recurrent.T, both[0], both[1]]
    if network == "gru":  # update, reset, new -> reset, update, new
        parts = [np.split(array, 3) if len(array) % 3 == 0 else [array] * 3 for array in arrays]
        arrays = [np.concatenate([reset, update, new]) for update, reset, new in parts]
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return {f"rnn.{name}_l0": array for name, array in zip(names, arrays, strict=True)}


def _bidirectional(layer: KerasLayer) -> int:
    inner = layer.setting("layer")
    directions = {"forward": inner, "backward": layer.setting("backward_layer", default=None) or inner}
    numbers = []
    for name, values in directions.items():
        if not isinstance(values, Mapping) or not isinstance(values.get("config"), Mapping):
            raise layer.fault(f"its {name} layer is missing")
        if values.get("class_name") not in _NETWORKS:
            raise layer.fault(f"of {show(values.get('class_name'), 40)} is not imported")
        part = layer.with_config(values["class_name"], values["config"])
        group = f"{name}_layer/cell"
        backwards = name == "backward"
        numbers.append(_recurrent(part, group=group, part=name, backwards=backwards, in_order=True))
    mode = layer.setting("merge_mode", default="concat")
    if mode == "concat":
        return layer.add(Concatenate, inputs=numbers)
    if mode not in MODES:
        raise layer.fault(f"merge_mode {show(mode, 40)} is not imported")
    return layer.add(Merge, inputs=numbers, how=MODES[mode])


CONVERSIONS: dict[str, Callable[[KerasLayer], int]] = {
    "Bidirectional": _bidirectional,
    **{name: partial(_recurrent) for name in _NETWORKS},
}

"""Calls of layers in a functional model: the tensors that a layer takes, in the formats of Keras 1 to 3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from seqcnn.errors import BundleError, show

_TENSOR = "__keras_tensor__"
_HARMLESS = ("mask", "training", "use_causal_mask", "return_attention_scores", "initial_state")
"""Settings of a call that are imported if they are off."""


@dataclass(frozen=True, slots=True)
class TensorKey:
    """One tensor of a model: output `index` of call `call` of a layer."""

    layer: str
    call: int
    index: int


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a layer."""

    tensors: list[TensorKey]
    named: dict[str, TensorKey] = field(default_factory=dict)
    """Tensors that are given by name."""

    @property
    def keys(self) -> list[TensorKey]:
        """All tensors that the layer takes."""
        return [*self.tensors, *self.named.values()]


def tensor_keys(value: Any) -> list[TensorKey]:
    """Return the tensors in a nested value, in order, such as the outputs of a model."""
    if (key := _key(value)) is not None:
        return [key]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [key for part in value for key in tensor_keys(part)] if isinstance(value, list | tuple) else []


def output_names(value: Any, name: str = "") -> list[str]:
    """Return the names of the outputs of a model, in order: its keys for a dict, else those of the layers."""
    if (key := _key(value)) is not None:
        return [name or key.layer]
    if isinstance(value, Mapping):
        return [output for key, part in value.items() for output in output_names(part, str(key))]
    parts = value if isinstance(value, list | tuple) else []
    return [output for part in parts for output in output_names(part, name)]


def calls_of(layer: Mapping[str, Any]) -> list[Call]:
    """Return the calls of a layer of a functional model.

    Raises
    ------
    BundleError
        If a call has a constant, or a setting that changes the prediction.
    """
    name, nodes = str(layer.get("name")), layer.get("inbound_nodes") or []
    if not isinstance(nodes, list) or not all(isinstance(node, list | dict) for node in nodes):
        raise BundleError(f"layer {show(name, 40)}: its calls {show(nodes, 40)} cannot be read")
    return [_call(node, name) for node in nodes]


def _call(node: Any, name: str) -> Call:
    """Return one call."""
    if isinstance(node, Mapping):  # Keras 3
        arguments, settings = node.get("args", []), dict(node.get("kwargs") or {})
    else:
        node = [node] if _key(node) else list(node)
        arguments, settings = node, {}
        for part in node:
            has_settings = isinstance(part, list) and len(part) > 3 and isinstance(part[3], Mapping)
            settings |= part[3] if has_settings else {}
    if fault := next(_others(arguments), None):
        raise BundleError(
            f"layer {show(name, 40)}: constant {show(fault, 40)} in a call; expected tensors only"
        )
    named = {}
    for setting, value in settings.items():
        if (key := _key(value)) is not None and setting in ("query", "value", "key"):
            named[setting] = key
        elif value not in (None, False, []) or (value is not None and setting not in _HARMLESS):
            fault = f"called with {show(setting, 40)} = {show(value, 40)}"
            raise BundleError(f"layer {show(name, 40)}: {fault}, which is not imported")
    return Call(tensor_keys(arguments), named)


def _key(value: Any) -> TensorKey | None:
    """Return the tensor that a value names; None if it names none."""
    if isinstance(value, Mapping):
        if value.get("class_name") != _TENSOR:
            return None
        value = value.get("config", {}).get("keras_history")
    if not isinstance(value, list | tuple) or not 3 <= len(value) <= 4:
        return None
    layer, call, index = value[:3]
    is_key = isinstance(layer, str) and isinstance(call, int) and isinstance(index, int)
    return TensorKey(layer, call, index) if is_key else None


def _others(arguments: Any) -> Iterator[Any]:
    """Yield what is neither a tensor, a list nor None in arguments."""
    if _key(arguments) is not None or arguments is None:
        return
    if isinstance(arguments, list | tuple):
        for part in arguments:
            yield from _others(part)
    else:
        yield arguments

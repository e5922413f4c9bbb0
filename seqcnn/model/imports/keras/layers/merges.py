"""Layers of Keras that join several tensors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from seqcnn.encoders.imported.elementwise import Concatenate, Merge
from seqcnn.errors import show
from seqcnn.model.imports.keras.keras_layer import KerasLayer

MODES = {"ave": "mean", "average": "mean", "max": "max", "min": "min", "mul": "multiply", "sum": "add"}
"""Mode of the layer Merge of Keras 1, and of Bidirectional -> its name here."""


def _merge(layer: KerasLayer, how: str) -> int:
    return layer.add(Merge, how=how)


def _concatenate(layer: KerasLayer) -> int:
    return layer.add(Concatenate, axis=layer.setting("axis", default=-1))


def _old_merge(layer: KerasLayer) -> int:
    """Convert the layer Merge of Keras 1."""
    mode: Any = layer.setting("mode", default="sum")
    if layer.config.get("layers"):
        raise layer.fault("of models with inputs of their own is not imported; one input is expected")
    if mode == "concat":
        return layer.add(Concatenate, axis=layer.setting("concat_axis", default=-1))
    if mode not in MODES:
        raise layer.fault(f"mode {show(mode, 40)} is not imported; {', '.join(sorted(MODES))} and concat are")
    return layer.add(Merge, how=MODES[mode])


CONVERSIONS: dict[str, Callable[[KerasLayer], int]] = {
    "Add": partial(_merge, how="add"),
    "Average": partial(_merge, how="mean"),
    "Concatenate": _concatenate,
    "Maximum": partial(_merge, how="max"),
    "Merge": _old_merge,
    "Minimum": partial(_merge, how="min"),
    "Multiply": partial(_merge, how="multiply"),
    "Subtract": partial(_merge, how="subtract"),
}

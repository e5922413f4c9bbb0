"""Layers of Keras that change the shape of a tensor."""

from __future__ import annotations

from collections.abc import Callable

from seqcnn.encoders.imported.elementwise import Permute, Repeat, Reshape, Scale
from seqcnn.encoders.imported.layer import Axis
from seqcnn.errors import show
from seqcnn.model.imports.keras.keras_layer import KerasLayer


def _flatten(layer: KerasLayer) -> int:
    if layer.channels_first and layer.version > 1:  # Keras moves the channels to the end first
        raise layer.fault("data_format = channels_first is not imported; save the model with channels_last")
    return layer.add(Reshape)


def _reshape(layer: KerasLayer) -> int:
    sizes = layer.setting("target_shape", "dims")
    if not isinstance(sizes, list | tuple) or not sizes:
        raise layer.fault(f"target_shape {show(sizes, 40)}; expected a list of sizes")
    return layer.add(Reshape, sizes=sizes)


def _permute(layer: KerasLayer) -> int:
    order: list[Axis] = layer.setting("dims")
    return layer.add(Permute, order=order)


def _repeat(layer: KerasLayer) -> int:
    return layer.add(Repeat, count=layer.setting("n"))


def _rescaling(layer: KerasLayer) -> int:
    return layer.add(Scale, factor=layer.setting("scale"), offset=layer.setting("offset", default=0.0))


CONVERSIONS: dict[str, Callable[[KerasLayer], int]] = {
    "Flatten": _flatten,
    "Permute": _permute,
    "RepeatVector": _repeat,
    "Rescaling": _rescaling,
    "Reshape": _reshape,
}

"""Convolutions, pooling, padding, cropping and upsampling of Keras."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from seqcnn.encoders.imported.convolution import Conv, GlobalPool, Pad, Pool, UpSample
from seqcnn.errors import show
from seqcnn.model.imports.keras.keras_layer import KerasLayer
from seqcnn.model.imports.keras.layers.activations import activated


def _settings(layer: KerasLayer, axes: int) -> dict[str, Any]:
    """Return the fields that all convolutions have."""
    kernel = _kernel_size(layer, axes)
    padding = layer.setting("padding", "border_mode", default="valid")
    return {
        "kernel": kernel,
        "strides": layer.sizes(axes, "strides", "subsample", "subsample_length", default=1),
        "dilation": layer.sizes(axes, "dilation_rate", "atrous_rate", default=1),
        "padding": padding,
        "channels_first": layer.channels_first,
    }


def _kernel_size(layer: KerasLayer, axes: int) -> tuple[int, ...]:
    """Return the size of the kernel; Keras 1 has a setting for each axis."""
    if axes == 2 and "nb_row" in layer.config:
        return layer.sizes(1, "nb_row") + layer.sizes(1, "nb_col")
    return layer.sizes(axes, "kernel_size", "filter_length")


def _convolution(layer: KerasLayer, axes: int) -> int:
    settings, bias = _settings(layer, axes), bool(layer.setting("use_bias", "bias", default=True))
    kernel, *biases = layer.weights.arrays(["kernel", "bias"][: 1 + bias])
    filters = layer.setting("filters", "nb_filter")
    kernel = _in_current_axes(layer, kernel, settings["kernel"], filters)
    number = layer.add(
        Conv, filters=filters, groups=layer.setting("groups", default=1), bias=bias, **settings,
        weights=_named(np.moveaxis(kernel, (-1, -2), (0, 1)), biases),
    )  # fmt: skip
    return activated(layer, number)


def _in_current_axes(
    layer: KerasLayer, kernel: np.ndarray, size: tuple[int, ...], filters: Any
) -> np.ndarray:
    """Return a kernel as (*size, channels, filters), from the axes of Keras 1 and the flips of Theano."""
    if layer.version == 1 and kernel.ndim == 4 and len(size) == 1:  # an image one pixel wide
        if kernel.shape[:2] != (size[0], 1) or kernel.shape[3] != filters:
            kernel = kernel.transpose(2, 3, 1, 0)
        kernel = kernel[:, 0]
    elif layer.version == 1 and layer.channels_first and kernel.shape[:1] == (filters,):
        kernel = kernel.transpose(2, 3, 1, 0)
    # Theano convolves, with a flipped kernel, where the others correlate
    return np.flip(kernel, tuple(range(len(size)))) if layer.backend == "theano" else kernel


def _depthwise(layer: KerasLayer, axes: int) -> int:
    settings, bias = _settings(layer, axes), bool(layer.setting("use_bias", default=True))
    kernel, *biases = layer.weights.arrays(["depthwise_kernel|kernel", "bias"][: 1 + bias])
    return activated(layer, _add_depthwise(layer, kernel, settings, biases))


def _separable(layer: KerasLayer, axes: int) -> int:
    settings, bias = _settings(layer, axes), bool(layer.setting("use_bias", default=True))
    names = ["depthwise_kernel", "pointwise_kernel", "bias"]
    depthwise, pointwise, *biases = layer.weights.arrays(names[: 2 + bias])
    between = _add_depthwise(layer, depthwise, settings, [])
    ones = (1,) * axes
    number = layer.add(
        Conv, inputs=[between], filters=layer.setting("filters", "nb_filter"), kernel=ones, strides=ones,
        dilation=ones, bias=bias, channels_first=layer.channels_first,
        weights=_named(np.moveaxis(pointwise, (-1, -2), (0, 1)), biases),
    )  # fmt: skip
    return activated(layer, number)


def _add_depthwise(
    layer: KerasLayer, kernel: np.ndarray, settings: dict[str, Any], biases: list[np.ndarray]
) -> int:
    """Add a depthwise convolution of a kernel (*size, channels, multiplier)."""
    if kernel.ndim != len(settings["kernel"]) + 2:
        raise layer.fault(f"weights of shape {kernel.shape}")
    *size, channels, multiplier = kernel.shape
    weight = np.moveaxis(kernel, (-2, -1), (0, 1)).reshape(channels * multiplier, 1, *size)
    return layer.add(
        Conv, filters=channels * multiplier, groups=channels, bias=bool(biases), **settings,
        weights=_named(weight, biases),
    )  # fmt: skip


def _named(weight: np.ndarray, biases: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Return the weights by their names in the module."""
    return {"conv.weight": weight} | ({"conv.bias": biases[0]} if biases else {})


def _pool(layer: KerasLayer, axes: int, how: str) -> int:
    size = layer.sizes(axes, "pool_size", "pool_length", default=2)
    strides = size if layer.setting("strides", "stride", default=None) is None else None
    return layer.add(
        Pool, how=how, size=size, strides=strides or layer.sizes(axes, "strides", "stride"),
        padding=layer.setting("padding", "border_mode", default="valid"), channels_first=layer.channels_first,
    )  # fmt: skip


def _global_pool(layer: KerasLayer, axes: int, how: str) -> int:
    keep = bool(layer.setting("keepdims", default=False))
    return layer.add(GlobalPool, how=how, axes=axes, keep=keep, channels_first=layer.channels_first)


def _pad(layer: KerasLayer, axes: int, sign: int) -> int:
    value = layer.setting("padding", "cropping", default=1)
    if axes == 1 and isinstance(value, list | tuple):
        value = [value]
    pairs: Any = [value] * axes if isinstance(value, int) else value
    pairs = [[pair, pair] if isinstance(pair, int) else pair for pair in pairs]
    if len(pairs) != axes or not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
        raise layer.fault(f"{show(value, 40)} found; expected two integers for each of {axes} axes")
    amounts = [
        tuple(sign * amount if isinstance(amount, int) else amount for amount in pair) for pair in pairs
    ]
    return layer.add(Pad, amounts=amounts, channels_first=layer.channels_first)


def _up_sample(layer: KerasLayer, axes: int) -> int:
    layer.refuse(interpolation="nearest")
    return layer.add(
        UpSample, sizes=layer.sizes(axes, "size", "length", default=2), channels_first=layer.channels_first
    )


CONVERSIONS: dict[str, Callable[[KerasLayer], int]] = {
    **{f"Conv{axes}D": partial(_convolution, axes=axes) for axes in (1, 2)},
    **{f"Convolution{axes}D": partial(_convolution, axes=axes) for axes in (1, 2)},
    **{f"AtrousConvolution{axes}D": partial(_convolution, axes=axes) for axes in (1, 2)},
    **{f"DepthwiseConv{axes}D": partial(_depthwise, axes=axes) for axes in (1, 2)},
    **{f"SeparableConv{axes}D": partial(_separable, axes=axes) for axes in (1, 2)},
    **{f"MaxPooling{axes}D": partial(_pool, axes=axes, how="max") for axes in (1, 2)},
    **{f"AveragePooling{axes}D": partial(_pool, axes=axes, how="mean") for axes in (1, 2)},
    **{f"GlobalMaxPooling{axes}D": partial(_global_pool, axes=axes, how="max") for axes in (1, 2)},
    **{f"GlobalAveragePooling{axes}D": partial(_global_pool, axes=axes, how="mean") for axes in (1, 2)},
    **{f"ZeroPadding{axes}D": partial(_pad, axes=axes, sign=1) for axes in (1, 2)},
    **{f"Cropping{axes}D": partial(_pad, axes=axes, sign=-1) for axes in (1, 2)},
    **{f"UpSampling{axes}D": partial(_up_sample, axes=axes) for axes in (1, 2)},
}

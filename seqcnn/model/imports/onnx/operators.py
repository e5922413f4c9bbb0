"""Conversion of the operators of ONNX: name -> function of a `Node` that adds it to the graph.

A conversion returns the number of the output, or a constant.  Tensors are channels first, (N, C, *sizes).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from seqcnn.encoders.imported.convolution import Conv, GlobalPool, Pad, Pool
from seqcnn.encoders.imported.dense import Affine, BatchNorm, Dense, LayerNorm, PReLU
from seqcnn.encoders.imported.elementwise import (
    Activation,
    Concatenate,
    Elu,
    Merge,
    Permute,
    Relu,
    Reshape,
    Softmax,
)
from seqcnn.encoders.imported.layer import LayerSpec, Shape, same_padding
from seqcnn.errors import BundleError, show

Value = int | np.ndarray
"""A tensor of the graph, by its number, or a constant."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of an ONNX network."""

    operator: str
    name: str
    attributes: dict[str, Any]
    inputs: list[Value | None]
    adder: Any

    def tensor(self, index: int = 0) -> int:
        """Return the number of an input that depends on the sequence."""
        value = self.inputs[index] if index < len(self.inputs) else None
        if not isinstance(value, int):
            raise self.fault(f"input {index + 1} is a constant or missing; expected a tensor")
        return value

    def constant(self, index: int) -> np.ndarray | None:
        """Return an input that is a constant; None if it is not given."""
        value = self.inputs[index] if index < len(self.inputs) else None
        if isinstance(value, int):
            raise self.fault(f"input {index + 1} depends on the sequence; expected a constant")
        return value

    def required(self, index: int) -> np.ndarray:
        """Return an input that is a constant."""
        if (value := self.constant(index)) is None:
            raise self.fault(f"input {index + 1} is missing")
        return value

    def shape(self, number: int | None = None) -> Shape:
        """Return the shape of a tensor, by default of the first input."""
        return tuple(self.adder.shapes[self.tensor() if number is None else number])

    def add(
        self,
        kind: type[LayerSpec],
        *inputs: int,
        weights: dict[str, np.ndarray] | None = None,
        **fields: Any,
    ) -> int:
        """Add a layer, by default behind the first input."""
        given = list(inputs) or [self.tensor()]
        number: int = self.adder.add(kind, given, weights or {}, name=self.name, **fields)
        return number

    def refuse(self, **allowed: Any) -> None:
        """Raise `BundleError` if an attribute has another value than the one that is allowed."""
        for name, value in allowed.items():
            if (given := self.attributes.get(name, value)) != value:
                raise self.fault(f"{name} = {show(given, 40)} is not imported; expected {show(value, 40)}")

    def fault(self, reason: str) -> BundleError:
        """Return an error that names the node."""
        return BundleError(f"node {show(self.name, 40)} ({self.operator}): {reason}")


def _spatial(node: Node, kernel: Sequence[int]) -> dict[str, Any]:
    """Return the fields that convolutions and pooling have."""
    ones = [1] * len(kernel)
    return {"strides": tuple(node.attributes.get("strides", ones)), "channels_first": True}


def _pads(node: Node, kernel: Sequence[int], dilation: Sequence[int]) -> list[tuple[int, int]]:
    """Return the padding of each spatial axis."""
    axes, mode = len(kernel), node.attributes.get("auto_pad", "NOTSET")
    strides = node.attributes.get("strides", [1] * axes)
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        settings = zip(node.shape()[1:], kernel, strides, dilation, strict=True)
        pairs = [same_padding(*setting) for setting in settings]
        return [pair[::-1] for pair in pairs] if mode == "SAME_LOWER" else pairs
    if mode not in ("NOTSET", "VALID"):
        raise node.fault(f"auto_pad = {show(mode, 40)} is not imported")
    pads = node.attributes.get("pads", [0] * 2 * axes)
    if len(pads) != 2 * axes:
        raise node.fault(f"{len(pads)} pads for {axes} axes")
    pairs = list(zip(pads[:axes], pads[axes:], strict=True))
    if node.attributes.get("ceil_mode", 0):  # positions that complete the last window
        sizes = zip(node.shape()[1:], pairs, kernel, strides, strict=True)
        pairs = [(a, b + -(size + a + b - k) % s) for size, (a, b), k, s in sizes]
    return pairs


def _padded(node: Node, pads: list[tuple[int, int]], *, lowest: bool = False) -> int:
    """Add padding, if there is any."""
    if not any(map(any, pads)):
        return node.tensor()
    return node.add(Pad, amounts=pads, lowest=lowest, channels_first=True)


def _conv(node: Node) -> int:
    weight, bias = node.required(1), node.constant(2)
    kernel = weight.shape[2:]
    dilation = tuple(node.attributes.get("dilations", [1] * len(kernel)))
    before = _padded(node, _pads(node, kernel, dilation))
    return node.add(
        Conv, before, filters=weight.shape[0], kernel=kernel, dilation=dilation,
        groups=node.attributes.get("group", 1), bias=bias is not None, **_spatial(node, kernel),
        weights={"conv.weight": weight} | ({} if bias is None else {"conv.bias": bias}),
    )  # fmt: skip


def _pool(node: Node, how: str) -> int:
    kernel = node.attributes.get("kernel_shape", [])
    node.refuse(storage_order=0, dilations=[1] * len(kernel))
    pads = _pads(node, kernel, [1] * len(kernel))
    if how == "mean" and any(map(any, pads)) and not node.attributes.get("count_include_pad", 0):
        raise node.fault("padding that is not counted is not imported")
    if how == "mean":
        node.refuse(ceil_mode=0)
    before = _padded(node, pads, lowest=how == "max")
    return node.add(Pool, before, how=how, size=tuple(kernel), **_spatial(node, kernel))


def _global_pool(node: Node, how: str) -> int:
    return node.add(GlobalPool, how=how, axes=len(node.shape()) - 1, keep=True, channels_first=True)


def _reduce(node: Node, how: str) -> int:
    """Convert a mean or maximum over all positions."""
    axes = node.attributes.get("axes")
    if axes is None and (given := node.constant(1)) is not None:
        axes = given.ravel().tolist()
    rank = len(node.shape()) + 1
    indices = sorted(axis % rank for axis in axes or [])
    keep = bool(node.attributes.get("keepdims", 1))
    if indices == list(range(2, rank)):
        return node.add(GlobalPool, how=how, axes=rank - 2, keep=keep, channels_first=True)
    if indices == list(range(1, rank - 1)):
        return node.add(GlobalPool, how=how, axes=rank - 2, keep=keep)
    raise node.fault(f"over axes {axes} is not imported; over all positions it is")


def _gemm(node: Node) -> int:
    node.refuse(transA=0)
    weight, bias = node.required(1) * node.attributes.get("alpha", 1.0), node.constant(2)
    weight = weight if node.attributes.get("transB", 0) else weight.T
    weights = {"weight": weight}
    if bias is not None:
        weights["bias"] = np.broadcast_to(bias * node.attributes.get("beta", 1.0), (1, len(weight)))[0]
    return node.add(Dense, units=len(weight), bias=bias is not None, weights=weights)


def _matmul(node: Node) -> int:
    weight = node.required(1)
    if weight.ndim != 2:
        raise node.fault(f"constant of shape {weight.shape}; expected a matrix")
    return node.add(Dense, units=weight.shape[1], bias=False, weights={"weight": weight.T})


def _batch_norm(node: Node) -> int:
    node.refuse(training_mode=0)
    names = ("weight", "bias", "mean", "variance")
    weights = {name: node.required(index) for index, name in enumerate(names, start=1)}
    return node.add(BatchNorm, axis=1, epsilon=float(node.attributes.get("epsilon", 1e-5)), weights=weights)


def _layer_norm(node: Node) -> int:
    """Convert a normalisation over the last axes, from `axis` on."""
    rank = len(node.shape()) + 1
    axes = tuple(range(int(node.attributes.get("axis", -1)) % rank, rank))
    sizes = [node.shape()[axis - 1] for axis in axes]
    if 0 in axes:
        raise node.fault("over the axis of the batch is not imported")
    given = {"weight": node.required(1), "bias": node.constant(2)}
    weights = {name: np.broadcast_to(array, sizes) for name, array in given.items() if array is not None}
    epsilon = float(node.attributes.get("epsilon", 1e-5))
    return node.add(LayerNorm, axes=axes, epsilon=epsilon, weights=weights)


def _arithmetic(node: Node, how: str) -> int:
    """Convert a sum, product and so on of two tensors, or of a tensor and a constant."""
    first, second = node.inputs
    if isinstance(first, int) and isinstance(second, int):
        if how == "divide":
            raise node.fault("of two tensors is not imported")
        return node.add(Merge, first, second, how=how)
    constant = np.asarray(second if isinstance(first, int) else first, np.float32)
    factor: np.ndarray = np.ones_like(constant)
    offset: np.ndarray = np.zeros_like(constant)
    if how == "multiply":
        factor = constant
    elif how == "divide" and isinstance(first, int):
        factor = 1 / constant
    elif how == "add":
        offset = constant
    elif how == "subtract":
        factor, offset = (factor, -constant) if isinstance(first, int) else (-factor, constant)
    else:
        raise node.fault("of a constant by a tensor is not imported")
    number = node.tensor(0 if isinstance(first, int) else 1)
    factor, offset = (_without_batch(array, len(node.shape(number))) for array in (factor, offset))
    return node.add(Affine, number, shape=factor.shape, weights={"weight": factor, "bias": offset})


def _without_batch(array: np.ndarray, axes: int) -> np.ndarray:
    """Return a constant with as many axes as a tensor has without that of the batch."""
    array = array[0] if array.ndim > axes and array.shape[0] == 1 else array
    return array.reshape((1,) * (axes - array.ndim) + array.shape)


def _activation(node: Node, function: str) -> int:
    return node.add(Activation, function=function)


def _gelu(node: Node) -> int:
    return node.add(
        Activation, function="gelu_tanh" if node.attributes.get("approximate") == "tanh" else "gelu"
    )


def _relu(node: Node) -> int:
    return node.add(
        Relu, slope=float(node.attributes.get("alpha", 0.01 if node.operator == "LeakyRelu" else 0))
    )


def _clip(node: Node) -> int:
    low, high = node.attributes.get("min", node.constant(1)), node.attributes.get("max", node.constant(2))
    if low is None or float(low) != 0:
        raise node.fault("with another minimum than 0 is not imported")
    return node.add(Relu, limit=None if high is None else float(high))


def _elu(node: Node) -> int:
    return node.add(Elu, alpha=float(node.attributes.get("alpha", 1.0)))


def _prelu(node: Node) -> int:
    slopes = _without_batch(node.required(1), len(node.shape()))
    return node.add(PReLU, shape=slopes.shape, weights={"weight": slopes})


def _softmax(node: Node, *, log: bool) -> int:
    return node.add(Softmax, axis=int(node.attributes.get("axis", -1)), log=log)


def _flatten(node: Node) -> int:
    node.refuse(axis=1)
    return node.add(Reshape)


def _reshape(node: Node) -> int:
    shape, sizes = node.required(1).ravel().tolist(), node.shape()
    copied = [sizes[i - 1] if size == 0 and 0 < i <= len(sizes) else size for i, size in enumerate(shape)]
    rest = tuple(copied[1:])
    if not rest or (-1 not in rest and math.prod(rest) != math.prod(sizes)):
        raise node.fault(f"to {shape} changes the number of sequences; export the network with a free batch")
    return node.add(Reshape, sizes=rest)


def _sized_one(node: Node, *, remove: bool) -> int:
    """Convert Squeeze and Unsqueeze, with the axes as an attribute or a constant."""
    given = node.attributes.get("axes", node.constant(1))
    shape: list[int] = [0, *node.shape()]
    axes = np.asarray([i for i, size in enumerate(shape) if size == 1] if given is None else given).ravel()
    if remove:
        removed = {int(axis) % len(shape) for axis in axes}
        sizes = [size for i, size in enumerate(shape) if i not in removed]
    else:
        sizes = list(shape)
        for axis in sorted(int(axis) % (len(shape) + len(axes)) for axis in axes):
            sizes.insert(axis, 1)
    if sizes[:1] != [0]:
        raise node.fault("changes the axis of the sequences")
    return node.add(Reshape, sizes=tuple(sizes[1:]))


def _transpose(node: Node) -> int:
    order = node.attributes.get("perm", [])
    if not order or order[0] != 0:
        raise node.fault(f"to {order} moves the axis of the sequences")
    return node.add(Permute, order=tuple(order[1:]))


def _concat(node: Node) -> int:
    return node.add(
        Concatenate, *(node.tensor(i) for i in range(len(node.inputs))), axis=node.attributes["axis"]
    )


def _identity(node: Node) -> int:
    return node.tensor()


def _constant(node: Node) -> np.ndarray:
    names = ("value", "value_float", "value_int", "value_floats", "value_ints")
    values = [node.attributes[name] for name in names if name in node.attributes]
    if not values:
        raise node.fault("without a number")
    return np.asarray(values[0])


OPERATORS: dict[str, Callable[[Node], Any]] = {
    "Add": partial(_arithmetic, how="add"),
    "AveragePool": partial(_pool, how="mean"),
    "BatchNormalization": _batch_norm,
    "Clip": _clip,
    "Concat": _concat,
    "Constant": _constant,
    "Conv": _conv,
    "Div": partial(_arithmetic, how="divide"),
    "Dropout": _identity,
    "Elu": _elu,
    "Erf": partial(_activation, function="erf"),
    "Exp": partial(_activation, function="exponential"),
    "Flatten": _flatten,
    "Gelu": _gelu,
    "Gemm": _gemm,
    "GlobalAveragePool": partial(_global_pool, how="mean"),
    "GlobalMaxPool": partial(_global_pool, how="max"),
    "HardSwish": partial(_activation, function="hard_silu"),
    "Identity": _identity,
    "LayerNormalization": _layer_norm,
    "LeakyRelu": _relu,
    "LogSoftmax": partial(_softmax, log=True),
    "MatMul": _matmul,
    "MaxPool": partial(_pool, how="max"),
    "Mish": partial(_activation, function="mish"),
    "Mul": partial(_arithmetic, how="multiply"),
    "PRelu": _prelu,
    "ReduceMax": partial(_reduce, how="max"),
    "ReduceMean": partial(_reduce, how="mean"),
    "Relu": _relu,
    "Reshape": _reshape,
    "Sigmoid": partial(_activation, function="sigmoid"),
    "Softmax": partial(_softmax, log=False),
    "Softplus": partial(_activation, function="softplus"),
    "Softsign": partial(_activation, function="softsign"),
    "Squeeze": partial(_sized_one, remove=True),
    "Sub": partial(_arithmetic, how="subtract"),
    "Tanh": partial(_activation, function="tanh"),
    "Transpose": _transpose,
    "Unsqueeze": partial(_sized_one, remove=False),
}

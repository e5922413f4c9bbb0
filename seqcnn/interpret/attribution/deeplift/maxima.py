"""Maxima, by the rescale rule for max(a, b) = a + relu(b - a); more values are compared in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcnn.interpret.attribution.deeplift.linear import LOWEST
from seqcnn.interpret.attribution.deeplift.pair import reference_of, rule, surrogate, value_of


@rule("maximum")
def maximum(operation: Any, a: Tensor, b: Tensor) -> Tensor:
    """Return the larger one of two tensors.

    On the straight path from references to values, each gets the fraction on which it is the larger one.
    """
    (x, y), (x_reference, y_reference) = value_of((a, b)), reference_of((a, b))
    with torch.no_grad():
        end, begin = y - x, y_reference - x_reference
        ratio = (end.clamp(min=0) - begin.clamp(min=0)) / (end - begin)
        share = torch.where(end == begin, (end > 0).to(ratio.dtype), ratio)  # of b
        larger, larger_reference = torch.maximum(x, y), torch.maximum(x_reference, y_reference)
    terms = ((lambda zero: (1 - share) * zero, x), (lambda zero: share * zero, y))
    return surrogate(larger, larger_reference, *terms)


@rule("minimum")
def minimum(operation: Any, a: Tensor, b: Tensor) -> Tensor:
    """Return the smaller one of two tensors."""
    return -torch.maximum(-a, -b)


def largest(x: Tensor) -> Tensor:
    """Return the largest value along the last axis, comparing halves."""
    while (size := x.shape[-1]) > 1:
        half = size // 2
        compared = torch.maximum(x[..., :half], x[..., half : 2 * half])
        x = torch.cat([compared, x[..., 2 * half :]], -1) if size % 2 else compared
    return x[..., 0]


@rule("amax")
def amax(operation: Any, x: Tensor, dim: int | Sequence[int] = (), keepdim: bool = False) -> Tensor:
    """Return the largest value along some axes."""
    axes = [dim] if isinstance(dim, int) else list(dim) or list(range(x.ndim))
    kept = sorted(axis % x.ndim for axis in axes)
    y = largest(x.movedim(kept, list(range(-len(kept), 0))).flatten(-len(kept)))
    for axis in kept if keepdim else ():
        y = y.unsqueeze(axis)
    return y


@rule("adaptive_max_pool1d")
def global_max_pool(operation: Any, x: Tensor, output_size: Any, return_indices: bool = False) -> Tensor:
    """Return the largest value over all positions, (N, C, L) to (N, C, 1)."""
    return x.amax(-1, keepdim=True)


@rule("max_pool1d", "max_pool2d")
def max_pool(
    operation: Any,
    x: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    *more: Any,
    **named: Any,
) -> Tensor:
    """Return the largest value of each window along the last axes."""
    axes = 1 if operation.__name__ == "max_pool1d" else 2
    pooled = operation(value_of(x).detach(), kernel_size, stride, padding, *more, **named)
    kernel, pads = _each(kernel_size, axes), _each(padding, axes)
    strides = _each(stride or kernel_size, axes)
    dilation = _each(more[0] if more else named.get("dilation", 1), axes)
    widths = [(size - 1) * step + 1 for size, step in zip(kernel, dilation, strict=True)]
    amounts: list[int] = []
    for axis in range(-1, -axes - 1, -1):  # before and after the last axis first, as of `pad`
        spanned = (pooled.shape[axis] - 1) * strides[axis] + widths[axis]
        amounts += [pads[axis], spanned - x.shape[axis] - pads[axis]]
    y = F.pad(x, amounts, value=LOWEST)
    for axis in range(-axes, 0):
        y = y.unfold(x.ndim + axis, widths[axis], strides[axis])[..., :: dilation[axis]]
    return largest(y.flatten(-axes))


def _each(number: int | Sequence[int], axes: int) -> list[int]:
    """Return a number per axis."""
    return [number] * axes if isinstance(number, int) else list(number) * (axes // len(number))

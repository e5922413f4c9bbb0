"""Operations that are affine in the network's activations, and those that return no activation.

An affine function keeps the difference of sequence and reference, so that its own gradient is the multiplier.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from seqcnn.interpret.attribution.deeplift.pair import (
    OperationError,
    Pair,
    paired,
    reference_of,
    rule,
    value_of,
)

LOWEST = -1e30
"""Padding below every value, for a maximum."""


@rule(
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "add", "avg_pool1d", "avg_pool2d", "cat", "chunk", "clone",
    "contiguous", "double", "dropout", "dropout1d", "dropout2d", "expand", "expand_as", "flatten", "flip",
    "float", "get", "getitem", "mean", "movedim", "narrow", "neg", "permute", "repeat",
    "repeat_interleave", "reshape", "roll", "rsub", "select", "split", "squeeze", "stack", "sub", "sum",
    "swapaxes", "to", "transpose", "type_as", "unbind", "unflatten", "unfold", "unsqueeze", "view",
)  # fmt: skip
def affine(operation: Any, *args: Any, **kwargs: Any) -> Any:
    """Apply an operation that is affine in all its tensors, once to the values and once to the references."""
    values = operation(*value_of(args), **{name: value_of(x) for name, x in kwargs.items()})
    with torch.no_grad():
        references = operation(*reference_of(args), **{name: reference_of(x) for name, x in kwargs.items()})
    return _joined(values, references)


@rule("pad")
def pad(operation: Any, x: Tensor, amounts: Any, mode: str = "constant", value: float | None = None) -> Any:
    """Pad with constants; instead of minus infinity with a finite number, whose differences are numbers."""
    return affine(operation, x, amounts, mode, value if value is None else max(value, LOWEST))


@rule("batch_norm", "conv1d", "conv2d", "linear")
def affine_in_first(operation: Any, *args: Any, **kwargs: Any) -> Any:
    """Apply an operation that is affine in its first argument, with constant weights."""
    if any(isinstance(x, Pair) for x in (*args[1:], *kwargs.values())):
        raise OperationError(f"{operation.__name__} with computed weights")
    return affine(operation, *args, **kwargs)


@rule(
    "dim", "full_like", "is_complex", "is_contiguous", "is_floating_point", "len", "new_full", "new_ones",
    "new_zeros", "numel", "ones_like", "size", "zeros_like",
)  # fmt: skip
def constant(operation: Any, *args: Any, **kwargs: Any) -> Any:
    """Apply an operation whose result does not depend on the values."""
    return operation(*value_of(args), **kwargs)


def _joined(values: Any, references: Any) -> Any:
    """Return tensors, or lists of tensors, as pairs; anything else is that of the values."""
    if isinstance(values, Tensor):
        return paired(values, references)
    if type(values) in (list, tuple) and any(isinstance(x, Tensor) for x in values):
        return type(values)(map(_joined, values, references))
    return values

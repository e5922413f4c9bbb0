"""Functions of single numbers, by the rescale rule: the change of the output over that of the input."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from seqcnn.interpret.attribution.deeplift.pair import (
    OperationError,
    Pair,
    reference_of,
    rule,
    surrogate,
    value_of,
)

SMALLEST_CHANGE = 1e-3
"""Change of the input of a smooth activation below which the derivative in the middle replaces the ratio.

Its error, of the third order of the change, is that of rounding; the ratio would have a larger one.
"""


def rescale(function: Callable[[Tensor], Tensor], x: Tensor, smallest: float = 0.0) -> Tensor:
    """Return an elementwise function of a `Pair` whose gradient is the ratio of the changes.

    The ratio is the derivative halfway where the change of the input is at most `smallest`.
    """
    a, b = value_of(x), reference_of(x)
    with torch.no_grad():
        y, y_reference, change = function(a), function(b), a - b
        ratio = (y - y_reference) / change
    with torch.enable_grad():
        middle = ((a.detach() + b) / 2).requires_grad_()
        (derivative,) = torch.autograd.grad(function(middle).sum(), middle)
    slope = torch.where(change.abs() > smallest, ratio, derivative)
    return surrogate(y, y_reference, (lambda zero: slope * zero, a))


def _slope(operation: Any, slope: Callable[[Tensor, Tensor], Tensor], x: Tensor) -> Tensor:
    """Return an elementwise function of a `Pair`, with the ratio of the changes in a closed form."""
    a, b = value_of(x), reference_of(x)
    with torch.no_grad():
        y, y_reference, ratio = operation(a), operation(b), slope(a, b)
    return surrogate(y, y_reference, (lambda zero: ratio * zero, a))


def _exp_slope(a: Tensor, b: Tensor) -> Tensor:
    """Return (exp(a) - exp(b)) / (a - b)."""
    change = (a - b).abs()
    return torch.maximum(a, b).exp() * torch.where(change > 0, -torch.expm1(-change) / change, 1)


def _log_slope(a: Tensor, b: Tensor) -> Tensor:
    """Return (log(a) - log(b)) / (a - b)."""
    low, change = torch.minimum(a, b), (a - b).abs()
    return torch.where(change > 0, torch.log1p(change / low) / change, 1 / low)


_CLOSED: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "exp": _exp_slope,
    "log": _log_slope,
    "reciprocal": lambda a, b: -1 / (a * b),
    "rsqrt": lambda a, b: -1 / (a.sqrt() * b.sqrt() * (a.sqrt() + b.sqrt())),
    "sqrt": lambda a, b: 1 / (a.sqrt() + b.sqrt()),
    "square": torch.add,
}
"""Function -> (f(a) - f(b)) / (a - b), accurate for equal a and b, too."""

_POWERS = {2: torch.square, 0.5: torch.sqrt, -0.5: torch.rsqrt, -1: torch.reciprocal}


@rule(*_CLOSED)
def closed_form(operation: Any, x: Tensor) -> Tensor:
    """Apply a function of `_CLOSED`."""
    return _slope(operation, _CLOSED[operation.__name__.strip("_")], x)


@rule("pow")
def power(operation: Any, x: Tensor, exponent: Any) -> Tensor:
    """Raise to a power of `_POWERS`."""
    if isinstance(exponent, Tensor) or exponent not in _POWERS:
        raise OperationError("pow with another exponent than 2, 0.5, -0.5 and -1")
    return _POWERS[exponent](x)


@rule(
    "abs",
    "clamp",
    "clamp_max",
    "clamp_min",
    "hardsigmoid",
    "hardtanh",
    "leaky_relu",
    "prelu",
    "relu",
    "relu6",
)
def piecewise_linear(operation: Any, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Apply an activation whose values are not rounded."""
    return _activation(operation, x, args, kwargs, 0.0)


@rule(
    "celu", "elu", "erf", "expm1", "gelu", "hardswish", "log1p", "log_sigmoid", "logaddexp",
    "mish", "selu", "sigmoid", "silu", "softplus", "softsign", "tanh", "tanhshrink",
)  # fmt: skip
def smooth(operation: Any, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Apply a smooth activation."""
    return _activation(operation, x, args, kwargs, SMALLEST_CHANGE)


def _activation(operation: Any, x: Tensor, args: Any, kwargs: dict[str, Any], smallest: float) -> Tensor:
    """Apply an activation with constant parameters."""
    if not isinstance(x, Pair) or any(isinstance(y, Pair) for y in (*args, *kwargs.values())):
        raise OperationError(f"{operation.__name__} with computed parameters")
    settings = {name: value for name, value in kwargs.items() if name != "inplace"}
    return rescale(partial(_called, operation, args, settings), x, smallest)


def _called(operation: Any, args: Any, kwargs: dict[str, Any], x: Tensor) -> Tensor:
    """Return `operation(x, *args, **kwargs)`."""
    return operation(x, *args, **kwargs)

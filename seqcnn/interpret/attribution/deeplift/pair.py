"""Tensors of sequences beside those of references, and the rules by which operations act on both.

A network is called with a `Pair` instead of a one-hot batch.  Every operation of torch on a `Pair` is looked
up in `RULES`, and replaced by an affine function of its inputs that has the value of the operation for the
sequence and for the reference.  The gradient of the whole network is then its DeepLIFT multiplier: gradient
times difference of the inputs is the difference of the outputs (Shrikumar et al. 2017,
doi:10.48550/arXiv.1704.02685, "summation to delta").  An operation without a rule is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

Rule = Callable[..., Any]
"""Operation of torch, then its arguments and keywords, some of them `Pair` -> its result."""

RULES: dict[str, Rule] = {}
"""Name of an operation, without underscores at its ends -> its rule."""


class OperationError(Exception):
    """An operation of a network has no rule; the message is its name."""


class Pair(torch.Tensor):
    """Values for sequences (the tensor itself, with gradients) and for references (`reference`, without)."""

    reference: Tensor

    @classmethod
    def __torch_function__(
        cls,
        func: Any,
        types: Sequence[Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Apply the rule of an operation."""
        name = getattr(func, "__name__", type(func).__name__)
        rule = RULES.get(name.strip("_"))
        if rule is None or (name.endswith("_") and not name.startswith("__")):  # names of operations in place
            raise OperationError(name.strip("_") if rule is None else name)
        return rule(func, *args, **kwargs or {})


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register the rule of operations."""

    def register(function: Rule) -> Rule:
        """Register a function, and return it."""
        RULES.update(dict.fromkeys(names, function))
        return function

    return register


def paired(value: Tensor, reference: Tensor) -> Pair:
    """Return values and references of one shape as a `Pair`."""
    pair = value.as_subclass(Pair)
    pair.reference = reference
    return pair


def value_of(x: Any) -> Any:
    """Return the values of a `Pair`, of those in a list or tuple, or anything else as it is."""
    if isinstance(x, Pair):
        with torch._C.DisableTorchFunctionSubclass():
            return x.as_subclass(Tensor)
    return _mapped(value_of, x)


def reference_of(x: Any) -> Any:
    """Return the references of a `Pair`, of those in a list or tuple, or anything else as it is."""
    return x.reference if isinstance(x, Pair) else _mapped(reference_of, x)


def surrogate(value: Tensor, reference: Tensor, *terms: tuple[Callable[[Tensor], Tensor], Tensor]) -> Pair:
    """Return a `Pair` whose gradient is that of linear functions.

    Parameters
    ----------
    value, reference
        The values of the operation.
    terms
        Linear functions, each with the input (a tensor with a gradient) to which it applies.
    """
    y = value.detach()
    for function, x in terms:
        y = y + function(x - x.detach())  # 0, with the gradient of the function
    return paired(y, reference)


def _mapped(function: Callable[[Any], Any], x: Any) -> Any:
    """Apply a function to the elements of a list or tuple; return anything else as it is."""
    return type(x)(map(function, x)) if type(x) in (list, tuple) else x

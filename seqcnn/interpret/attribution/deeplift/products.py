"""Products of two activations, of which each gets half of the joint change.

With a and b for the sequence, a' and b' for the reference, the change of a product is
(a - a') (b + b') / 2 + (b - b') (a + a') / 2 exactly, which are the Shapley values of its two factors.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from seqcnn.interpret.attribution.deeplift.linear import affine
from seqcnn.interpret.attribution.deeplift.pair import (
    OperationError,
    Pair,
    reference_of,
    rule,
    surrogate,
    value_of,
)


@rule("bmm", "einsum", "matmul", "mul")
def product(operation: Any, *args: Any) -> Any:
    """Apply a product of two activations, or of one with a constant."""
    args = tuple(args[0]) if len(args) == 1 else args
    numbers = [number for number, x in enumerate(args) if isinstance(x, Pair)]
    if len(numbers) == 1:
        return affine(operation, *args)
    if len(numbers) > 2:
        raise OperationError(f"{operation.__name__} of {len(numbers)} activations")
    with torch.no_grad():
        y, y_reference = operation(*value_of(args)), operation(*reference_of(args))
    return surrogate(y, y_reference, *(_term(operation, args, number) for number in numbers))


def _term(operation: Any, args: tuple[Any, ...], number: int) -> tuple[Any, Tensor]:
    """Return the product as a function of one factor, with the mean of the other one; and that factor."""
    with torch.no_grad():
        constants = [(value_of(x) + reference_of(x)) / 2 if isinstance(x, Pair) else x for x in args]

    def of_factor(zero: Tensor) -> Tensor:
        """Return the product with this factor."""
        return operation(*constants[:number], zero, *constants[number + 1 :])

    return of_factor, value_of(args[number])


@rule("div")
def quotient(operation: Any, x: Any, y: Any) -> Any:
    """Divide by a constant, or multiply with the reciprocal of an activation."""
    return x * torch.reciprocal(y) if isinstance(y, Pair) else affine(operation, x, y)


@rule("rdiv")
def reversed_quotient(operation: Any, y: Any, x: Any) -> Any:
    """Divide a constant by an activation."""
    return quotient(operation, x, y)

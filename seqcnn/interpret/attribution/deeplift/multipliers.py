"""The DeepLIFT multipliers of a network."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from seqcnn.interpret.attribution.deeplift import (
    elementwise,
    linear,
    maxima,
    normalizations,
    products,
    recurrent,
)
from seqcnn.interpret.attribution.deeplift.pair import OperationError, Pair, paired, value_of

RULE_MODULES = (linear, elementwise, products, maxima, normalizations, recurrent)
"""Modules whose import registers the rules."""


def multipliers(network: Callable[[Tensor], Tensor], x: Tensor, references: Tensor, target: int) -> Tensor:
    """Return the multipliers of sequences relative to references.

    Parameters
    ----------
    network
        Any function of one-hot batches (B, 4, L) to predictions (B, T).
    x, references
        B sequences, each with a reference, (B, 4, L).
    target
        Index of the target.

    Returns
    -------
    (B, 4, L).  Their products with `x - references` sum to the difference of the predictions.

    Raises
    ------
    OperationError
        If the network calls an operation that has no rule.
    """
    values = x.detach().clone().requires_grad_()
    with torch.enable_grad():
        y_hat = network(paired(values, references))[:, target]
        if not isinstance(y_hat, Pair):
            raise OperationError("a custom function")
        return torch.autograd.grad(value_of(y_hat).sum(), values)[0]

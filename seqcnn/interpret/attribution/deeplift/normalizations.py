"""Softmax and layer norm, written out from operations that have a rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from seqcnn.interpret.attribution.deeplift.pair import reference_of, rule, surrogate, value_of


@rule("logsumexp")
def logsumexp(operation: Any, x: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """Return the logarithm of the sum of exp(x).

    The multiplier of x is the change of its exponential over that of x, divided by the change of the sum over
    that of its logarithm.  It is between 0 and 1, and computed from logarithms, so that nothing overflows.
    """
    values, references = value_of(x), reference_of(x)
    with torch.no_grad():
        sums, reference_sums = (part.logsumexp(dim, keepdim=True) for part in (values, references))
        weights = (_log_mean(values, references) - _log_mean(sums, reference_sums)).exp()
    y, y_reference = (part if keepdim else part.squeeze(dim) for part in (sums, reference_sums))
    return surrogate(y, y_reference, (lambda zero: (weights * zero).sum(dim, keepdim), values))


def _log_mean(a: Tensor, b: Tensor) -> Tensor:
    """Return the logarithm of (exp(a) - exp(b)) / (a - b)."""
    change = (a - b).abs()
    return torch.maximum(a, b) + torch.where(change > 0, (-torch.expm1(-change) / change).log(), 0)


@rule("softmax")
def softmax(operation: Any, x: Tensor, dim: int, *_: Any, **__: Any) -> Tensor:
    """Return the exponential of `log_softmax`, of x without its mean, on which softmax does not depend."""
    return (x - x.mean(dim, keepdim=True)).log_softmax(dim).exp()


@rule("log_softmax")
def log_softmax(operation: Any, x: Tensor, dim: int, *_: Any, **__: Any) -> Tensor:
    """Return x minus the logarithm of the sum of exp(x)."""
    return x - x.logsumexp(dim, keepdim=True)


@rule("layer_norm")
def layer_norm(
    operation: Any, x: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None,
    bias: Tensor | None = None, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Return x minus its mean, times the reciprocal of its standard deviation, scaled and shifted."""
    axes = list(range(-len(normalized_shape), 0))
    centred = x - x.mean(axes, keepdim=True)
    variance = centred.square().mean(axes, keepdim=True)
    y = centred * (variance + eps).rsqrt()
    y = y if weight is None else y * weight
    return y if bias is None else y + bias

"""Layers of convolutional networks on `MutantFeatures`.

Shapes: M mutants, C channels, L positions of a layer, W of which a mutation changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcnn.interpret.mutants.features import MutantFeatures
from seqcnn.interpret.mutants.span import Reference, Span
from seqcnn.model.layers.images import Convolution, Images, Operation


def one_hot_mutants(x: Tensor, base: Tensor, position: Tensor, reference: Reference) -> MutantFeatures:
    """Return one-hot mutants, the input of a network.

    Parameters
    ----------
    x
        The sequence itself, one-hot (1, 4, L).
    base, position
        int64 (M,), on the CPU: number of the new base, and the position that it takes.
    reference
        Features of the sequence after each layer, if some are computed.
    """
    features = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
    values = torch.eye(4, device=x.device)[base.to(x.device)]  # (M, 4)
    return MutantFeatures(values[:, :, None, None], Span(features, position, 1, reference))


@dataclass(frozen=True, slots=True)
class Window:
    """The neighbouring inputs from which a layer computes one output."""

    size: int
    stride: int
    dilation: int
    padding: tuple[int, int]
    """Number of positions that are added before and after the layer."""
    value: float
    """Their value."""

    @property
    def reach(self) -> int:
        """Distance between its first and its last position."""
        return self.dilation * (self.size - 1)

    @property
    def has_gaps(self) -> bool:
        """Whether there are inputs between two windows."""
        return self.stride > self.reach + 1


def slide(x: MutantFeatures, window: Window, layer: Callable[[Tensor, tuple[int, int]], Tensor]) -> Images:
    """Apply a layer that computes each output from one window of its input.

    Parameters
    ----------
    x
        Its input.
    window
        Its window.
    layer
        Function of images (N, C, 1, L) and their padding that returns its output, (N, C', 1, L').
    """
    span = x.span
    features = span.reference.after(lambda images: layer(images, window.padding), span.features)
    width = (span.width + window.reach - 1) // window.stride + 1
    if width >= features.shape[3] or window.has_gaps:
        return Images(layer(x.image, window.padding))
    # Output o is computed from the inputs o * stride - padding, ..., o * stride - padding + reach: the first
    # one that input p changes is (p + padding - reach) / stride, rounded up.
    first = -(window.reach - window.padding[0] - span.first).div(window.stride, rounding_mode="floor")
    start = first * window.stride - window.padding[0]
    needed = (width - 1) * window.stride + window.reach + 1
    inputs = span.around(x.values, start, max(needed, window.reach + span.width), padding=window.value)
    return MutantFeatures(layer(inputs[..., :needed], (0, 0)), Span(features, first, width, span.reference))


def conv1d(
    x: MutantFeatures,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    padding: str | Sequence[int],
    dilation: Sequence[int],
    groups: int,
) -> Images:
    """Convolve; the arguments are those with which `torch.nn.Conv1d` calls `torch.conv1d`."""
    added = _added(padding, dilation[0] * (weight.shape[2] - 1))

    def convolve(images: Tensor, pads: tuple[int, int]) -> Tensor:
        """Convolve padded images."""
        symmetric = min(pads)  # the convolution adds these itself, without a copy of its input
        if pads != (symmetric, symmetric):
            images = F.pad(images, (pads[0] - symmetric, pads[1] - symmetric))
        return Convolution(weight, bias, stride[0], symmetric, dilation[0], groups)(images)

    return slide(x, Window(weight.shape[2], stride[0], dilation[0], added, 0.0), convolve)


def _added(padding: str | Sequence[int], reach: int) -> tuple[int, int]:
    """Return the number of positions that a convolution adds before and after its input."""
    if padding == "same":
        return reach // 2, reach - reach // 2
    return (0, 0) if isinstance(padding, str) else (padding[0], padding[0])


def max_pool1d(
    x: MutantFeatures, size: int, stride: int, padding: int, *, ceil_mode: bool, **_: Any
) -> Images:
    """Return the maximum of each window; the arguments are those that `torch.nn.MaxPool1d` gives."""
    rest = (x.length + 2 * padding - size) % stride
    after = padding + (stride - rest if ceil_mode and rest else 0)

    def pool(images: Tensor, pads: tuple[int, int]) -> Tensor:
        """Pool padded images."""
        images = F.pad(images, pads, value=-torch.inf) if any(pads) else images
        last = images.shape[3] - size + 1
        return reduce(torch.maximum, [images[..., i : last + i : stride] for i in range(size)])

    return slide(x, Window(size, stride, 1, (padding, after), -torch.inf), pool)


def _elementwise(function: Operation) -> Operation:
    """Return a function of single positions, such as an activation, as one of `MutantFeatures`."""

    def apply(x: MutantFeatures, *args: Any, **kwargs: Any) -> MutantFeatures:
        """Apply it to the changed positions, and to the sequence itself."""
        values, span = function(x.values, *args, **kwargs), x.span
        features = span.reference.after(lambda images: function(images, *args, **kwargs), span.features)
        return MutantFeatures(values, Span(features, span.first, span.width, span.reference))

    return apply


ELEMENTWISE: tuple[Operation, ...] = (F.batch_norm, F.dropout, F.relu, F.silu)
"""Functions of torch that compute each position from itself alone, in evaluation mode."""

MutantFeatures.OPERATIONS |= {torch.conv1d: conv1d, F.max_pool1d: max_pool1d}
MutantFeatures.OPERATIONS |= {function: _elementwise(function) for function in ELEMENTWISE}

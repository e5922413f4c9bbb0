"""What every layer of an imported graph has: inputs, a name, a module; and the types of its fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from torch import Tensor, nn

from seqcnn.errors import show
from seqcnn.schema import Strict

MAX_LAYERS = 2000
"""Largest number of layers of a graph."""

Size = Annotated[int, Field(ge=1, le=1_000_000)]
Sizes = Annotated[tuple[Size, ...], Field(min_length=1, max_length=2)]
"""Size along each spatial axis, of which there are one or two."""

Axis = Annotated[int, Field(ge=-4, le=4)]
"""An axis; 0 is that of the sequences of a batch."""

Epsilon = Annotated[float, Field(ge=0, le=1)]
Number = Annotated[float, Field(ge=-1e6, le=1e6)]
Shape = tuple[int, ...]
"""Shape of a tensor without the axis of the batch."""


class LayerSpec(Strict):
    """Description of a layer; a subclass has a field `kind` and builds its module."""

    inputs: tuple[Annotated[int, Field(ge=0, le=MAX_LAYERS)], ...] = Field(min_length=1, max_length=64)
    """Tensors that it takes: 0 is the input of the graph, i the output of layer i, counted from 1."""
    name: Annotated[str, Field(max_length=200)] = ""
    """Name in the original, for messages."""

    @property
    def title(self) -> str:
        """Name for messages."""
        return f"layer {show(self.name, 40)}" if self.name else f"layer of kind {type(self).__name__}"

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the module, with weights to be loaded, for inputs of these shapes.

        Raises
        ------
        ValueError
            If the layer does not take such inputs.
        """
        raise NotImplementedError


def to_channels_first(x: Tensor, channels_first: bool) -> Tensor:
    """Move the last axis, the channels, behind the batch, unless it is there already."""
    return x if channels_first else x.movedim(-1, 1)


def from_channels_first(x: Tensor, channels_first: bool) -> Tensor:
    """Move the channels back; see `to_channels_first`."""
    return x if channels_first else x.movedim(1, -1)


def channel_count(shape: Shape, axes: int, channels_first: bool) -> int:
    """Return the number of channels of a shape with `axes` spatial axes; raise `ValueError` for others."""
    if len(shape) != axes + 1:
        raise ValueError(f"takes {axes} spatial axes and channels; found the shape {shape}")
    return shape[0 if channels_first else -1]


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Return the padding before and after an axis, of TensorFlow's `same`: ceil(size / stride) outputs.

    The odd position of an odd number is after the axis.
    """
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def flat_padding(pads: Sequence[tuple[int, int]]) -> list[int]:
    """Return the padding of each spatial axis in the order of `torch.nn.functional.pad`, the last first."""
    return [amount for pair in reversed(pads) for amount in pair]

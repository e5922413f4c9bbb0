"""Convolution, pooling, padding and upsampling along one or two axes, with TensorFlow's padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from seqcnn.encoders.imported.layer import (
    LayerSpec,
    Shape,
    Size,
    Sizes,
    channel_count,
    flat_padding,
    from_channels_first,
    same_padding,
    to_channels_first,
)

Amount = Annotated[int, Field(ge=-100_000, le=100_000)]


class Conv(LayerSpec):
    """Convolution, grouped or dilated; a depthwise one has as many groups as channels."""

    kind: Literal["conv"] = "conv"
    filters: Size
    kernel: Sizes
    strides: Sizes
    dilation: Sizes
    padding: Literal["valid", "same", "causal"] = "valid"
    groups: Size = 1
    bias: bool = True
    channels_first: bool = False

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the convolution."""
        return _Conv(self, channel_count(shapes[0], len(self.kernel), self.channels_first))

    def pads(self, sizes: Sequence[int]) -> list[tuple[int, int]]:
        """Return the padding before and after each spatial axis of these sizes."""
        if self.padding == "valid":
            return [(0, 0)] * len(self.kernel)
        if self.padding == "causal":
            return [((k - 1) * d, 0) for k, d in zip(self.kernel, self.dilation, strict=True)]
        settings = zip(sizes, self.kernel, self.strides, self.dilation, strict=True)
        return [same_padding(*setting) for setting in settings]


class _Conv(nn.Module):
    """`Conv` with its weights (filters, channels / groups, *kernel)."""

    def __init__(self, spec: Conv, channels: int) -> None:
        super().__init__()
        self.spec = spec
        conv: type[nn.Conv1d | nn.Conv2d] = nn.Conv1d if len(spec.kernel) == 1 else nn.Conv2d
        self.conv = conv(
            channels, spec.filters, spec.kernel, spec.strides, 0, spec.dilation, spec.groups, spec.bias  # type: ignore[arg-type]
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (N, *sizes, C), or (N, C, *sizes) with channels first."""
        x = to_channels_first(x, self.spec.channels_first)
        pads = flat_padding(self.spec.pads(x.shape[2:]))
        y = self.conv(F.pad(x, pads) if any(pads) else x)  # (N, filters, *sizes)
        return from_channels_first(y, self.spec.channels_first)


class Pool(LayerSpec):
    """Largest or mean value of windows; a mean does not count padding."""

    kind: Literal["pool"] = "pool"
    how: Literal["max", "mean"]
    size: Sizes
    strides: Sizes
    padding: Literal["valid", "same"] = "valid"
    channels_first: bool = False

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the pooling."""
        channel_count(shapes[0], len(self.size), self.channels_first)
        return _Pool(self)


class _Pool(nn.Module):
    """`Pool`."""

    def __init__(self, spec: Pool) -> None:
        super().__init__()
        self.spec = spec

    def forward(self, x: Tensor) -> Tensor:
        """Pool (N, *sizes, C), or (N, C, *sizes) with channels first."""
        spec = self.spec
        x = to_channels_first(x, spec.channels_first)
        pads = [0]
        if spec.padding == "same":
            settings = zip(x.shape[2:], spec.size, spec.strides, strict=True)
            pads = flat_padding([same_padding(*setting) for setting in settings])
        if spec.how == "max":
            pool = F.max_pool1d if len(spec.size) == 1 else F.max_pool2d
            y = pool(F.pad(x, pads, value=-torch.inf) if any(pads) else x, spec.size, spec.strides)  # type: ignore[arg-type]
        else:
            mean = F.avg_pool1d if len(spec.size) == 1 else F.avg_pool2d
            y = mean(F.pad(x, pads) if any(pads) else x, spec.size, spec.strides)  # type: ignore[arg-type]
            if any(pads):  # divided by the whole window; the share of it that is not padding corrects that
                y = y / mean(F.pad(torch.ones_like(x[:1, :1]), pads), spec.size, spec.strides)  # type: ignore[arg-type]
        return from_channels_first(y, spec.channels_first)


class GlobalPool(LayerSpec):
    """Largest or mean value of each channel over all positions."""

    kind: Literal["global_pool"] = "global_pool"
    how: Literal["max", "mean"]
    axes: int = Field(ge=1, le=2)
    """Number of spatial axes."""
    keep: bool = False
    """Whether the spatial axes stay, with size 1."""
    channels_first: bool = False

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the pooling."""
        channel_count(shapes[0], self.axes, self.channels_first)
        return _GlobalPool(self)


class _GlobalPool(nn.Module):
    """`GlobalPool`."""

    def __init__(self, spec: GlobalPool) -> None:
        super().__init__()
        self.spec = spec

    def forward(self, x: Tensor) -> Tensor:
        """Pool (N, *sizes, C), or (N, C, *sizes) with channels first."""
        first = 2 if self.spec.channels_first else 1
        axes = list(range(first, first + self.spec.axes))
        pool = torch.amax if self.spec.how == "max" else torch.mean
        return pool(x, axes, self.spec.keep)  # type: ignore[operator, no-any-return]


class Pad(LayerSpec):
    """Zeros, or the lowest value, before and after each spatial axis; negative amounts crop."""

    kind: Literal["pad"] = "pad"
    amounts: tuple[tuple[Amount, Amount], ...] = Field(min_length=1, max_length=2)
    lowest: bool = False
    """Whether the padding is below every value, for a maximum, and not 0."""
    channels_first: bool = False

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the padding."""
        channel_count(shapes[0], len(self.amounts), self.channels_first)
        return _Pad(self)


class _Pad(nn.Module):
    """`Pad`."""

    def __init__(self, spec: Pad) -> None:
        super().__init__()
        self.spec = spec

    def forward(self, x: Tensor) -> Tensor:
        """Pad (N, *sizes, C), or (N, C, *sizes) with channels first."""
        x = to_channels_first(x, self.spec.channels_first)
        value = -torch.inf if self.spec.lowest else 0.0
        y = F.pad(x, flat_padding(self.spec.amounts), value=value)
        return from_channels_first(y, self.spec.channels_first)


class UpSample(LayerSpec):
    """Each position repeated, along each spatial axis."""

    kind: Literal["up_sample"] = "up_sample"
    sizes: Sizes
    channels_first: bool = False

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the repetition."""
        channel_count(shapes[0], len(self.sizes), self.channels_first)
        return _UpSample(self)


class _UpSample(nn.Module):
    """`UpSample`."""

    def __init__(self, spec: UpSample) -> None:
        super().__init__()
        self.spec = spec

    def forward(self, x: Tensor) -> Tensor:
        """Repeat the positions of (N, *sizes, C), or of (N, C, *sizes) with channels first."""
        for axis, size in enumerate(self.spec.sizes, start=2 if self.spec.channels_first else 1):
            x = x.repeat_interleave(size, axis)
        return x

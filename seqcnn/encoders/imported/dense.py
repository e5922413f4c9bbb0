"""Dense layer, normalisations, and activations with weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from seqcnn.encoders.imported.layer import Axis, Epsilon, LayerSpec, Shape, Size


class Dense(LayerSpec):
    """Linear map of the last axis."""

    kind: Literal["dense"] = "dense"
    units: Size
    bias: bool = True

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the linear layer."""
        return nn.Linear(shapes[0][-1], self.units, self.bias)


class BatchNorm(LayerSpec):
    """Normalisation of each channel with the mean and the variance of the training."""

    kind: Literal["batch_norm"] = "batch_norm"
    axis: Axis = -1
    """Axis of the channels."""
    epsilon: Epsilon

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the normalisation."""
        return _BatchNorm(shapes[0], _axes(shapes[0], [self.axis])[0], self.epsilon)


class _BatchNorm(nn.Module):
    """`BatchNorm`; mean and variance are never estimated from a batch."""

    mean: Tensor
    variance: Tensor

    def __init__(self, shape: Shape, axis: int, epsilon: float) -> None:
        super().__init__()
        channels = shape[axis]
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))
        self.sizes, self.epsilon = _sizes(shape, [axis]), epsilon

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (N, ...)."""
        scale = self.weight * torch.rsqrt(self.variance + self.epsilon)
        mean, scale, bias = (array.view(self.sizes) for array in (self.mean, scale, self.bias))
        return (x - mean) * scale + bias


class LayerNorm(LayerSpec):
    """Normalisation of each sequence, or position, over some axes."""

    kind: Literal["layer_norm"] = "layer_norm"
    axes: tuple[Axis, ...] = Field((-1,), min_length=1, max_length=3)
    epsilon: Epsilon

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the normalisation."""
        return _LayerNorm(shapes[0], _axes(shapes[0], self.axes), self.epsilon)


class _LayerNorm(nn.Module):
    """`LayerNorm`."""

    def __init__(self, shape: Shape, axes: Sequence[int], epsilon: float) -> None:
        super().__init__()
        weights = [shape[axis] for axis in axes]
        self.weight, self.bias = nn.Parameter(torch.ones(*weights)), nn.Parameter(torch.zeros(*weights))
        self.sizes, self.axes, self.epsilon = _sizes(shape, axes), [axis + 1 for axis in axes], epsilon

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (N, ...)."""
        centred = x - x.mean(self.axes, keepdim=True)
        variance = centred.square().mean(self.axes, keepdim=True)
        scaled = centred * torch.rsqrt(variance + self.epsilon)
        return scaled * self.weight.view(self.sizes) + self.bias.view(self.sizes)


class Affine(LayerSpec):
    """Product with one array and sum with another."""

    kind: Literal["affine"] = "affine"
    shape: tuple[Size, ...] = Field(min_length=1, max_length=3)
    """Shape of the arrays: 1 along axes that share a number."""

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the function."""
        if len(self.shape) != len(shapes[0]):
            raise ValueError(f"arrays of shape {self.shape}; found the shape {shapes[0]}")
        return _Affine(self.shape)


class _Affine(nn.Module):
    """`Affine`."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(*shape)), nn.Parameter(torch.zeros(*shape))

    def forward(self, x: Tensor) -> Tensor:
        """Scale and shift (N, ...)."""
        return x * self.weight + self.bias


class PReLU(LayerSpec):
    """ReLU with a learned slope for negative values."""

    kind: Literal["prelu"] = "prelu"
    shape: tuple[Size, ...] = Field(min_length=1, max_length=3)
    """Shape of the slopes: 1 along axes that share them."""

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the activation."""
        pairs = zip(self.shape, shapes[0], strict=True)
        if any(size not in (1, given) for size, given in pairs):
            raise ValueError(
                f"slopes of shape {self.shape}; expected {shapes[0]}, or 1 where they are shared"
            )
        return _PReLU(self.shape)


class _PReLU(nn.Module):
    """`PReLU`."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(*shape))

    def forward(self, x: Tensor) -> Tensor:
        """Activate (N, ...)."""
        return x.clamp(min=0) + self.weight * x.clamp(max=0)


def _sizes(shape: Shape, axes: Sequence[int]) -> list[int]:
    """Return the shape of an array over some axes that is multiplied with a batch."""
    return [size if index in axes else 1 for index, size in enumerate(shape)]


def _axes(shape: Shape, axes: Sequence[int]) -> list[int]:
    """Return axes of a batch as indices of a shape without the batch."""
    indices = [axis + len(shape) if axis < 0 else axis - 1 for axis in axes]
    if not all(0 <= index < len(shape) for index in indices) or sorted(set(indices)) != indices:
        raise ValueError(f"axis {', '.join(map(str, axes))}; found the shape {shape}")
    return indices

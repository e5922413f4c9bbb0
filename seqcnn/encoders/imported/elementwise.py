"""Activations, and the sums, products and so on of several tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from seqcnn.encoders.imported.layer import Axis, LayerSpec, Number, Shape

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "erf": torch.erf,
    "exponential": torch.exp,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "hard_sigmoid": lambda x: (x + 3).clamp(0, 6) / 6,
    "hard_sigmoid_2": lambda x: (0.2 * x + 0.5).clamp(0, 1),
    "hard_silu": F.hardswish,
    "hard_tanh": F.hardtanh,
    "log_sigmoid": F.logsigmoid,
    "mish": F.mish,
    "selu": F.selu,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    "softsign": F.softsign,
    "tanh": torch.tanh,
    "tanh_shrink": F.tanhshrink,
}
"""Activation without a parameter -> its function; `hard_sigmoid_2` is that of Keras 1 and 2."""

Function = Literal[
    "erf", "exponential", "gelu", "gelu_tanh", "hard_sigmoid", "hard_sigmoid_2", "hard_silu", "hard_tanh",
    "log_sigmoid", "mish", "selu", "sigmoid", "silu", "softplus", "softsign", "tanh", "tanh_shrink",
]  # fmt: skip


class Activation(LayerSpec):
    """An activation of `FUNCTIONS`."""

    kind: Literal["activation"] = "activation"
    function: Function

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the activation."""
        return Elementwise(FUNCTIONS[self.function])


class Relu(LayerSpec):
    """ReLU: 0 below the threshold, or a slope there, and at most the limit."""

    kind: Literal["relu"] = "relu"
    slope: Number = 0.0
    limit: Number | None = None
    threshold: Number = 0.0

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the activation."""
        return Elementwise(self.apply)

    def apply(self, x: Tensor) -> Tensor:
        """Activate a tensor."""
        if (self.slope, self.threshold) == (0, 0):
            return x.clamp(0, self.limit)
        if self.threshold == 0:
            y = F.leaky_relu(x, self.slope)
        else:
            y = torch.where(x >= self.threshold, x, self.slope * (x - self.threshold))
        return y if self.limit is None else y.clamp(max=self.limit)


class Elu(LayerSpec):
    """Exponential linear unit; `scaled` (CELU) also divides the exponent by alpha."""

    kind: Literal["elu"] = "elu"
    alpha: Number = 1.0
    scaled: bool = False

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the activation."""
        return Elementwise(self.apply)

    def apply(self, x: Tensor) -> Tensor:
        """Activate a tensor."""
        return F.celu(x, self.alpha) if self.scaled else F.elu(x, self.alpha)


class Softmax(LayerSpec):
    """Softmax along one axis, or its logarithm."""

    kind: Literal["softmax"] = "softmax"
    axis: Axis = -1
    log: bool = False

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the activation."""
        if self.axis == 0:
            raise ValueError("axis 0, over the sequences of a batch")
        return Elementwise(self.apply)

    def apply(self, x: Tensor) -> Tensor:
        """Activate a tensor."""
        return F.log_softmax(x, self.axis) if self.log else F.softmax(x, self.axis)


class Elementwise(nn.Module):
    """A function without weights."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return self.function(x)


class Scale(LayerSpec):
    """Multiplication with one number, and addition of another."""

    kind: Literal["scale"] = "scale"
    factor: Number
    offset: Number = 0.0

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the function."""
        return Elementwise(lambda x: x * self.factor + self.offset)


class Merge(LayerSpec):
    """Sum, product and so on of two or more tensors, of one shape or with axes of size 1."""

    kind: Literal["merge"] = "merge"
    how: Literal["add", "subtract", "multiply", "mean", "max", "min"]

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the function of the tensors."""
        if len({len(shape) for shape in shapes}) > 1:
            raise ValueError(f"shapes of different numbers of axes: {', '.join(map(str, shapes))}")
        return _Merge(self.how)


_MERGES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "add": torch.add,
    "max": torch.maximum,
    "mean": torch.add,
    "min": torch.minimum,
    "multiply": torch.mul,
    "subtract": torch.sub,
}


class _Merge(nn.Module):
    """`Merge`."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    def forward(self, *tensors: Tensor) -> Tensor:
        """Merge tensors (N, ...)."""
        y = reduce(_MERGES[self.how], tensors)
        return y / len(tensors) if self.how == "mean" else y


class Concatenate(LayerSpec):
    """Tensors beside one another along an axis."""

    kind: Literal["concatenate"] = "concatenate"
    axis: Axis = -1

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the concatenation."""
        if self.axis == 0:
            raise ValueError("axis 0, of the sequences of a batch")
        return _Concatenate(self.axis)


class _Concatenate(nn.Module):
    """`Concatenate`."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, *tensors: Tensor) -> Tensor:
        """Concatenate tensors (N, ...)."""
        return torch.cat(tensors, self.axis)


class Reshape(LayerSpec):
    """Another shape of the same numbers; without sizes all of them in one axis."""

    kind: Literal["reshape"] = "reshape"
    sizes: tuple[int, ...] = Field((), max_length=4)
    """Sizes without the batch; one may be -1."""

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the reshaping."""
        sizes = self.sizes or (math.prod(shapes[0]),)
        return Elementwise(lambda x: x.reshape(x.shape[0], *sizes))


class Permute(LayerSpec):
    """Another order of the axes."""

    kind: Literal["permute"] = "permute"
    order: tuple[Axis, ...] = Field(min_length=1, max_length=4)
    """Axis of the input, from 1, of each axis of the output."""

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the permutation."""
        if sorted(self.order) != list(range(1, len(shapes[0]) + 1)):
            raise ValueError(f"order {self.order}; found the shape {shapes[0]}")
        return Elementwise(lambda x: x.permute(0, *self.order))


class Repeat(LayerSpec):
    """A vector repeated at each of some positions, (N, C) to (N, count, C)."""

    kind: Literal["repeat"] = "repeat"
    count: int = Field(ge=1, le=100_000)

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the repetition."""
        if len(shapes[0]) != 1:
            raise ValueError(f"takes vectors; found the shape {shapes[0]}")
        return Elementwise(lambda x: x.unsqueeze(1).expand(-1, self.count, -1))

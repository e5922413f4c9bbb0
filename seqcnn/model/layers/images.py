"""Features of a batch as images one pixel high, in the memory format channels-last.

Convolutions of such images are the fastest on a CPU.  A network of 1-D layers takes `Images` in place of a
batch (N, C, L): through the hook `__torch_function__` of torch, its layers compute images (N, C, 1, L).  A
convolution is computed when its output is needed, so that batch norm, which follows, can scale its weights
instead of its output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.fusion import fuse_conv_bn_weights

from seqcnn.model.network.regressor import Network

Operation = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Convolution:
    """A 1-D convolution of images; see `torch.nn.functional.conv1d`."""

    weight: Tensor
    """(C', C / groups, K)."""
    bias: Tensor | None
    stride: int
    padding: str | int
    dilation: int
    groups: int

    def __call__(self, image: Tensor) -> Tensor:
        """Convolve (N, C, 1, L)."""
        padding = self.padding if isinstance(self.padding, str) else (0, self.padding)
        weight, stride, dilation = self.weight.unsqueeze(2), (1, self.stride), (1, self.dilation)
        return F.conv2d(image, weight, self.bias, stride, padding, dilation, self.groups)


class Images:
    """Features of a batch (N, C, L), or the output of a convolution of them.

    Parameters
    ----------
    image
        (N, C, 1, L).
    convolution
        What is still to be computed of it.
    """

    OPERATIONS: ClassVar[dict[Operation, Operation]] = {}
    """Function of torch -> the function that computes it of `Images`."""

    def __init__(self, image: Tensor, convolution: Convolution | None = None) -> None:
        self.inputs, self.convolution = image, convolution

    @classmethod
    def __torch_function__(
        cls,
        function: Operation,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Compute a function of torch: by `OPERATIONS`, or else of (N, C, L)."""
        operation = cls.OPERATIONS.get(function, function)
        if operation is function:
            args = [arg.whole if isinstance(arg, Images) else arg for arg in args]
        return operation(*args, **(kwargs or {}))

    def __getattr__(self, name: str) -> Any:
        """Return an attribute or a method of the features (N, C, L)."""
        return getattr(self.whole, name)

    def __add__(self, other: Any) -> Images:
        """Add features of one shape."""
        return Images(_image(self) + _image(other))

    def __mul__(self, other: Any) -> Images:
        """Multiply each channel of each sequence with a number, (N, C, 1)."""
        return Images(_image(self) * _image(other))

    def dim(self) -> int:
        """Return the number of axes of a batch (N, C, L)."""
        return 3

    def combined(self) -> Tensor:
        """Return the features (N, C, 1, L), to combine them with others."""
        return self.image

    @property
    def whole(self) -> Tensor:
        """The features (N, C, L)."""
        return self.image.squeeze(2)

    @cached_property
    def image(self) -> Tensor:
        """The features (N, C, 1, L)."""
        return self.convolution(self.inputs) if self.convolution else self.inputs


def as_images(x: Tensor, network: Network) -> Tensor:
    """Return a batch (N, 4, L) as `Images` if the network computes them faster: local layers on a CPU."""
    if x.device.type != "cpu" or not network.members[0].encoder.HAS_LOCAL_LAYERS:
        return x
    image = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
    return cast(Tensor, Images(image))  # which layers take for a batch


def _image(features: Any) -> Tensor:
    """Return features (N, C, L) of any kind as images (N, C, 1, L)."""
    return features.combined() if isinstance(features, Images) else features.unsqueeze(2)


def _conv1d(
    x: Images,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    padding: str | Sequence[int],
    dilation: Sequence[int],
    groups: int,
) -> Images:
    """Convolve later; the arguments are those with which `torch.nn.Conv1d` calls `torch.conv1d`."""
    added = padding if isinstance(padding, str) else padding[0]
    return Images(x.image, Convolution(weight, bias, stride[0], added, dilation[0], groups))


def _batch_norm(
    x: Images,
    mean: Tensor,
    variance: Tensor,
    *,
    weight: Tensor,
    bias: Tensor,
    training: bool,
    **steps: float,
) -> Images:
    """Normalise; by running statistics the weights of a convolution, if its output is not yet computed.

    `steps` are `momentum` and `eps`.  Fused weights have no gradient.
    """
    if x.convolution is None or training or torch.is_grad_enabled():
        return Images(F.batch_norm(x.image, mean, variance, weight, bias, training, **steps))
    convolution = x.convolution
    fused = fuse_conv_bn_weights(
        convolution.weight, convolution.bias, mean, variance, steps["eps"], weight, bias
    )
    return Images(x.inputs, replace(convolution, weight=fused[0], bias=fused[1]))


def _max_pool1d(x: Images, size: int, stride: int, padding: int, *, ceil_mode: bool, **_: Any) -> Images:
    """Return the maximum of each window; the arguments are those that `torch.nn.MaxPool1d` gives."""
    return Images(F.max_pool2d(x.image, (1, size), (1, stride), (0, padding), ceil_mode=ceil_mode))


def _concatenate(tensors: Sequence[Any], dim: int) -> Images:
    """Concatenate the channels (`dim` = 1) of features."""
    return Images(torch.cat([_image(x) for x in tensors], dim))


def _elementwise(function: Operation) -> Operation:
    """Return a function of single positions, such as an activation, as one of `Images`."""
    return lambda x, *args, **kwargs: Images(function(x.image, *args, **kwargs))


Images.OPERATIONS |= {torch.conv1d: _conv1d, F.batch_norm: _batch_norm, F.max_pool1d: _max_pool1d}
Images.OPERATIONS |= {torch.cat: _concatenate}
Images.OPERATIONS |= {function: _elementwise(function) for function in (F.dropout, F.relu, F.silu)}

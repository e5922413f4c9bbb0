"""The convolution of an imported network that reads the sequence, in the layout of our own first layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from seqcnn.encoders.imported.convolution import Conv
from seqcnn.encoders.imported.dense import BatchNorm
from seqcnn.encoders.imported.elementwise import Permute, Reshape
from seqcnn.encoders.imported.encoder import ImportedEncoder
from seqcnn.encoders.imported.graph import Graph
from seqcnn.sequence.onehot import ALPHABET


@dataclass(frozen=True, slots=True)
class FirstConvolution:
    """The convolution that reads the one-hot input."""

    weight: Tensor
    """(F, 4, K): F filters of K bp, bases in the order of `ALPHABET`."""
    bias: Tensor | None
    """(F,)."""
    activation: nn.Module
    """The first layer behind it that is no batch normalization."""
    mean: Tensor
    """(F,), mean that a batch normalization between the two subtracts, else 0."""
    channel_axis: int
    """Axis of the filters in the output of `activation`."""


def first_convolution(encoder: ImportedEncoder) -> FirstConvolution | None:
    """Return the convolution that reads the input; None if none does, or it does not span the four bases."""
    graph, number = encoder.graph, 0
    axes: str = graph.input.axes
    while isinstance(user := _only_user(graph, number), Permute | Reshape):
        axes, number = _changed(axes, user), graph.layers.index(user) + 1
    if not isinstance(user, Conv) or user.groups > 1 or max(user.dilation) > 1:
        return None
    number = graph.layers.index(user) + 1
    conv = cast(nn.Conv1d | nn.Conv2d, encoder.layers[number - 1].conv)
    weight = _filters(conv.weight.detach(), axes, user)
    if weight is None:
        return None
    mean = torch.zeros(len(weight), device=weight.device)
    while isinstance(layer := _only_user(graph, number), BatchNorm):
        number = graph.layers.index(layer) + 1
        mean = cast(Tensor, encoder.layers[number - 1].mean).flatten()
    if layer is None or len(mean) != len(weight):
        return None
    activation = encoder.layers[graph.layers.index(layer)]
    weight = weight[:, [encoder.graph.input.bases.index(base) for base in ALPHABET]]
    return FirstConvolution(weight, conv.bias, activation, mean, 1 if user.channels_first else -1)


def _only_user(graph: Graph, number: int) -> object:
    """Return the only layer that takes a tensor; None if there is not just one."""
    users = [layer for layer in graph.layers if number in layer.inputs]
    return users[0] if len(users) == 1 else None


def _changed(axes: str, layer: Permute | Reshape) -> str:
    """Return the axes, as of `AXES`, behind a layer; '' if it mixes them."""
    if isinstance(layer, Permute):
        return "".join(axes[axis - 1] for axis in layer.order) if len(layer.order) == len(axes) else ""
    kept = iter(axes.replace("1", ""))
    changed = "".join("1" if size == 1 else next(kept, "?") for size in layer.sizes)
    sizes = [size for size in layer.sizes if size != 1]
    base = axes.replace("1", "").find("B")
    return changed if len(sizes) == 2 and sizes[base] in (4, -1) and sizes[1 - base] != 4 else ""


def _filters(weight: Tensor, axes: str, spec: Conv) -> Tensor | None:
    """Return the weights of a convolution of the input as (F, 4, K), in its order of the bases."""
    if len(axes) != len(spec.kernel) + 1:
        return None
    channels, spatial = (axes[0], axes[1:]) if spec.channels_first else (axes[-1], axes[:-1])
    sizes = dict(zip(spatial, spec.kernel, strict=True))
    if channels == "B" and sizes.get("1", 1) == 1:
        return weight.flatten(2)
    if channels == "1" and sizes.get("B") == 4 and spec.padding == "valid":
        image = weight.squeeze(1)  # (F, axis, axis)
        return image if spatial.startswith("B") else image.transpose(1, 2)
    return None

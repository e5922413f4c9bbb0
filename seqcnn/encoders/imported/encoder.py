"""The encoder `imported`: computes a graph, whose output is the prediction itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.encoders.base import Encoder
from seqcnn.encoders.imported.graph import Graph, GraphInput
from seqcnn.encoders.imported.layer import LayerSpec, Shape
from seqcnn.errors import ConfigError
from seqcnn.sequence.onehot import ALPHABET, expand, pack

MAX_ACTIVATIONS = 4_000_000
"""Largest number of values of a tensor for one sequence, which bounds the memory of a batch."""


class ImportedEncoder(Encoder):
    """The layers of a graph in order: one-hot (N, 4, insert) to predictions (N, T), without a head."""

    IS_COMPLETE: ClassVar = True

    def __init__(self, length: int, *, graph: Graph) -> None:
        super().__init__(length)
        if length != graph.input.insert_length:
            expected = f"its input takes inserts of {graph.input.insert_length} bp"
            raise ConfigError(f"graph: windows of {length} bp found; {expected}")
        self.graph = graph
        self.input = _Input(graph.input)
        self.layers, shapes = nn.ModuleList(), [_meta_shape(_Input(graph.input), [(4, length)])]
        for spec in graph.layers:
            module, shape = built(spec, [shapes[number] for number in spec.inputs])
            self.layers.append(module)
            shapes.append(shape)
        self.out_features = sum(_output_size(shapes[number]) for number in graph.outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Predict a one-hot batch (N, 4, insert), (N, T)."""
        tensors = [self.input(x)]
        for spec, layer in zip(self.graph.layers, self.layers, strict=True):
            tensors.append(layer(*(tensors[number] for number in spec.inputs)))
        return torch.cat([tensors[number].flatten(1) for number in self.graph.outputs], 1)


class _Input(nn.Module):
    """One-hot inserts (N, 4, insert) to the input of the graph."""

    flank5: Tensor
    flank3: Tensor

    def __init__(self, spec: GraphInput) -> None:
        super().__init__()
        self.order = [ALPHABET.index(base) for base in spec.bases]
        self.transposed = spec.axes.index("L") < spec.axes.index("B")
        self.sizes = [{"1": 1, "L": spec.length, "B": 4}[axis] for axis in spec.axes]
        for name, flank in (("flank5", spec.flank5), ("flank3", spec.flank3)):
            self.register_buffer(name, _one_hot(flank), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Add the flanks, order the bases and shape the batch."""
        flanks = [flank.to(x.dtype).expand(x.shape[0], -1, -1) for flank in (self.flank5, self.flank3)]
        x = torch.cat([flanks[0], x, flanks[1]], 2)
        x = torch.cat([x[:, base : base + 1] for base in self.order], 1)  # (N, 4, L); indexing loads much
        return (x.transpose(1, 2) if self.transposed else x).reshape(x.shape[0], *self.sizes)


def _one_hot(flank: str) -> Tensor:
    """Return a flank as one-hot (1, 4, bp), on the default device."""
    with torch.device("cpu"):
        packed = torch.from_numpy(np.frombuffer(pack(flank) if flank else b"", np.uint8).copy())
        columns = expand(packed.unsqueeze(0)) if flank else torch.zeros(1, 4, 0)
    return columns.to(torch.get_default_device())


def shape_of(spec: LayerSpec, shapes: Sequence[Shape]) -> Shape:
    """Return the shape of the output of a layer for inputs of these shapes; raises what `built` does."""
    try:
        with torch.device("meta"):
            shape = _meta_shape(spec.module(shapes), shapes)
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        raise ConfigError(f"{spec.title}: {_first_line(error)}") from error
    if not 0 < math.prod(shape) <= MAX_ACTIVATIONS:
        limit = f"expected 1 to {MAX_ACTIVATIONS:,} values"
        raise ConfigError(f"{spec.title}: output of shape {shape}; {limit}")
    return shape


def built(spec: LayerSpec, shapes: Sequence[Shape]) -> tuple[nn.Module, Shape]:
    """Return the module of a layer for inputs of these shapes, and the shape of its output.

    Raises
    ------
    ConfigError
        If it does not take them, or its output is too large; then nothing was allocated.
    """
    shape = shape_of(spec, shapes)
    return spec.module(shapes), shape


def _meta_shape(module: nn.Module, shapes: Sequence[Shape]) -> Shape:
    """Return the shape of the output of a module, for which nothing is computed."""
    with torch.no_grad():
        inputs = [torch.empty(1, *shape, device="meta") for shape in shapes]
        return tuple(module.to("meta")(*inputs).shape[1:])


def _first_line(error: Exception) -> str:
    """Return the first line of a message, shortened."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _output_size(shape: Shape) -> int:
    """Return the number of predictions in an output; raise `ConfigError` for one with several axes."""
    if sum(size > 1 for size in shape) > 1:
        raise ConfigError(f"output of shape {shape}: expected one number per target")
    return math.prod(shape)

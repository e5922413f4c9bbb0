"""A convolutional network on overlapping windows of one sequence: shared features are computed once.

A window is padded with zeros at its ends, so that features near the ends differ from those of the
continuous sequence.  Each layer's output for a window therefore has three parts: positions near its left
end and near its right end, which are computed for every window, and the positions between them, which do
not depend on the padding and are taken from the output for the whole sequence.  Pooling divides a window
from its own start; the whole sequence is pooled once for each start modulo the pool size, its *phases*.
The values are those of windows that are computed one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcnn.encoders.cnn import CNNEncoder, ConvBlock
from seqcnn.model.network.regressor import SequenceRegressor


@dataclass(frozen=True, slots=True)
class Layer:
    """One `ConvBlock`, and which positions of a window depend on the window's ends."""

    block: ConvBlock
    pad: int
    """Zeros that the convolution adds at either end."""
    pool: int
    cells: tuple[int, int]
    """Number of positions of a window before and after this layer."""
    left: tuple[int, int]
    """Number of positions that depend on the left end, before and after this layer."""
    right: tuple[int, int]
    """First position that depends on the right end, before and after this layer."""

    def convolve(self, cells: Tensor, pads: tuple[int, int]) -> Tensor:
        """Convolve (N, W, C) with this many zeros at its ends: (N, C', 1, W')."""
        if not cells.shape[1]:  # no position depends on this end: the kernel is one position wide
            return cells.new_zeros((len(cells), self.block.conv.out_channels, 1, 0))
        picture = F.pad(cells.transpose(1, 2).unsqueeze(2), pads)
        return F.conv2d(picture, self.block.conv.weight, self.block.conv.bias)

    def finish(self, outputs: Tensor) -> Tensor:
        """Pool, normalise and activate the convolution's output: (N, W, C)."""
        done = self.block.finish(outputs) if outputs.shape[3] else outputs
        return done.squeeze(2).transpose(1, 2)


class SharedWindows:
    """One network, applied to all windows of a sequence."""

    def __init__(self, network: SequenceRegressor) -> None:
        self.network = network
        encoder = cast(CNNEncoder, network.encoder)
        self.layers: list[Layer] = []
        cells, left, right = encoder.length, 0, encoder.length
        for block in encoder.blocks:
            layer = _layer(cast(ConvBlock, block), cells, left=left, right=right)
            self.layers.append(layer)
            cells, left, right = layer.cells[1], layer.left[1], layer.right[1]

    @property
    def saving(self) -> int:
        """Number of outputs of the last convolution that each window shares with others."""
        last = self.layers[-1]
        return max(last.right[1] - last.left[1], 0) * last.pool

    def running(self, x: Tensor) -> list[Tensor]:
        """Return the features of a whole sequence (4, B) before and after each layer, (phases, W, C).

        Position w of phase p begins at base p + w * phases.
        """
        features = [x.T.unsqueeze(0)]  # (1, B, 4)
        for layer in self.layers:
            outputs = layer.convolve(features[-1], (layer.pad, layer.pad))
            count = -(-outputs.shape[3] // layer.pool)
            outputs = F.pad(outputs, (0, layer.pool * (count + 1) - outputs.shape[3]))
            shifted = [outputs[..., phase : phase + layer.pool * count] for phase in range(layer.pool)]
            features.append(torch.cat([layer.finish(part) for part in shifted]))
        return features

    def predict(self, running: list[Tensor], starts: Tensor) -> Tensor:
        """Predict the windows that begin at the bases `starts` (N,) of a whole sequence, (N, T)."""
        empty = running[0].new_zeros((len(starts), 0, running[0].shape[2]))
        left, right = empty, empty
        for layer, cells in zip(self.layers, running, strict=False):
            left, right = _left(layer, left, cells, starts), _right(layer, right, cells, starts)
        last = self.layers[-1]
        between = _gathered(running[-1], starts, last.left[1], last.right[1])
        features = torch.cat([left, between, right], dim=1)  # (N, W, C)
        z = cast(CNNEncoder, self.network.encoder).dense(features.transpose(1, 2).unsqueeze(2))
        return self.network.rescaled(self.network.head(z))[0][0]


def _left(layer: Layer, left: Tensor, running: Tensor, starts: Tensor) -> Tensor:
    """Return the outputs of a layer that depend on the window's left end, (N, W, C)."""
    seen = layer.left[1] * layer.pool + layer.block.conv.kernel_size[1] - 1 - layer.pad
    cells = torch.cat([left, _gathered(running, starts, layer.left[0], seen)], dim=1)
    return layer.finish(layer.convolve(cells, (layer.pad, 0)))


def _right(layer: Layer, right: Tensor, running: Tensor, starts: Tensor) -> Tensor:
    """Return the outputs of a layer that depend on the window's right end, (N, W, C)."""
    first = layer.right[1] * layer.pool - layer.pad
    cells = torch.cat([_gathered(running, starts, first, layer.right[0]), right], dim=1)
    return layer.finish(layer.convolve(cells, (0, layer.pad)))


def _gathered(running: Tensor, starts: Tensor, first: int, stop: int) -> Tensor:
    """Return positions `first` to `stop` of each window from the whole sequence, (N, stop - first, C)."""
    phases = len(running)
    position = (starts // phases).unsqueeze(1) + torch.arange(first, stop, device=starts.device)  # (N, W)
    return running[(starts % phases).unsqueeze(1), position]


def _layer(block: ConvBlock, cells: int, *, left: int, right: int) -> Layer:
    """Return a block with the cells of its input and output that depend on the window's ends."""
    width, pad = block.conv.kernel_size[1], cast(tuple[int, int], block.conv.padding)[1]
    pool = block.pool.size
    after = -(-(cells + 2 * pad + 1 - width) // pool)
    first = -(-(left + pad) // pool)
    stop = (right - (pool + width - 2 - pad) - 1) // pool + 1
    return Layer(block, pad, pool, (cells, after), (left, first), (right, stop))

"""A convolutional network on many windows of one sequence: what windows share is computed once.

A window is padded with zeros at its ends, so the features near these differ from those of the sequence that
runs on.  Each layer's output for a window therefore has three parts: a few cells at its left end and a few at
its right end, computed for every window, and the cells between them, which see nothing of the padding and are
those of the running sequence.  Pools divide a window from its own start on; the running sequence is pooled
once for each of the starts that differ, its *phases*.  The numbers are those of windows computed one by one.
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
    """One convolution with its pool, and which of a window's cells know its ends."""

    block: ConvBlock
    pad: int
    """Zeros at either end."""
    pool: int
    cells: tuple[int, int]
    """Of a window, before and after this layer."""
    left: tuple[int, int]
    """Cells from the left end on that know the end, before and after this layer."""
    right: tuple[int, int]
    """The first cell from which on they know the right end, before and after this layer."""

    def convolve(self, cells: Tensor, pads: tuple[int, int]) -> Tensor:
        """Convolve (N, W, C) with this many zeros at its ends: (N, C', 1, W')."""
        if not cells.shape[1]:  # no cell knows this end: the convolution is one base wide
            return cells.new_zeros((len(cells), self.block.conv.out_channels, 1, 0))
        picture = F.pad(cells.transpose(1, 2).unsqueeze(2), pads)
        return F.conv2d(picture, self.block.conv.weight, self.block.conv.bias)

    def finish(self, outputs: Tensor) -> Tensor:
        """Pool, normalise and activate the convolution's output: (N, W, C)."""
        done = self.block.finish(outputs) if outputs.shape[3] else outputs
        return done.squeeze(2).transpose(1, 2)


class SharedWindows:
    """One network, taken apart into what windows share and what they do not."""

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
        """Outputs of the last convolution that each window shares with others."""
        last = self.layers[-1]
        return max(last.right[1] - last.left[1], 0) * last.pool

    def running(self, x: Tensor) -> list[Tensor]:
        """Return the features of a running sequence (4, B) before and after each layer, (phases, W, C).

        Cell w of phase p begins at base p + w * phases.
        """
        found = [x.T.unsqueeze(0)]
        for layer in self.layers:
            outputs = layer.convolve(found[-1], (layer.pad, layer.pad))
            count = -(-outputs.shape[3] // layer.pool)
            outputs = F.pad(outputs, (0, layer.pool * (count + 1) - outputs.shape[3]))
            shifted = [outputs[..., at : at + layer.pool * count] for at in range(layer.pool)]
            found.append(torch.cat([layer.finish(part) for part in shifted]))
        return found

    def predict(self, running: list[Tensor], starts: Tensor) -> Tensor:
        """Predict the windows that begin at some bases of a running sequence, (N, T)."""
        empty = running[0].new_zeros((len(starts), 0, running[0].shape[2]))
        left, right = empty, empty
        for layer, cells in zip(self.layers, running, strict=False):
            left, right = _left(layer, left, cells, starts), _right(layer, right, cells, starts)
        last = self.layers[-1]
        between = _gathered(running[-1], starts, last.left[1], last.right[1])
        features = torch.cat([left, between, right], dim=1)  # (N, W, C)
        z = cast(CNNEncoder, self.network.encoder).dense(features.transpose(1, 2).unsqueeze(2))
        mean: Tensor = self.network.rescaled(self.network.head(z))[0][0]
        return mean


def _left(layer: Layer, left: Tensor, running: Tensor, starts: Tensor) -> Tensor:
    """Return the cells after a layer that know the window's left end, (N, W, C)."""
    seen = layer.left[1] * layer.pool + layer.block.conv.kernel_size[1] - 1 - layer.pad
    cells = torch.cat([left, _gathered(running, starts, layer.left[0], seen)], dim=1)
    return layer.finish(layer.convolve(cells, (layer.pad, 0)))


def _right(layer: Layer, right: Tensor, running: Tensor, starts: Tensor) -> Tensor:
    """Return the cells after a layer that know the window's right end, (N, W, C)."""
    first = layer.right[1] * layer.pool - layer.pad
    cells = torch.cat([_gathered(running, starts, first, layer.right[0]), right], dim=1)
    return layer.finish(layer.convolve(cells, (0, layer.pad)))


def _gathered(running: Tensor, starts: Tensor, first: int, stop: int) -> Tensor:
    """Return some cells of each window from the running sequence, (N, stop - first, C)."""
    phases = len(running)
    at = (starts // phases).unsqueeze(1) + torch.arange(first, stop, device=starts.device)
    return running[(starts % phases).unsqueeze(1), at]


def _layer(block: ConvBlock, cells: int, *, left: int, right: int) -> Layer:
    """Return a block with the cells of its input and output that depend on the window's ends."""
    width, pad = block.conv.kernel_size[1], cast(tuple[int, int], block.conv.padding)[1]
    pool = block.pool.size
    after = -(-(cells + 2 * pad + 1 - width) // pool)
    first = -(-(left + pad) // pool)
    stop = (right - (pool + width - 2 - pad) - 1) // pool + 1
    return Layer(block, pad, pool, (cells, after), (left, first), (right, stop))

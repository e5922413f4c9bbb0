"""Single-base mutants through the convolutional encoder: only what a mutation can change.

A mutation at position i changes `width` outputs of the first convolution, by amounts that its weights
tell; these lie in a few windows of the first pool, whose maxima change a few outputs of the
second convolution; and so on to the dense layer (after Nair et al. 2022,
doi:10.1093/bioinformatics/btac135).  Positions that lie alike under all pools, `step` apart,
are computed together: for them, every change has one shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcnn.encoders.cnn import CNNEncoder, ConvBlock
from seqcnn.model.inference.batches import of_batches
from seqcnn.model.inference.trained_model import Model
from seqcnn.model.network.regressor import Ensemble, Network, SequenceRegressor
from seqcnn.sequence.strands import insert_mask
from seqcnn.sequence.window import Rows

MOST = 64
"""Sequences that are computed together at most."""

CELLS = 1_000_000
"""Numbers of a layer that are computed together at most, if one sequence has no more: they stay in cache."""

_OUTSIDE = -1e30  # beyond the ends of a layer: smaller than any output, and too large to be changed


@dataclass(frozen=True, slots=True)
class Change:
    """What one mutation at each of K positions changes in a layer with C channels."""

    by: Tensor
    """(n, K, J, W, C): of n sequences, with each of J new bases, at W neighbouring places."""
    first: int
    """The first of the W places for the first position; it may lie before the layer's start."""
    step: int
    """Places from one position's first place to the next position's."""


def members(network: Network) -> Sequence[SequenceRegressor]:
    """Return the networks whose mean is the prediction."""
    return network.members if isinstance(network, Ensemble) else [network]


def mutant_changes(model: Model, rows: Rows, target: int) -> np.ndarray:
    """Tell by how much every mutation of the inserts changes the prediction of one target.

    Parameters
    ----------
    model
        A model whose encoder is a `CNNEncoder`.
    rows
        N sequences laid into its window, of which the strand as given is used.
    target
        Number of the target, from 0.

    Returns
    -------
    float64 (N, 4, L), in the units of the target; 0 where no base is exchanged.
    """
    networks = [_Mutants(member, target) for member in members(model.regressor)]
    device, length = next(model.parameters()).device, rows.bases.shape[1]
    count = max(1, min(MOST, CELLS // networks[0].cells(length)))

    def changes(part: Rows) -> np.ndarray:
        """Return the changes of some rows, float64 (n, 4, L)."""
        used = np.flatnonzero(insert_mask(part).any(0))
        if not len(used):
            return np.zeros((len(part), 4, length))
        x = part.one_hot(model.header.layout.ambiguity, device)
        ends = int(used[0]), int(used[-1]) + 1
        return np.asarray(np.mean([network.changes(x, *ends) for network in networks], axis=0))

    parts = [rows.take(slice(start, start + count)) for start in range(0, len(rows), count)]
    return np.concatenate([np.zeros((0, 4, length)), *of_batches(model.regressor, changes, parts)])


class _Mutants:
    """One network, taken apart."""

    def __init__(self, network: SequenceRegressor, target: int) -> None:
        self.network, self.target = network.eval(), target
        encoder = cast(CNNEncoder, network.encoder)
        self.layers = [_Layer(cast(ConvBlock, block)) for block in encoder.blocks]
        self.dense = encoder.dense.linear
        weight = self.dense.weight
        channels = self.layers[-1].conv.out_channels
        self.weight = weight.view(len(weight), channels, -1).permute(2, 1, 0)  # (W, C, D)
        self.weights: dict[tuple[int, int], Tensor] = {}
        self.step = prod(layer.pool for layer in self.layers)

    def cells(self, length: int) -> int:
        """Return how many numbers of the largest layer the mutants of one sequence change, at most."""
        span, most = 1, 1
        for layer in self.layers:
            windows = -(-(span + layer.width + layer.pool - 2) // layer.pool)
            most = max(most, windows * layer.pool * layer.conv.out_channels)
            span = windows
        return 3 * -(-length // self.step) * most

    def changes(self, x: Tensor, start: int, stop: int) -> np.ndarray:
        """Return what each mutation from `start` to `stop` of one-hot (n, 4, L) changes, (n, 4, L)."""
        outputs, z = self._reference(x)
        reference, bases = self._predicted(z), x.transpose(1, 2)  # (n,), (n, L, 4)
        found = torch.zeros_like(bases)
        step = self.step
        for first in range(start, min(start + step, stop)):
            at = slice(first, stop, step)
            there, new = bases[:, at], _new_bases(bases[:, at])
            change = Change((F.one_hot(new, 4) - there.unsqueeze(2)).unsqueeze(3), first, step)
            for layer, output in zip(self.layers, outputs, strict=True):
                change = layer.pooled(layer.convolved(change), output)
            y_hat = self._predicted(z[:, None, None] + self._embedded(change))  # (n, K, J)
            found[:, at] = torch.zeros_like(there).scatter(2, new, y_hat - reference[:, None, None])
        return found.transpose(1, 2).double().cpu().numpy()

    def _reference(self, x: Tensor) -> tuple[list[Tensor], Tensor]:
        """Return each convolution's output (n, W, C), and the dense layer's before its ReLU."""
        outputs, features = [], x.unsqueeze(2)
        for layer in self.layers:
            output = layer.conv(features)  # (n, C, 1, W)
            outputs.append(output.squeeze(2).transpose(1, 2).contiguous())
            features = layer.block.finish(output)
        return outputs, self.dense(features.flatten(1))

    def _embedded(self, change: Change) -> Tensor:
        """Return the change of the dense layer before its ReLU, (n, K, J, D)."""
        n, count, new_bases, width, channels = change.by.shape
        by = change.by.permute(1, 0, 2, 3, 4).reshape(count, n * new_bases, width * channels)
        found = torch.bmm(by, self._dense_weight(change.first, change.step, width)[:count])
        return found.view(count, n, new_bases, -1).permute(1, 0, 2, 3)

    def _dense_weight(self, first: int, step: int, width: int) -> Tensor:
        """Return the dense layer's weights at `width` places for each position, (K, width * C, D)."""
        if (first, width) not in self.weights:
            padded = F.pad(self.weight, (0, 0, 0, 0, width, width))
            weight = padded[first + width :].unfold(0, width, step)  # (K, C, D, width)
            self.weights[first, width] = weight.permute(0, 3, 1, 2).flatten(1, 2).contiguous()
        return self.weights[first, width]

    def _predicted(self, z: Tensor) -> Tensor:
        """Return the prediction of the target from the dense layer before its ReLU."""
        head, network = self.network.head, self.network
        score = F.relu(z) @ head.weight[self.target] + head.bias[self.target]
        if network.link == "log":
            return score.exp()
        return score * network.target_scale[self.target] + network.target_mean[self.target]


class _Layer:
    """One `ConvBlock` of the encoder, with its weights as the changes need them."""

    def __init__(self, block: ConvBlock) -> None:
        self.block, self.conv, self.activation = block, block.conv, block.activation
        self.pool = block.pool.size
        self.width = self.conv.kernel_size[1]
        self.scale, self.shift = _affine(block.norm, self.conv.weight)
        self.weight = self.conv.weight.contiguous(memory_format=torch.channels_last)
        self.of_one_place = self.weight.squeeze(2).flip(2).permute(1, 2, 0).flatten(1)  # (C, width * C')

    def convolved(self, change: Change) -> Change:
        """Carry a change of the input through the convolution; that of one base is one matrix product."""
        if change.by.shape[3] == 1:
            by = (change.by.squeeze(3) @ self.of_one_place).view(*change.by.shape[:3], self.width, -1)
        else:
            picture = change.by.flatten(0, 2).transpose(1, 2).unsqueeze(2)  # (n K J, C, 1, W), channels last
            found = F.conv2d(picture, self.weight, padding=(0, self.width - 1))
            by = found.squeeze(2).transpose(1, 2)
            by = by.reshape(*change.by.shape[:3], *by.shape[1:])
        return Change(by, change.first + self.width // 2 - self.width + 1, change.step)

    def pooled(self, change: Change, output: Tensor) -> Change:
        """Carry a change of the convolution's output (n, W, C) through pool, batch norm and activation."""
        _, count, new_bases, span, _ = change.by.shape
        window, offset = divmod(change.first, self.pool)
        windows = -(-(offset + span) // self.pool)
        places = windows * self.pool
        padded = F.pad(output, (0, 0, places, places), value=_OUTSIDE)
        views = padded[:, places + window * self.pool :].unfold(1, places, change.step)[:, :count]
        before = views.transpose(2, 3).unsqueeze(2)  # (n, K, 1, places, C)
        after = before.repeat(1, 1, new_bases, 1, 1)
        after[:, :, :, offset : offset + span] += change.by
        by = self._activated(after, windows) - self._activated(before, windows)
        return Change(by, window, change.step // self.pool)

    def _activated(self, outputs: Tensor, windows: int) -> Tensor:
        """Pool outputs (n, K, J, places, C) to (n, K, J, windows, C), and apply batch norm and activation."""
        parts = outputs.reshape(*outputs.shape[:3], windows, self.pool, -1).unbind(4)
        pooled = reduce(torch.maximum, parts)
        activated: Tensor = self.activation(torch.addcmul(self.shift, pooled, self.scale))
        return activated


def _affine(norm: nn.Module, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return scale and shift, (C,) each, of a batch norm in evaluation, or of none."""
    if not isinstance(norm, nn.BatchNorm2d):
        return weight.new_ones(len(weight)), weight.new_zeros(len(weight))
    mean, variance = cast(Tensor, norm.running_mean), cast(Tensor, norm.running_var)
    scale = norm.weight / (variance + norm.eps).sqrt()
    return scale, norm.bias - mean * scale


def _new_bases(there: Tensor) -> Tensor:
    """Return which bases to put in place of one-hot columns (n, K, 4): the other three, or all, (n, K, J)."""
    if bool((there.amax(2) == 1).all()):
        return (there.argmax(2, keepdim=True) + torch.arange(1, 4, device=there.device)) % 4
    return torch.arange(4, device=there.device).expand_as(there)

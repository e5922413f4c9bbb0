"""Fast in-silico mutagenesis of convolutional encoders: recompute only what a mutation can change.

A mutation changes `kernel_size` outputs of the first convolution by amounts that follow from its weights;
these lie in a few pools, whose maxima change a few outputs of the second convolution, and so on to the
dense layer (fastISM, Nair et al. 2022, doi:10.1093/bioinformatics/btac135).  We differ from it in that
changes, not activations, are propagated, and in how mutations are batched: positions that lie alike in the
pools of all layers, the product of the pool sizes apart, are computed together, because for them every
change has the same shape.

Shapes: n sequences, K mutated positions, J new bases at each position, W neighbouring positions of a layer
that the mutation changes, C channels, D dense units.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seqcnn.encoders.cnn import CNNEncoder, ConvBlock, MeanPool
from seqcnn.interpret.attribution.fast_ism_layer import Delta, MutantLayer
from seqcnn.model.inference.batches import map_batches
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.regressor import SequenceRegressor
from seqcnn.sequence.strands import insert_mask
from seqcnn.sequence.window import Rows

MAX_SEQUENCES = 64
"""Maximum number of sequences to compute together."""

MAX_VALUES = 1_000_000
"""Maximum number of changed values of a layer to compute together, so that they stay in cache."""


def mutant_effects(model: LoadedModel, rows: Rows, target: int) -> np.ndarray:
    """Return by how much every single-base mutation of the inserts changes the prediction of one target.

    Parameters
    ----------
    model
        A model whose encoder is a `CNNEncoder`.
    rows
        N sequences in its window; only the given strand is used.
    target
        Index of the target, from 0.

    Returns
    -------
    float64 (N, 4, L), in the units of the target; 0 where the base is not replaced.
    """
    networks = [MutantNetwork(member, target) for member in model.regressor.members]
    device, length = next(model.parameters()).device, rows.bases.shape[1]
    count = max(1, min(MAX_SEQUENCES, MAX_VALUES // networks[0].values_per_sequence(length)))

    def effects(part: Rows) -> np.ndarray:
        """Return the effects in some rows, float64 (n, 4, L)."""
        mutable = np.flatnonzero(insert_mask(part).any(0))
        if not len(mutable):
            return np.zeros((len(part), 4, length))
        x = part.one_hot(model.header.layout.ambiguity, device)
        start, stop = int(mutable[0]), int(mutable[-1]) + 1
        return np.asarray(np.mean([network.effects(x, start, stop) for network in networks], axis=0))

    parts = [rows.take(slice(start, start + count)) for start in range(0, len(rows), count)]
    return np.concatenate([np.zeros((0, 4, length)), *map_batches(model.regressor, effects, parts)])


class MutantNetwork:
    """One network whose layers are applied to the changes that mutations make."""

    def __init__(self, network: SequenceRegressor, target: int) -> None:
        self.network, self.target = network.eval(), target
        encoder = cast(CNNEncoder, network.encoder)
        self.layers = [MutantLayer(cast(ConvBlock, block)) for block in encoder.blocks]
        self.dense = encoder.dense.linear
        weight, channels = self.dense.weight, self.layers[-1].conv.out_channels
        self.dense_weight = weight.view(len(weight), channels, -1).permute(2, 1, 0)  # (L', C, D)
        self.dense_weight_cache: dict[tuple[int, int], Tensor] = {}
        self.step = prod(layer.pool_size for layer in self.layers)

    def values_per_sequence(self, length: int) -> int:
        """Return the largest number of changed values of a layer, for all mutants of one sequence."""
        width, largest = 1, 1
        for layer in self.layers:
            n_pools = -(-(width + layer.kernel_size + layer.pool_size - 2) // layer.pool_size)
            largest = max(largest, n_pools * layer.pool_size * layer.conv.out_channels)
            width = n_pools
        return 3 * -(-length // self.step) * largest

    def effects(self, x: Tensor, start: int, stop: int) -> np.ndarray:
        """Return the effect of each mutation from `start` to `stop` of one-hot (n, 4, L), (n, 4, L)."""
        conv_outputs, z = self._reference(x)
        y_hat, columns = self.predict(z), x.transpose(1, 2)  # (n,), (n, L, 4)
        effects = torch.zeros_like(columns)
        for phase, new_bases, z_change in self._changes(columns, conv_outputs, start, stop):
            change = self.predict(z[:, None, None] + z_change) - y_hat[:, None, None]  # (n, K, J)
            effects[:, phase] = torch.zeros_like(columns[:, phase]).scatter(2, new_bases, change)
        return effects.transpose(1, 2).cpu().double().numpy()

    def embeddings(self, x: Tensor, start: int, stop: int) -> tuple[Tensor, Tensor]:
        """Return the dense layer before its ReLU, and its change by each base from `start` to `stop`.

        Of one-hot (n, 4, L): (n, D) and (n, L, 4, D); the change is 0 for the bases of the sequences.
        """
        conv_outputs, z = self._reference(x)
        columns = x.transpose(1, 2)
        changes = z.new_zeros((*columns.shape, z.shape[1]))
        for phase, new_bases, z_change in self._changes(columns, conv_outputs, start, stop):
            index = new_bases.unsqueeze(3).expand_as(z_change)
            changes[:, phase] = torch.zeros_like(changes[:, phase]).scatter(2, index, z_change)
        return z, changes

    def reach(self, position: int) -> int:
        """Return the last position at which a mutation changes a value that one at `position` changes, too.

        Mutations farther apart change the dense layer before its ReLU by the sum of their changes.
        """
        last = position
        while self._changed(last + 1).start < self._changed(position).stop:
            last += 1
        return last

    def _changed(self, position: int) -> range:
        """Return the values of the last layer that a mutation changes before they are added up.

        A mean of pools is a sum: what matters are the positions that are pooled.
        """
        span = range(position, position + 1)
        for layer in self.layers[:-1]:
            span = layer.pooled(layer.convolved(span))
        last = self.layers[-1]
        span = last.convolved(span)
        return span if isinstance(last.block.pool, MeanPool) else last.pooled(span)

    def _changes(
        self, columns: Tensor, conv_outputs: list[Tensor], start: int, stop: int
    ) -> Iterator[tuple[slice, Tensor, Tensor]]:
        """Yield, phase by phase, the positions, the new bases (n, K, J), and the changes of `z` (n, K, J, D).

        Positions `first`, `first` + step, ... lie alike in all pools.
        """
        for first in range(start, min(start + self.step, stop)):
            phase = slice(first, stop, self.step)
            reference, new_bases = columns[:, phase], _new_bases(columns[:, phase])  # (n, K, 4), (n, K, J)
            one_hot_change = F.one_hot(new_bases, 4) - reference.unsqueeze(2)  # (n, K, J, 4)
            delta = Delta(one_hot_change.unsqueeze(3), first, self.step)
            for layer, conv_output in zip(self.layers, conv_outputs, strict=True):
                delta = layer.pool(layer.convolve(delta), conv_output)
            yield phase, new_bases, self._embed(delta)

    def _reference(self, x: Tensor) -> tuple[list[Tensor], Tensor]:
        """Return the output of each convolution, (n, L', C), and of the dense layer, (n, D), before ReLU."""
        conv_outputs, features = [], x.unsqueeze(2)  # (n, 4, 1, L)
        for layer in self.layers:
            output = layer.conv(features)  # (n, C, 1, L')
            conv_outputs.append(output.squeeze(2).transpose(1, 2).contiguous())
            features = layer.block.finish(output)
        return conv_outputs, self.dense(features.flatten(1))

    def _embed(self, delta: Delta) -> Tensor:
        """Return the change of the dense layer before its ReLU, (n, K, J, D): one matrix product per K."""
        n, n_mutations, n_bases, width, channels = delta.values.shape
        by_position = delta.values.permute(1, 0, 2, 3, 4).reshape(n_mutations, n * n_bases, width * channels)
        weight = self._dense_weight_at(delta.first, delta.step, width)[:n_mutations]
        return torch.bmm(by_position, weight).view(n_mutations, n, n_bases, -1).permute(1, 0, 2, 3)

    def _dense_weight_at(self, first: int, step: int, width: int) -> Tensor:
        """Return the weights of the dense layer at the `width` changed positions, (K, width * C, D).

        Changes may lie beyond the ends of the last layer: there the weights are 0.
        """
        if (first, width) not in self.dense_weight_cache:
            padded = F.pad(self.dense_weight, (0, 0, 0, 0, width, width))
            weight = padded[first + width :].unfold(0, width, step)  # (K, C, D, width)
            self.dense_weight_cache[first, width] = weight.permute(0, 3, 1, 2).flatten(1, 2).contiguous()
        return self.dense_weight_cache[first, width]

    def predict(self, z: Tensor) -> Tensor:
        """Predict the target from the dense layer before its ReLU, (..., D) -> (...)."""
        head, network = self.network.head, self.network
        score = F.relu(z) @ head.weight[self.target] + head.bias[self.target]
        if network.link == "log":
            return score.exp()
        return score * network.target_scale[self.target] + network.target_mean[self.target]


def _new_bases(columns: Tensor) -> Tensor:
    """Return the indices of the bases to insert in place of one-hot columns (n, K, 4), (n, K, J).

    These are the three other bases, or all four if any of the columns is ambiguous.
    """
    if bool((columns.amax(2) == 1).all()):
        return (columns.argmax(2, keepdim=True) + torch.arange(1, 4, device=columns.device)) % 4
    return torch.arange(4, device=columns.device).expand_as(columns)

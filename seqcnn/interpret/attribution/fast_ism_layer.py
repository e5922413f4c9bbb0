"""Propagate the change that a single-base mutation makes through one `ConvBlock`.

Shapes: n sequences, K mutated positions, J new bases at each position, W neighbouring positions of a layer
that the mutation changes, C channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcnn.encoders.cnn import ConvBlock, MeanPool

_OUTSIDE = -1e30  # pads the ends of a layer: below any output, and adding a change does not alter it


@dataclass(frozen=True, slots=True)
class Delta:
    """The change of a layer with C channels by single mutations at K positions, `step` apart."""

    values: Tensor
    """float32 (n, K, J, W, C): mutant minus reference, at the W positions that the mutation changes."""
    first: int
    """The first of the W positions, for the first mutation; negative before the start of the layer."""
    step: int
    """Distance between the first positions of neighbouring mutations, in positions of the layer."""


class MutantLayer:
    """One `ConvBlock` of the encoder that is applied to changes instead of to whole sequences."""

    def __init__(self, block: ConvBlock) -> None:
        self.block, self.conv, self.activation = block, block.conv, block.activation
        self.pool_size = block.pool.size
        self.kernel_size = self.conv.kernel_size[1]
        self.scale, self.shift = _batch_norm_affine(block.norm, self.conv.weight)
        self.weight = self.conv.weight.contiguous(memory_format=torch.channels_last)  # (C', C, 1, kernel)
        # A change at one position p adds weight[c', c, k] * delta[c] to output p + pad - k: reversed in k,
        # the weights are the outputs in ascending order of position.
        self.one_position_weight = self.weight.squeeze(2).flip(2).permute(1, 2, 0).flatten(1)  # (C, k C')

    def convolve(self, delta: Delta) -> Delta:
        """Return the change of the output of the convolution; W grows by `kernel_size` - 1.

        The convolution is linear: the change of its output is the convolution of the change, without bias.
        """
        if delta.values.shape[3] == 1:  # the mutated base itself: one matrix product
            values = (delta.values.squeeze(3) @ self.one_position_weight).view(
                *delta.values.shape[:3], self.kernel_size, -1
            )
        else:
            image = delta.values.flatten(0, 2).transpose(1, 2).unsqueeze(2)  # (n K J, C, 1, W)
            output = F.conv2d(image, self.weight, padding=(0, self.kernel_size - 1)).squeeze(2)
            values = output.transpose(1, 2).reshape(*delta.values.shape[:3], output.shape[2], -1)
        first = self.convolved(range(delta.first, delta.first + 1)).start
        return Delta(values, first, delta.step)

    def convolved(self, span: range) -> range:
        """Return the outputs of the convolution that a change of these positions changes."""
        first = span.start + self.kernel_size // 2 - self.kernel_size + 1
        return range(first, span.stop + self.kernel_size // 2)

    def pooled(self, span: range) -> range:
        """Return the pools that hold these outputs of the convolution."""
        return range(span.start // self.pool_size, (span.stop - 1) // self.pool_size + 1)

    def pool(self, delta: Delta, reference: Tensor) -> Delta:
        """Return the change after pooling, batch norm and activation.

        Parameters
        ----------
        delta
            The change of the output of the convolution.
        reference
            The output of the convolution for the sequences themselves, (n, L, C).
        """
        if isinstance(self.block.pool, MeanPool):
            return self._mean_pool(delta, reference)
        return self._max_pool(delta, reference)

    def _mean_pool(self, delta: Delta, reference: Tensor) -> Delta:
        """Return the change of the mean of each pool: the mean of the changes."""
        n, n_mutations, n_bases, width, channels = delta.values.shape
        margin = width + delta.step
        padded = F.pad(reference, (0, 0, margin, margin))
        changed = padded[:, margin + delta.first :].unfold(1, width, delta.step)[:, :n_mutations]
        before = changed.transpose(2, 3).unsqueeze(2)  # (n, K, 1, width, C)
        change = self._activate(before + delta.values) - self._activate(before)
        share = self._share_of_pool(delta, width, n_mutations, reference)  # (K, width)
        change = change * share[:, None, :, None]
        first_pool, offset = divmod(delta.first, self.pool_size)
        n_pools = -(-(offset + width) // self.pool_size)
        whole = F.pad(change, (0, 0, offset, n_pools * self.pool_size - offset - width))
        pools = whole.view(n, n_mutations, n_bases, n_pools, self.pool_size, channels)
        return Delta(pools.sum(4), first_pool, delta.step // self.pool_size)

    def _share_of_pool(self, delta: Delta, width: int, n_mutations: int, reference: Tensor) -> Tensor:
        """Return 1 / positions of the pool for every changed position, 0 outside the layer, (K, width)."""
        mutation = torch.arange(n_mutations, device=reference.device).unsqueeze(1)
        position = delta.first + delta.step * mutation + torch.arange(width, device=reference.device)
        length = reference.shape[1]
        start = position.div(self.pool_size, rounding_mode="floor") * self.pool_size
        size = (length - start).clamp(1, self.pool_size)  # the last pool may be narrower
        return torch.where((position >= 0) & (position < length), 1 / size, 0.0)

    def _max_pool(self, delta: Delta, reference: Tensor) -> Delta:
        """Return the change of the maximum of each pool."""
        _, n_mutations, n_bases, width, _ = delta.values.shape
        # The maximum is not linear: it is taken of whole pools, before and after the change.  The changed
        # positions lie in `n_pools` pools from `first_pool` on, `offset` positions after its start.
        first_pool, offset = divmod(delta.first, self.pool_size)
        n_pools = -(-(offset + width) // self.pool_size)
        span = n_pools * self.pool_size
        # A view, not a copy: `unfold` gives the positions of these pools for every mutation.
        padded = F.pad(reference, (0, 0, span, span), value=_OUTSIDE)
        pools = padded[:, span + first_pool * self.pool_size :].unfold(1, span, delta.step)[:, :n_mutations]
        before = pools.transpose(2, 3).unsqueeze(2)  # (n, K, 1, span, C)
        after = before.repeat(1, 1, n_bases, 1, 1)  # (n, K, J, span, C)
        after[:, :, :, offset : offset + width] += delta.values
        values = self._pool_and_activate(after, n_pools) - self._pool_and_activate(before, n_pools)
        return Delta(values, first_pool, delta.step // self.pool_size)

    def _pool_and_activate(self, outputs: Tensor, n_pools: int) -> Tensor:
        """Pool (n, K, J, span, C) to (n, K, J, n_pools, C); apply batch norm and activation."""
        in_pool = outputs.reshape(*outputs.shape[:3], n_pools, self.pool_size, -1).unbind(4)
        maximum = reduce(torch.maximum, in_pool)
        return self._activate(maximum)

    def _activate(self, outputs: Tensor) -> Tensor:
        """Apply batch norm and activation to outputs of the convolution, (..., C)."""
        return cast(Tensor, self.activation(torch.addcmul(self.shift, outputs, self.scale)))


def _batch_norm_affine(norm: nn.Module, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return scale and shift, (C,) each, of a batch norm in evaluation mode; of no norm 1 and 0."""
    if not isinstance(norm, nn.BatchNorm2d):
        return weight.new_ones(len(weight)), weight.new_zeros(len(weight))
    mean, variance = cast(Tensor, norm.running_mean), cast(Tensor, norm.running_var)
    scale = norm.weight / (variance + norm.eps).sqrt()
    return scale, norm.bias - mean * scale

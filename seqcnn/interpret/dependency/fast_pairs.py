"""Fast epistasis of convolutional encoders: recompute only what two mutations change together.

The changes of two mutations that are far apart do not meet before the dense layer: its input is that of the
sequence plus the change by each mutation, which are computed once (`MutantNetwork.embeddings`).  Those of
neighbours meet in a convolution or a pool: a mutant is then the sequence in which the other mutation is
made (`MutantNetwork.effects`).  Both are exact.

Shapes: M networks, P positions that are changed, B positions of a block, D dense units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from seqcnn.interpret.attribution.fast_ism import MAX_VALUES, MutantNetwork
from seqcnn.model.inference.batches import map_batches
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.sequence.window import Rows

MAX_BLOCK = 16
"""Maximum number of first positions to compute together."""


def fast_epistasis(
    model: LoadedModel, row: Rows, positions: range, *, target: int, report: Callable[[int], None]
) -> np.ndarray:
    """Return the epistasis of every pair of changes, on the given strand; see `epistasis.epistasis`."""
    networks = [MutantNetwork(member, target) for member in model.regressor.members]
    x = row.one_hot(model.header.layout.ambiguity, model.regressor.device)
    values = np.zeros((len(networks), len(positions), 4, len(positions), 4), np.float32)
    size = _block_size(networks[0])
    starts = range(positions.start, positions.stop, size)
    blocks = [range(start, min(start + size, positions.stop)) for start in starts]
    compute = partial(_of_networks, [_Pairs(network, x, positions) for network in networks])
    for block, part in zip(blocks, map_batches(model.regressor, compute, blocks), strict=True):
        first = block.start - positions.start
        values[:, first : first + len(block)] = part
        report(len(block))
    return values


def _of_networks(pairs: Sequence[_Pairs], block: range) -> np.ndarray:
    """Return the epistasis of the changes of a block by each network, (M, B, 4, P, 4)."""
    return np.stack([of_network.block(block) for of_network in pairs])


def _block_size(network: MutantNetwork) -> int:
    """Return the number of first positions to compute together, so that their changes stay in cache."""
    per_mutant = network.values_per_sequence(network.reach(0) + MAX_BLOCK)
    return max(1, min(MAX_BLOCK, MAX_VALUES // (3 * per_mutant)))


class _Pairs:
    """The pairs of changes of one sequence, by one network."""

    @torch.inference_mode()
    def __init__(self, network: MutantNetwork, x: Tensor, positions: range) -> None:
        self.network, self.x, self.positions = network, x, positions
        z, changes = network.embeddings(x, positions.start, positions.stop)
        self.z, self.changes = z[0], changes[0, positions.start : positions.stop]  # (D,), (P, 4, D)
        self.y = network.predict(self.z)
        self.single = network.predict(self.z + self.changes) - self.y  # (P, 4)
        self.is_change = (x[0, :, positions.start : positions.stop] != 1).T.cpu().numpy()  # (P, 4)

    def block(self, block: range) -> np.ndarray:
        """Return the epistasis of the changes at the positions of a block and later ones, (B, 4, P, 4)."""
        begin, count = self.positions.start, len(self.positions)
        values = self.x.new_zeros((len(block), 4, count, 4))
        for i, position in enumerate(block):
            far = self.network.reach(position) + 1 - begin  # the first position that is far
            if far < count:
                values[i, :, far:] = self._far(position - begin, far)
        result = values.cpu().numpy()
        self._add_near(block, result)
        mine = self.is_change[block.start - begin : block.stop - begin]
        return result * (mine[:, :, None, None] & self.is_change)  # no rest of rounding where nothing changes

    def _far(self, first: int, start: int) -> Tensor:
        """Return the epistasis of changes at `first` and at positions from `start` on, (4, F, 4)."""
        both = self.z + self.changes[first, :, None, None] + self.changes[start:]  # (4, F, 4, D)
        alone = self.single[first, :, None, None] + self.single[start:]
        return self.network.predict(both) - self.y - alone

    def _add_near(self, block: range, values: np.ndarray) -> None:
        """Write the epistasis of changes in a block and at positions in reach of these, into (B, 4, P, 4)."""
        begin = self.positions.start
        start, stop = block.start + 1, min(self.network.reach(block[-1]) + 1, self.positions.stop)
        columns = self.x[0, :, block.start : block.stop]  # (4, B)
        base, place = torch.nonzero(columns != 1, as_tuple=True)  # (n,), all mutants at these positions
        mutants = self.x.repeat(len(base), 1, 1)
        mutants[torch.arange(len(base)), :, block.start + place] = torch.eye(4, device=base.device)[base]
        effects = self.network.effects(mutants, start, stop)  # (n, 4, L)
        single = self.single.cpu().numpy()
        for a, i, effect in zip(base.tolist(), place.tolist(), effects, strict=True):
            later = slice(block[i] + 1, min(self.network.reach(block[i]) + 1, stop))
            mine = slice(later.start - begin, later.stop - begin)
            values[i, a, mine] = effect[:, later].T - single[mine]

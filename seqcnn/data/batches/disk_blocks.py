"""Shuffling of rows that do not fit into memory: within a few blocks at a time.

A block is a number of consecutive training rows.  Which blocks are in memory at the same time, and the order
of the rows within these, is random and differs between epochs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqcnn.errors import UsageError

BLOCKS_IN_MEMORY = 64
"""Number of blocks that share the memory, unless a batch is larger than a block."""


@dataclass(frozen=True, slots=True)
class ShuffleBlocks:
    """Shuffle within `in_memory` blocks of `size` rows at a time."""

    size: int
    """Rows per block."""
    in_memory: int
    """Blocks in memory at the same time."""

    @classmethod
    def fit_memory(cls, megabytes: float, length: int, batch: int) -> ShuffleBlocks:
        """Return the blocks that fit into memory, of whole batches of `batch` rows of `length` bytes.

        Raises
        ------
        UsageError
            If fewer than two batches fit.
        """
        rows = int(megabytes * 1_000_000) // length
        size = max(1, rows // BLOCKS_IN_MEMORY // batch) * batch
        if rows < 2 * size:
            minimum = -(-2 * batch * length // 1_000_000)
            raise UsageError(
                f"--memory {megabytes:g}MB: {rows} sequences of {length} bp; expected two batches of "
                f"{batch}; give {minimum}MB or more"
            )
        return cls(size, rows // size)

    def order(self, n: int, generator: torch.Generator) -> Tensor:
        """Return a random permutation of n rows in which the blocks of a batch are in memory together.

        Returns
        -------
        int64 (n,).
        """
        *whole, last = torch.split(torch.arange(n), self.size)  # the last, which may be smaller, stays last
        shuffled = [whole[i] for i in torch.randperm(len(whole), generator=generator).tolist()] + [last]
        starts = range(0, len(shuffled), self.in_memory)
        groups = [torch.cat(shuffled[start : start + self.in_memory]) for start in starts]
        return torch.cat([rows[torch.randperm(len(rows), generator=generator)] for rows in groups])


class BufferedRows:
    """Sequences of `rows` of an array on disk; the blocks that were read last are in memory."""

    def __init__(self, source: Any, rows: np.ndarray, blocks: ShuffleBlocks) -> None:
        self.source, self.rows, self.blocks = source, rows, blocks
        count = -(-len(rows) // blocks.size)
        slots = min(blocks.in_memory, count)
        self.buffer = np.empty((slots, blocks.size, *source.shape[1:]), source.dtype)
        self.slot_of = np.full(count, -1)  # slot of the buffer of each block; -1 if it is not in memory
        self.block_of = np.full(slots, -1)  # block in each slot
        self.next = 0

    def __getitem__(self, numbers: np.ndarray) -> np.ndarray:
        """Return rows (n, L) by their numbers in the dataset, int64 (n,)."""
        block, within = np.divmod(np.searchsorted(self.rows, numbers), self.blocks.size)
        while len(missing := block[self.slot_of[block] < 0]):  # a block that is read may evict a needed one
            self._read(int(missing[0]))
        return self.buffer[self.slot_of[block], within]

    def _read(self, block: int) -> None:
        """Read a block into the slot of the oldest one."""
        slot, size = self.next, self.blocks.size
        if self.block_of[slot] >= 0:
            self.slot_of[self.block_of[slot]] = -1
        rows = self.rows[block * size : (block + 1) * size]
        self.buffer[slot, : len(rows)] = self.source[rows]
        self.block_of[slot], self.slot_of[block] = block, slot
        self.next = (slot + 1) % len(self.buffer)

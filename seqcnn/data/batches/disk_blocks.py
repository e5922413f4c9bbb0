"""Rows that are too many for memory: shuffled within some blocks at a time, which are held that long.

A block is some consecutive rows of the training part; which blocks come together, and the order of the
rows in them, is drawn anew every epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqcnn.errors import UsageError

BLOCKS_IN_MEMORY = 64
"""That are held at a time, where memory allows."""


@dataclass(frozen=True, slots=True)
class ShuffleBlocks:
    """How rows are shuffled: `held` blocks of `size` rows at a time."""

    size: int
    """Rows of a block."""
    held: int
    """Blocks in memory."""

    @classmethod
    def that_fit(cls, megabytes: int, length: int, batch: int) -> ShuffleBlocks:
        """Return the blocks that fit, of whole batches of `batch` rows of `length` bp, one byte each.

        Raises
        ------
        UsageError
            If fewer than two batches fit.
        """
        rows = megabytes * 1_000_000 // length
        size = max(1, rows // BLOCKS_IN_MEMORY // batch) * batch
        if rows < 2 * size:
            least = -(-2 * batch * length // 1_000_000)
            raise UsageError(
                f"--memory {megabytes}: {rows} sequences of {length} bp; expected two batches of {batch}; "
                f"give {least} or more"
            )
        return cls(size, rows // size)

    def order(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw a permutation of n rows; no batch lies in blocks that are not held together."""
        *whole, last = torch.split(torch.arange(n), self.size)  # the last, which may be smaller, stays last
        drawn = [whole[i] for i in torch.randperm(len(whole), generator=generator).tolist()] + [last]
        together = [torch.cat(drawn[at : at + self.held]) for at in range(0, len(drawn), self.held)]
        return torch.cat([rows[torch.randperm(len(rows), generator=generator)] for rows in together])


class BufferedRows:
    """Sequences of `rows` of an array on disk; the blocks that were asked for last are in memory."""

    def __init__(self, source: Any, rows: np.ndarray, blocks: ShuffleBlocks) -> None:
        self.source, self.rows, self.blocks = source, rows, blocks
        count = -(-len(rows) // blocks.size)
        held = min(blocks.held, count)
        self.buffer = np.empty((held, blocks.size, *source.shape[1:]), source.dtype)
        self.place = np.full(count, -1)  # of each block in the buffer
        self.owner = np.full(held, -1)  # block of each place
        self.next = 0

    def __getitem__(self, numbers: np.ndarray) -> np.ndarray:
        """Return rows (n, L) by their numbers in the dataset, int64 (n,)."""
        at = np.searchsorted(self.rows, numbers)
        block, within = np.divmod(at, self.blocks.size)
        while len(missing := block[self.place[block] < 0]):  # what is read may take a wanted one's place
            self._read(int(missing[0]))
        found: np.ndarray = self.buffer[self.place[block], within]
        return found

    def _read(self, block: int) -> None:
        """Put a block into the place of the oldest one."""
        place, size = self.next, self.blocks.size
        if self.owner[place] >= 0:
            self.place[self.owner[place]] = -1
        rows = self.rows[block * size : (block + 1) * size]
        self.buffer[place, : len(rows)] = self.source[rows]
        self.owner[place], self.place[block] = block, place
        self.next = (place + 1) % len(self.buffer)

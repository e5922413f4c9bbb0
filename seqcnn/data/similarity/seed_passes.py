"""Sorted blocks of seeds, built in passes over the sequences.

A pass reads all bases and keeps the seeds of a few blocks only, so that memory is bounded by the number of
passes.  Blocks, their order and their seeds do not depend on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from seqcnn.data.similarity.spaced_seeds import SeedLayout, SeedReader
from seqcnn.progress import Progress

PIECE = 1 << 22
"""About how many seeds are returned together."""

_BATCH = 1 << 19  # positions per step; a batch fits in the cache
_MIN_PASSES = 16  # of large data; the next pass is built while one is used

_SEED_BYTES = 8
_TABLES = 2  # the blocks of the pass that is used, and of the next one


@dataclass(frozen=True, slots=True)
class Pass:
    """Consecutive blocks of the seeds of one pattern."""

    reader: SeedReader
    first: int
    """Number of the first block."""
    counts: np.ndarray
    """int64 (blocks,), seeds of each block."""
    label: str
    """Which of all passes this is, in words."""

    def blocks(self) -> list[np.ndarray]:
        """Return the sorted seeds of each block, uint64: bases above the bits of a position."""
        end = np.cumsum(self.counts)
        cursor, table = end - self.counts, np.empty(int(end[-1]), np.uint64)
        for start, stop in _stretches(self.reader):
            block = self.reader.numbers(start, stop)
            block -= block.dtype.type(self.first)  # the numbers of earlier blocks wrap around
            index = np.flatnonzero(block < len(self.counts))
            block = block[index]
            order = np.argsort(block, kind="stable")
            counts = np.bincount(block, minlength=len(self.counts))
            # the seeds of a block are put behind those of earlier stretches
            place = np.repeat(cursor - (np.cumsum(counts) - counts), counts) + np.arange(len(block))
            table[place] = self.reader.seeds(start, index[order])
            cursor += counts
        blocks = np.split(table, end[:-1])
        for seeds in blocks:
            seeds.sort()
        return blocks


def sorted_seeds(readers: Sequence[SeedReader], memory: int, progress: Progress) -> Iterator[np.ndarray]:
    """Yield all seeds of one pattern after the other in sorted pieces; equal seeds are always in one piece.

    Parameters
    ----------
    readers
        The seeds of each pattern, of one layout.
    memory
        Bytes of memory for seeds; at least one block of them is built at a time.
    progress
        Counts the blocks that were used.

    Yields
    ------
    uint64, ascending, see `SeedLayout`.
    """
    passes = (part for number in range(len(readers)) for part in _passes(readers, number, memory))
    with ThreadPoolExecutor(1) as worker:  # builds the next pass while the caller uses this one
        ahead = worker.submit(_next_blocks, passes)
        while (result := ahead.result()) is not None:
            label, blocks = result
            ahead = worker.submit(_next_blocks, passes)
            progress.rename(f"comparing sequences{label}")
            for seeds in blocks:
                yield from _pieces(seeds, readers[0].layout)
                progress.update()
            del result, blocks, seeds  # before another pass is built


def seeds_per_pass(total: int, memory: int) -> int:
    """Return how many of so many seeds are kept at a time."""
    return min(-(-total // _MIN_PASSES), memory // (_TABLES * _SEED_BYTES))


def _next_blocks(passes: Iterator[Pass]) -> tuple[str, list[np.ndarray]] | None:
    """Return the label and the blocks of the next pass; None after the last one."""
    following = next(passes, None)
    return None if following is None else (following.label, following.blocks())


def _passes(readers: Sequence[SeedReader], number: int, memory: int) -> Iterator[Pass]:
    """Yield the passes of one pattern: as many consecutive blocks as fit into memory, at least one."""
    reader, counts = readers[number], _counts(readers[number])
    most, bounds, kept = seeds_per_pass(int(counts.sum()), memory), [0], 0
    for block, count in enumerate(counts.tolist()):
        if block and kept + count > most:
            bounds.append(block)
            kept = 0
        kept += count
    for index, (first, end) in enumerate(zip(bounds, [*bounds[1:], len(counts)], strict=True)):
        label = f", pattern {number + 1} of {len(readers)}, pass {index + 1} of {len(bounds)}"
        yield Pass(reader, first, counts[first:end], label if len(bounds) > 1 else "")


def _counts(reader: SeedReader) -> np.ndarray:
    """Return the number of seeds of each block, int64 (blocks,)."""
    blocks = reader.layout.blocks
    counts = np.zeros(blocks + 1, np.int64)  # with the positions that have no seed
    for start, stop in _stretches(reader):
        counts += np.bincount(reader.numbers(start, stop), minlength=blocks + 1)
    return counts[:blocks]


def _stretches(reader: SeedReader) -> Iterator[tuple[int, int]]:
    """Yield begin and end of stretches of all positions."""
    total = int(reader.offset[-1])
    for start in range(0, total, _BATCH):
        yield start, min(start + _BATCH, total)


def _pieces(seeds: np.ndarray, layout: SeedLayout) -> Iterator[np.ndarray]:
    """Cut sorted seeds into pieces of about `PIECE`, never between equal seeds."""
    begin = 0
    while begin < len(seeds):
        last = seeds[min(begin + PIECE, len(seeds)) - 1]
        end = int(np.searchsorted(seeds, layout.last(last), side="right"))
        yield seeds[begin:end]
        begin = end

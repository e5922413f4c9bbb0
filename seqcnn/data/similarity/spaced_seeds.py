"""Spaced seeds of sequences in sorted blocks (Ma, Tromp & Li 2002, doi:10.1093/bioinformatics/18.3.440).

A seed is made of the bases at the ones of a pattern.  Pairs that share no seed of one pattern share one of
another, so several are used.  A seed is one uint64: its bases, two bits each, above a position of 32 bits, so
that sorting brings equal seeds together.  To bound memory, only the block of every seed (one byte) is kept;
the seeds themselves are built and sorted block by block.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from seqcnn.data.similarity.masking import MASKED
from seqcnn.errors import SequenceError
from seqcnn.progress import Progress

_PATTERNS = {
    10: ("111001000010111011", "11111010111001"),
    12: ("111010011000100101111", "1111001010001000010000100111", "1101011101101111"),
    14: (
        "11100110010101001011111",
        "1111100101000100010100100111",
        "1111101101100111011",
        "1101010011110000011010111",
    ),
    16: (
        "1111010011001010001100101111",
        "11111000100010010010000110000101111",
        "1111100110101101110111",
    ),
}
_MISSED = {10: 0.0, 12: 0.0, 14: 0.0, 16: 0.05}  # by number of ones; see benchmarks/validation/splits
_BLOCK = 1 << 22  # seeds per sorted block
_MAX_BLOCKS = 128
_NO_SEED = 255
_POSITION_MASK = np.uint64(0xFFFFFFFF)
_BATCH = 1 << 19  # positions per step; a batch fits in the cache

POSITION_BITS = np.uint64(32)
"""Number of low bits of a seed that hold its position; the bases are above them."""

MAX_BASES = 1 << 31
"""Most bases that can be compared: positions on both strands must fit into 32 bits."""


def patterns_for(bases: int) -> tuple[str, ...]:
    """Return the shortest patterns that have at least as many different seeds as there are bases.

    They have the same number of ones.  Several patterns find pairs that share no seed of a single one
    (Li et al. 2004, doi:10.1142/S0219720004000661).

    Raises
    ------
    SequenceError
        If there are more than `MAX_BASES` bases.
    """
    if bases > MAX_BASES:
        raise SequenceError(
            f"sequences: {bases:,} bp in all; at most {MAX_BASES:,} bp can be compared with one another: "
            "use fewer or shorter sequences"
        )
    return next(patterns for ones, patterns in _PATTERNS.items() if 4**ones >= bases)


def missed_fraction(bases: int) -> float:
    """Return the fraction of pairs, 80 % identical over 100 bp, that share no seed among so many bases."""
    return _MISSED[patterns_for(bases)[0].count("1")]


def block_count(total: int) -> int:
    """Return the number of sorted blocks for all seeds of `total` bp, a power of 2."""
    blocks = 1
    while blocks < _MAX_BLOCKS and blocks * _BLOCK < total:
        blocks *= 2
    return blocks


def sorted_seeds(
    bases: np.ndarray, offset: np.ndarray, pattern: str, progress: Progress
) -> Iterator[np.ndarray]:
    """Yield all seeds in sorted blocks; equal seeds are always in one block.

    Parameters
    ----------
    bases
        Codes 0..3 or `MASKED` of all sequences, uint8 (B,), with at least one pattern length beyond
        the end of the last sequence.
    offset
        int64 (N + 1,), start of each sequence, and end of the last one.
    pattern
        One of `patterns_for`.
    progress
        Counts the blocks that were used, `block_count` of them.

    Yields
    ------
    uint64, ascending: bases of the seed << 32 | position.
    """
    ones, total = [i for i, digit in enumerate(pattern) if digit == "1"], int(offset[-1])
    blocks = block_count(total)
    block_of = _block_numbers(bases, offset, len(pattern), ones, blocks)

    def sorted_block(block: int) -> np.ndarray:
        """Build and sort all seeds of one block."""
        return np.sort(np.concatenate([
            _seeds(bases, np.flatnonzero(block_of[start : start + _BATCH] == block) + start, ones)
            for start in range(0, total, _BATCH)
        ]))  # fmt: skip

    with ThreadPoolExecutor(1) as worker:  # builds the next block while the caller uses this one
        ahead = worker.submit(sorted_block, 0)
        for block in range(blocks):
            seeds = ahead.result()
            if block + 1 < blocks:
                ahead = worker.submit(sorted_block, block + 1)
            yield from _pieces(seeds)
            progress.update()


def position(seeds: np.ndarray) -> np.ndarray:
    """Return the positions of seeds, see `sorted_seeds`, int64."""
    return (seeds & _POSITION_MASK).astype(np.int64)


def _pieces(seeds: np.ndarray) -> Iterator[np.ndarray]:
    """Cut sorted seeds into pieces of about `_BLOCK`, never between equal seeds."""
    begin = 0
    while begin < len(seeds):
        last = seeds[min(begin + _BLOCK, len(seeds)) - 1]
        # all position bits set: the largest value that a seed with these bases can have
        end = int(np.searchsorted(seeds, last | _POSITION_MASK, side="right"))
        yield seeds[begin:end]
        begin = end


def _seeds(bases: np.ndarray, positions: np.ndarray, ones: list[int]) -> np.ndarray:
    """Return the seeds that start at some positions (P,), see `sorted_seeds`, uint64 (P,)."""
    seed = np.zeros(len(positions), np.uint64)
    for i in ones:
        seed <<= np.uint64(2)
        seed |= bases[i:][positions]
    return seed << POSITION_BITS | positions.astype(np.uint64)


def _block_numbers(
    bases: np.ndarray, offset: np.ndarray, span: int, ones: list[int], blocks: int
) -> np.ndarray:
    """Return the block of the seed at each position, uint8; `_NO_SEED` where there is none.

    The block number is the lowest bits of the seed's bases, that is, its last few bases: `blocks` is a
    power of two of at most 128, so shifting in a byte (older bases fall out at the top) is enough.
    """
    number = np.empty(int(offset[-1]), np.uint8)
    for start in range(0, len(number), _BATCH):
        batch = number[start : start + _BATCH]
        batch[:], unmasked = 0, np.ones(len(batch), bool)
        for i in ones:
            base = bases[start + i : start + i + len(batch)]
            batch <<= np.uint8(2)
            batch |= base
            unmasked &= base != MASKED
        batch &= np.uint8(blocks - 1)
        batch[~unmasked] = _NO_SEED
    for back in range(1, span):  # seeds that would reach into the next sequence
        number[np.maximum(offset[1:] - back, 0)] = _NO_SEED
    return number

"""Spaced seeds of sequences (Ma, Tromp & Li 2002, doi:10.1093/bioinformatics/18.3.440), in sorted blocks.

A seed is the bases at the ones of a pattern.  Of all seeds only the block is kept, a byte each; the seeds
themselves are made block by block.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from tqdm import tqdm

from seqcnn.data.constant import LEFT_OUT

_PATTERNS = {10: "1011010110001111", 12: "1110011101001101101", 14: "11100110100111010101011"}
_BLOCK = 1 << 22  # seeds that are sorted at once
_BLOCKS = 128  # blocks at most
_NO_SEED = 255
_BATCH = 1 << 19  # positions that are looked at together; they stay in cache

HALF = np.uint64(32)
"""Bits of a position; those of the seed are above them."""


def pattern_for(bases: int) -> str:
    """Return the pattern whose seeds have as many values as there are bases; at most the longest."""
    return next((pattern for ones, pattern in _PATTERNS.items() if 4**ones >= bases), _PATTERNS[14])


def sorted_seeds(
    bases: np.ndarray, offset: np.ndarray, pattern: str, *, progress: bool
) -> Iterator[np.ndarray]:
    """Yield all seeds in sorted blocks; the last bases of a seed tell its block.

    Parameters
    ----------
    bases
        Codes 0..3 or `LEFT_OUT` of all sequences, uint8, and at least one pattern beyond their end.
    offset
        int64 (N + 1,), where each sequence begins, and where the last one ends.
    pattern
        Of `pattern_for`.
    progress
        Show a progress bar.

    Yields
    ------
    seed << 32 | position, uint64, ascending.
    """
    ones, total = [i for i, one in enumerate(pattern) if one == "1"], int(offset[-1])
    blocks = 1
    while blocks < _BLOCKS and blocks * _BLOCK < total:
        blocks *= 2
    block_of = _blocks_of(bases, offset, len(pattern), ones, blocks)
    for block in tqdm(range(blocks), desc="comparing sequences", disable=not progress):
        places = np.concatenate([
            np.flatnonzero(block_of[start : start + _BATCH] == block) + start
            for start in range(0, total, _BATCH)
        ])  # fmt: skip
        seed = np.zeros(len(places), np.uint32)
        for at in ones:
            seed <<= np.uint32(2)
            seed |= bases[at:][places]
        yield np.sort(seed.astype(np.uint64) << HALF | places.astype(np.uint64))


def _blocks_of(bases: np.ndarray, offset: np.ndarray, span: int, ones: list[int], blocks: int) -> np.ndarray:
    """Return the block of the seed at each position, uint8; `_NO_SEED` where there is none."""
    total = int(offset[-1])
    last, good = np.zeros(total, np.uint8), np.ones(total, bool)
    for back in range(1, span):  # seeds that would reach into the next sequence
        good[np.maximum(offset[1:] - back, 0)] = False
    for at in ones:
        base = bases[at : at + total]
        last <<= np.uint8(2)
        last |= base
        good &= base != LEFT_OUT
    last &= np.uint8(blocks - 1)
    last[~good] = _NO_SEED
    return last

"""Spaced seeds of sequences (Ma, Tromp & Li 2002, doi:10.1093/bioinformatics/18.3.440), in sorted blocks.

A seed is the bases at the ones of a pattern.  Of all seeds only the block is kept, a byte each; the seeds
themselves are made block by block.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tqdm import tqdm

from seqcnn.data.similarity.masking import MASKED
from seqcnn.errors import SequenceError

_PATTERNS = {
    10: "1011010110001111",
    12: "1110011101001101101",
    14: "11100110100111010101011",
    16: "1111001110100100101000110111",
}
_MISSED = {10: 0.0, 12: 0.02, 14: 0.11, 16: 0.28}  # by the ones of a pattern; benchmarks/homology.md
_BLOCK = 1 << 22  # seeds that are sorted at once
_BLOCKS = 128  # blocks at most
_NO_SEED = 255
_POSITION = np.uint64(0xFFFFFFFF)
_BATCH = 1 << 19  # positions that are looked at together; they stay in cache

POSITION_BITS = np.uint64(32)
"""Bits of a position; those of the seed are above them."""

MAX_BASES = 1 << 31
"""Bases that can be compared with one another: a position on either strand has 32 bits."""


def pattern_for(bases: int) -> str:
    """Return the pattern whose seeds have at least as many values as there are bases.

    Raises
    ------
    SequenceError
        If there are more bases than can be compared.
    """
    if bases > MAX_BASES:
        raise SequenceError(
            f"sequences: {bases:,} bp in all; at most {MAX_BASES:,} bp can be compared with one another: "
            "use fewer or shorter sequences"
        )
    return next(pattern for ones, pattern in _PATTERNS.items() if 4**ones >= bases)


def missed_fraction(bases: int) -> float:
    """Return the part of pairs, 80 % identical over 100 bp, that share no seed of so many bases."""
    return _MISSED[pattern_for(bases).count("1")]


def sorted_seeds(
    bases: np.ndarray, offset: np.ndarray, pattern: str, *, progress: bool
) -> Iterator[np.ndarray]:
    """Yield all seeds in sorted blocks; the last bases of a seed tell its block.

    Parameters
    ----------
    bases
        Codes 0..3 or `MASKED` of all sequences, uint8, and at least one pattern beyond their end.
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

    def made(block: int) -> np.ndarray:
        """Return all seeds of a block, sorted."""
        return np.sort(np.concatenate([
            _seeds(bases, np.flatnonzero(block_of[start : start + _BATCH] == block) + start, ones)
            for start in range(0, total, _BATCH)
        ]))  # fmt: skip

    with ThreadPoolExecutor(1) as maker:  # makes the next block while this one is looked at
        ahead = maker.submit(made, 0)
        for block in tqdm(range(blocks), desc="comparing sequences", disable=not progress):
            seeds = ahead.result()
            if block + 1 < blocks:
                ahead = maker.submit(made, block + 1)
            yield from _pieces(seeds)


def position(seeds: np.ndarray) -> np.ndarray:
    """Return the positions of seeds, see `sorted_seeds`, int64."""
    return (seeds & _POSITION).astype(np.int64)


def _pieces(seeds: np.ndarray) -> Iterator[np.ndarray]:
    """Cut sorted seeds to pieces of about `_BLOCK`, each where another seed begins."""
    begin = 0
    while begin < len(seeds):
        last = seeds[min(begin + _BLOCK, len(seeds)) - 1]
        end = int(np.searchsorted(seeds, last | _POSITION, side="right"))
        yield seeds[begin:end]
        begin = end


def _seeds(bases: np.ndarray, places: np.ndarray, ones: list[int]) -> np.ndarray:
    """Return the seeds at some places, see `sorted_seeds`."""
    seed = np.zeros(len(places), np.uint64)
    for at in ones:
        seed <<= np.uint64(2)
        seed |= bases[at:][places]
    return seed << POSITION_BITS | places.astype(np.uint64)


def _blocks_of(bases: np.ndarray, offset: np.ndarray, span: int, ones: list[int], blocks: int) -> np.ndarray:
    """Return the block of the seed at each position, uint8; `_NO_SEED` where there is none."""
    found = np.empty(int(offset[-1]), np.uint8)
    for start in range(0, len(found), _BATCH):
        last = found[start : start + _BATCH]
        last[:], good = 0, np.ones(len(last), bool)
        for at in ones:
            base = bases[start + at : start + at + len(last)]
            last <<= np.uint8(2)
            last |= base
            good &= base != MASKED
        last &= np.uint8(blocks - 1)
        last[~good] = _NO_SEED
    for back in range(1, span):  # seeds that would reach into the next sequence
        found[np.maximum(offset[1:] - back, 0)] = _NO_SEED
    return found

"""Spaced seeds of sequences, in blocks (Ma, Tromp & Li 2002, doi:10.1093/bioinformatics/18.3.440).

A seed is made of the bases at the ones of a pattern.  Pairs that share no seed of one pattern share one of
another, so several are used.  A seed is one uint64: its bases, two bits each, above the bits of its position,
so that sorting brings equal seeds together.  Its block is the number in the lowest bits of its bases.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqcnn.data.similarity.masking import MASKED

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
    17: (
        "1101100100111101000111110011",
        "100110001010011011100001001111011",
        "1011010111101000100011010010001101",
        "111100001101000001000011000001110101101",
    ),
}
# by number of ones; see benchmarks/validation/splits
_MISSED = {
    10: 0.0,
    12: 0.0,
    14: 0.0,
    16: 0.05,
    17: 0.07,
}
_BLOCK = 1 << 22  # seeds per block
_MAX_BLOCKS = 128
_MAX_LARGE_BLOCKS = 1 << 14  # above `_LARGE` positions
_LARGE = 1 << 32
_POSITION_BITS = 32  # of a seed, at least


def patterns_for(bases: int) -> tuple[str, ...]:
    """Return the shortest patterns that have at least as many different seeds as there are bases.

    They have the same number of ones; the longest ones are used for any larger number of bases.  Several
    patterns find pairs that share no seed of a single one (Li et al. 2004, doi:10.1142/S0219720004000661).
    """
    longest = _PATTERNS[max(_PATTERNS)]
    return next((patterns for ones, patterns in _PATTERNS.items() if 4**ones >= bases), longest)


def missed_fraction(bases: int) -> float:
    """Return the fraction of pairs, 80 % identical over 100 bp, that share no seed among so many bases."""
    return _MISSED[patterns_for(bases)[0].count("1")]


@dataclass(frozen=True, slots=True)
class SeedLayout:
    """How the seeds of a set of sequences are stored."""

    blocks: int
    """Number of blocks, a power of 2."""
    position_bits: np.uint64
    """Number of low bits of a seed that hold its position."""
    dropped_bits: np.uint64
    """Number of low bits of the bases that are not stored: all seeds of a block have the same ones."""

    @classmethod
    def fit(cls, total: int, ones: int) -> SeedLayout:
        """Return the layout of seeds of so many bases at so many positions."""
        position_bits = max(_POSITION_BITS, (total - 1).bit_length())
        dropped_bits = max(0, 2 * ones + position_bits - 64)
        blocks, most = 1 << dropped_bits, _MAX_BLOCKS if total <= _LARGE else _MAX_LARGE_BLOCKS
        while blocks < most and blocks * _BLOCK < total:
            blocks *= 2
        return cls(blocks, np.uint64(position_bits), np.uint64(dropped_bits))

    def position(self, seeds: np.ndarray) -> np.ndarray:
        """Return the positions of seeds, int64."""
        return (seeds & self._position_mask).astype(np.int64)

    def bases(self, seeds: np.ndarray) -> np.ndarray:
        """Return the bases of seeds as numbers that are equal for equal bases of one block, uint64."""
        return seeds >> self.position_bits

    def last(self, seed: np.uint64) -> np.uint64:
        """Return the largest seed that has the bases of `seed`."""
        return seed | self._position_mask

    def pack(self, bases: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """Return seeds of some bases at some positions, uint64."""
        return bases >> self.dropped_bits << self.position_bits | positions.astype(np.uint64)

    @property
    def _position_mask(self) -> np.uint64:
        """The bits that hold the position."""
        return (np.uint64(1) << self.position_bits) - np.uint64(1)


@dataclass(frozen=True, slots=True)
class SeedReader:
    """Seeds of one pattern, read from the bases in stretches of positions."""

    bases: np.ndarray
    """Codes 0..3 or `MASKED` of all sequences, uint8, with at least one pattern length beyond the end of the
    last sequence."""
    offset: np.ndarray
    """int64 (N + 1,), start of each sequence, and end of the last one."""
    pattern: str
    layout: SeedLayout

    def numbers(self, start: int, stop: int) -> np.ndarray:
        """Return the block of the seed at each of some positions; `blocks` where there is none.

        The number is the lowest bits of the bases, that is, the last few bases.
        """
        blocks, span = self.layout.blocks, len(self.pattern)
        number: np.ndarray = np.zeros(stop - start, np.uint8 if blocks < 256 else np.uint16)
        for i in self.ones[-(blocks.bit_length() // 2) :]:
            number *= number.dtype.type(4)  # a shift is slower
            number |= self.bases[start + i : stop + i]
        number &= number.dtype.type(blocks - 1)
        number[self._masked(start, stop)] = blocks
        # seeds that would reach into the next sequence
        first, last = np.searchsorted(self.offset, [start + 1, stop + span - 1])
        reaching = self.offset[first:last, None] - np.arange(1, span) - start
        number[reaching[(reaching >= 0) & (reaching < len(number))]] = blocks
        return number

    def _masked(self, start: int, stop: int) -> np.ndarray:
        """Return the indices of the positions whose seed has a masked base."""
        if self.bases[start : stop + len(self.pattern)].max(initial=0) < MASKED:
            return np.empty(0, np.int64)
        codes = np.zeros(stop - start, np.uint8)
        for i in self.ones:
            codes |= self.bases[start + i : stop + i]
        return np.flatnonzero(codes >= MASKED)

    def seeds(self, start: int, index: np.ndarray) -> np.ndarray:
        """Return the seeds at `start + index`, uint64 (P,)."""
        seed = np.zeros(len(index), np.uint64)
        for i in self.ones:
            seed <<= np.uint64(2)
            seed |= self.bases[start + i :][index]
        return self.layout.pack(seed, index + start)

    @property
    def ones(self) -> list[int]:
        """Places of the ones of the pattern."""
        return [i for i, digit in enumerate(self.pattern) if digit == "1"]

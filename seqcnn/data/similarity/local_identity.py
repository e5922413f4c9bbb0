"""Segments of an alignment that are at least 80 % identical.

An alignment is a row of columns with scores +1 (equal bases) and -4 (different bases, or one gap of any
length).  With prefix sums P, the segment of columns i to j is at least 80 % identical if P[j] >= P[i].

Significance uses scores of +1 and -1: in random DNA the maximal segment score S of a search has the
parameters lambda = ln 3 and K = 1/3 (Karlin & Altschul 1990, doi:10.1073/pnas.87.6.2264).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MISMATCH = -4
"""Score of a mismatch or gap in identity scores; a match counts +1, so that 80 % identity sums to 0."""

_EXPECTED_CHANCE_PAIRS = 0.1  # in the whole library
_LAMBDA, _K = np.log(3), 1 / 3  # of scores +1 and -1 in DNA of equal base frequencies


def min_score(bases: int) -> float:
    """Return the smallest segment score (matches - mismatches) that is not expected by chance.

    Parameters
    ----------
    bases
        Number of bases in the library; each is compared with all bases on both strands.
    """
    space = float(max(bases, 1)) * 2 * max(bases, 1)
    return float(np.log(_K * space / _EXPECTED_CHANCE_PAIRS) / _LAMBDA)


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of P alignments; those from `length` on are padding."""

    match: np.ndarray
    """bool (P, W), which columns have equal bases."""
    length: np.ndarray
    """int64 (P,), number of columns of each alignment."""

    def take(self, index: np.ndarray) -> Columns:
        """Return some of the alignments."""
        return Columns(self.match[index], self.length[index])

    def prefix_sums(self, mismatch: int) -> np.ndarray:
        """Return the sums of +1 and `mismatch` over the first 0, 1, ... columns, integer (P, W + 1)."""
        width = self.match.shape[1]
        dtype = np.int16 if width < np.iinfo(np.int16).max // -MISMATCH else np.int32
        sums = np.zeros((len(self.match), width + 1), dtype)
        scores = np.where(self.match, np.int8(1), np.int8(mismatch))
        np.cumsum(scores, axis=1, dtype=dtype, out=sums[:, 1:])
        return sums


@dataclass(frozen=True, slots=True)
class Segment:
    """The best segment of each of P alignments: columns `begin` to `end`, half-open, and its score."""

    begin: np.ndarray
    end: np.ndarray
    score: np.ndarray

    @property
    def identity(self) -> np.ndarray:
        """Fraction of equal bases, float64 (P,)."""
        length = self.end - self.begin
        return (self.score + length) / (2 * np.maximum(length, 1))


def best_segment(columns: Columns) -> Segment:
    """Return the segment of each alignment with the most matches minus mismatches."""
    sums = columns.prefix_sums(-1)  # (P, W + 1)
    inside = np.arange(sums.shape[1]) <= columns.length[:, None]
    # the best segment that ends at j begins at the smallest prefix sum before it
    gain = np.where(inside, sums - np.minimum.accumulate(sums, axis=1), -1)
    end = gain.argmax(1)
    rows = np.arange(len(sums))
    before = np.arange(sums.shape[1]) <= end[:, None]
    begin = np.where(before, sums, np.iinfo(sums.dtype).max).argmin(1)
    return Segment(begin, end, gain[rows, end].astype(np.int64))


def longest_segment(columns: Columns) -> np.ndarray:
    """Return the number of columns of the longest segment that is at least 80 % identical, int64 (P,).

    An alignment with a segment of a given length also has one of each shorter length, up to the nearest
    column, so the longest is found by bisection.
    """
    sums = columns.prefix_sums(MISMATCH)
    lowest = np.minimum.accumulate(sums, axis=1)
    low, high = np.zeros(len(sums), np.int64), columns.length.astype(np.int64)
    while (low < high).any():
        middle = (low + high + 1) // 2
        reached = _reaches(sums, lowest, columns.length, middle)
        low, high = np.where(reached, middle, low), np.where(reached, high, middle - 1)
    return low


def _reaches(sums: np.ndarray, lowest: np.ndarray, length: np.ndarray, shortest: np.ndarray) -> np.ndarray:
    """Return which alignments have a segment of at least `shortest` columns with a sum >= 0.

    `lowest` has the smallest of the prefix sums up to each column, so that one comparison per end j
    covers all begins i <= j - shortest.
    """
    end = np.arange(sums.shape[1])
    begin = end - shortest[:, None]  # (P, W + 1), the last possible begin
    valid = (begin >= 0) & (end <= length[:, None])
    return ((sums >= np.take_along_axis(lowest, np.maximum(begin, 0), axis=1)) & valid).any(1)

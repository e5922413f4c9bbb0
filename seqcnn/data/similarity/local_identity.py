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
_CHANCE_CORES_PER_SEQUENCE = 0.25
_LAMBDA, _K = np.log(3), 1 / 3  # of scores +1 and -1 in DNA of equal base frequencies


def min_score(bases: int) -> float:
    """Return the smallest segment score (matches - mismatches) that is not expected by chance.

    Parameters
    ----------
    bases
        Number of bases in the library; each is compared with all bases on both strands.
    """
    return _score_of(bases, _EXPECTED_CHANCE_PAIRS)


def min_core_score(bases: int, sequences: int) -> float:
    """Return the smallest score of a segment that is extended across gaps.

    It is reached by chance as often as it costs little time: by one pair per four sequences.
    """
    return min(min_score(bases), _score_of(bases, _CHANCE_CORES_PER_SEQUENCE * max(sequences, 1)))


def _score_of(bases: int, expected: float) -> float:
    """Return the segment score that so many pairs of a random library of that size are expected to reach."""
    space = float(max(bases, 1)) * 2 * max(bases, 1)
    return float(np.log(_K * space / expected) / _LAMBDA)


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
    sums = columns.prefix_sums(MISMATCH)  # (P, W + 1)
    width, (least, most) = sums.shape[1], (np.iinfo(sums.dtype).min, np.iinfo(sums.dtype).max)
    # the smallest prefix sum up to each column, behind as many columns that no sum reaches
    lowest = np.full((len(sums), 2 * width), most, sums.dtype)
    np.minimum.accumulate(sums, axis=1, out=lowest[:, width:])
    sums[np.arange(width) > columns.length[:, None]] = least
    low, high = np.zeros(len(sums), np.int64), columns.length.astype(np.int64)
    while (low < high).any():
        middle = (low + high + 1) // 2
        reached = _reaches(sums, lowest, middle)
        low, high = np.where(reached, middle, low), np.where(reached, high, middle - 1)
    return low


def _reaches(sums: np.ndarray, lowest: np.ndarray, shortest: np.ndarray) -> np.ndarray:
    """Return which alignments have a segment of at least `shortest` columns with a sum >= 0.

    One comparison per end j covers all begins i <= j - shortest, if the smallest prefix sums are moved to
    the right by `shortest`: a window per row of the padded ones.
    """
    count, width = sums.shape
    windows = np.lib.stride_tricks.sliding_window_view(lowest.ravel(), width)
    moved = windows[np.arange(count) * 2 * width + width - shortest]  # (P, W + 1)
    return (sums >= moved).any(1)

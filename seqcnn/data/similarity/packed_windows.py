"""Windows of 64 bases as three 64-bit words, to count matching bases with a few bit operations."""

from __future__ import annotations

import numpy as np

from seqcnn.data.similarity.masking import MASKED
from seqcnn.memory import scratch_array

WINDOW = 64
"""Bases per window."""

_BATCH = 1 << 19  # bases, or windows, per step, a multiple of WINDOW; a batch of bases fits in the cache
_LOWEST = np.array([(1 << count) - 1 for count in range(WINDOW + 1)], np.uint64)  # `count` lowest bits set

# of eight bases, by the byte whose bits are set where they match: matches - mismatches, and the largest of
# the first 1 to 8 bases
_SCORES = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little").astype(np.int8)
_SUM = (2 * _SCORES - 1).sum(1, dtype=np.int8)
_PEAK = np.cumsum(2 * _SCORES - 1, axis=1, dtype=np.int8).max(1)


class PackedWindows:
    """Sequences as bit planes: two bits that encode a base, and one that is set where it is compared.

    Parameters
    ----------
    bases
        Codes 0..3 or `MASKED`, uint8 (B,).
    memory
        Bytes that the process may use, see `scratch_array`.
    """

    def __init__(self, bases: np.ndarray, memory: int | None = None) -> None:
        # (B / 64 + 3, 3): row 1 + i holds the planes of bases 64 i to 64 i + 63; row 0 lies before them
        planes = scratch_array(24 * (len(bases) // WINDOW + 3), memory).view(np.uint64).reshape(-1, 3)
        planes[:] = 0
        for start in range(0, len(bases), _BATCH):
            batch = bases[start : start + _BATCH]
            for plane, bit in enumerate((batch & 1, batch & 2, batch != MASKED)):
                packed = np.packbits(bit, bitorder="little")
                whole = np.zeros(-(-len(batch) // WINDOW), "<u8")
                whole.view(np.uint8)[: len(packed)] = packed
                planes[1 + start // WINDOW :][: len(whole), plane] = whole
        # (rows, 6): each row of planes beside the next one, as a window may begin inside a row
        self._row_pairs = np.lib.stride_tricks.sliding_window_view(planes.ravel(), 6)[::3]

    def windows(self, start: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return the 64 bases that begin at each position, uint64 (P, 3).

        Parameters
        ----------
        start
            Positions, int64 (P,), at least -64.
        begin, end
            Bounds of the sequence, int64 (P,); bases of a window outside them are not compared.
        """
        windows = np.empty((len(start), 3), np.uint64)
        for first in range(0, len(start), _BATCH):
            part = slice(first, first + _BATCH)
            windows[part] = self._windows(start[part], begin[part], end[part])
        return windows

    def _windows(self, start: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return the windows of one batch, see `windows`."""
        rows, bit = self._row_pairs[start // WINDOW + 1], (start % WINDOW).astype(np.uint64)[:, None]
        # a shift by 64 is undefined, so the left shift by 64 - bit is done in two steps
        window = rows[:, 3:] << np.uint64(1) << np.uint64(WINDOW - 1) - bit
        window |= rows[:, :3] >> bit
        window[:, 2] &= _LOWEST[np.minimum(end - start, WINDOW)] & ~_LOWEST[np.maximum(begin - start, 0)]
        return window


def agreement(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count the bases that agree, and those that are compared, in windows (P, 3); uint8 (P,) each."""
    compared = x[:, 2] & y[:, 2]
    return np.bitwise_count(matches(x, y)), np.bitwise_count(compared)


def matches(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return a word per pair of windows (P, 3) with a bit set where both are equal bases, uint64 (P,)."""
    return x[:, 2] & y[:, 2] & ~((x[:, 0] ^ y[:, 0]) | (x[:, 1] ^ y[:, 1]))


def shifted(window: np.ndarray, following: np.ndarray, by: int) -> np.ndarray:
    """Return the windows that begin `by` bases, 1 to 64, after each window (P, 3) with a following one."""
    if by == WINDOW:
        return following
    return window >> np.uint64(by) | following << np.uint64(WINDOW - by)


def peak_scores(words: np.ndarray) -> np.ndarray:
    """Return the largest matches - mismatches of the first 1 to 64 bases of words of `matches`, int8."""
    octets = words.astype("<u8")[..., None].view(np.uint8)  # (..., 8), the first bases first
    sums = np.take(_SUM, octets)
    before = np.cumsum(sums, axis=-1, dtype=np.int8) - sums
    return (before + np.take(_PEAK, octets)).max(-1)

"""Sequences as bits, to tell at a glance how many bases around two positions agree."""

from __future__ import annotations

import numpy as np

from seqcnn.data.similarity.masking import MASKED

WINDOW = 64
"""Bases of a window."""

_BATCH = 1 << 19  # bases, a multiple of WINDOW, that are packed at once; they stay in cache
_FIRST = np.array([(1 << count) - 1 for count in range(WINDOW + 1)], np.uint64)


class PackedWindows:
    """Two bits that name a base, and one that says whether it is compared; 64 bases are three words.

    Parameters
    ----------
    bases
        Codes 0..3 or `MASKED`, uint8 (B,).
    """

    def __init__(self, bases: np.ndarray) -> None:
        words = np.zeros((len(bases) // WINDOW + 3, 3), np.uint64)  # the first one lies before the bases
        for start in range(0, len(bases), _BATCH):
            part = bases[start : start + _BATCH]
            for column, bit in enumerate((part & 1, part & 2, part != MASKED)):
                packed = np.packbits(bit, bitorder="little")
                whole = np.zeros(-(-len(part) // WINDOW), "<u8")
                whole.view(np.uint8)[: len(packed)] = packed
                words[1 + start // WINDOW :][: len(whole), column] = whole
        self._pairs = np.lib.stride_tricks.sliding_window_view(words.ravel(), 6)[::3]

    def windows(self, at: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return the 64 bases that begin at each position, uint64 (P, 3).

        Parameters
        ----------
        at
            Positions, int64 (P,), from -64 on.
        begin, end
            Bounds of the sequence, int64 (P,): what a window shows beyond them is not compared.
        """
        words, bit = self._pairs[at // WINDOW + 1], (at % WINDOW).astype(np.uint64)[:, None]
        found: np.ndarray = words[:, 3:] << np.uint64(1) << np.uint64(WINDOW - 1) - bit
        found |= words[:, :3] >> bit
        found[:, 2] &= _FIRST[np.minimum(end - at, WINDOW)] & ~_FIRST[np.maximum(begin - at, 0)]
        return found


def agreement(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count the bases that agree, and those that are compared, in windows (P, 3); uint8 (P,) each."""
    both = x[:, 2] & y[:, 2]
    agree = both & ~((x[:, 0] ^ y[:, 0]) | (x[:, 1] ^ y[:, 1]))
    return np.bitwise_count(agree), np.bitwise_count(both)

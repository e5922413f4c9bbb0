"""Mask the positions of a designed library that carry no information on similarity.

A constant flank would make all sequences similar; a barcode makes two copies of one insert differ.
Both have a fixed distance from one end, so columns are counted from the 5' end and, in libraries of
several lengths, also from the 3' end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.sequence.onehot import BASE_INDEX, NO_INDEX

MASKED = NO_INDEX
"""Code of a base that is not compared: ambiguous, constant, or of a barcode."""

_CONSTANT_FRACTION = 0.9  # of the sequences that share the base of a constant column
_BARCODE_FRACTION = 0.6  # of near-identical pairs that differ in a barcode column; 3/4 expected by chance
_MIN_BARCODE = 4  # adjacent columns
_MIN_PAIRS, _MAX_PAIRS = 50, 20_000  # near-identical pairs that are needed, and that are compared
_ANCHOR = 24  # bp that a near-identical pair shares
_ANCHORS = 6  # positions at which such pairs are searched for
_MAX_SAMPLED = 20_000  # sequences from which constant columns are estimated
_MIN_REMAINING = 20  # bp; a library of variants of one parent is constant everywhere


@dataclass(frozen=True, slots=True)
class Codes:
    """Concatenated sequences: 0..3 for A C G T, `MASKED` for bases that are not compared."""

    bases: np.ndarray
    """uint8 (B,), B bases in total."""
    offset: np.ndarray
    """int64 (N + 1,), start of each sequence, and end of the last one."""

    def __len__(self) -> int:
        return len(self.offset) - 1

    @property
    def sizes(self) -> np.ndarray:
        """Lengths in bp, int64 (N,)."""
        return np.diff(self.offset)

    def columns(self, count: int, *, from_end: bool) -> np.ndarray:
        """Return the `count` first (or last) bases of each sequence, uint8 (N, count)."""
        windows = np.lib.stride_tricks.sliding_window_view(self.bases, count)
        return windows[self._begin(count, from_end=from_end)]

    def mask(self, masked: np.ndarray, *, from_end: bool) -> None:
        """Mask the first (or last) columns that are True in `masked`, bool (count,), in all sequences."""
        begin = self._begin(len(masked), from_end=from_end)
        for column in np.flatnonzero(masked):
            self.bases[begin + column] = MASKED

    def _begin(self, count: int, *, from_end: bool) -> np.ndarray:
        """Return the start of the `count` first (or last) bases of each sequence, int64 (N,)."""
        return self.offset[1:] - count if from_end else self.offset[:-1]


def masked_codes(inserts: Sequence[bytes]) -> tuple[Codes, str]:
    """Encode packed sequences with constant columns and barcodes masked.

    Parameters
    ----------
    inserts
        Packed sequences, of any lengths.

    Returns
    -------
    The codes, and a description of the masked positions; '' if there are none.
    """
    bases = np.frombuffer(bytearray().join(inserts).translate(BASE_INDEX), np.uint8)
    codes = Codes(bases, np.concatenate([[0], np.cumsum([len(insert) for insert in inserts])]))
    count = int(codes.sizes.min())
    ends = (False,) if count == codes.sizes.max() else (False, True)
    constant = [_constant(codes, count, from_end=end) for end in ends]
    remaining = count * len(ends) - sum(column.sum() for column in constant)
    if remaining < _MIN_REMAINING or len(inserts) < _MIN_REMAINING:
        return codes, ""
    for columns, end in zip(constant, ends, strict=True):
        codes.mask(columns, from_end=end)
    barcodes = [_barcodes(codes, count, from_end=end) for end in ends]
    for columns, end in zip(barcodes, ends, strict=True):
        codes.mask(columns, from_end=end)
    masked = {"constant": sum(map(np.sum, constant)), "barcode": sum(map(np.sum, barcodes))}
    counts = [f"{count} {kind}" for kind, count in masked.items() if count]
    return codes, f"{' and '.join(counts)} positions" if counts else ""


def _constant(codes: Codes, count: int, *, from_end: bool) -> np.ndarray:
    """Return which columns hold one base in nearly all sequences, bool (count,)."""
    sampled = codes.columns(count, from_end=from_end)[:: -(-len(codes) // _MAX_SAMPLED)]  # (n, count)
    fractions = np.stack([(sampled == base).mean(0) for base in range(4)])  # (4, count)
    return fractions.max(0) >= _CONSTANT_FRACTION


def _barcodes(codes: Codes, count: int, *, from_end: bool) -> np.ndarray:
    """Return which columns differ at random between sequences that are similar elsewhere, bool (count,).

    Near-identical pairs are found without comparing all sequences: sorted by the bases of one stretch (an
    anchor), sequences with the same anchor are neighbours.  In a column of a barcode most of these pairs
    differ, as random bases do; in the others few do.
    """
    letters = codes.columns(count, from_end=from_end)  # (N, count)
    compared = np.flatnonzero((letters != MASKED).any(0))
    if len(compared) <= _ANCHOR:
        return np.zeros(count, bool)
    differ = []
    for start in np.linspace(0, len(compared) - _ANCHOR, _ANCHORS).astype(int):
        anchor = np.ascontiguousarray(letters[:, compared[start : start + _ANCHOR]])
        key = anchor.view(f"V{_ANCHOR}").ravel()  # (N,), the anchor of each sequence as one value
        order = np.argsort(key, kind="stable")
        same = np.flatnonzero(key[order[1:]] == key[order[:-1]])
        same = same[:: -(-len(same) // (_MAX_PAIRS // _ANCHORS)) or 1]
        differ.append(letters[order[same]] != letters[order[same + 1]])
    mismatch = np.concatenate(differ)  # (pairs, count)
    mismatch = mismatch[mismatch[:, compared].mean(1) <= 1 - _BARCODE_FRACTION]  # pairs similar as a whole
    if len(mismatch) < _MIN_PAIRS:
        return np.zeros(count, bool)
    return _long_runs(mismatch.mean(0) >= _BARCODE_FRACTION, _MIN_BARCODE)


def _long_runs(flags: np.ndarray, shortest: int) -> np.ndarray:
    """Return `flags` with only the runs of at least `shortest` True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    long_runs = np.zeros_like(flags)
    for begin, end in edges.reshape(-1, 2):
        long_runs[begin:end] = end - begin >= shortest
    return long_runs

"""Which positions of a designed library say nothing about kinship: constant flanks, and barcodes.

A constant flank would make all sequences look alike; a barcode makes two copies of one insert look
different.  Both sit at a fixed distance from an end, so columns are counted from either end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.sequence.onehot import BASE_INDEX, NO_INDEX

MASKED = NO_INDEX
"""Code of a base that is not compared: ambiguous, constant, or of a barcode."""

_CONSTANT = 0.9  # part of the sequences that share a column's base
_BARCODE = 0.6  # part of near-identical pairs that differ in a column; by chance three quarters would
_BARCODE_RUN = 4  # columns side by side, at least
_PAIRS = 50, 20_000  # near-identical pairs that are enough to judge, and that are looked at
_ANCHOR = 24  # bp that a near-identical pair shares at one place
_ANCHORS = 6
_SAMPLE = 20_000  # sequences whose columns are counted
_REST = 20  # bp that must remain; a library of variants of one parent is constant everywhere


@dataclass(frozen=True, slots=True)
class Codes:
    """Sequences one after another: 0..3 for A C G T, `MASKED` for what is not compared."""

    bases: np.ndarray
    """uint8 (B,), B bases in all."""
    offset: np.ndarray
    """int64 (N + 1,), where each sequence begins, and the end."""

    def __len__(self) -> int:
        return len(self.offset) - 1

    @property
    def sizes(self) -> np.ndarray:
        """Lengths in bp, int64 (N,)."""
        return np.diff(self.offset)

    def columns(self, count: int, *, from_end: bool) -> np.ndarray:
        """Return the `count` first (or last) bases of each sequence, uint8 (N, count)."""
        windows = np.lib.stride_tricks.sliding_window_view(self.bases, count)
        found: np.ndarray = windows[self._begin(count, from_end=from_end)]
        return found

    def leave_out(self, chosen: np.ndarray, *, from_end: bool) -> None:
        """Mark some of the first (or last) columns, bool (count,), as not compared."""
        begin = self._begin(len(chosen), from_end=from_end)
        for column in np.flatnonzero(chosen):
            self.bases[begin + column] = MASKED

    def _begin(self, count: int, *, from_end: bool) -> np.ndarray:
        """Return where the `count` first (or last) bases of each sequence begin, int64 (N,)."""
        return self.offset[1:] - count if from_end else self.offset[:-1]


def masked_codes(inserts: Sequence[bytes]) -> tuple[Codes, str]:
    """Encode packed sequences, leaving out constant columns and barcodes.

    Returns
    -------
    The codes, and what was left out in words; '' if nothing was.
    """
    bases = np.frombuffer(bytearray().join(inserts).translate(BASE_INDEX), np.uint8)
    codes = Codes(bases, np.concatenate([[0], np.cumsum([len(insert) for insert in inserts])]))
    count = int(codes.sizes.min())
    ends = (False,) if count == codes.sizes.max() else (False, True)
    constant = [_constant(codes, count, from_end=end) for end in ends]
    if count * len(ends) - sum(column.sum() for column in constant) < _REST or len(inserts) < _REST:
        return codes, ""
    for columns, end in zip(constant, ends, strict=True):
        codes.leave_out(columns, from_end=end)
    barcodes = [_barcodes(codes, count, from_end=end) for end in ends]
    for columns, end in zip(barcodes, ends, strict=True):
        codes.leave_out(columns, from_end=end)
    found = {"constant": constant, "barcode": barcodes}
    words = [f"{sum(c.sum() for c in columns)} {name}" for name, columns in found.items() if np.any(columns)]
    return codes, f"{' and '.join(words)} positions" if words else ""


def _constant(codes: Codes, count: int, *, from_end: bool) -> np.ndarray:
    """Tell which columns hold one base in nearly all sequences, bool (count,)."""
    letters = codes.columns(count, from_end=from_end)[:: -(-len(codes) // _SAMPLE)]
    shares = np.stack([(letters == base).mean(0) for base in range(4)])
    constant: np.ndarray = shares.max(0) >= _CONSTANT
    return constant


def _barcodes(codes: Codes, count: int, *, from_end: bool) -> np.ndarray:
    """Tell which columns differ, as if drawn at random, between sequences that are alike elsewhere."""
    letters = codes.columns(count, from_end=from_end)
    compared = np.flatnonzero((letters != MASKED).any(0))
    if len(compared) <= _ANCHOR:
        return np.zeros(count, bool)
    differ = []
    for start in np.linspace(0, len(compared) - _ANCHOR, _ANCHORS).astype(int):
        anchor = np.ascontiguousarray(letters[:, compared[start : start + _ANCHOR]])
        key = anchor.view(f"V{_ANCHOR}").ravel()
        order = np.argsort(key, kind="stable")
        same = np.flatnonzero(key[order[1:]] == key[order[:-1]])
        same = same[:: -(-len(same) // (_PAIRS[1] // _ANCHORS)) or 1]
        differ.append(letters[order[same]] != letters[order[same + 1]])
    mismatch = np.concatenate(differ)
    mismatch = mismatch[mismatch[:, compared].mean(1) <= 1 - _BARCODE]
    if len(mismatch) < _PAIRS[0]:
        return np.zeros(count, bool)
    random = mismatch.mean(0) >= _BARCODE
    return _long_runs(random, _BARCODE_RUN)


def _long_runs(flags: np.ndarray, shortest: int) -> np.ndarray:
    """Keep only the runs of at least `shortest` True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    kept = np.zeros_like(flags)
    for begin, end in edges.reshape(-1, 2):
        kept[begin:end] = end - begin >= shortest
    return kept

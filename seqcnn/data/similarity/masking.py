"""Remove the positions of a designed library that carry no information on similarity.

A constant flank would make all sequences similar; a barcode makes two copies of one insert differ.
Both have a fixed distance from one end, so columns are counted from the 5' end and, in libraries of
several lengths, also from the 3' end.  A barcode is short and cannot be aligned after a shift; columns that
differ because of an insertion or deletion before them can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from seqcnn.columns.byte_strings import ByteStrings
from seqcnn.memory import scratch_array
from seqcnn.sequence.onehot import BASE_INDEX, NO_INDEX

MASKED = NO_INDEX
"""Code of an ambiguous base, which is not compared."""

_REMOVED = MASKED + 1  # code, until it is dropped, of a base that is constant or of a barcode

_CONSTANT_FRACTION = 0.9  # of the sequences that share the base of a constant column
_BARCODE_FRACTION = 0.6  # of near-identical pairs that differ in a barcode column; 3/4 expected by chance
_MIN_BARCODE, _MAX_BARCODE = 4, 30  # adjacent columns
_EDGE, _MAX_BESIDE = 5, 0.4  # columns beside a barcode, and the fraction of pairs that may differ there
_MIN_REALIGNED = 10  # adjacent bases that match after a shift; 40 random shifts of 30 bases seldom do
_MAX_SHIFT = 40  # bp
_MIN_PAIRS, _MAX_PAIRS = 50, 20_000  # near-identical pairs that are needed, and that are compared
_ANCHOR = 24  # bp that a near-identical pair shares
_ANCHORS = 6  # positions at which such pairs are searched for
_MAX_SAMPLED = 20_000  # sequences from which constant columns are estimated
_BASES = 1 << 20  # bases per step
_SEQUENCES = 1 << 12  # sequences per step
_MIN_REMAINING = 20  # bp; a library of variants of one parent is constant everywhere


@dataclass(frozen=True, slots=True)
class Codes:
    """Concatenated sequences: 0..3 for A C G T, `MASKED` for ambiguous bases."""

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
        if count * len(self) == len(self.bases):
            return self.bases.reshape(len(self), count)  # without a copy
        windows = sliding_window_view(self.bases, count)
        return windows[self._begin(count, from_end=from_end)]

    def mark(self, removed: np.ndarray, *, from_end: bool) -> None:
        """Mark the first (or last) columns that are True in `removed`, bool (count,), in all sequences."""
        begin = self._begin(len(removed), from_end=from_end)
        for column in np.flatnonzero(removed):
            self.bases[begin + column] = _REMOVED

    def without_marked(self) -> Codes:
        """Return the sequences without their marked columns; they replace the others in memory."""
        removed, end = self.count(_REMOVED), 0
        for start in range(0, len(self.bases), _BASES):
            part = self.bases[start : start + _BASES]
            kept = part[part != _REMOVED]
            self.bases[end : end + len(kept)] = kept
            end += len(kept)
        return Codes(self.bases[:end], self.offset - np.concatenate([[0], np.cumsum(removed)]))

    def count(self, code: int) -> np.ndarray:
        """Return how often a code is in each sequence, int64 (N,)."""
        before = np.zeros(len(self.offset), np.int64)  # number of them before each offset
        total = 0
        for start in range(0, len(self.bases), _BASES):
            counts = np.cumsum(self.bases[start : start + _BASES] == code)
            first, last = np.searchsorted(self.offset, [start + 1, start + len(counts) + 1])
            before[first:last] = total + counts[self.offset[first:last] - start - 1]
            total += int(counts[-1])
        return np.diff(before)

    def _begin(self, count: int, *, from_end: bool) -> np.ndarray:
        """Return the start of the `count` first (or last) bases of each sequence, int64 (N,)."""
        return self.offset[1:] - count if from_end else self.offset[:-1]


def masked_codes(inserts: Sequence[bytes], memory: int | None = None) -> tuple[Codes, str]:
    """Encode packed sequences without constant columns and barcodes.

    Parameters
    ----------
    inserts
        Packed sequences, of any lengths.
    memory
        Bytes that the process may use, see `scratch_array`.

    Returns
    -------
    The codes, and a description of the removed positions; '' if there are none.
    """
    strings = ByteStrings.of(inserts, memory)
    codes = Codes(scratch_array(len(strings.data), memory), strings.offset)
    for start in range(0, len(codes.bases), _BASES):
        part = strings.data[start : start + _BASES].tobytes().translate(BASE_INDEX)
        codes.bases[start : start + _BASES] = np.frombuffer(part, np.uint8)
    count = int(codes.sizes.min())
    ends = (False,) if count == codes.sizes.max() else (False, True)
    constant = [_constant(codes, count, from_end=end) for end in ends]
    remaining = count * len(ends) - sum(column.sum() for column in constant)
    if remaining < _MIN_REMAINING or len(inserts) < _MIN_REMAINING:
        return codes, ""
    for columns, end in zip(constant, ends, strict=True):
        codes.mark(columns, from_end=end)
    barcodes = [_barcodes(codes, count, from_end=end) for end in ends]
    for columns, end in zip(barcodes, ends, strict=True):
        codes.mark(columns, from_end=end)
    masked = {"constant": sum(map(np.sum, constant)), "barcode": sum(map(np.sum, barcodes))}
    counts = [f"{count} {kind}" for kind, count in masked.items() if count]
    positions = "position" if sum(masked.values()) == 1 else "positions"
    return codes.without_marked(), f"{' and '.join(counts)} {positions}" if counts else ""


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
    parts = range(0, len(letters), _SEQUENCES)
    compared = np.flatnonzero(sum((letters[i : i + _SEQUENCES] < MASKED).any(0) for i in parts))
    if len(compared) <= _ANCHOR:
        return np.zeros(count, bool)
    x, y = _near_identical(letters, compared)  # (pairs, count)
    if len(x) < _MIN_PAIRS:
        return np.zeros(count, bool)
    barcodes, mismatch = np.zeros(count, bool), (x != y).mean(0)
    for begin, end in _runs(mismatch >= _BARCODE_FRACTION):
        beside = np.concatenate([mismatch[max(begin - _EDGE, 0) : begin], mismatch[end : end + _EDGE]])
        bounded = beside.mean() <= _MAX_BESIDE if len(beside) else False
        short = _MIN_BARCODE <= end - begin <= _MAX_BARCODE
        barcodes[begin:end] = short and bounded and not _shifted(x, y, begin, end)
    return barcodes


def _near_identical(letters: np.ndarray, compared: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both sides, uint8 (pairs, count), of pairs that share an anchor and most other columns."""
    first, second = [], []
    for start in np.linspace(0, len(compared) - _ANCHOR, _ANCHORS).astype(int):
        anchor = np.ascontiguousarray(letters[:, compared[start : start + _ANCHOR]])
        key = anchor.view(f"V{_ANCHOR}").ravel()  # (N,), the anchor of each sequence as one value
        order = np.argsort(key, kind="stable")
        same = np.flatnonzero(key[order[1:]] == key[order[:-1]])
        same = same[:: -(-len(same) // (_MAX_PAIRS // _ANCHORS)) or 1]
        first.append(order[same])
        second.append(order[same + 1])
    x, y = letters[np.concatenate(first)], letters[np.concatenate(second)]
    similar = (x != y)[:, compared].mean(1) <= 1 - _BARCODE_FRACTION
    return x[similar], y[similar]


def _runs(flags: np.ndarray) -> np.ndarray:
    """Return the begin and end of each run of True, int64 (R, 2)."""
    return np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8))).reshape(-1, 2)


def _shifted(x: np.ndarray, y: np.ndarray, begin: int, end: int) -> bool:
    """Return whether columns `begin` to `end` of most pairs match after a shift, as behind an indel."""
    word = min(end - begin, _MIN_REALIGNED)
    found = np.zeros(len(x), bool)
    for left, right in ((x, y), (y, x)):
        for shift in range(1, min(_MAX_SHIFT, end - word) + 1):
            low = max(begin, shift)
            equal = left[:, low:end] == right[:, low - shift : end - shift]  # (pairs, columns)
            if end - low >= word:
                words = np.all(sliding_window_view(equal, word, axis=1), axis=2)
                found |= np.any(words, axis=1)
    return bool(found.mean() > 0.5)

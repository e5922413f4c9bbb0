"""Extend a segment of one diagonal across insertions and deletions, for many pairs at once.

From each end of the segment the first 64 bases of the diagonals within 64 bp are compared, and the alignment
continues on the best of them.  This repeats, so that an alignment may have several gaps.  A gap counts as one
column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqcnn.data.similarity.local_identity import Columns
from seqcnn.data.similarity.masking import MASKED
from seqcnn.data.similarity.packed_windows import WINDOW, PackedWindows, matches, peak_scores, shifted

MAX_GAP = WINDOW
"""Longest insertion or deletion that is searched for, bp."""

GAP_COST = 6
"""Cost of a gap in a segment score: random bases behind a gap of free length seldom score more."""

_MAX_GAPS = 3  # per side


@dataclass(frozen=True, slots=True)
class Anchors:
    """Positions in P pairs of sequences from which alignments are extended to the right; int64 (P,) each."""

    x: np.ndarray
    """Position in the concatenated bases."""
    x_end: np.ndarray
    """End of the sequence that holds it."""
    y: np.ndarray
    y_end: np.ndarray


def extend(bases: np.ndarray, packed: PackedWindows, anchors: Anchors) -> tuple[Columns, np.ndarray]:
    """Return the columns of the alignment to the right of some anchors, in order from the anchor.

    Parameters
    ----------
    bases
        Codes, uint8 (B,).
    packed
        The same bases, as windows.
    anchors
        Where the alignments begin.

    Returns
    -------
    Columns of any length, of which a gap is one mismatch; and the number of gaps, int64 (P,).
    """
    x, y = anchors.x.copy(), anchors.y.copy()
    parts, alive, gaps = [], np.arange(len(x)), np.zeros(len(x), np.int64)
    for _ in range(_MAX_GAPS):
        left = Anchors(x[alive], anchors.x_end[alive], y[alive], anchors.y_end[alive])
        gap, match, length = _best_diagonal(bases, packed, left)
        gained = length > 0
        alive = alive[gained]
        if not len(alive):
            break
        gaps[alive] += 1
        # the gap is a mismatch before the columns of the new diagonal
        part = np.zeros((len(x), match.shape[1] + 1), bool)
        part[alive, 1:] = match[gained]
        size = np.zeros(len(x), np.int64)
        size[alive] = length[gained] + 1
        parts.append(Columns(part, size))
        x[alive] += gap[0, gained] + length[gained]
        y[alive] += gap[1, gained] + length[gained]
    nothing = Columns(np.zeros((len(x), 0), bool), np.zeros(len(x), np.int64))
    return join([nothing, *parts]), gaps


def join(parts: list[Columns]) -> Columns:
    """Return alignments that consist of several parts, without the padding between them."""
    match = np.concatenate([part.match for part in parts], axis=1)
    inside = np.concatenate([np.arange(p.match.shape[1]) < p.length[:, None] for p in parts], axis=1)
    return compact(match, inside)


def compact(match: np.ndarray, inside: np.ndarray) -> Columns:
    """Return the columns (P, W) that are `inside`, moved to the left in their order."""
    order = np.argsort(~inside, axis=1, kind="stable")
    return Columns(np.take_along_axis(match & inside, order, axis=1), inside.sum(1))


def _best_diagonal(
    bases: np.ndarray, packed: PackedWindows, anchors: Anchors
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return, for the best diagonal, the gaps in x and y (2, P), its matches (P, W), and the columns to use.

    The number of columns is 0 where no diagonal gains more than the cost of a gap.
    """
    gap = _best_gap(packed, anchors)
    # two codes for what lies outside, so that it never matches
    x = _ahead(bases, anchors.x + gap[0], anchors.x_end, MASKED)
    y = _ahead(bases, anchors.y + gap[1], anchors.y_end, MASKED + 1)
    width = min(x.shape[1], y.shape[1])
    match = x[:, :width] == y[:, :width]
    score = 2 * np.cumsum(match, axis=1, dtype=np.int32) - np.arange(1, width + 1, dtype=np.int32)
    return gap, match, np.where(gap.any(0), score.argmax(1) + 1, 0)


def _best_gap(packed: PackedWindows, anchors: Anchors) -> np.ndarray:
    """Return the gaps in x and y, int64 (2, P), whose diagonal scores most over its first 64 bases.

    One of the two is 0; both are where no diagonal gains more than the cost of a gap.
    """
    x, x_next = _two_windows(packed, anchors.x, anchors.x_end)
    y, y_next = _two_windows(packed, anchors.y, anchors.y_end)
    words = [
        matches(*sides)
        for gap in range(1, MAX_GAP + 1)
        for sides in ((shifted(x, x_next, gap), y), (x, shifted(y, y_next, gap)))
    ]
    peaks = peak_scores(np.stack(words))  # (2 * MAX_GAP, P), gaps in x and y in turn
    best = peaks.argmax(0)
    size = np.where(peaks.max(0) > GAP_COST, best // 2 + 1, 0)
    return np.where(best % 2 == np.arange(2)[:, None], size, 0)


def _two_windows(packed: PackedWindows, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the window at each start and the one after it, without bases from `end` on; (P, 3) each."""
    following = np.minimum(start + WINDOW, end)
    return packed.windows(start, start, end), packed.windows(following, following, end)


def _ahead(bases: np.ndarray, start: np.ndarray, end: np.ndarray, outside: int) -> np.ndarray:
    """Return the bases from each start on, uint8 (P, W); `outside` beyond the end and where masked."""
    column = np.arange(int((end - start).max(initial=1)))
    codes = bases[np.minimum(start[:, None] + column, len(bases) - 1)]
    return np.where((column < (end - start)[:, None]) & (codes != MASKED), codes, np.uint8(outside))

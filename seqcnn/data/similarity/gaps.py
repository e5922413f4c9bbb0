"""Extend a segment of one diagonal across insertions and deletions, for many pairs at once.

From each end of the segment the diagonals within 64 bp are compared, and the alignment continues on the
best of them.  This repeats, so that an alignment may have several gaps.  A gap counts as one column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqcnn.data.similarity.local_identity import Columns
from seqcnn.data.similarity.masking import MASKED

MAX_GAP = 64
"""Longest insertion or deletion that is searched for, bp."""

_GAP_COST = 6  # matches that the bases behind a gap must exceed; random bases seldom do
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


def extend(bases: np.ndarray, anchors: Anchors) -> Columns:
    """Return the columns of the alignment to the right of some anchors, in order from the anchor.

    Parameters
    ----------
    bases
        Codes, uint8 (B,).
    anchors
        Where the alignments begin.

    Returns
    -------
    Columns of any length; those of a gap are one mismatch.
    """
    x, y = anchors.x.copy(), anchors.y.copy()
    parts, alive = [], np.arange(len(x))
    for _ in range(_MAX_GAPS):
        left = Anchors(x[alive], anchors.x_end[alive], y[alive], anchors.y_end[alive])
        x_gap, y_gap, match, length = _best_diagonal(bases, left)
        gained = length > 0
        alive = alive[gained]
        if not len(alive):
            break
        # the gap is a mismatch before the columns of the new diagonal
        part = np.zeros((len(x), match.shape[1] + 1), bool)
        part[alive, 1:] = match[gained]
        size = np.zeros(len(x), np.int64)
        size[alive] = length[gained] + 1
        parts.append(Columns(part, size))
        x[alive] += x_gap[gained] + length[gained]
        y[alive] += y_gap[gained] + length[gained]
    return join([Columns(np.zeros((len(x), 0), bool), np.zeros(len(x), np.int64)), *parts])


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
    bases: np.ndarray, anchors: Anchors
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return, for the best diagonal, the gaps in x and y, its matches (P, W), and the columns to use (P,).

    The number of columns is 0 where no diagonal gains more than the cost of a gap.
    """
    # two codes for what lies outside, so that it never matches
    x = _ahead(bases, anchors.x, anchors.x_end, MASKED)
    y = _ahead(bases, anchors.y, anchors.y_end, MASKED + 1)
    width = max(x.shape[1], y.shape[1]) - MAX_GAP
    x, y = _widen(x, width + MAX_GAP, MASKED), _widen(y, width + MAX_GAP, MASKED + 1)
    best, gap = np.full(len(x), _GAP_COST), np.zeros((2, len(x)), np.int64)
    length, match = np.zeros(len(x), np.int64), np.zeros((len(x), width), bool)
    columns = np.arange(1, width + 1, dtype=np.int32)
    for skip in range(1, MAX_GAP + 1):
        for side, (a, b) in enumerate(((x[:, skip:], y), (x, y[:, skip:]))):
            equal = a[:, :width] == b[:, :width]
            # matches - mismatches of the first 1, 2, ... columns; those past an end never match
            score = 2 * np.cumsum(equal, axis=1, dtype=np.int32) - columns
            highest = score.max(1, initial=0)
            if len(better := np.flatnonzero(highest > best)):
                best[better], match[better] = highest[better], equal[better]
                length[better] = score[better].argmax(1) + 1
                gap[:, better] = 0
                gap[side, better] = skip
    return gap[0], gap[1], match, length


def _ahead(bases: np.ndarray, start: np.ndarray, end: np.ndarray, outside: int) -> np.ndarray:
    """Return the bases from each start on, uint8 (P, W); `outside` beyond the end and where masked."""
    width = int((end - start).max(initial=1)) + MAX_GAP
    column = np.arange(width)
    codes = bases[np.minimum(start[:, None] + column, len(bases) - 1)]
    return np.where((column < (end - start)[:, None]) & (codes != MASKED), codes, np.uint8(outside))


def _widen(codes: np.ndarray, width: int, outside: int) -> np.ndarray:
    """Append columns of `outside` up to a width."""
    return np.pad(codes, ((0, 0), (0, width - codes.shape[1])), constant_values=outside)

"""Local identity of pairs of sequences that share a seed, on either strand.

Two sequences are similar if a segment is at least 80 % identical over at least half of the shorter one.
Segments of one diagonal are tried first, then alignments with gaps (`gaps`), where a gap of any length
counts as one mismatch.  A segment must score more than any segment of random sequences
(`local_identity.min_score`, where a gap costs `gaps.GAP_COST`), or have no gap and cover the whole shorter
sequence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqcnn.data.similarity.alignment import Pairs, Strands
from seqcnn.data.similarity.gaps import GAP_COST, Anchors, compact, extend, join
from seqcnn.data.similarity.local_identity import Columns, Segment, best_segment, longest_segment
from seqcnn.data.similarity.masking import MASKED

IDENTITY = 0.8
"""Smallest local identity of sequences that are called similar."""

SHARED = 0.5
"""Smallest fraction of the shorter sequence over which similar sequences are that identical."""

_MIN_SHARED = 20  # bp, unless a sequence is shorter
_BATCH = 1 << 19  # bases per step; a batch fits in the cache
_GAPPED_BATCH = 1 << 17  # bases per step of comparisons with gaps, which need more memory


@dataclass(frozen=True, slots=True)
class Similarity:
    """Similarity of P pairs."""

    identity: np.ndarray
    """float32 (P,), identity of similar pairs over the segment that they share, else 0."""
    recurring: np.ndarray
    """int64 (P,), columns of the longest significant segment that is at least 80 % identical."""


def compare(strands: Strands, pairs: Pairs) -> Similarity:
    """Return the similarity of each pair."""
    step = max(1, _BATCH // strands.width)
    identity, recurring = np.zeros(len(pairs), np.float32), np.zeros(len(pairs), np.int64)
    for start in range(0, len(pairs), step):
        batch = _compare(strands, pairs.take(slice(start, start + step)))
        identity[start : start + step], recurring[start : start + step] = batch.identity, batch.recurring
    return Similarity(identity, recurring)


def _compare(strands: Strands, pairs: Pairs) -> Similarity:
    """Compare one batch: whole diagonals, then segments of them, then alignments with gaps."""
    columns, shorter = _diagonals(strands, pairs), _shorter(strands, pairs)
    shared, agree = columns.length, _count_true(columns.match)
    fraction = agree / np.maximum(shared, 1)
    significant = (2 * agree - shared >= strands.min_score) | (shared >= shorter)
    whole = (shared >= _needed(shorter)) & (shared > 0) & (fraction >= IDENTITY) & significant
    found = Similarity(np.where(whole, fraction, 0).astype(np.float32), np.where(whole, shared, 0))
    # of the other pairs, those with a segment that is significant, or may be part of one with gaps
    rest = np.flatnonzero(~whole & (agree >= strands.min_core_score))
    score = best_segment(columns.take(rest)).score
    rest, score = rest[score >= strands.min_core_score], score[score >= strands.min_core_score]
    alone = rest[score >= strands.min_score]
    _record(found, alone, columns.take(alone), _needed(shorter[alone]))
    short = rest[found.identity[rest] == 0]
    short = short[strands.spend_gapped(pairs.first[short])]
    step = max(1, _GAPPED_BATCH // strands.width)
    for start in range(0, len(short), step):
        _record_gapped(found, short[start : start + step], strands, pairs, shorter)
    return found


def _record_gapped(
    found: Similarity, rows: np.ndarray, strands: Strands, pairs: Pairs, shorter: np.ndarray
) -> None:
    """Update the similarity of some pairs, in place, by alignments with gaps that are significant."""
    columns, gaps = _with_gaps(strands, pairs.take(rows))
    score = best_segment(columns).score - (GAP_COST - 1) * gaps  # 1 is the mismatch of the gap
    significant = np.flatnonzero(score >= strands.min_score)
    rows = rows[significant]
    _record(found, rows, columns.take(significant), _needed(shorter[rows]))


def _shorter(strands: Strands, pairs: Pairs) -> np.ndarray:
    """Return the number of unambiguous bases of the shorter sequence of each pair."""
    return np.minimum(strands.compared[pairs.first], strands.compared[pairs.second])


def _needed(shorter: np.ndarray) -> np.ndarray:
    """Return the columns of a segment for which two sequences are called similar."""
    return np.ceil(np.maximum(SHARED * shorter, np.minimum(_MIN_SHARED, shorter))).astype(np.int64)


def _record(found: Similarity, rows: np.ndarray, columns: Columns, needed: np.ndarray) -> None:
    """Update the similarity of some pairs, in place, by their longest segment of at least 80 % identity."""
    longest, best = longest_segment(columns), best_segment(columns)
    # the longest segment extends a copy into unrelated bases until its identity falls to 80 %
    identity = np.where(best.end - best.begin >= needed, np.maximum(best.identity, IDENTITY), IDENTITY)
    found.identity[rows] = np.where(longest >= needed, identity, 0)
    found.recurring[rows] = np.maximum(found.recurring[rows], longest)


def _bounds(strands: Strands, pairs: Pairs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where the diagonal of each pair begins in both rows, and its length; int64 (P,) each."""
    i, j = pairs.first, pairs.second
    begin = np.maximum(pairs.shift, 0)
    length = np.minimum(strands.sizes[i], strands.sizes[j] + pairs.shift) - begin
    return strands.offset[i] + begin, strands.offset[j] + begin - pairs.shift, length


def _diagonals(strands: Strands, pairs: Pairs) -> Columns:
    """Return the diagonals of some pairs, without ambiguous bases."""
    x_begin, y_begin, length = _bounds(strands, pairs)
    # (P, longest shared part): both sides of each pair; bases beyond `length` are not counted
    windows = np.lib.stride_tricks.sliding_window_view(strands.bases, int(length.max(initial=1)))
    x, y = windows[x_begin], windows[y_begin]
    inside = np.arange(x.shape[1], dtype=np.int32) < length.astype(np.int32)[:, None]
    unknown = inside & ((x == MASKED) | (y == MASKED))
    match = (x == y) & inside
    if not unknown.any():
        return Columns(match, length)
    return compact(match, inside & ~unknown)


def _with_gaps(strands: Strands, pairs: Pairs) -> tuple[Columns, np.ndarray]:
    """Return the best segment of each diagonal, extended across gaps to both sides, and their number."""
    x_begin, y_begin, length = _bounds(strands, pairs)
    windows = np.lib.stride_tricks.sliding_window_view(strands.bases, int(length.max(initial=1)))
    x, y = windows[x_begin], windows[y_begin]
    diagonal = Columns((x == y) & (x != MASKED), length)
    core = best_segment(diagonal)
    total = 2 * strands.offset[strands.count]
    i, j = strands.offset[pairs.first + 1], strands.offset[pairs.second + 1]
    right, right_gaps = extend(
        strands.bases, strands.packed, Anchors(x_begin + core.end, i, y_begin + core.end, j)
    )
    # to the left is to the right on the other strand
    i, j = total - strands.offset[pairs.first], total - strands.offset[pairs.second]
    x, y = total - (x_begin + core.begin), total - (y_begin + core.begin)
    left, left_gaps = extend(strands.bases, strands.packed, Anchors(x, i, y, j))
    return join([_reversed(left), _cut(diagonal, core), right]), left_gaps + right_gaps


def _cut(columns: Columns, segment: Segment) -> Columns:
    """Return only the columns of a segment."""
    position = np.arange(columns.match.shape[1])
    inside = (position >= segment.begin[:, None]) & (position < segment.end[:, None])
    return compact(columns.match, inside)


def _reversed(columns: Columns) -> Columns:
    """Return the columns in the opposite order."""
    inside = np.arange(columns.match.shape[1]) < columns.length[:, None]
    return compact(columns.match[:, ::-1], inside[:, ::-1])


def _count_true(flags: np.ndarray) -> np.ndarray:
    """Return the number of True in each row, int64; bytes are summed faster than Booleans."""
    return flags.view(np.uint8).sum(axis=1, dtype=np.uint32).astype(np.int64)

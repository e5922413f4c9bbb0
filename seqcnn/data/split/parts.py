"""Parts that sequences of a combinatorial library share, as numbers.

Each sequence is cut into two, three or four bins of equal length; similar bins are the same part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from seqcnn.data.similarity.masking import masked_codes
from seqcnn.data.similarity.search import components, similarity_links
from seqcnn.sequence.complement import reverse_complement

_BINS = (2, 3, 4)
_MIN_BIN = 20  # bp
_MIN_PARTS = 10  # distinct parts that a split needs
_MAX_PART = 0.25  # fraction of all bins that are one part; larger parts cannot be split


def part_numbers(inserts: Sequence[bytes], memory: int | None = None) -> np.ndarray | None:
    """Return the parts of each packed sequence, int64 (N, bins), or None if they cannot be separated.

    Parts are numbered in the order of a hash of their sequences, so that the numbers do not depend on the
    order of the rows.  `memory` is as for `similarity_links`.
    """
    for count in _BINS:
        if min(map(len, inserts)) < count * _MIN_BIN:
            return None
        bins = [piece for insert in inserts for piece in _cut(insert, count)]
        codes, _ = masked_codes(bins)
        part = components(len(bins), similarity_links(codes, memory))
        sizes = np.bincount(part)
        if len(sizes) >= _MIN_PARTS and sizes.max() <= _MAX_PART * len(bins):
            return _ordered(part, bins).reshape(len(inserts), count)
    return None


def _cut(insert: bytes, count: int) -> list[bytes]:
    """Cut a packed sequence into bins of about equal length."""
    edges = [len(insert) * k // count for k in range(count + 1)]
    return [insert[begin:end] for begin, end in pairwise(edges)]


def _ordered(part: np.ndarray, bins: list[bytes]) -> np.ndarray:
    """Renumber parts by the smallest hash of their bins on either strand."""
    smallest: dict[int, bytes] = {}
    for number, piece in zip(part.tolist(), bins, strict=True):
        digest = hashlib.sha256(min(piece, reverse_complement(piece))).digest()
        smallest[number] = min(smallest.get(number, digest), digest)
    rank = {number: k for k, number in enumerate(sorted(smallest, key=smallest.__getitem__))}
    return np.array([rank[number] for number in part.tolist()], np.int64)

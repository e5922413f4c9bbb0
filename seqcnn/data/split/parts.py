"""Parts that sequences of a combinatorial library share, as numbers.

Each sequence is cut into two, three or four bins of equal length; similar bins are the same part.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqcnn.columns.byte_strings import ByteStrings
from seqcnn.data.similarity.masking import masked_codes
from seqcnn.data.similarity.search import components, similarity_links
from seqcnn.data.split.clusters import strand_keys

_BINS = (2, 3, 4)
_MIN_BIN = 20  # bp
_MIN_PARTS = 10  # distinct parts that a split needs
_MAX_PART = 0.25  # fraction of all bins that are one part; larger parts cannot be split


def part_numbers(inserts: Sequence[bytes], memory: int | None = None) -> np.ndarray | None:
    """Return the parts of each packed sequence, int64 (N, bins), or None if they cannot be separated.

    Parts are numbered in the order of a hash of their sequences, so that the numbers do not depend on the
    order of the rows.  `memory` is as for `similarity_links`.
    """
    strings = ByteStrings.of(inserts, memory)
    for count in _BINS:
        if strings.sizes.min() < count * _MIN_BIN:
            return None
        edges = strings.offset[:-1, None] + strings.sizes[:, None] * np.arange(count) // count  # (N, count)
        bins = ByteStrings(strings.data, np.append(edges, strings.offset[-1]))
        codes, _ = masked_codes(bins, memory)
        part = components(len(bins), similarity_links(codes, memory))
        sizes = np.bincount(part)
        if len(sizes) >= _MIN_PARTS and sizes.max() <= _MAX_PART * len(bins):
            return _ordered(part, bins).reshape(len(inserts), count)
    return None


def _ordered(part: np.ndarray, bins: ByteStrings) -> np.ndarray:
    """Renumber parts by the smallest hash of their bins on either strand."""
    smallest = np.full(int(part.max()) + 1, len(bins))
    np.minimum.at(smallest, part, strand_keys(bins).number)  # which are in the order of the hashes
    return np.argsort(np.argsort(smallest, kind="stable"))[part]

"""Identity of pairs of sequences that share a seed, on either strand.

The identity of a pair is the fraction of equal bases over the part that both cover, along the diagonal
that the seed gives; where that is low but not random, 1 - edit distance / length may be higher.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Levenshtein

from seqcnn.data.similarity.masking import MASKED, Codes
from seqcnn.data.similarity.packed_windows import WINDOW, PackedWindows, agreement
from seqcnn.data.similarity.spaced_seeds import pattern_for, position, sorted_seeds

IDENTITY = 0.8
"""Smallest identity of sequences that are called similar."""

SHARED = 0.5
"""Smallest fraction of the shorter sequence that two sequences must share, as tiles of one locus do."""

_MIN_SHARED = 20  # bp, unless a sequence is shorter
_MIN_UNGAPPED = 0.4  # identity along one diagonal above which an insertion or deletion is searched for
_MIN_AGREEMENT = 0.44  # of the bases around a seed, for a pair to be compared
_BATCH = 1 << 19  # bases per step; a batch fits in the cache
_COMPLEMENT = np.array([3, 2, 1, 0, MASKED], np.uint8)  # of codes, not of packed bases

PRIMES = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
"""Odd 64-bit constants for multiplicative hashing."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of rows that share a seed, and the shift of the second against the first in bp; int64 (P,)."""

    first: np.ndarray
    second: np.ndarray
    shift: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    def take(self, index: np.ndarray | slice) -> Pairs:
        """Return some of the pairs."""
        return Pairs(self.first[index], self.second[index], self.shift[index])

    def unique(self) -> Pairs:
        """Return every combination of pair and shift once."""
        columns = (self.first, self.second, self.shift)
        # one 64-bit hash per pair: sorting it is faster than sorting three columns
        hashed = sum(c.astype(np.uint64) * prime for c, prime in zip(columns, PRIMES, strict=True))
        return self.take(np.unique(hashed, return_index=True)[1])


class Strands:
    """All sequences, followed by their reverse complements in reverse order: rows 0 to 2 N - 1.

    Reversing and complementing the concatenated bases gives all reverse complements in one step; row
    2 N - 1 - i is then the other strand of row i.
    """

    def __init__(self, codes: Codes) -> None:
        self.count, total = len(codes), 2 * len(codes.bases)
        self.offset = np.concatenate([codes.offset, total - codes.offset[-2::-1]])
        self.sizes = np.diff(self.offset)
        self.width = int(self.sizes.max())
        self.pattern = pattern_for(len(codes.bases))
        padding = np.full(max(self.width, len(self.pattern)), MASKED, np.uint8)  # windows may reach into it
        self.bases = np.concatenate([codes.bases, _COMPLEMENT[codes.bases[::-1]], padding])
        masked = np.flatnonzero(codes.bases == MASKED)
        compared = codes.sizes - np.diff(np.searchsorted(masked, codes.offset))  # bases per sequence
        self.compared = np.concatenate([compared, compared[::-1]])
        self.packed = PackedWindows(self.bases)

    def original(self, row: np.ndarray) -> np.ndarray:
        """Return the number of the sequence of each row, whatever its strand."""
        return np.where(row < self.count, row, 2 * self.count - 1 - row)

    def seeds(self, *, progress: bool) -> Iterator[np.ndarray]:
        """Yield all seeds in sorted blocks, see `sorted_seeds`."""
        return sorted_seeds(self.bases, self.offset, self.pattern, progress=progress)

    def pairs(self, first: np.ndarray, second: np.ndarray) -> Pairs:
        """Return the rows of each pair of seeds, and the shift between them."""
        p, q = position(first), position(second)
        i, j = self.owner(p), self.owner(q)
        return Pairs(i, j, (p - self.offset[i]) - (q - self.offset[j]))

    def around(self, seeds: np.ndarray) -> np.ndarray:
        """Return the windows centred on seeds, see `PackedWindows.windows`."""
        start = position(seeds)
        row = self.owner(start)
        lead = (WINDOW - len(self.pattern)) // 2
        return self.packed.windows(start - lead, self.offset[row], self.offset[row + 1])

    def plausible(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return which pairs of windows agree more than by chance, bool (P,).

        In unrelated sequences a quarter of the bases around the shared seed agree.
        """
        agree, shared = agreement(x, y)
        seed = self.pattern.count("1")
        return agree - seed >= _MIN_AGREEMENT * (shared - seed)

    def owner(self, positions: np.ndarray) -> np.ndarray:
        """Return the row that holds each position."""
        if (self.sizes == self.width).all():
            return positions // self.width
        return np.searchsorted(self.offset, positions, side="right") - 1

    def identity(self, pairs: Pairs) -> np.ndarray:
        """Return the identity of each pair over the shared part, float32 (P,); 0 if that is too short."""
        step = max(1, _BATCH // self.width)
        batches = [pairs.take(slice(start, start + step)) for start in range(0, len(pairs), step)]
        return np.concatenate([np.empty(0, np.float32), *map(self._identity, batches)])

    def _identity(self, pairs: Pairs) -> np.ndarray:
        """Compare one batch of pairs along their diagonals, then by edit distance where that may help."""
        i, j = pairs.first, pairs.second
        # the shared part of each pair, from `begin` in the first row: (P,)
        begin = np.maximum(pairs.shift, 0)
        length = np.minimum(self.sizes[i], self.sizes[j] + pairs.shift) - begin
        # (P, longest shared part): both sides of each pair, aligned; bases beyond `length` are not counted
        windows = np.lib.stride_tricks.sliding_window_view(self.bases, int(length.max(initial=1)))
        x, y = windows[self.offset[i] + begin], windows[self.offset[j] + begin - pairs.shift]
        inside = np.arange(x.shape[1], dtype=np.int32) < length.astype(np.int32)[:, None]
        inside &= (x != MASKED) & (y != MASKED)
        shared = _count_true(inside)
        agree = _count_true((x == y) & inside) / np.maximum(shared, 1)
        shorter = np.minimum(self.compared[i], self.compared[j])
        enough = shared >= np.maximum(SHARED * shorter, np.minimum(_MIN_SHARED, shorter))
        for k in np.flatnonzero(enough & (agree >= _MIN_UNGAPPED) & (agree < IDENTITY)):
            a, b = (side[k, : length[k]] for side in (x, y))
            agree[k] = max(agree[k], _edit_identity(a[a != MASKED].tobytes(), b[b != MASKED].tobytes()))
        return np.where(enough & (shared > 0), agree, 0).astype(np.float32)


def _count_true(flags: np.ndarray) -> np.ndarray:
    """Return the number of True in each row; bytes are summed faster than Booleans."""
    return flags.view(np.uint8).sum(axis=1, dtype=np.uint32)


def _edit_identity(a: bytes, b: bytes) -> float:
    """Return 1 - edit distance / length, or 0 if that is below `IDENTITY`."""
    longest = max(len(a), len(b), 1)
    max_distance = int((1 - IDENTITY) * longest)
    distance = Levenshtein.distance(a, b, score_cutoff=max_distance)
    return 1 - distance / longest if distance <= max_distance else 0.0

"""Pairs of sequences that share a seed, on either strand, and how many of their bases agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Levenshtein

from seqcnn.data.similarity.masking import MASKED, Codes
from seqcnn.data.similarity.packed_windows import WINDOW, PackedWindows, agreement
from seqcnn.data.similarity.spaced_seeds import pattern_for, position, sorted_seeds

IDENTITY = 0.8
"""Part of the shared bases that agree in sequences that are alike."""

SHARED = 0.5
"""Part of the shorter sequence that two sequences share at least: tiles of one locus."""

_SHORTEST = 20  # bp that are shared at least, unless a sequence is shorter
_GAPPED = 0.4  # identity along one diagonal from which on an insertion or deletion is looked for
_PLAUSIBLE = 0.44  # of the bases around a seed that agree in pairs that are compared
_BATCH = 1 << 19  # bases that are compared at once; they stay in cache
_COMPLEMENT = np.array([3, 2, 1, 0, MASKED], np.uint8)

PRIMES = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
"""Factors that mix the bits of numbers."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows that share a seed, and how far the second is shifted against the first, bp; int64 (P,) each."""

    first: np.ndarray
    second: np.ndarray
    shift: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    def take(self, at: np.ndarray | slice) -> Pairs:
        """Return some of the pairs."""
        return Pairs(self.first[at], self.second[at], self.shift[at])

    def unique(self) -> Pairs:
        """Return every pair once for each of its shifts."""
        columns = (self.first, self.second, self.shift)
        mixed = sum(c.astype(np.uint64) * prime for c, prime in zip(columns, PRIMES, strict=True))
        return self.take(np.unique(mixed, return_index=True)[1])


class Strands:
    """All sequences, then all of them from the other strand in reverse order."""

    def __init__(self, codes: Codes) -> None:
        self.count, total = len(codes), 2 * len(codes.bases)
        self.offset = np.concatenate([codes.offset, total - codes.offset[-2::-1]])
        self.sizes = np.diff(self.offset)
        self.width = int(self.sizes.max())
        self.pattern = pattern_for(len(codes.bases))
        beyond = np.full(max(self.width, len(self.pattern)), MASKED, np.uint8)
        self.bases = np.concatenate([codes.bases, _COMPLEMENT[codes.bases[::-1]], beyond])
        left_out = np.flatnonzero(codes.bases == MASKED)
        compared = codes.sizes - np.diff(np.searchsorted(left_out, codes.offset))
        self.compared = np.concatenate([compared, compared[::-1]])
        self.bits = PackedWindows(self.bases)

    def original(self, row: np.ndarray) -> np.ndarray:
        """Return the sequence that each row shows, on either strand."""
        return np.where(row < self.count, row, 2 * self.count - 1 - row)

    def seeds(self, *, progress: bool) -> Iterator[np.ndarray]:
        """Yield all seeds in sorted blocks, see `sorted_seeds`."""
        return sorted_seeds(self.bases, self.offset, self.pattern, progress=progress)

    def pairs(self, first: np.ndarray, second: np.ndarray) -> Pairs:
        """Return the rows that hold two seeds each, and the shift between them."""
        p, q = position(first), position(second)
        i, j = self.owner(p), self.owner(q)
        return Pairs(i, j, (p - self.offset[i]) - (q - self.offset[j]))

    def around(self, seeds: np.ndarray) -> np.ndarray:
        """Return the bases around seeds, see `Bits.windows`."""
        at = position(seeds)
        row = self.owner(at)
        lead = (WINDOW - len(self.pattern)) // 2
        return self.bits.windows(at - lead, self.offset[row], self.offset[row + 1])

    def plausible(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Tell which pairs of windows did not meet by chance: then a quarter agrees beside the seed."""
        agree, shared = agreement(x, y)
        seed = self.pattern.count("1")
        likely: np.ndarray = agree - seed >= _PLAUSIBLE * (shared - seed)
        return likely

    def owner(self, at: np.ndarray) -> np.ndarray:
        """Return the rows that hold positions."""
        if (self.sizes == self.width).all():
            return at // self.width
        return np.searchsorted(self.offset, at, side="right") - 1

    def identity(self, pairs: Pairs) -> np.ndarray:
        """Return the identity of each pair over what it shares, float32 (P,); 0 if it shares too little."""
        size = max(1, _BATCH // self.width)
        parts = [self._identity(pairs.take(slice(at, at + size))) for at in range(0, len(pairs), size)]
        return np.concatenate([np.empty(0, np.float32), *parts])

    def _identity(self, pairs: Pairs) -> np.ndarray:
        """Compare one batch of pairs along their diagonals, then by edit distance where that may help."""
        i, j = pairs.first, pairs.second
        begin = np.maximum(pairs.shift, 0)
        length = np.minimum(self.sizes[i], self.sizes[j] + pairs.shift) - begin
        windows = np.lib.stride_tricks.sliding_window_view(self.bases, int(length.max(initial=1)))
        x, y = windows[self.offset[i] + begin], windows[self.offset[j] + begin - pairs.shift]
        inside = np.arange(x.shape[1], dtype=np.int32) < length.astype(np.int32)[:, None]
        inside &= (x != MASKED) & (y != MASKED)
        shared = _counted(inside)
        agree = _counted((x == y) & inside) / np.maximum(shared, 1)
        shorter = np.minimum(self.compared[i], self.compared[j])
        enough = shared >= np.maximum(SHARED * shorter, np.minimum(_SHORTEST, shorter))
        for k in np.flatnonzero(enough & (agree >= _GAPPED) & (agree < IDENTITY)):
            a, b = (side[k, : length[k]] for side in (x, y))
            agree[k] = max(agree[k], _edited(a[a != MASKED].tobytes(), b[b != MASKED].tobytes()))
        return np.where(enough & (shared > 0), agree, 0).astype(np.float32)


def _counted(these: np.ndarray) -> np.ndarray:
    """Count what is true in each row: bytes are added up faster than truths."""
    counts: np.ndarray = these.view(np.uint8).sum(axis=1, dtype=np.uint32)
    return counts


def _edited(a: bytes, b: bytes) -> float:
    """Return 1 - edit distance / length, or 0 if that is below `IDENTITY`."""
    longest = max(len(a), len(b), 1)
    most = int((1 - IDENTITY) * longest)
    distance = Levenshtein.distance(a, b, score_cutoff=most)
    return 1 - distance / longest if distance <= most else 0.0

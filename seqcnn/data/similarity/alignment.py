"""Sequences on both strands, and pairs of them that share a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seqcnn.data.similarity.local_identity import min_core_score, min_score
from seqcnn.data.similarity.masking import MASKED, Codes
from seqcnn.data.similarity.packed_windows import WINDOW, PackedWindows, agreement
from seqcnn.data.similarity.seed_passes import PIECE, sorted_seeds
from seqcnn.data.similarity.spaced_seeds import SeedLayout, SeedReader, patterns_for
from seqcnn.memory import memory_left, scratch_array
from seqcnn.progress import Progress

_MIN_AGREEMENT = 0.44  # of the bases around a seed, for a pair to be compared
_MAX_GAPPED = 32  # gapped comparisons per sequence; bounds the time of libraries of shared parts
_REMEMBERED = 1 << 21  # pairs that were compared
_SEED_BYTES = 80  # of memory for each seed of a piece that is compared
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

    def hashes(self) -> np.ndarray:
        """Return a 64-bit hash of each pair and shift, uint64 (P,)."""
        columns = (self.first, self.second, self.shift)
        return sum(c.astype(np.uint64) * prime for c, prime in zip(columns, PRIMES, strict=True))


class Strands:
    """All sequences, followed by their reverse complements in reverse order: rows 0 to 2 N - 1.

    Reversing and complementing the concatenated bases gives all reverse complements in one step; row
    2 N - 1 - i is then the other strand of row i.

    Parameters
    ----------
    codes
        N sequences.
    memory
        Bytes that the process may use; by default a share of what is free.  Bases that take much of them are
        in a temporary file, and seeds are built in more passes; the results are the same.
    """

    def __init__(self, codes: Codes, memory: int | None = None) -> None:
        self.memory = memory
        self.count, total = len(codes), 2 * len(codes.bases)
        self.offset = np.concatenate([codes.offset, total - codes.offset[-2::-1]])
        self.sizes = np.diff(self.offset)
        self.width = int(self.sizes.max())
        self.patterns = patterns_for(len(codes.bases))
        self._span = max(map(len, self.patterns))
        padding = max(self.width, self._span)  # windows may reach into it
        self.bases = scratch_array(total + padding, memory)
        self.bases[: len(codes.bases)] = codes.bases
        np.take(_COMPLEMENT, codes.bases[::-1], out=self.bases[len(codes.bases) : total])
        self.bases[total:] = MASKED
        compared = codes.sizes - codes.count(MASKED)  # bases per sequence
        self.compared = np.concatenate([compared, compared[::-1]])
        self.packed = PackedWindows(self.bases, memory)
        self.layout = SeedLayout.fit(total, self.patterns[0].count("1"))
        self.min_score = min_score(len(codes.bases))
        self.min_core_score = min_core_score(len(codes.bases), self.count)
        self._compared_hashes = np.zeros(_REMEMBERED, np.uint64)
        self._gapped = np.zeros(2 * self.count, np.int64)  # gapped comparisons of each row so far

    def original(self, row: np.ndarray) -> np.ndarray:
        """Return the number of the sequence of each row, whatever its strand."""
        return np.where(row < self.count, row, 2 * self.count - 1 - row)

    def seeds(self) -> Iterator[np.ndarray]:
        """Yield all seeds of one pattern after the other in sorted pieces, see `sorted_seeds`."""
        readers = [SeedReader(self.bases, self.offset, pattern, self.layout) for pattern in self.patterns]
        least = _SEED_BYTES * min(PIECE, int(self.offset[-1]))
        memory = memory_left(self.memory, least=least, what="comparing sequences") - least
        with Progress("comparing sequences", len(readers) * self.layout.blocks, "blocks") as progress:
            yield from sorted_seeds(readers, memory, progress)

    def pairs(self, first: np.ndarray, second: np.ndarray) -> Pairs:
        """Return the rows of each pair of seeds, and the shift between them."""
        p, q = self.layout.position(first), self.layout.position(second)
        i, j = self.owner(p), self.owner(q)
        return Pairs(i, j, (p - self.offset[i]) - (q - self.offset[j]))

    def new_pairs(self, pairs: Pairs) -> Pairs:
        """Return the pairs and shifts that were not returned before, each once.

        Most pairs share many seeds.  Each hash is remembered in one place of a table, where a later one
        replaces it; a forgotten pair is compared again.
        """
        hashed, index = np.unique(pairs.hashes(), return_index=True)
        place = (hashed >> np.uint64(32)).astype(np.int64) % _REMEMBERED
        new = self._compared_hashes[place] != hashed
        self._compared_hashes[place] = hashed
        return pairs.take(index[new])

    def around(self, seeds: np.ndarray) -> np.ndarray:
        """Return the windows centred on seeds of the longest pattern, see `PackedWindows.windows`."""
        start = self.layout.position(seeds)
        row = self.owner(start)
        lead = (WINDOW - self._span) // 2
        return self.packed.windows(start - lead, self.offset[row], self.offset[row + 1])

    def plausible(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return which pairs of windows agree more than by chance, bool (P,).

        In unrelated sequences a quarter of the bases around the shared seed agree.
        """
        agree, shared = agreement(x, y)
        seed = self.patterns[0].count("1")  # all patterns have as many
        return agree - seed >= _MIN_AGREEMENT * (shared - seed)

    def owner(self, positions: np.ndarray) -> np.ndarray:
        """Return the row that holds each position."""
        if (self.sizes == self.width).all():
            return positions // self.width
        return np.searchsorted(self.offset, positions, side="right") - 1

    def spend_gapped(self, rows: np.ndarray) -> np.ndarray:
        """Return the indices of the pairs of `rows` (P,) that may be compared with gaps, and count them."""
        order = np.argsort(rows, kind="stable")
        ordered = rows[order]
        rank = np.arange(len(rows)) - np.searchsorted(ordered, ordered)  # among the pairs of one row
        allowed = np.sort(order[rank + self._gapped[ordered] < _MAX_GAPPED])
        np.add.at(self._gapped, rows[allowed], 1)
        return allowed

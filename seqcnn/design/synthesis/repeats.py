"""Direct repeats, inverted repeats and hairpins of the ordered sequence.

A repeat longer than k - 1 bp is a k-mer that occurs twice; an inverted repeat is a k-mer followed, after a
loop, by its reverse complement: the two arms can pair as the stem of a hairpin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from seqcnn.design.synthesis.oligos import Oligos
from seqcnn.sequence.onehot import BASE_INDEX, NO_INDEX

MAX_REPEAT = 30
"""Longest repeat that can be limited, bp: an arm of one more base fits a 64-bit number."""

MIN_LOOP = 3
"""Shortest loop of a hairpin, bp."""

MAX_LOOP = 30
"""Longest loop of a hairpin, bp; arms further apart are an inverted repeat."""

_INDEX = np.frombuffer(BASE_INDEX, np.uint8)

Kind = Literal["repeat", "inverted_repeat", "hairpin"]


@dataclass(frozen=True, slots=True)
class Repeats:
    """Longest repeat of a kind in the ordered sequence."""

    name: Kind
    """`hairpin`: inverted repeats with a loop of at most `MAX_LOOP` bp."""
    longest: int
    """Longest repeat or arm, bp; at most `MAX_REPEAT`."""

    @property
    def limit(self) -> str:
        """The longest repeat."""
        return f"{self.longest}"

    def violations(self, oligos: Oligos) -> np.ndarray:
        """Return the number of repeated k-mers of one base more than allowed, float64 (N,)."""
        return self._count(oligos.ordered, self.longest + 1)

    def values(self, oligos: Oligos) -> np.ndarray:
        """Return the longest repeat up to `MAX_REPEAT` bp, float64 (N,)."""
        longest = np.zeros(len(oligos.designs))
        for k in range(1, MAX_REPEAT + 1):
            occurs = self._count(oligos.ordered, k) > 0
            longest[occurs] = k
            if not occurs.any():
                break
        return longest

    def margins(self, oligos: Oligos) -> np.ndarray:
        """Return by how many bases the longest repeat may grow, float64 (N,)."""
        return self.longest - self.values(oligos)

    def _count(self, packed: np.ndarray, k: int) -> np.ndarray:
        """Count the k-mers of packed sequences with a partner further 3', float64 (N,)."""
        codes = _INDEX[packed].astype(np.int64)
        n_kmers = codes.shape[1] - k + 1
        if n_kmers < 1:
            return np.zeros(len(codes))
        unknown = _numbers((codes == NO_INDEX).astype(np.int64), k) > 0  # of flanks: no partner of any k-mer
        kmers = np.where(unknown, -1, _numbers(codes, k))
        if self.name == "repeat":
            return _count_partners(kmers, np.where(unknown, -2, kmers), 1, n_kmers)
        complements = np.where(unknown, -2, _numbers(3 - codes[:, ::-1], k)[:, ::-1])
        farthest = k + MAX_LOOP if self.name == "hairpin" else n_kmers
        return _count_partners(kmers, complements, k + MIN_LOOP, farthest)


def _numbers(codes: np.ndarray, k: int) -> np.ndarray:
    """Return each k-mer as a number, two bits per base, int64 (N, L - k + 1)."""
    n_kmers = codes.shape[1] - k + 1
    numbers = np.zeros((len(codes), n_kmers), np.int64)
    for i in range(k):
        numbers = numbers * 4 + codes[:, i : i + n_kmers]
    return numbers


def _count_partners(kmers: np.ndarray, partners: np.ndarray, nearest: int, farthest: int) -> np.ndarray:
    """Count the positions i of each row whose `partners[i]` is a k-mer at i + `nearest` to i + `farthest`.

    Both are int64 (N, n_kmers).  All k-mers are sorted by row, k-mer and position, as one number each, so
    that two binary searches per position find out whether a k-mer lies in its range.
    """
    n_kmers = kmers.shape[1]
    _, ranks = np.unique(np.concatenate([kmers, partners]), return_inverse=True)
    ranks = ranks.reshape(2, *kmers.shape)
    group = (np.arange(len(kmers))[:, None] * (ranks.max() + 1) + ranks) * n_kmers  # (2, N, n_kmers)
    position = np.arange(n_kmers)
    keys = np.sort((group[0] + position).ravel())
    first = np.searchsorted(keys, group[1] + np.minimum(position + nearest, n_kmers))
    behind = np.searchsorted(keys, group[1] + np.minimum(position + farthest, n_kmers - 1), side="right")
    return np.asarray((behind > first).sum(1)).astype(float)

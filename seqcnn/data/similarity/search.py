"""Search for similar sequences: at least 80 % identical over half of the shorter one, on either strand.

Candidate pairs share a spaced seed (`spaced_seeds`).  Most share it by chance and are rejected by the 64
bases around the seed (`packed_windows`); the others are compared by local identity (`comparison`).  The
seeds get longer with the amount of data, so that the number of candidates, and the time, grow linearly with
the number of sequences.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seqcnn.data.similarity.alignment import PRIMES, Pairs, Strands
from seqcnn.data.similarity.comparison import IDENTITY, SHARED, compare
from seqcnn.data.similarity.masking import Codes
from seqcnn.data.similarity.spaced_seeds import SeedLayout
from seqcnn.data.similarity.union_find import UnionFind, components

__all__ = ["IDENTITY", "SHARED", "Nearest", "components", "nearest_reference", "similarity_links"]

_RANDOM_PARTNERS = 4  # per seed, beside the next sequence with the same seed, to connect clusters
_MAX_REFERENCES = 8  # per seed and query, to find the most similar reference


def _groups(bases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the start and the size of each group of equal ones of sorted seeds, int64 (G,) each."""
    begin = np.flatnonzero(np.concatenate([[True], bases[1:] != bases[:-1]])[: len(bases)])
    return begin, np.diff(np.append(begin, len(bases)))


def _shared(bases: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Return which sorted seeds occur several times with at least one of them a `query`, bool (S,)."""
    begin, size = _groups(bases)
    return np.repeat((size > 1) & np.logical_or.reduceat(query, begin), size)


def _partners(block: np.ndarray, end: int, layout: SeedLayout) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pair seeds at positions before `end` with equal seeds: the next one, then pseudo-random ones.

    Comparing all pairs of a group would be quadratic.  The next seed alone connects a group, but a chance
    pair breaks the chain; the further partners repair it.  Their distance is a hash of the seed's bases, so
    that two sequences with many seeds in common get other partners at each of them.

    Yields
    ------
    Indices into `block`, int64 (P,): seeds, and the partner of each.
    """
    bases = layout.bases(block)
    begin, size = _groups(bases)
    begin, size = (np.repeat(column, size) for column in (begin, size))  # of the group of each seed, (S,)
    seed = np.flatnonzero(layout.position(block) < end)
    yield seed, (begin + (np.arange(len(block)) - begin + 1) % size)[seed]
    seed = seed[size[seed] > 2]
    begin, size, bases = begin[seed], size[seed], bases[seed]
    for turn in range(1, _RANDOM_PARTNERS + 1):
        distance = ((bases + np.uint64(turn)) * PRIMES[0] >> np.uint64(32)).astype(np.int64)
        yield seed, begin + (seed - begin + 1 + distance % (size - 1)) % size


def similarity_links(codes: Codes, memory: int | None = None) -> np.ndarray:
    """Return pairs of similar sequences: not all of them, but enough to connect every cluster.

    Parameters
    ----------
    codes
        N sequences, see `seqcnn.data.similarity.masking.masked_codes`.
    memory
        Bytes that the process may use, see `Strands`; the links do not depend on it.

    Returns
    -------
    int64 (E, 2), pairs of row numbers.
    """
    strands, n = Strands(codes, memory), len(codes)
    layout = strands.layout
    links, clusters = [], UnionFind(n)
    for block in strands.seeds():
        # one side of a pair is always a forward strand: both reversed is the same pair
        block = block[_shared(layout.bases(block), layout.position(block) < len(codes.bases))]
        around = strands.around(block)  # (S, 3)
        for seeds, partners in _partners(block, len(codes.bases), layout):
            likely = strands.plausible(around[seeds], around[partners])
            pairs = strands.pairs(block[seeds[likely]], block[partners[likely]])
            unlinked = clusters.find(pairs.first) != clusters.find(strands.original(pairs.second))
            pairs = strands.new_pairs(pairs.take(unlinked))
            pairs = pairs.take(compare(strands, pairs).identity >= np.float32(IDENTITY))
            links.append(np.stack([pairs.first, strands.original(pairs.second)], axis=1))
            clusters.merge(links[-1])
    return np.concatenate([np.empty((0, 2), np.int64), *links])


@dataclass(frozen=True, slots=True)
class Nearest:
    """The most similar reference sequences of N rows; rows that are no queries have NaN and -1."""

    identity: np.ndarray
    """float32 (N,), identity with the most similar reference; 0 if none is similar."""
    row: np.ndarray
    """int64 (N,), that reference, -1 if none is similar."""
    recurring: np.ndarray
    """float32 (N,), largest fraction of the row that recurs in one reference, at least 80 % identical."""


def nearest_reference(
    codes: Codes, query: np.ndarray, reference: np.ndarray, memory: int | None = None
) -> Nearest:
    """Find the most similar reference sequence of every query.

    Parameters
    ----------
    codes
        N sequences.
    query, reference
        bool (N,), which sequences are queries, and which are references.
    memory
        Bytes that the process may use, see `Strands`; the result does not depend on it.
    """
    strands, n = Strands(codes, memory), len(codes)
    layout = strands.layout
    nothing = np.where(query, 0, np.nan).astype(np.float32)
    nearest = Nearest(nothing, np.full(n, -1), nothing.copy())
    # queries on their forward strand only, references on both
    is_query, is_reference = (
        np.concatenate([query, np.zeros(n, bool)]),
        np.concatenate([reference, reference[::-1]]),
    )
    for block in strands.seeds():
        owner = strands.owner(layout.position(block))
        shared = _shared(layout.bases(block), is_query[owner])
        block, owner = block[shared], owner[shared]
        around = strands.around(block)
        queries, references = np.flatnonzero(is_query[owner]), np.flatnonzero(is_reference[owner])
        seeds = layout.bases(block)
        # references[low:high] have the seed of each query
        low, high = (np.searchsorted(seeds[references], seeds[queries], side=s) for s in ("left", "right"))
        for pick in range(_MAX_REFERENCES):
            more = np.flatnonzero(high - low > pick)  # queries with at least pick + 1 references
            turn = (block[queries[more]] + np.uint64(pick)).astype(np.int64) % (high - low)[more]
            first, second = queries[more], references[low[more] + turn]
            likely = strands.plausible(around[first], around[second])
            pairs = strands.pairs(block[first[likely]], block[second[likely]])
            done = (nearest.identity == 1) & (nearest.recurring == 1)
            _keep_best(nearest, strands, strands.new_pairs(pairs.take(~done[pairs.first])))
    return nearest


def _keep_best(nearest: Nearest, strands: Strands, pairs: Pairs) -> None:
    """Update, in place, the nearest reference of the first row of each pair."""
    value, first = compare(strands, pairs), pairs.first
    fraction = value.recurring / np.maximum(strands.compared[first], 1)
    np.maximum.at(nearest.recurring, first, np.minimum(fraction, 1).astype(np.float32))
    order = np.argsort(value.identity, kind="stable")  # of several pairs of one row, the last one is kept
    order = order[value.identity[order] > nearest.identity[first[order]]]
    nearest.identity[first[order]] = value.identity[order]
    nearest.row[first[order]] = strands.original(pairs.second[order])

"""Search for similar sequences: at least 80 % identical over the shared part, on either strand.

Candidate pairs share a spaced seed (`spaced_seeds`).  Most share it by chance and are rejected by the 64
bases around the seed (`packed_windows`); the others are compared along the diagonal of the seed and, where
an insertion or deletion is likely, by edit distance (`alignment`).  The seeds get longer with the amount of
data, so that the number of candidates, and the time, grow linearly with the number of sequences.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqcnn.data.similarity.alignment import IDENTITY, PRIMES, SHARED, Pairs, Strands
from seqcnn.data.similarity.masking import Codes
from seqcnn.data.similarity.spaced_seeds import POSITION_BITS, position

__all__ = ["IDENTITY", "SHARED", "components", "nearest_reference", "similarity_links"]

_RANDOM_PARTNERS = 4  # per seed, beside the next sequence with the same seed, to connect clusters
_MAX_REFERENCES = 8  # per seed and query, to find the most similar reference


def _groups(block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the start and the size of each group of equal seeds in a sorted block, int64 (G,) each."""
    bases = block >> POSITION_BITS
    begin = np.flatnonzero(np.concatenate([[True], bases[1:] != bases[:-1]])[: len(bases)])
    return begin, np.diff(np.append(begin, len(bases)))


def _shared(block: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Return which sorted seeds occur several times with at least one of them a `query`, bool (S,)."""
    begin, size = _groups(block)
    return np.repeat((size > 1) & np.logical_or.reduceat(query, begin), size)


def _partners(block: np.ndarray, end: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pair seeds at positions before `end` with equal seeds: the next one, then pseudo-random ones.

    Comparing all pairs of a group would be quadratic.  The next seed alone connects a group, but a chance
    pair breaks the chain; the further partners repair it.  Their distance is a hash of the seed's bases, so
    that two sequences with many seeds in common get other partners at each of them.

    Yields
    ------
    Indices into `block`, int64 (P,): seeds, and the partner of each.
    """
    begin, size = _groups(block)
    begin, size = (np.repeat(column, size) for column in (begin, size))  # of the group of each seed, (S,)
    seed = np.flatnonzero(position(block) < end)
    yield seed, (begin + (np.arange(len(block)) - begin + 1) % size)[seed]
    seed = seed[size[seed] > 2]
    begin, size, bases = begin[seed], size[seed], block[seed] >> POSITION_BITS
    for turn in range(1, _RANDOM_PARTNERS + 1):
        distance = ((bases + np.uint64(turn)) * PRIMES[0] >> POSITION_BITS).astype(np.int64)
        yield seed, begin + (seed - begin + 1 + distance % (size - 1)) % size


def similarity_links(codes: Codes, *, progress: bool = False) -> np.ndarray:
    """Return pairs of similar sequences: not all of them, but enough to connect every cluster.

    Parameters
    ----------
    codes
        N sequences, see `seqcnn.data.similarity.masking.masked_codes`.
    progress
        Show a progress bar.

    Returns
    -------
    int64 (E, 2), pairs of row numbers.
    """
    strands, n = Strands(codes), len(codes)
    links, cluster = [], np.arange(n)
    for block in strands.seeds(progress=progress):
        # one side of a pair is always a forward strand: both reversed is the same pair
        block = block[_shared(block, position(block) < len(codes.bases))]
        around = strands.around(block)  # (S, 3)
        for seeds, partners in _partners(block, len(codes.bases)):
            likely = strands.plausible(around[seeds], around[partners])
            pairs = strands.pairs(block[seeds[likely]], block[partners[likely]])
            unlinked = cluster[pairs.first] != cluster[strands.original(pairs.second)]
            pairs = pairs.take(unlinked).unique()
            pairs = pairs.take(strands.identity(pairs) >= IDENTITY)
            links.append(np.stack([pairs.first, strands.original(pairs.second)], axis=1))
            cluster = _merged(cluster, links[-1])
    return np.concatenate([np.empty((0, 2), np.int64), *links])


def _merged(cluster: np.ndarray, links: np.ndarray) -> np.ndarray:
    """Return the cluster of each row, int64 (N,), after merging those that links of rows connect."""
    # components of the few clusters that the links touch, not of all rows
    touched, index = np.unique(cluster[links], return_inverse=True)
    label = components(len(touched), index.reshape(-1, 2))
    renamed = np.arange(len(cluster))
    first = touched[np.unique(label, return_index=True)[1]]  # one cluster of each component
    renamed[touched] = first[label]
    return renamed[cluster]


def components(n: int, links: np.ndarray) -> np.ndarray:
    """Return the connected component of each of n rows with links (E, 2), int32 (n,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(links), np.int8), tuple(links.T)), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def nearest_reference(
    codes: Codes, query: np.ndarray, reference: np.ndarray, *, progress: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Find the most similar reference sequence of every query.

    Parameters
    ----------
    codes
        N sequences.
    query, reference
        bool (N,), which sequences are queries, and which are references.
    progress
        Show a progress bar.

    Returns
    -------
    Identity, float32 (N,), NaN for rows that are no queries, and the row of the reference, int64 (N,),
    -1 where none shares a seed and enough of the bases around it.  Identities below `IDENTITY` are those of
    chance hits, or 0.
    """
    strands, n = Strands(codes), len(codes)
    identity, row = np.where(query, 0, np.nan).astype(np.float32), np.full(n, -1)
    # queries on their forward strand only, references on both
    is_query, is_reference = (
        np.concatenate([query, np.zeros(n, bool)]),
        np.concatenate([reference, reference[::-1]]),
    )
    for block in strands.seeds(progress=progress):
        block = block[_shared(block, is_query[strands.owner(position(block))])]
        owner, around = strands.owner(position(block)), strands.around(block)
        queries, references = np.flatnonzero(is_query[owner]), np.flatnonzero(is_reference[owner])
        seeds = block >> POSITION_BITS
        # references[low:high] have the seed of each query
        low, high = (np.searchsorted(seeds[references], seeds[queries], side=s) for s in ("left", "right"))
        for pick in range(_MAX_REFERENCES):
            more = np.flatnonzero(high - low > pick)  # queries with at least pick + 1 references
            turn = (block[queries[more]] + np.uint64(pick)).astype(np.int64) % (high - low)[more]
            first, second = queries[more], references[low[more] + turn]
            likely = strands.plausible(around[first], around[second])
            pairs = strands.pairs(block[first[likely]], block[second[likely]]).unique()
            pairs = pairs.take(identity[pairs.first] < 1)
            _keep_best(identity, row, strands, pairs)
    return identity, row


def _keep_best(identity: np.ndarray, row: np.ndarray, strands: Strands, pairs: Pairs) -> None:
    """Update, in place, the best identity and reference of the first row of each pair."""
    value = strands.identity(pairs)
    order = np.argsort(value, kind="stable")  # of several pairs of one row, the last and best one is kept
    order = order[value[order] > identity[pairs.first[order]]]
    identity[pairs.first[order]] = value[order]
    row[pairs.first[order]] = strands.original(pairs.second[order])

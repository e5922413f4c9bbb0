"""Sequences that are alike: at least 80 % identical over what they share, on either strand.

Candidates agree in one spaced seed (`spaced_seeds`).  Most meet by chance, which the bases around
the seed tell; the others are compared base by base along the seed's diagonal and, where that looks like an
insertion or deletion, by edit distance.  The seed grows with the data, so that the number of candidates, and
the time, grow with the number of sequences and not with its square.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqcnn.data.similarity.alignment import IDENTITY, PRIMES, SHARED, Strands
from seqcnn.data.similarity.masking import Codes
from seqcnn.data.similarity.spaced_seeds import POSITION_BITS, position

__all__ = ["IDENTITY", "SHARED", "components", "nearest_reference", "similarity_links"]

_CHAIN = 4  # sequences with the same seed that each one is compared with, beside the next, to link clusters
_PICKS = 8  # training sequences with the same seed that each one is compared with, to find the nearest


def _groups(block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where equal ones of sorted seeds begin, and how many there are, int64 (G,) each."""
    bases = block >> POSITION_BITS
    begin = np.flatnonzero(np.concatenate([[True], bases[1:] != bases[:-1]])[: len(bases)])
    return begin, np.diff(np.append(begin, len(bases)))


def _met(block: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Tell which sorted seeds others have, too, if at least one of them is asked for, bool (S,)."""
    begin, size = _groups(block)
    return np.repeat((size > 1) & np.logical_or.reduceat(asked, begin), size)


def _mates(block: np.ndarray, end: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pair seeds at positions before `end` with others of the same bases: the next one, then any.

    How far is drawn from the bases of the seed, so that sequences that share a long stretch, and with it
    many seeds, meet other mates at each of them.  Yields indices.
    """
    begin, size = _groups(block)
    begin, size = (np.repeat(column, size) for column in (begin, size))
    at = np.flatnonzero(position(block) < end)
    yield at, (begin + (np.arange(len(block)) - begin + 1) % size)[at]
    at = at[size[at] > 2]
    begin, size, bases = begin[at], size[at], block[at] >> POSITION_BITS
    for turn in range(1, _CHAIN + 1):
        drawn = ((bases + np.uint64(turn)) * PRIMES[0] >> POSITION_BITS).astype(np.int64)
        yield at, begin + (at - begin + 1 + drawn % (size - 1)) % size


def similarity_links(codes: Codes, *, progress: bool = False) -> np.ndarray:
    """Link sequences that are alike: not all pairs, but enough of them to connect every cluster.

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
        block = block[_met(block, position(block) < len(codes.bases))]
        around = strands.around(block)
        for seeds, mates in _mates(block, len(codes.bases)):
            likely = strands.plausible(around[seeds], around[mates])
            pairs = strands.pairs(block[seeds[likely]], block[mates[likely]])
            apart = cluster[pairs.first] != cluster[strands.original(pairs.second)]
            pairs = pairs.take(apart).unique()
            pairs = pairs.take(strands.identity(pairs) >= IDENTITY)
            links.append(np.stack([pairs.first, strands.original(pairs.second)], axis=1))
            cluster = _joined(cluster, links[-1])
    return np.concatenate([np.empty((0, 2), np.int64), *links])


def _joined(cluster: np.ndarray, links: np.ndarray) -> np.ndarray:
    """Give one number to clusters, int64 (n,) of less than n, that links of their rows connect."""
    ends, at = np.unique(cluster[links], return_inverse=True)
    label = components(len(ends), at.reshape(-1, 2))
    renamed = np.arange(len(cluster))
    renamed[ends] = ends[np.unique(label, return_index=True)[1]][label]
    joined: np.ndarray = renamed[cluster]
    return joined


def components(n: int, links: np.ndarray) -> np.ndarray:
    """Number the connected components of n rows and their links (E, 2), int32 (n,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(links), np.int8), tuple(links.T)), shape=(n, n))
    labels: np.ndarray = connected_components(graph, directed=False)[1]
    return labels


def nearest_reference(
    codes: Codes, query: np.ndarray, reference: np.ndarray, *, progress: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Find the most similar reference sequence of every query.

    Parameters
    ----------
    codes
        N sequences.
    query, reference
        bool (N,), which of them are looked up, and where.
    progress
        Show a progress bar.

    Returns
    -------
    Identity, float32 (N,), NaN for all rows but queries, and the row of the reference, int64 (N,),
    -1 where none shares a seed and enough of the bases around it.  Identities below `IDENTITY` are those of
    chance finds, or 0.
    """
    strands, n = Strands(codes), len(codes)
    best, row = np.where(query, 0, np.nan).astype(np.float32), np.full(n, -1)
    forward, either = np.concatenate([query, np.zeros(n, bool)]), np.concatenate([reference, reference[::-1]])
    for block in strands.seeds(progress=progress):
        block = block[_met(block, forward[strands.owner(position(block))])]
        owner, around = strands.owner(position(block)), strands.around(block)
        asked, known = np.flatnonzero(forward[owner]), np.flatnonzero(either[owner])
        seeds = block >> POSITION_BITS
        low, high = (np.searchsorted(seeds[known], seeds[asked], side=side) for side in ("left", "right"))
        for pick in range(_PICKS):
            there = np.flatnonzero(high - low > pick)
            turn = (block[asked[there]] + np.uint64(pick)).astype(np.int64) % (high - low)[there]
            first, second = asked[there], known[low[there] + turn]
            likely = strands.plausible(around[first], around[second])
            pairs = strands.pairs(block[first[likely]], block[second[likely]]).unique()
            pairs = pairs.take(best[pairs.first] < 1)
            found = strands.identity(pairs)
            order = np.argsort(found, kind="stable")
            order = order[found[order] > best[pairs.first[order]]]
            best[pairs.first[order]], row[pairs.first[order]] = (
                found[order],
                strands.original(pairs.second[order]),
            )
    return best, row

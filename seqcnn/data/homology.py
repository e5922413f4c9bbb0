"""Sequences that are alike: at least 80 % identical over what they share, on either strand.

Candidates agree in one spaced seed, see `seqcnn.data.seeds`.  Most meet by chance, which the bases around
the seed tell; the others are compared base by base along the seed's diagonal and, where that looks like an
insertion or deletion, by edit distance.  The seed grows with the data, so that the number of candidates, and
the time, grow with the number of sequences and not with its square.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Levenshtein

from seqcnn.data.bits import WINDOW, Bits, agreement
from seqcnn.data.constant import LEFT_OUT, Codes
from seqcnn.data.seeds import HALF, pattern_for, sorted_seeds

IDENTITY = 0.8
"""Part of the shared bases that agree in sequences that are alike."""

SHARED = 0.5
"""Part of the shorter sequence that two sequences share at least: tiles of one locus."""

_SHORTEST = 20  # bp that are shared at least, unless a sequence is shorter
_GAPPED = 0.4  # identity along one diagonal from which on an insertion or deletion is looked for
_PLAUSIBLE = 0.44  # of the bases around a seed that agree in pairs that are compared
_CHAIN = 4  # sequences with the same seed that each one is compared with, beside the next, to link clusters
_PICKS = 8  # training sequences with the same seed that each one is compared with, to find the nearest
_BATCH = 1 << 19  # bases that are compared at once; they stay in cache

_COMPLEMENT = np.array([3, 2, 1, 0, LEFT_OUT], np.uint8)
_PRIMES = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Rows that share a seed, and how far the second is shifted against the first, bp; int64 (P,) each."""

    first: np.ndarray
    second: np.ndarray
    shift: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    def take(self, at: np.ndarray | slice) -> _Pairs:
        """Return some of the pairs."""
        return _Pairs(self.first[at], self.second[at], self.shift[at])

    def unique(self) -> _Pairs:
        """Return every pair once for each of its shifts."""
        columns = (self.first, self.second, self.shift)
        mixed = sum(c.astype(np.uint64) * prime for c, prime in zip(columns, _PRIMES, strict=True))
        return self.take(np.unique(mixed, return_index=True)[1])


class _Strands:
    """All sequences, then all of them from the other strand in reverse order."""

    def __init__(self, codes: Codes) -> None:
        self.count, total = len(codes), 2 * len(codes.bases)
        self.offset = np.concatenate([codes.offset, total - codes.offset[-2::-1]])
        self.sizes = np.diff(self.offset)
        self.width = int(self.sizes.max())
        self.pattern = pattern_for(len(codes.bases))
        beyond = np.full(max(self.width, len(self.pattern)), LEFT_OUT, np.uint8)
        self.bases = np.concatenate([codes.bases, _COMPLEMENT[codes.bases[::-1]], beyond])
        left_out = np.flatnonzero(codes.bases == LEFT_OUT)
        compared = codes.sizes - np.diff(np.searchsorted(left_out, codes.offset))
        self.compared = np.concatenate([compared, compared[::-1]])
        self.bits = Bits(self.bases)

    def original(self, row: np.ndarray) -> np.ndarray:
        """Return the sequence that each row shows, on either strand."""
        return np.where(row < self.count, row, 2 * self.count - 1 - row)

    def seeds(self, *, progress: bool) -> Iterator[np.ndarray]:
        """Yield all seeds in sorted blocks, see `sorted_seeds`."""
        return sorted_seeds(self.bases, self.offset, self.pattern, progress=progress)

    def pairs(self, first: np.ndarray, second: np.ndarray) -> _Pairs:
        """Return the rows that hold two seeds each, and the shift between them."""
        p, q = _position(first), _position(second)
        i, j = self.owner(p), self.owner(q)
        return _Pairs(i, j, (p - self.offset[i]) - (q - self.offset[j]))

    def around(self, seeds: np.ndarray) -> np.ndarray:
        """Return the bases around seeds, see `Bits.windows`."""
        at = _position(seeds)
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

    def identity(self, pairs: _Pairs) -> np.ndarray:
        """Return the identity of each pair over what it shares, float32 (P,); 0 if it shares too little."""
        size = max(1, _BATCH // self.width)
        parts = [self._identity(pairs.take(slice(at, at + size))) for at in range(0, len(pairs), size)]
        return np.concatenate([np.empty(0, np.float32), *parts])

    def _identity(self, pairs: _Pairs) -> np.ndarray:
        """Compare one batch of pairs along their diagonals, then by edit distance where that may help."""
        i, j = pairs.first, pairs.second
        begin = np.maximum(pairs.shift, 0)
        length = np.minimum(self.sizes[i], self.sizes[j] + pairs.shift) - begin
        windows = np.lib.stride_tricks.sliding_window_view(self.bases, int(length.max(initial=1)))
        x, y = windows[self.offset[i] + begin], windows[self.offset[j] + begin - pairs.shift]
        inside = np.arange(x.shape[1], dtype=np.int32) < length.astype(np.int32)[:, None]
        inside &= (x != LEFT_OUT) & (y != LEFT_OUT)
        shared = _counted(inside)
        agree = _counted((x == y) & inside) / np.maximum(shared, 1)
        shorter = np.minimum(self.compared[i], self.compared[j])
        enough = shared >= np.maximum(SHARED * shorter, np.minimum(_SHORTEST, shorter))
        for k in np.flatnonzero(enough & (agree >= _GAPPED) & (agree < IDENTITY)):
            a, b = (side[k, : length[k]] for side in (x, y))
            agree[k] = max(agree[k], _edited(a[a != LEFT_OUT].tobytes(), b[b != LEFT_OUT].tobytes()))
        return np.where(enough & (shared > 0), agree, 0).astype(np.float32)


def _counted(these: np.ndarray) -> np.ndarray:
    """Count what is true in each row: bytes are added up faster than truths."""
    counts: np.ndarray = these.view(np.uint8).sum(axis=1, dtype=np.uint32)
    return counts


def _position(seeds: np.ndarray) -> np.ndarray:
    """Return the position in the lower half of each seed's key."""
    return (seeds & np.uint64(0xFFFFFFFF)).astype(np.int64)


def _met(block: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Tell which sorted seeds others have, too, if at least one of them is asked for, bool (S,)."""
    bases = block >> HALF
    begin = np.flatnonzero(np.concatenate([[True], bases[1:] != bases[:-1]]))
    size = np.diff(np.append(begin, len(bases)))
    return np.repeat((size > 1) & np.logical_or.reduceat(asked, begin), size)


def _mates(block: np.ndarray, end: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pair seeds at positions before `end` with others of the same bases: the next one, then any.

    How far is drawn from the bases of the seed, so that sequences that share a long stretch, and with it
    many seeds, meet other mates at each of them.  Yields indices.
    """
    bases = block >> HALF
    begin = np.flatnonzero(np.concatenate([[True], bases[1:] != bases[:-1]])[: len(bases)])
    size = np.diff(np.append(begin, len(bases)))
    begin, size = (np.repeat(column, size) for column in (begin, size))
    at = np.flatnonzero(_position(block) < end)
    yield at, (begin + (np.arange(len(block)) - begin + 1) % size)[at]
    at = at[size[at] > 2]
    begin, size, bases = begin[at], size[at], bases[at]
    for turn in range(1, _CHAIN + 1):
        drawn = ((bases + np.uint64(turn)) * _PRIMES[0] >> HALF).astype(np.int64)
        yield at, begin + (at - begin + 1 + drawn % (size - 1)) % size


def _edited(a: bytes, b: bytes) -> float:
    """Return 1 - edit distance / length, or 0 if that is below `IDENTITY`."""
    longest = max(len(a), len(b), 1)
    most = int((1 - IDENTITY) * longest)
    distance = Levenshtein.distance(a, b, score_cutoff=most)
    return 1 - distance / longest if distance <= most else 0.0


def alike(codes: Codes, *, progress: bool = False) -> np.ndarray:
    """Link sequences that are alike: not all pairs, but enough of them to connect every cluster.

    Parameters
    ----------
    codes
        N sequences, see `seqcnn.data.constant.comparable`.
    progress
        Show a progress bar.

    Returns
    -------
    int64 (E, 2), pairs of row numbers.
    """
    strands, n = _Strands(codes), len(codes)
    links, cluster = np.empty((0, 2), np.int64), np.arange(n)
    for block in strands.seeds(progress=progress):
        block = block[_met(block, _position(block) < len(codes.bases))]
        around = strands.around(block)
        for seeds, mates in _mates(block, len(codes.bases)):
            likely = strands.plausible(around[seeds], around[mates])
            pairs = strands.pairs(block[seeds[likely]], block[mates[likely]])
            apart = cluster[pairs.first] != cluster[strands.original(pairs.second)]
            pairs = pairs.take(apart).unique()
            pairs = pairs.take(strands.identity(pairs) >= IDENTITY)
            links = np.concatenate([links, np.stack([pairs.first, strands.original(pairs.second)], axis=1)])
            cluster = components(n, links)
    return links


def components(n: int, links: np.ndarray) -> np.ndarray:
    """Number the connected components of n rows and their links (E, 2), int32 (n,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(links), np.int8), tuple(links.T)), shape=(n, n))
    labels: np.ndarray = connected_components(graph, directed=False)[1]
    return labels


def nearest(
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
    -1 where none shares a seed.  Identities below `IDENTITY` are those of chance finds.
    """
    strands, n = _Strands(codes), len(codes)
    best, row = np.where(query, 0, np.nan).astype(np.float32), np.full(n, -1)
    forward, either = np.concatenate([query, np.zeros(n, bool)]), np.concatenate([reference, reference[::-1]])
    for block in strands.seeds(progress=progress):
        block = block[_met(block, forward[strands.owner(_position(block))])]
        owner, around = strands.owner(_position(block)), strands.around(block)
        asked, known = np.flatnonzero(forward[owner]), np.flatnonzero(either[owner])
        seeds = block >> HALF
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

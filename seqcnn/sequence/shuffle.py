"""Shuffled sequences: the same bases, or the same dinucleotides, in random order.

They are controls: what a model predicts of them depends on composition alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from seqcnn.sequence.window import Rows

Shuffle = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def shuffle_rows(rows: Rows, shuffle: Shuffle, *, seed: int) -> Rows:
    """Return windows with shuffled inserts; flanks and padding are unchanged."""
    rng, bases = np.random.default_rng(seed), rows.bases.copy()
    for row, start, size in zip(bases, rows.start.tolist(), rows.insert_length.tolist(), strict=True):
        row[start : start + size] = shuffle(row[start : start + size], rng)
    return replace(rows, bases=bases)


def shuffle_bases(bases: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the bases (n,) in random order."""
    return rng.permutation(bases)


def shuffle_dinucleotides(bases: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the bases (n,) in random order with all dinucleotide counts, and both ends, unchanged.

    All such orders are equally likely (Altschul & Erickson 1985, doi:10.1093/oxfordjournals.molbev.a040370):
    each base is a node, each dinucleotide an edge, and an order is an Eulerian walk.
    """
    if len(bases) < 3:
        return bases.copy()
    followers = {int(a): bases[1:][bases[:-1] == a] for a in np.unique(bases[:-1])}
    final = int(bases[-1])
    while True:
        edges = {a: rng.permutation(next_).tolist() for a, next_ in followers.items()}
        if all(_leads_to(final, a, edges) for a in edges):
            break
    walk = [int(bases[0])]
    taken = dict.fromkeys(edges, 0)
    for _ in range(len(bases) - 1):
        node = walk[-1]
        walk.append(edges[node][taken[node]])
        taken[node] += 1
    return np.array(walk, bases.dtype)


def _leads_to(final: int, start: int, edges: dict[int, list[int]]) -> bool:
    """Return whether the last edges of the nodes lead from `start` to the final node."""
    node = start
    for _ in edges:
        if node == final:
            return True
        node = edges[node][-1]
    return node == final

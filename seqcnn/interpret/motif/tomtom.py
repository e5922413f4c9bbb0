"""Compare motifs with a database by Tomtom (memelite), with q-values.

Tomtom (Gupta et al. 2007, doi:10.1186/gb-2007-8-2-r24) estimates its background from the columns of the
database.  Small databases are extended with decoys, motifs with permuted bases, for the background only.
q-values are over all pairs; see `seqcnn.evaluation.multiple_testing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from seqcnn.evaluation.multiple_testing import q_values
from seqcnn.extras import extra

MIN_BACKGROUND_MOTIFS = 50
"""Minimum number of motifs for the background; the Tomtom of the MEME suite warns below."""

MAX_REPORTED_Q = 0.5
"""Largest q-value of a reported match; above it more matches are false than true."""


@dataclass(frozen=True, slots=True)
class Match:
    """The best match of a motif in a database."""

    name: str
    p: float
    q: float
    """Expected share of false matches among pairs with a p-value at most as large."""
    strand: str
    """`-` if the reverse complement of the known motif matches."""


def best_matches(motifs: Sequence[np.ndarray], database: Mapping[str, np.ndarray]) -> list[Match | None]:
    """Return the best match of each motif (4, width), of ties the first in the database.

    A match with a q-value above `MAX_REPORTED_Q` is None.
    """
    if not motifs:
        return []
    names = list(database)
    known = [np.asarray(shares, np.float64) for shares in database.values()]
    targets = known + decoys(known, MIN_BACKGROUND_MOTIFS - len(known))
    results = extra("memelite").tomtom([np.asarray(m, np.float64) for m in motifs], targets, n_jobs=1)
    p, strand = results[0][:, : len(known)], results[4][:, : len(known)]
    q = q_values(p.ravel()).reshape(p.shape)
    best = p.argmin(axis=1)
    return [
        Match(names[j], float(p[i, j]), float(q[i, j]), "-" if strand[i, j] else "+")
        if q[i, j] <= MAX_REPORTED_Q
        else None
        for i, j in enumerate(best.tolist())
    ]


def decoys(known: Sequence[np.ndarray], number: int) -> list[np.ndarray]:
    """Return at least `number` decoys: all motifs with permuted bases, one permutation per round.

    The identity and the complement are left out: they would keep the motif or its reverse complement.
    After all permutations columns are rotated as well.
    """
    permutations_ = [order for order in permutations(range(4)) if order not in ((0, 1, 2, 3), (3, 2, 1, 0))]
    rounds = -(-max(number, 0) // len(known))
    motifs = []
    for turn in range(rounds):
        order = list(permutations_[turn % len(permutations_)])
        motifs += [np.roll(shares[order], turn // len(permutations_), axis=1) for shares in known]
    return motifs

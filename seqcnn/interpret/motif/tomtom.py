"""Motifs and a database -> which known motif each is like, by Tomtom (memelite), with q-values.

Tomtom (Gupta 2007, doi:10.1186/gb-2007-8-2-r24) takes its background from the columns of the database.
Databases of few motifs are filled up with decoys, the motifs with their bases exchanged, which serve as
background only.  q-values are over all pairs; see `seqcnn.evaluation.multiple_testing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from seqcnn.evaluation.multiple_testing import q_values
from seqcnn.extras import extra

ENOUGH = 50
"""Motifs that make a background; MEME's Tomtom warns below."""

CHANCE = 0.5
"""q-value above which more of the pairs as alike are false than true."""


@dataclass(frozen=True, slots=True)
class Match:
    """The known motif that a motif is most like."""

    name: str
    p: float
    q: float
    """Expected share of false ones among pairs at least as alike."""
    strand: str
    """`-` if the known motif is read from its other strand."""


def best_matches(motifs: Sequence[np.ndarray], database: Mapping[str, np.ndarray]) -> list[Match | None]:
    """Return the best match of each motif (4, width); of several as good the first of the database.

    None where that would be chance: its q-value is above `CHANCE`.
    """
    if not motifs:
        return []
    names = list(database)
    known = [np.asarray(shares, np.float64) for shares in database.values()]
    targets = known + decoys(known, ENOUGH - len(known))
    found = extra("memelite").tomtom([np.asarray(m, np.float64) for m in motifs], targets, n_jobs=1)
    p, strand = found[0][:, : len(known)], found[4][:, : len(known)]
    q = q_values(p.ravel()).reshape(p.shape)
    best = p.argmin(axis=1)
    return [
        Match(names[j], float(p[i, j]), float(q[i, j]), "-" if strand[i, j] else "+")
        if q[i, j] <= CHANCE
        else None
        for i, j in enumerate(best.tolist())
    ]


def decoys(known: Sequence[np.ndarray], number: int) -> list[np.ndarray]:
    """Return at least `number` motifs that are none: of each its bases exchanged in another way each round.

    An exchange that is its own complement's mirror is left out: it would keep the motif's other strand.
    """
    exchanges = [order for order in permutations(range(4)) if order not in ((0, 1, 2, 3), (3, 2, 1, 0))]
    rounds = -(-max(number, 0) // len(known))
    found = []
    for turn in range(rounds):
        order = list(exchanges[turn % len(exchanges)])
        found += [np.roll(shares[order], turn // len(exchanges), axis=1) for shares in known]
    return found

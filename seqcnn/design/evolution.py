"""Search of sequences: an evolution of edits, and greedy single edits; both under constraints.

Candidates are ordered by how much they miss the demands, then by score, so that a seed that breaks a demand
is repaired first.  Fixed positions and the number of edits hold at every moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqcnn.design.constraints import Constraints
from seqcnn.design.objective import Judge, Judged

POPULATION = 100
"""Candidates of one evolution."""

GENERATIONS = 60
"""Rounds of one evolution."""

_RIVALS = 3  # of which the best becomes a parent
_MEAN_MUTATIONS = 2.0  # edits of a child beside those that it inherits
_ELITE = 0.2  # part of a population that lives on


@dataclass(frozen=True, slots=True)
class Start:
    """What one search starts from, and may change."""

    seed: np.ndarray
    """uint8 (L,)."""
    free: np.ndarray
    """Positions that may change."""
    max_edits: int

    @classmethod
    def of(cls, seed: np.ndarray, constraints: Constraints) -> Start:
        """Return the start of a search from a seed."""
        free = constraints.free(len(seed))
        most = len(free) if constraints.max_edits is None else min(constraints.max_edits, len(free))
        return cls(seed, free, most)

    def within_edits(self, codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Undo what is fixed, and edits beyond the allowed number, chosen by chance."""
        kept = np.broadcast_to(self.seed, codes.shape).copy()
        kept[:, self.free] = codes[:, self.free]
        draw = np.where(kept != self.seed, rng.random(kept.shape), 2.0)
        beyond = np.sort(draw, axis=1)[:, self.max_edits - 1 : self.max_edits]  # the last draw that stays
        undone = (draw < 2) & (draw > beyond) if self.max_edits else draw < 2
        return np.where(undone, self.seed, kept).astype(np.uint8)


def evolve(judge: Judge, start: Start, first: np.ndarray, rng: np.random.Generator) -> Judged:
    """Let candidates evolve: the best of a few become parents, children mix two and mutate.

    Parameters
    ----------
    judge, start
        What is wanted, and what may change.
    first
        Candidates to begin with beside the seed, uint8 (n, L).
    rng
        The only source of chance.

    Returns
    -------
    The last population, best first.
    """
    crowd = np.concatenate([start.seed[None], first])[:POPULATION]
    missing = POPULATION - len(crowd)
    crowd = np.concatenate([crowd, mutate(crowd[rng.integers(0, len(crowd), missing)], start.free, rng)])
    judged = _best(judge(start.within_edits(crowd, rng)), POPULATION)
    elite = max(1, int(_ELITE * POPULATION))
    for _ in range(GENERATIONS):
        mothers, fathers = (
            judged.codes[rng.integers(0, len(judged.codes), (POPULATION, _RIVALS)).min(1)] for _ in range(2)
        )
        children = mutate(mix(mothers, fathers, rng), start.free, rng)
        born = judge(start.within_edits(children, rng))
        judged = _best(_joined(judged.take(np.arange(min(elite, len(judged.codes)))), born), POPULATION)
    return judged


def climb(judge: Judge, start: Start, codes: np.ndarray) -> Judged:
    """Make the best single edit, again and again, until none helps; `codes` is one sequence, (L,).

    Returns
    -------
    Every sequence on the way that the demands allow to be the end, best first.
    """
    here = judge(codes[None])
    path = here
    while len(near := _neighbours(here.codes[0], start)):
        found = _best(judge(near), 1)
        if (found.missed[0], -found.score[0]) >= (here.missed[0], -here.score[0]):
            break
        here = found
        path = _joined(path, here)
    return path.take(path.order())


def mutate(codes: np.ndarray, free: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exchange bases by chance at free positions, two a sequence on average and at least one."""
    count = np.minimum(1 + rng.poisson(_MEAN_MUTATIONS - 1, len(codes)), len(free))
    rank = rng.random((len(codes), len(free))).argsort(1).argsort(1)
    hit = rank < count[:, None]
    changed = codes.copy()
    step = rng.integers(1, 4, hit.shape)
    changed[:, free] = np.where(hit, (codes[:, free] + step) % 4, codes[:, free])
    return changed


def mix(mothers: np.ndarray, fathers: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give each child a stretch of its father and the rest of its mother."""
    length = mothers.shape[1]
    ends = np.sort(rng.integers(0, length + 1, (len(mothers), 2)), axis=1)
    at = np.arange(length)
    return np.where((at >= ends[:, :1]) & (at < ends[:, 1:]), fathers, mothers)


def _neighbours(codes: np.ndarray, start: Start) -> np.ndarray:
    """Return all sequences one edit away that keep to the allowed number of edits, (n, L)."""
    near = np.repeat(codes[None], 3 * len(start.free), axis=0)
    at = np.repeat(start.free, 3)
    near[np.arange(len(near)), at] = (codes[at] + np.tile([1, 2, 3], len(start.free))) % 4
    kept: np.ndarray = near[(near != start.seed).sum(1) <= start.max_edits]
    return kept


def _joined(a: Judged, b: Judged) -> Judged:
    """Put candidates side by side."""
    pairs = ((a.codes, b.codes), (a.missed, b.missed), (a.score, b.score))
    return Judged(*(np.concatenate(pair) for pair in pairs))


def _best(judged: Judged, number: int) -> Judged:
    """Return the best candidates, each once."""
    _, first = np.unique(judged.codes, axis=0, return_index=True)
    unique = judged.take(np.sort(first))
    return unique.take(unique.order()[:number])

"""Search for sequences under constraints: a genetic algorithm, and greedy single edits.

Candidates are ordered by ascending constraint violations, then by descending score, so that a start
sequence that violates a constraint is repaired first.  Fixed positions and the maximum number of edits are
respected by every candidate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.design.constraints import Constraints
from seqcnn.design.objective import Scored, Scorer

POPULATION = 100
"""Number of candidates per generation."""

GENERATIONS = 120
"""Number of generations."""

_TOURNAMENT_SIZE = 3  # candidates of which the best becomes a parent
_MUTATED_SHARE = 0.5  # share of children with mutations, which break sites more often than they make some
_MEAN_MUTATIONS = 2.0  # mean number of mutations per mutated child
_ELITE_SHARE = 0.2  # share of a population that is kept
_TRANSPLANT_SHARE = 0.3  # share of children that get a stretch of another sequence
_STRETCH_BP = (6, 40)  # shortest and longest of such a stretch: a site, or two with their spacing
_JOINED_EDITS = 16  # maximum number of edits per step of the greedy search


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """All sequences that the edits of one start sequence can reach."""

    start: np.ndarray
    """uint8 (L,), the start sequence."""
    editable: np.ndarray
    """Positions that may be edited, ascending."""
    max_edits: int
    """Maximum number of positions that differ from the start sequence."""

    @classmethod
    def of(cls, start: np.ndarray, constraints: Constraints) -> SearchSpace:
        """Return the search space of a start sequence under constraints."""
        editable = constraints.editable(len(start))
        max_edits = constraints.max_edits
        limit = len(editable) if max_edits is None else min(max_edits, len(editable))
        return cls(start, editable, limit)

    def project(self, codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Undo edits of fixed positions, and random ones beyond the maximum number; (n, L)."""
        edited = np.broadcast_to(self.start, codes.shape).copy()
        edited[:, self.editable] = codes[:, self.editable]
        # Each edit draws a random number below 1, other positions have 2: the edits with the
        # `max_edits` smallest numbers of a row are kept.
        draws = np.where(edited != self.start, rng.random(edited.shape), 2.0)
        largest_kept = np.sort(draws, axis=1)[:, self.max_edits - 1 : self.max_edits]  # (n, 1)
        undone = (draws < 2) & (draws > largest_kept) if self.max_edits else draws < 2
        return np.where(undone, self.start, edited).astype(np.uint8)


def evolve(
    space: SearchSpace,
    scorer: Scorer,
    *,
    first: np.ndarray,
    rng: np.random.Generator,
    donors: Sequence[np.ndarray] = (),
) -> Scored:
    """Run a genetic algorithm: tournament selection, two-point crossover, mutation, elitism.

    With several goals it is NSGA-II (Deb et al. 2002, doi:10.1109/4235.996017).

    Parameters
    ----------
    space, scorer
        The edits that are possible, and the score of candidates.
    first
        Candidates to begin with besides the start sequence, uint8 (n, L).
    rng
        The only source of randomness.
    donors
        Sequences, uint8 (L,) of any lengths, of which stretches are copied, as of the population.

    Returns
    -------
    The last generation, best first.
    """
    codes = np.concatenate([space.start[None], first])[:POPULATION]
    missing = POPULATION - len(codes)
    mutants = mutate(codes[rng.integers(0, len(codes), missing)], space.editable, rng)
    population = _best(scorer(space.project(np.concatenate([codes, mutants]), rng)), POPULATION)
    # A front of several goals may be the whole population: all of it competes with its children.
    elite_share = _ELITE_SHARE if population.score.ndim == 1 else 1.0
    n_elite = max(1, int(elite_share * POPULATION))
    for _ in range(GENERATIONS):
        offspring = scorer(space.project(_children(population.codes, space, donors, rng), rng))
        elite = population.take(np.arange(min(n_elite, len(population.codes))))
        population = _best(concatenate(elite, offspring), POPULATION)
    return population


def hill_climb(space: SearchSpace, scorer: Scorer, codes: np.ndarray) -> Scored:
    """Make the best single edits until none improves the sequence (greedy search).

    A step makes the best edit, or the best two, three, ... at once, whichever is best.

    Parameters
    ----------
    space, scorer
        The edits that are possible, and the score of candidates.
    codes
        The sequence to begin with, uint8 (L,).

    Returns
    -------
    Every sequence of the path, best first.
    """
    current = scorer(codes[None])
    path = current
    while len(neighbors := _neighbors(current.codes[0], space)):
        edited = scorer(neighbors)
        order = concatenate(current, edited).order()
        better = edited.take(order[: order.argmin()] - 1)  # what comes before the current sequence
        if not len(better.codes):
            break
        if len(joined := _joined(current.codes[0], better.codes, space)):
            better = concatenate(better, scorer(joined))
        current = _best(better, 1)
        path = concatenate(path, current)
    return path.take(path.order())


def mutate(codes: np.ndarray, editable: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Replace random bases at editable positions: at least one per sequence, `_MEAN_MUTATIONS` on average."""
    count = np.minimum(1 + rng.poisson(_MEAN_MUTATIONS - 1, len(codes)), len(editable))
    # The ranks of random numbers are a random permutation: ranks below `count` are mutated.
    rank = rng.random((len(codes), len(editable))).argsort(1).argsort(1)
    mutated_positions = rank < count[:, None]  # (n, editable)
    mutated = codes.copy()
    shift = rng.integers(1, 4, mutated_positions.shape)  # another base: 1 to 3 further in the alphabet
    mutated[:, editable] = np.where(mutated_positions, (codes[:, editable] + shift) % 4, codes[:, editable])
    return mutated


def crossover(first: np.ndarray, second: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the first parents with a random stretch of the second ones (two-point crossover), (n, L)."""
    length = first.shape[1]
    ends = np.sort(rng.integers(0, length + 1, (len(first), 2)), axis=1)
    positions = np.arange(length)
    return np.where((positions >= ends[:, :1]) & (positions < ends[:, 1:]), second, first)


def transplant(codes: np.ndarray, donors: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Copy a random stretch of a random donor, on either strand, to a random place of some sequences, (n, L).

    Single mutations rarely make a site: predictions hardly change until most of its bases are right.
    """
    changed = codes.copy()
    for row in np.flatnonzero(rng.random(len(codes)) < _TRANSPLANT_SHARE):
        donor = donors[int(rng.integers(len(donors)))]
        width = min(int(rng.integers(_STRETCH_BP[0], _STRETCH_BP[1] + 1)), len(donor), codes.shape[1])
        origin, place = (rng.integers(n - width + 1) for n in (len(donor), codes.shape[1]))
        stretch = donor[origin : origin + width]
        changed[row, place : place + width] = stretch if rng.random() < 0.5 else 3 - stretch[::-1]
    return changed


def concatenate(a: Scored, b: Scored) -> Scored:
    """Combine candidates."""
    pairs = ((a.codes, b.codes), (a.violations, b.violations), (a.score, b.score))
    return Scored(*(np.concatenate(pair) for pair in pairs))


def _children(
    parents: np.ndarray, space: SearchSpace, donors: Sequence[np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """Return the children of a sorted population (n, L), uint8 (`POPULATION`, L)."""
    # The best of a tournament is the one with the smallest row number.
    first, second = (
        parents[rng.integers(0, len(parents), (POPULATION, _TOURNAMENT_SIZE)).min(1)] for _ in range(2)
    )
    children = crossover(first, second, rng)
    mutated = rng.random(POPULATION) < _MUTATED_SHARE
    children[mutated] = mutate(children[mutated], space.editable, rng)
    return transplant(children, [*donors, *parents], rng)


def _joined(codes: np.ndarray, better: np.ndarray, space: SearchSpace) -> np.ndarray:
    """Return a sequence, (L,), with the best two, three, ... of its single edits together, (n, L).

    `better` are the sequences with one edit, best first, (N, L); only the best edit of a position is made.
    """
    positions = (better != codes).argmax(1)
    rows = np.sort(np.unique(positions, return_index=True)[1])[:_JOINED_EDITS]
    joined = np.repeat(codes[None], len(rows), axis=0)
    for number, row in enumerate(rows):
        joined[number:, positions[row]] = better[row, positions[row]]
    return np.asarray(joined[1:][(joined[1:] != space.start).sum(1) <= space.max_edits])


def _neighbors(codes: np.ndarray, space: SearchSpace) -> np.ndarray:
    """Return all sequences of the search space that are one edit away, (n, L)."""
    neighbors = np.repeat(codes[None], 3 * len(space.editable), axis=0)
    position = np.repeat(space.editable, 3)
    neighbors[np.arange(len(neighbors)), position] = (
        codes[position] + np.tile([1, 2, 3], len(space.editable))
    ) % 4
    return np.asarray(neighbors[(neighbors != space.start).sum(1) <= space.max_edits])


def _best(candidates: Scored, number: int) -> Scored:
    """Return the best candidates, without duplicates."""
    _, first = np.unique(candidates.codes, axis=0, return_index=True)
    unique = candidates.take(np.sort(first))
    return unique.take(unique.order()[:number])

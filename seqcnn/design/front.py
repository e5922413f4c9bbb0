"""Designs for several goals: a Pareto set, of which no design is better in every goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.design.constraints import Constraints
from seqcnn.design.design import Design, StartSequence, named
from seqcnn.design.diversity import Accepted
from seqcnn.design.evolution import SearchSpace, evolve
from seqcnn.design.objective import Goals, Scorer
from seqcnn.design.pareto import dominated, spread_order
from seqcnn.design.synthesis.tally import Tally
from seqcnn.errors import UsageError, counted
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.progress import track


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate that satisfies all constraints, and that no candidate from its start sequence dominates."""

    start: StartSequence
    codes: np.ndarray
    """uint8 (L,), 0..3."""
    scores: np.ndarray
    """float64 (K,), one per goal."""


def design_front(
    model: LoadedModel,
    starts: Sequence[StartSequence],
    goals: Goals,
    constraints: Constraints,
    *,
    seed: int = 1,
    tally: Tally | None = None,
) -> tuple[list[Design], list[Candidate]]:
    """Design the Pareto set of several goals.

    A genetic algorithm (NSGA-II) runs from each start sequence.  Of the candidates that none dominates, as
    many as there are start sequences become designs: first the best in each goal, then always the one that
    is farthest from those on the front.

    Parameters
    ----------
    model
        The model that scores candidates.
    starts
        Start sequences.
    goals, constraints
        The goals, and the constraints of designs.
    seed
        Random seed; the same arguments give the same designs.
    tally
        Counts the candidates that each constraint rejects.

    Returns
    -------
    The designs, by descending score of the first goal, and the front of each start sequence.

    Raises
    ------
    UsageError
        If no start sequence gives a design.
    """
    scorer = Scorer(model, goals, constraints, tally or Tally())
    candidates: list[Candidate] = []
    donors = [start.codes for start in starts]
    for number, start in enumerate(track(starts, "designing", "sequences")):
        candidates += _search(scorer, start, donors, np.random.default_rng([seed, number]))
    if not candidates:
        raise UsageError(
            f"design: none of {counted(len(starts), 'start sequences')} gives a sequence that satisfies all "
            "constraints"
        )
    scores = np.array([candidate.scores for candidate in candidates])
    front = np.flatnonzero(~dominated(scores))
    accepted = Accepted(constraints)
    chosen = [
        row
        for row in front[spread_order(scores[front])].tolist()
        if _accept(accepted, candidates[row], len(starts))
    ]
    chosen.sort(key=lambda row: -scores[row, 0])
    designs = [Design(candidates[r].start, candidates[r].codes, float(scores[r, 0])) for r in chosen]
    return named(designs), candidates


def _search(
    scorer: Scorer, start: StartSequence, donors: Sequence[np.ndarray], rng: np.random.Generator
) -> list[Candidate]:
    """Return the front of the candidates from one start sequence."""
    space = SearchSpace.of(start.codes, scorer.constraints)
    first = np.empty((0, len(start.codes)), np.uint8)
    population = evolve(space, scorer, first=first, rng=rng, donors=donors)
    valid = population.take(np.flatnonzero(population.violations == 0))
    rows = np.flatnonzero(~dominated(valid.score))
    return [Candidate(start, valid.codes[row], valid.score[row]) for row in rows]


def _accept(accepted: Accepted, candidate: Candidate, number: int) -> bool:
    """Return whether a candidate becomes a design, if there are fewer than `number`."""
    return len(accepted.codes) < number and accepted.add_if_distinct(candidate.codes)

"""Design sequences with a wanted prediction from start sequences, under constraints."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from seqcnn.design import evolution
from seqcnn.design.constraints import Constraints, base_codes
from seqcnn.design.diversity import Accepted
from seqcnn.design.evolution import SearchSpace, evolve, hill_climb
from seqcnn.design.ledidi import ledidi_candidates
from seqcnn.design.objective import Goals, Objective, Scored, Scorer, rows_of
from seqcnn.design.synthesis.tally import Tally
from seqcnn.errors import SequenceError, UsageError, show
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.model.inference.predictions import Predictions, concatenate
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.progress import track

logger = logging.getLogger(__name__)

Method = Literal["evolve", "greedy", "ledidi"]


@dataclass(frozen=True, slots=True)
class StartSequence:
    """A sequence from which a design starts."""

    name: str
    codes: np.ndarray
    """uint8 (L,), 0..3."""


@dataclass(frozen=True, slots=True)
class Design:
    """A sequence that satisfies all constraints."""

    start: StartSequence
    codes: np.ndarray
    """uint8 (L,), 0..3."""
    score: float
    name: str = ""
    kind: str = "design"
    """`design`, or the kind of a control."""

    @property
    def edits(self) -> np.ndarray:
        """0-based positions that differ from the start sequence."""
        return np.flatnonzero(self.codes != self.start.codes)


def design(
    model: LoadedModel,
    starts: Sequence[StartSequence],
    objective: Objective,
    constraints: Constraints,
    *,
    method: Method = "evolve",
    seed: int = 1,
    tally: Tally | None = None,
) -> list[Design]:
    """Design one sequence from each start sequence.

    Parameters
    ----------
    model
        The model that scores candidates; an ensemble also gives the uncertainty of the predictions.
    starts
        Start sequences.
    objective, constraints
        The wanted prediction, and the constraints of designs.
    method
        `greedy` makes the best single edits until none improves the score; `evolve` runs a genetic
        algorithm before that, which also copies stretches of start sequences and candidates; `ledidi`
        starts the genetic algorithm from gradient-based edits (encoder `cnn` only).
    seed
        Random seed; the same arguments give the same designs.
    tally
        Counts the candidates that each constraint rejects.

    Returns
    -------
    Designs in the order of the start sequences.  A start sequence without a design is skipped with a warning.

    Raises
    ------
    UsageError
        If no start sequence gives a design.
    """
    scorer = Scorer(model, objective, constraints, tally or Tally())
    designs, accepted = list[Design](), Accepted(constraints)
    donors = [start.codes for start in starts]
    for number, start in enumerate(track(starts, "designing", "sequences")):
        candidates = _search(scorer, objective, start, method, donors, np.random.default_rng([seed, number]))
        distinct = (row for row in _valid(candidates) if accepted.add_if_distinct(candidates.codes[row]))
        row = next(distinct, None)
        if row is None:
            logger.warning("%s: no design; %s", show(start.name), _reason(candidates, scorer))
        else:
            designs.append(Design(start, candidates.codes[row], float(candidates.score[row])))
    if not designs:
        raise UsageError(
            f"design: none of {len(starts)} start sequences gives a sequence that satisfies all constraints"
        )
    return named(designs)


def named(designs: Sequence[Design]) -> list[Design]:
    """Return designs with their names, numbered from 1 with equally many digits."""
    digits = len(str(len(designs)))
    return [replace(design, name=f"design_{i:0{digits}d}") for i, design in enumerate(designs, start=1)]


def predict_designs(model: LoadedModel, designs: Sequence[Design]) -> Predictions:
    """Predict designs, in their order, with the out-of-distribution flag."""
    return concatenate([model.predict_members(rows_of(model, design.codes[None])) for design in designs])


def best_starts(
    model: LoadedModel, sample: Sample, objective: Objective | Goals, number: int
) -> list[StartSequence]:
    """Return the sequences of a sample with the highest scores, best first.

    With several goals it is the sum of their scores, each divided by its SD over the sample.

    Raises
    ------
    SequenceError
        If one of them holds an ambiguous base.
    """
    score = objective.score(model.predict_members(sample.rows).members)
    if score.ndim == 2:
        score = ((score - score.mean(0)) / np.maximum(score.std(0), 1e-12)).sum(1)
    return [_start_sequence(sample, i) for i in np.argsort(-score, kind="stable")[:number].tolist()]


def random_starts(number: int, length: int, constraints: Constraints, *, seed: int) -> list[StartSequence]:
    """Return random sequences; their expected GC fraction is the middle of the allowed range."""
    rng = np.random.default_rng([seed, 2**32])
    gc = sum(constraints.gc) / 2 if constraints.gc else 0.5
    probabilities = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
    sequences = rng.choice(4, (number, length), p=probabilities).astype(np.uint8)
    return [StartSequence(f"random_{i}", codes) for i, codes in enumerate(sequences, start=1)]


def _search(
    scorer: Scorer,
    objective: Objective,
    start: StartSequence,
    method: Method,
    donors: Sequence[np.ndarray],
    rng: np.random.Generator,
) -> Scored:
    """Search from one start sequence; return the candidates, best first."""
    space = SearchSpace.of(start.codes, scorer.constraints)
    if method == "greedy":
        return hill_climb(space, scorer, start.codes)
    first = np.empty((0, len(start.codes)), np.uint8)
    if method == "ledidi":
        first = ledidi_candidates(scorer.model, objective, space, rng)
    population = evolve(space, scorer, first=first, rng=rng, donors=donors)
    return evolution.concatenate(hill_climb(space, scorer, population.codes[0]), population)


def _valid(candidates: Scored) -> Iterator[int]:
    """Yield the rows of the candidates that violate no constraint, best first."""
    return (row for row in candidates.order().tolist() if candidates.violations[row] == 0)


def _reason(candidates: Scored, scorer: Scorer) -> str:
    """Return why no candidate is a design, and what to do."""
    if next(_valid(candidates), None) is not None:
        return (
            "all candidates are too close to other designs; lower --min-distance, raise "
            "--max-per-cluster, or use other starts"
        )
    nearest = candidates.codes[candidates.order()[:1]]
    amounts = scorer.violations(nearest, rows_of(scorer.model, nearest))
    oligos = scorer.constraints.oligos(nearest)
    reached = {
        check.name: f" ({check.values(oligos)[0]:.3g}, limit {check.limit})"
        for check in scorer.constraints.checks()
    }
    violated = ", ".join(name + reached.get(name, "") for name, amount in amounts.items() if amount[0] > 0)
    edits = scorer.constraints.max_edits
    within = "no sequence near it" if edits is None else f"no sequence with at most {edits} edits"
    remedy = "relax one" if edits is None else "relax one, or allow more edits"
    return f"{within} satisfies all constraints; the nearest one violates {violated}; {remedy}"


def _start_sequence(sample: Sample, row: int) -> StartSequence:
    """Return one sequence of a sample as a start sequence."""
    start, length = int(sample.rows.start[row]), int(sample.rows.insert_length[row])
    try:
        codes = base_codes(sample.rows.bases[row, start : start + length].tobytes())
    except SequenceError as error:
        raise SequenceError(f"{show(sample.ids[row])}: {error}") from error
    return StartSequence(sample.ids[row], codes)

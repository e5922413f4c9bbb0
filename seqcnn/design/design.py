"""A trained model, seeds and a bench's demands -> sequences with a wanted prediction."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from rapidfuzz.distance import Levenshtein
from tqdm import tqdm

from seqcnn.design.constraints import Constraints, codes_of
from seqcnn.design.evolution import Start, climb, evolve
from seqcnn.design.ledidi import gradient_candidates
from seqcnn.design.objective import Judge, Judged, Objective, rows_of
from seqcnn.errors import SequenceError, UsageError, show
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.model.inference.predictions import Predictions, concatenate
from seqcnn.model.inference.trained_model import Model

logger = logging.getLogger(__name__)

Method = Literal["evolve", "greedy", "ledidi"]


@dataclass(frozen=True, slots=True)
class Seed:
    """A sequence that a design starts from."""

    name: str
    codes: np.ndarray
    """uint8 (L,), 0..3."""


@dataclass(frozen=True, slots=True)
class Design:
    """A sequence that meets all demands."""

    seed: Seed
    codes: np.ndarray
    """uint8 (L,), 0..3."""
    score: float

    @property
    def edits(self) -> np.ndarray:
        """0-based positions that differ from the seed."""
        return np.flatnonzero(self.codes != self.seed.codes)


def design(
    model: Model,
    seeds: Sequence[Seed],
    objective: Objective,
    constraints: Constraints,
    *,
    method: Method = "evolve",
    seed: int = 1,
) -> list[Design]:
    """Design a sequence from each seed.

    Parameters
    ----------
    model
        The model that judges.  Give an ensemble, so that its disagreement can keep the search honest.
    seeds
        What to start from.
    objective, constraints
        What is wanted, and what is demanded.
    method
        `greedy` makes the best single edit until none helps; `evolve` lets many edits compete before that;
        `ledidi` lets an evolution begin with edits along the gradient (encoder `cnn` only).
    seed
        The same arguments give the same designs.

    Returns
    -------
    In the order of the seeds.  A seed without a sequence that meets all demands has none, with a warning.

    Raises
    ------
    UsageError
        If no seed gives a design.
    """
    judge = Judge(model, objective, constraints)
    found: list[Design] = []
    bar = tqdm(seeds, desc="designing", unit=" sequences", disable=not sys.stderr.isatty())
    for number, one in enumerate(bar):
        candidates = _candidates(judge, one, method, np.random.default_rng([seed, number]))
        chosen = _first_apart(candidates, [d.codes for d in found], constraints.min_distance)
        if chosen is None:
            logger.warning("%s: no design; %s", show(one.name), _reason(candidates))
        else:
            found.append(Design(one, candidates.codes[chosen], float(candidates.score[chosen])))
    if not found:
        raise UsageError(f"design: none of {len(seeds)} seeds gives a sequence that meets all demands")
    return found


def predict_designs(model: Model, designs: Sequence[Design]) -> Predictions:
    """Predict designs, in their order; out-of-distribution ones are flagged."""
    return concatenate([model.predict_members(rows_of(model, design.codes[None])) for design in designs])


def seeds_of(model: Model, sample: Sample, objective: Objective, number: int) -> list[Seed]:
    """Return the sequences of a sample that come closest to the objective, the best first.

    Raises
    ------
    SequenceError
        If one of them holds an ambiguous base.
    """
    score = objective.score(model.predict_members(sample.rows).members)
    return [_seed(sample, i) for i in np.argsort(-score, kind="stable")[:number].tolist()]


def random_seeds(number: int, length: int, constraints: Constraints, *, seed: int) -> list[Seed]:
    """Return random sequences; their expected GC fraction is the middle of what is allowed."""
    rng = np.random.default_rng([seed, 2**32])
    gc = sum(constraints.gc) / 2 if constraints.gc else 0.5
    chances = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
    drawn = rng.choice(4, (number, length), p=chances).astype(np.uint8)
    return [Seed(f"random_{i}", codes) for i, codes in enumerate(drawn, start=1)]


def _candidates(judge: Judge, seed: Seed, method: Method, rng: np.random.Generator) -> Judged:
    """Search from one seed; the best first."""
    start = Start.of(seed.codes, judge.constraints)
    if method == "greedy":
        return climb(judge, start, seed.codes)
    first = np.empty((0, len(seed.codes)), np.uint8)
    if method == "ledidi":
        first = gradient_candidates(judge.model, judge.objective, start, rng)
    crowd = evolve(judge, start, first, rng)
    best = climb(judge, start, crowd.codes[0])
    return Judged(
        np.concatenate([best.codes, crowd.codes]),
        np.concatenate([best.missed, crowd.missed]),
        np.concatenate([best.score, crowd.score]),
    )


def _first_apart(candidates: Judged, others: Sequence[np.ndarray], least: int) -> int | None:
    """Return the first candidate that meets all demands and is far enough from the other designs."""
    for number in _allowed(candidates):
        letters = candidates.codes[number].tobytes()
        if all(Levenshtein.distance(letters, other.tobytes()) >= least for other in others):
            return number
    return None


def _allowed(candidates: Judged) -> Iterator[int]:
    """Yield the candidates that meet all demands of one sequence, the best first."""
    return (i for i in candidates.order().tolist() if candidates.missed[i] == 0)


def _reason(candidates: Judged) -> str:
    """Say why no candidate is a design."""
    if next(_allowed(candidates), None) is None:
        return (
            "no sequence near it meets all demands (GC, runs, forbidden sites, like the training); loosen one"
        )
    return "all that were found are too near to another design; lower the distance, or give other seeds"


def _seed(sample: Sample, number: int) -> Seed:
    """Return one sequence of a sample as a seed."""
    start, size = int(sample.rows.start[number]), int(sample.rows.insert_length[number])
    try:
        codes = codes_of(sample.rows.bases[number, start : start + size].tobytes())
    except SequenceError as error:
        raise SequenceError(f"{show(sample.ids[number])}: {error}") from error
    return Seed(sample.ids[number], codes)

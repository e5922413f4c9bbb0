"""What random single-base changes of the same windows do: the scale of an effect."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from seqcnn.genome.variant.effects import random_changes, score_pairs
from seqcnn.genome.variant.sources import Plan
from seqcnn.genome.variant.windows import Pair
from seqcnn.model.inference.trained_model import Model

logger = logging.getLogger(__name__)

CHUNK = 1024
"""Changes that are scored at a time."""


def null_effects(
    model: Model,
    answers: Sequence[Pair | str],
    *,
    target: int,
    plan: Plan,
    shifts: Sequence[int] = (0,),
) -> np.ndarray:
    """Return the effects of random single-base changes of the reference windows of some alleles."""
    pairs = [answer for answer in answers if isinstance(answer, Pair)]
    rng = np.random.default_rng([plan.seed, 1])
    changes = random_changes(pairs, plan.null, shifts=shifts, rng=rng)
    logger.info("percentiles: among %d random single-base changes of the same windows", len(changes))
    parts = [np.empty(0)]
    for at in range(0, len(changes), CHUNK):
        parts.append(score_pairs(model, changes[at : at + CHUNK], target=target).effect)
    return np.concatenate(parts)

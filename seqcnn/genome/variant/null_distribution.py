"""Effects of random single-base substitutions in the windows of the variants: the null distribution."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from seqcnn.genome.variant.effects import random_substitutions, score_pairs
from seqcnn.genome.variant.sources import VariantPlan
from seqcnn.genome.variant.windows import AlleleWindows, WindowsOrReason
from seqcnn.model.inference.trained_model import Model

logger = logging.getLogger(__name__)

CHUNK = 1024
"""Number of substitutions to score at a time."""


def null_effects(
    model: Model,
    alleles: Sequence[WindowsOrReason],
    *,
    target: int,
    plan: VariantPlan,
    shifts: Sequence[int] = (0,),
) -> np.ndarray:
    """Return the effects of random single-base substitutions in the reference windows of some alleles.

    Parameters
    ----------
    alleles
        Windows of alleles; those that have none, only a reason, are left out.
    plan
        Number of substitutions and random seed.
    shifts
        Offset in bp of each window, towards the 3' end.

    Returns
    -------
    float64 (n,), n at most `plan.n_null`.
    """
    pairs = [windows for windows in alleles if isinstance(windows, AlleleWindows)]
    rng = np.random.default_rng([plan.seed, 1])
    substitutions = random_substitutions(pairs, plan.n_null, shifts=shifts, rng=rng)
    logger.info(
        "percentiles: among %d random single-base substitutions in the same windows", len(substitutions)
    )
    effects = [np.empty(0)]
    for start in range(0, len(substitutions), CHUNK):
        effects.append(score_pairs(model, substitutions[start : start + CHUNK], target=target).effect)
    return np.concatenate(effects)

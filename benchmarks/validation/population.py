"""Population of designed oligos with known truth, and a model with known scores.

The clusters are those of `seqcnn simulate`: families of near-identical variants, and single sequences.  The
model knows all terms of the truth except two motifs.  Test rows are clusters sampled from the population with
replacement and measured with noise, so an interval must cover the score of the population.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from seqcnn.data.simulation.ground_truth import BASELINE, packed_blocks, true_terms
from seqcnn.data.simulation.oligo_library import Oligo, design_library
from seqcnn.model.metrics import METRICS

LENGTH = 170
"""Length of the oligos, bp."""

NOISE = 0.35
"""SD of the measurement noise, in SDs of the truth; r of two measurements is 0.89."""

_UNKNOWN = ("NFY", "REST")  # motifs that the model does not know
_COPIES = 20  # noisy copies of the population, for its true scores


@dataclass(frozen=True)
class Sample:
    """Measured test rows."""

    y: np.ndarray
    y_hat: np.ndarray
    groups: np.ndarray


@dataclass(frozen=True)
class Population:
    """Clusters of oligos; rows of one cluster stand side by side."""

    truth: np.ndarray
    y_hat: np.ndarray
    size: np.ndarray
    """Rows of each cluster."""

    def sample_rows(self, rng: np.random.Generator, clusters: int) -> Sample:
        """Sample clusters with replacement, and measure their rows."""
        sampled = rng.integers(0, len(self.size), clusters)
        start = np.cumsum(self.size) - self.size
        rows = np.concatenate([np.arange(start[c], start[c] + self.size[c]) for c in sampled])
        y = self.truth[rows] + NOISE * self.truth.std() * rng.standard_normal(len(rows))
        return Sample(y, self.y_hat[rows], np.repeat(np.arange(clusters), self.size[sampled]))

    def score(self, metric: str) -> float:
        """Return the true score of the model."""
        rng, truth = np.random.default_rng(0), np.tile(self.truth, _COPIES)
        y = truth + NOISE * self.truth.std() * rng.standard_normal(len(truth))
        return METRICS[metric](y, np.tile(self.y_hat, _COPIES))


@cache
def population(n: int = 20_000, *, singles: bool = True, seed: int = 1) -> Population:
    """Design `n` oligos, three fifths of them without relatives; `singles` includes these."""
    oligos = design(seed, n, LENGTH, singles=singles)
    truth, y_hat = np.empty(len(oligos)), np.empty(len(oligos))
    for rows, packed in packed_blocks([oligo.sequence for oligo in oligos]):
        terms = true_terms(packed)
        truth[rows] = BASELINE + np.sum(list(terms.values()), axis=0)
        y_hat[rows] = truth[rows] - np.sum([terms[name] for name in _UNKNOWN], axis=0)
    families = np.unique([oligo.family for oligo in oligos], return_inverse=True)[1]
    return Population(truth, y_hat, np.bincount(families))


def design(seed: int, n: int, length: int, *, singles: bool = True) -> list[Oligo]:
    """Design a library of about `n` oligos, in the order of their families."""
    rng = np.random.Generator(np.random.PCG64(seed))
    if singles:
        return design_library(rng, n, length)
    return [oligo for oligo in design_library(rng, n * 5 // 2, length) if oligo.family.startswith("fam")]

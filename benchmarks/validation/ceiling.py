"""How near the noise ceiling that replicates give is to the one that was simulated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.validation.population import Population, population
from benchmarks.validation.study import Row, Study
from seqcnn.evaluation.evaluate import noise_ceiling

PROMISED = 0.01
"""Largest mean difference from the simulated reliability."""

_WORDS = (
    "Replicates of 600 simulated oligos, a tenth of the measurements missing.  Reliability is the part "
    "of the variance of their mean that is not noise; attainable r, its root, is what a perfect model "
    "would score.  The figure in brackets is how much one experiment of this size differs from the "
    "next."
)

_ROWS = 600  # of a test set
_MISSING = 0.1  # of the measurements of each replicate


@dataclass(frozen=True, slots=True)
class Deviation:
    """Found minus simulated, over repetitions."""

    reliability: float
    """Mean, of the reliability of the mean of all replicates."""
    attainable_r: float
    """Mean, of the r that a perfect model reaches."""
    sd: float
    """Standard deviation of the reliability over experiments."""


def deviation(
    source: Population,
    replicates: int,
    repetitions: int,
    *,
    reliability: float,
    noise: tuple[float, ...] | None = None,
    seed: int = 0,
) -> Deviation:
    """Compare the ceiling found in simulated replicates with the simulated one.

    Parameters
    ----------
    source
        The population.
    replicates
        Their number.
    repetitions
        Experiments, of 600 oligos each, a tenth of whose measurements is missing in each replicate.
    reliability
        Simulated r between two replicates.
    noise
        SD of each replicate's noise relative to the others'; by default all are equal.
    seed
        Of all experiments.
    """
    rng, truth = np.random.default_rng(seed), source.truth
    scale = np.array(noise or [1.0] * replicates)
    sds = truth.std() * ((1 - reliability) / reliability) ** 0.5 * scale
    true = truth.var() / (truth.var() + (sds**2).mean() / replicates)
    found = []
    for _ in range(repetitions):
        sample = rng.choice(truth, _ROWS)[:, None]
        measured = sample + sds * rng.standard_normal((_ROWS, replicates))
        measured[rng.random(measured.shape) < _MISSING] = np.nan
        ceiling = noise_ceiling(measured)
        found.append([ceiling["reliability"], ceiling["attainable_r"]] if ceiling else [np.nan, np.nan])
    off = np.array(found) - [true, true**0.5]
    return Deviation(*np.nanmean(off, axis=0).tolist(), sd=float(np.nanstd(off[:, 0])))


def study(repetitions: int = 400) -> Study:
    """Measure the deviation for replicates of low and high quality."""
    library, rows = population(), []
    for replicates in (2, 3):
        for reliability in (0.3, 0.5, 0.7, 0.9, 0.95):
            found = deviation(library, replicates, repetitions, reliability=reliability)
            kept = max(abs(found.reliability), abs(found.attainable_r)) <= PROMISED
            what = f"{replicates} replicates, r between them {reliability:g}"
            rows.append(Row(what, f"within {PROMISED:g}", _words(found), repetitions, kept))
    for noise in ((1.0, 2.0), (1.0, 1.0, 2.0)):
        found = deviation(library, len(noise), repetitions, reliability=0.8, noise=noise)
        what = f"{len(noise)} replicates, r 0.8 between two like the first, the last twice as noisy"
        rows.append(Row(what, "", _words(found), repetitions))
    return Study("The ceiling is the simulated one", _WORDS, rows)


def _words(found: Deviation) -> str:
    """Say a deviation."""
    return (
        f"reliability {found.reliability:+.4f} (± {found.sd:.3f} in one experiment), "
        f"attainable r {found.attainable_r:+.4f}"
    )

"""Study of the bias of the noise ceiling estimated from replicates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.validation.population import Population, population
from benchmarks.validation.study import Row, Study
from seqcnn.evaluation.evaluate import noise_ceiling

GUARANTEED = 0.01
"""Largest mean difference from the simulated reliability."""

_DESCRIPTION = (
    "Replicates of 600 simulated oligos with a tenth of the measurements missing.  Reliability is the "
    "fraction of the variance of their mean that is not noise; attainable r, its square root, is the r "
    "of a perfect model.  The value in brackets is the standard deviation over experiments of this "
    "size."
)

_ROWS = 600  # per test set
_MISSING = 0.1  # fraction of the measurements of each replicate


@dataclass(frozen=True, slots=True)
class Deviation:
    """Estimated minus simulated value, over repetitions."""

    reliability: float
    """Mean deviation of the reliability of the mean of all replicates."""
    attainable_r: float
    """Mean deviation of the r of a perfect model."""
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
    """Compare the ceiling estimated from simulated replicates with the simulated one.

    Parameters
    ----------
    source
        Population of oligos.
    replicates
        Number of replicates.
    repetitions
        Number of experiments, of 600 oligos each; a tenth of the measurements of a replicate is missing.
    reliability
        Simulated r between two replicates.
    noise
        Relative noise SD of each replicate; equal by default.
    seed
        Random seed.
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
            holds = max(abs(found.reliability), abs(found.attainable_r)) <= GUARANTEED
            what = f"{replicates} replicates, r between them {reliability:g}"
            rows.append(Row(what, f"within {GUARANTEED:g}", _describe(found), repetitions, holds))
    for noise in ((1.0, 2.0), (1.0, 1.0, 2.0)):
        found = deviation(library, len(noise), repetitions, reliability=0.8, noise=noise)
        what = f"{len(noise)} replicates, r 0.8 between two like the first, twice the noise SD in the last"
        rows.append(Row(what, "", _describe(found), repetitions))
    return Study("Bias of the noise ceiling", _DESCRIPTION, rows)


def _describe(found: Deviation) -> str:
    """Format a deviation."""
    return (
        f"reliability {found.reliability:+.4f} (± {found.sd:.3f} in one experiment), "
        f"attainable r {found.attainable_r:+.4f}"
    )

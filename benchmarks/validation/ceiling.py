"""Study of the bias of the noise ceiling estimated from replicates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.validation.population import Population, population
from benchmarks.validation.study import Row, Study
from seqcnn.data.assay.noise_ceiling import noise_ceiling

GUARANTEED = 0.01
"""Largest mean difference from the simulated reliability."""

_DESCRIPTION = (
    "Replicates of 600 simulated oligos with a tenth of the measurements missing, or as many as stated.  "
    "Reliability is the fraction of the variance of the mean of the replicates of a row that is not noise, "
    "given the noise and the number of replicates of each row; attainable r, its square root, is the r "
    "of a perfect model.  The value in brackets is the standard deviation over experiments of this "
    "size."
)

_ROWS = 600  # per test set
_MISSING = 0.1  # fraction of the measurements of each replicate
_UNEQUAL = (
    ((1.0, 2.0), (0.1, 0.1)),
    ((1.0, 1.0, 2.0), (0.1, 0.1, 0.1)),
    ((0.5, 1.0, 3.0), (0.1, 0.1, 0.1)),
    ((1.0, 1.0, 1.0), (0.0, 0.0, 0.93)),
    ((1.0, 1.0, 2.0), (0.0, 0.3, 0.8)),
    ((1.0, 2.0), (0.5, 0.5)),
    ((0.5, 1.0, 1.0, 3.0), (0.5, 0.5, 0.5, 0.5)),
)  # relative noise SD and missing fraction of each replicate


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
    missing: tuple[float, ...] | None = None,
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
        Number of experiments, of 600 oligos each.
    reliability
        Simulated r between two replicates of relative noise SD 1.
    noise
        Relative noise SD of each replicate; equal by default.
    missing
        Fraction of the measurements of each replicate that is missing; a tenth by default.
    seed
        Random seed.
    """
    rng, truth = np.random.default_rng(seed), source.truth
    scale, absent = np.array(noise or [1.0] * replicates), np.array(missing or [_MISSING] * replicates)
    sds = truth.std() * ((1 - reliability) / reliability) ** 0.5 * scale
    deviations = []
    for _ in range(repetitions):
        sample = rng.choice(truth, _ROWS)[:, None]
        measured = sample + sds * rng.standard_normal((_ROWS, replicates))
        measured[rng.random(measured.shape) < absent] = np.nan
        true = _true_reliability(np.isfinite(measured), sds, truth.var())
        ceiling = noise_ceiling(measured) or {"reliability": np.nan, "attainable_r": np.nan}
        deviations.append([ceiling["reliability"] - true, ceiling["attainable_r"] - true**0.5])
    off = np.array(deviations)
    return Deviation(*np.nanmean(off, axis=0).tolist(), sd=float(np.nanstd(off[:, 0])))


def _true_reliability(present: np.ndarray, sds: np.ndarray, variance: float) -> float:
    """Return the reliability of row means, given which replicates (N, R) each row has and their noise SDs."""
    count = present.sum(1)
    rows = count > 0
    noise = (present[rows] @ sds**2) / count[rows] ** 2
    return float(variance / (variance + noise.mean()))


def study(repetitions: int = 400) -> Study:
    """Measure the deviation for replicates of low and high quality."""
    library, rows = population(), []
    for replicates in (2, 3):
        for reliability in (0.3, 0.5, 0.7, 0.9, 0.95):
            found = deviation(library, replicates, repetitions, reliability=reliability)
            holds = max(abs(found.reliability), abs(found.attainable_r)) <= GUARANTEED
            what = f"{replicates} replicates, r between them {reliability:g}"
            rows.append(Row(what, f"within {GUARANTEED:g}", _describe(found), repetitions, holds))
    for noise, missing in _UNEQUAL:
        found = deviation(library, len(noise), repetitions, reliability=0.8, noise=noise, missing=missing)
        holds = max(abs(found.reliability), abs(found.attainable_r)) <= GUARANTEED
        sds, shares = (", ".join(f"{x:g}" for x in values) for values in (noise, missing))
        what = f"replicates of relative noise SD {sds}; fractions {shares} missing"
        rows.append(Row(what, f"within {GUARANTEED:g}", _describe(found), repetitions, holds))
    return Study("Bias of the noise ceiling", _DESCRIPTION, rows)


def _describe(found: Deviation) -> str:
    """Format a deviation."""
    return (
        f"reliability {found.reliability:+.4f} (± {found.sd:.3f} in one experiment), "
        f"attainable r {found.attainable_r:+.4f}"
    )

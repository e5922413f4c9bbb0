"""Simulate a designed-library MPRA with known ground truth: FASTA, targets and truth table.

Each oligo of `oligo_library` has a noiseless activity, which `ground_truth` computes from its sequence, and
two replicates with normal noise.  Positions are 0-based half-open; the flanks of the construct are not part
of the oligos.  Numbers have four decimals, and the same arguments give the same bytes.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from seqcnn.data.simulation.ground_truth import (
    BASELINE,
    MOTIFS,
    TERMS,
    affinities,
    meme,
    packed_blocks,
    true_activity,
    true_terms,
)
from seqcnn.data.simulation.oligo_library import MIN_LENGTH, Oligo, design_library
from seqcnn.errors import UsageError, place, plural
from seqcnn.io.atomic import atomic_path, refuse_file
from seqcnn.io.tsv import number_cell, table_lines

__all__ = ["FILES", "FLANK3", "FLANK5", "MIN_LENGTH", "Simulation", "simulate", "true_activity"]

logger = logging.getLogger(__name__)

FILES = ("oligos.fa", "targets.tsv", "truth.tsv", "motifs.meme", "simulation.json")
"""Files of a simulated library."""

FLANK5 = "GTCGAACTTGCAGTCTCTAG"
FLANK3 = "CTAGCCGTTGACGATCAGTC"
"""The construct's constant primers, outside every oligo and without effect on the truth."""

_MISSING_FRACTION = 0.0075  # of the measurements of one replicate


@dataclass(frozen=True)
class Simulation:
    """Settings and noise of a simulation; `best_pearson` is the highest expected r of a prediction."""

    n: int
    families: int
    length: int
    seed: int
    reliability: float
    reliability_of_mean: float
    best_pearson: float
    truth_sd: float
    noise_sd: float
    missing: int


def simulate(
    output: Path,
    *,
    n: int = 6000,
    length: int = 170,
    seed: int = 1,
    reliability: float = 0.9,
    overwrite: bool = False,
) -> Simulation:
    """Write a simulated designed-library MPRA to a folder.

    Parameters
    ----------
    output
        Folder for `FILES`; created if missing.
    n
        Number of oligos, at least 1.
    length
        Length of every oligo in bp, at least `MIN_LENGTH`.
    seed
        Random seed, at least 0.
    reliability
        Expected Pearson r between the two replicates, above 0 and at most 1.
    overwrite
        Replace existing files.

    Returns
    -------
    The settings with the reliability of the mean of two replicates (Spearman-Brown), its square
    root, which is the attainable Pearson r, and the number of oligos without `expression`.

    Raises
    ------
    UsageError
        If an argument is out of range, or a file exists and `overwrite` is False.
    EnvironmentFault
        If the folder cannot be written.
    """
    _check(output, n=n, length=length, seed=seed, reliability=reliability, overwrite=overwrite)
    rng = np.random.Generator(np.random.PCG64(seed))
    oligos = design_library(rng, n, length)
    truth = true_activity([oligo.sequence for oligo in oligos])
    truth_sd = float(truth.std())
    noise_sd = truth_sd * ((1 - reliability) / reliability) ** 0.5
    replicates = _measure(rng, truth, noise_sd)
    of_mean = 2 * reliability / (1 + reliability)
    summary = Simulation(
        n=n,
        families=len({oligo.family for oligo in oligos}),
        length=length,
        seed=seed,
        reliability=reliability,
        reliability_of_mean=round(of_mean, 4),
        best_pearson=round(of_mean**0.5, 4),
        truth_sd=round(truth_sd, 4),
        noise_sd=round(noise_sd, 4),
        missing=int(np.isnan(replicates).any(axis=0).sum()),
    )
    texts = (_fasta(oligos), _targets(oligos, replicates), _truth(oligos), meme(MOTIFS.values()))
    for name, text in zip(FILES, (*texts, _settings(summary)), strict=True):
        with atomic_path(output / name) as path:
            path.write_text(text, encoding="ascii", newline="\n")
    families = f"{summary.families:,} {'family' if summary.families == 1 else 'families'}"
    logger.info("%s: %s in %s", place(output), plural(n, "oligo"), families)
    logger.info("best reachable Pearson r: %.3f", summary.best_pearson)
    return summary


def _check(output: Path, *, n: int, length: int, seed: int, reliability: float, overwrite: bool) -> None:
    """Raise `UsageError` before any work."""
    for name, value, minimum in (("n", n, 1), ("length", length, MIN_LENGTH), ("seed", seed, 0)):
        if value < minimum:
            raise UsageError(f"simulate: {name} is {value}; at least {minimum} is expected")
    if not 0 < reliability <= 1:
        raise UsageError(f"simulate: reliability is {reliability}; expected above 0 and at most 1")
    refuse_file(output)
    existing = [name for name in FILES if (output / name).exists()]
    if existing and not overwrite:
        raise UsageError(
            f"{place(output)}: holds {', '.join(existing)} already; overwrite or name another folder"
        )


def _measure(rng: np.random.Generator, truth: NDArray[np.float64], noise_sd: float) -> NDArray[np.float64]:
    """Return two replicates with normal noise, (2, N), rounded to 4 decimals; NaN = not measured."""
    uniform = np.maximum(rng.random((2, len(truth))), 2.0**-54)
    noise = np.array([[NormalDist().inv_cdf(draw) for draw in row] for row in uniform.tolist()])
    measured = np.round(truth + noise_sd * noise, 4)
    measured[rng.random(measured.shape) < _MISSING_FRACTION] = np.nan
    return measured


def _fasta(oligos: list[Oligo]) -> str:
    """Return the oligos as FASTA, two lines each."""
    return "".join(f">{oligo.id}\n{oligo.sequence}\n" for oligo in oligos)


def _targets(oligos: list[Oligo], replicates: NDArray[np.float64]) -> str:
    """Return the table of measurements; `expression` is the mean, NA unless both replicates were measured."""
    rows = [["id", "expression", "expression_rep1", "expression_rep2", "family"]]
    for oligo, values in zip(oligos, np.vstack([replicates.mean(axis=0), replicates]).T, strict=True):
        rows.append([oligo.id, *(_number(value) for value in values), oligo.family])
    return table_lines(rows)


def _truth(oligos: list[Oligo]) -> str:
    """Return the table of noiseless activities, their terms (without `BASELINE`), and the matched sites."""
    rows: list[list[str]] = [[]] * len(oligos)
    for block, packed in packed_blocks([oligo.sequence for oligo in oligos]):
        terms = np.array(list(true_terms(packed).values())).T  # (N, terms)
        for row, values, sites in zip(block, terms, _sites(packed), strict=True):
            numbers = [_number(value) for value in (BASELINE + values.sum(), *values)]
            rows[row] = [oligos[row].id, *numbers, sites]
    return table_lines([["id", "activity", *TERMS, "sites"], *rows])


def _sites(packed: NDArray[np.uint8]) -> list[str]:
    """Return the matches of each oligo as motif:start:strand:affinity from 5' to 3', or '-'."""
    matches: list[list[tuple[int, str]]] = [[] for _ in packed]
    for motif in MOTIFS.values():
        affinity = affinities(packed, motif)
        for row, strand, start in np.argwhere(affinity > 0).tolist():
            text = f"{motif.name}:{start}:{'+-'[strand]}:{affinity[row, strand, start]:.4f}"
            matches[row].append((start, text))
    return [";".join(text for _, text in sorted(sites)) or "-" for sites in matches]


def _settings(summary: Simulation) -> str:
    """Return the settings and the construct as JSON."""
    construct = {"flank5": FLANK5, "flank3": FLANK3, "baseline": BASELINE}
    return json.dumps(asdict(summary) | construct, indent=2) + "\n"


def _number(value: float) -> str:
    """Return a number with four decimals, never -0, or NA for NaN."""
    return number_cell(round(float(value), 4) + 0.0, ".4f")

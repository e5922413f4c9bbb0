"""Study of variants: notations of one haplotype, and percentiles of random insertions and deletions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np

from benchmarks.validation.networks import LENGTH, NORMAL, Effort, fit, simulated
from benchmarks.validation.study import Row, Study, chance, percent
from seqcnn.genome.reference import open_reference
from seqcnn.genome.variant.alleles import Kind
from seqcnn.genome.variant.effects import percentiles, score_pairs
from seqcnn.genome.variant.normalise import trim_alleles
from seqcnn.genome.variant.null_distribution import NullDistributions
from seqcnn.genome.variant.windows import AlleleWindows, GenomeWindows
from seqcnn.model.inference.trained_model import LoadedModel

MAX_INDEL = 10
"""Longest random insertion or deletion, bp."""

_BASES = np.array([*"ACGT"])
_SPACING = 250  # bp of the genome per repeat
_DESCRIPTION = (
    f"A network trained on a simulated library of {LENGTH}-bp oligos scores variants of a random genome with "
    "tandem repeats.  Each haplotype, a copy of a repeat's unit more or less, is written in many notations: "
    "at every copy, with up to two bases more on either side.  Percentiles are two-sided: the value is how "
    "often a random insertion or deletion is above the 95th percentile of its null distribution."
)

Variant = tuple[str, int, str, str]
"""Contig, 0-based start, REF and ALT."""


@dataclass(frozen=True)
class Repeats:
    """A random genome with tandem repeats, and notations of haplotypes with other numbers of copies."""

    sequence: str
    haplotypes: list[list[Variant]]


def repeats(n: int, rng: np.random.Generator) -> Repeats:
    """Make `n` repeats of 3 to 8 units of 1 to 4 bp in random sequence, each with a copy more or less."""
    parts, haplotypes, size = [], [], 0
    for _ in range(n):
        unit = "".join(rng.choice(_BASES, rng.integers(1, 5)))
        copies = int(rng.integers(3, 9))
        before = "".join(rng.choice(_BASES, _SPACING))
        parts += [before, unit * copies, "".join(rng.choice(_BASES, _SPACING))]
        context = "".join(parts[-3:])
        haplotypes.append([*_notations(context, size, unit, copies=copies, longer=bool(rng.integers(2)))])
        size += len(context)
    return Repeats("".join(parts), haplotypes)


def _notations(context: str, offset: int, unit: str, *, copies: int, longer: bool) -> Iterator[Variant]:
    """Yield every notation of a copy more or less of a repeat that follows `_SPACING` bp of its context."""
    for copy in range(copies):
        start = _SPACING + copy * len(unit)
        for before in (1, 2, 3):
            for after in (0, 1, 2):
                left, right = context[start - before : start], context[start + len(unit) :][:after]
                here = unit if not longer else ""
                right = right if not longer else context[start:][:after]
                other = "" if here else unit
                yield "g", offset + start - before, left + here + right, left + other + right


def random_indels(sequence: str, n: int, rng: np.random.Generator) -> list[Variant]:
    """Return insertions and deletions of random length at random places, without the ends of the genome."""
    found = []
    for start in rng.integers(2 * LENGTH, len(sequence) - 2 * LENGTH, n).tolist():
        size = int(rng.integers(1, MAX_INDEL + 1))
        bases = "".join(rng.choice(_BASES, size))
        ref, alt = sequence[start], sequence[start] + bases
        if rng.integers(2):
            ref, alt = sequence[start : start + size + 1], sequence[start]
        found.append(("g", start, ref, alt))
    return found


@dataclass
class Scorer:
    """Effects and percentiles of variants of a genome."""

    model: LoadedModel
    make: GenomeWindows
    null: NullDistributions

    def effects(self, variants: list[Variant]) -> tuple[np.ndarray, list[Kind]]:
        """Return the effects and the kinds of the variants that can be scored."""
        pairs = [pair for variant in variants if isinstance(pair := self.make(*variant), AlleleWindows)]
        return score_pairs(self.model, pairs).effect, [pair.kind for pair in pairs]

    def spread(self, haplotypes: list[list[Variant]]) -> tuple[float, float]:
        """Return the largest differences of effect and of percentile between notations of a haplotype."""
        effects, ranks = [], []
        for notations in haplotypes:
            values, kinds = self.effects(notations)
            effects.append(float(np.ptp(values)))
            ranks.append(float(np.ptp(self.null.percentiles(values, kinds))))
        return max(effects), max(ranks)


@dataclass(frozen=True)
class Findings:
    """Measured values of the study."""

    normalised: tuple[float, float]
    """Largest difference of effect and of percentile between notations of a haplotype."""
    as_written: tuple[float, float]
    """The same without left-alignment."""
    indels_among_substitutions: float
    """Fraction of random insertions and deletions above the 95th percentile of substitutions."""
    indels: float
    """The same of insertions and deletions of the same length."""
    n_notations: int


def measure(effort: Effort = NORMAL, *, haplotypes: int = 200, indels: int = 4000, seed: int = 1) -> Findings:
    """Train a network and score notations and random insertions and deletions."""
    model = fit(simulated(seed, effort.n, singles=True).automatic(seed), effort, seed)
    rng = np.random.default_rng(seed)
    genome = repeats(haplotypes, rng)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "genome.fa"
        path.write_text(f">g\n{genome.sequence}\n")
        with open_reference(path) as opened:
            make = GenomeWindows(opened, LENGTH)
            null = NullDistributions(model, make, target=0, n=1000, seed=seed)
            scorer = Scorer(model, make, null)
            normalised = scorer.spread(genome.haplotypes)
            with patch("seqcnn.genome.variant.windows.normalise", lambda s, r, a, _: trim_alleles(s, r, a)):
                as_written = scorer.spread(genome.haplotypes)
            effects, kinds = scorer.effects(random_indels(genome.sequence, indels, rng))
            among = (percentiles(effects, null.effects(Kind(1, 1))), null.percentiles(effects, kinds))
    among_substitutions, among_indels = (float((ranks > 95).mean()) for ranks in among)
    return Findings(
        normalised, as_written, among_substitutions, among_indels, sum(map(len, genome.haplotypes))
    )


def study() -> Study:
    """Measure notations and percentiles."""
    n = 4000
    found = measure(indels=n)
    most = 2 * chance(0.05, n)
    notations = "notations of 200 haplotypes"
    return Study(
        "Variants",
        _DESCRIPTION,
        [
            Row(
                f"{notations}: largest difference between two of a haplotype", "none",
                _describe(found.normalised), found.n_notations, found.normalised == (0, 0),
            ),
            Row(f"{notations}, without left-alignment (not used by seqcnn)", "",
                _describe(found.as_written), found.n_notations),
            Row(
                f"random insertions and deletions of 1 to {MAX_INDEL} bp, among those of the same length",
                f"5 %, by chance {percent(0.05 - most)} to {percent(0.05 + most)}",
                percent(found.indels), n, abs(found.indels - 0.05) <= most,
            ),
            Row("the same, among single-base substitutions (not used by seqcnn)", "",
                percent(found.indels_among_substitutions), n),
        ],
    )  # fmt: skip


def _describe(spread: tuple[float, float]) -> str:
    """Format differences of effect and percentile."""
    return f"effect {spread[0]:.3g}, percentile {spread[1]:.3g}"

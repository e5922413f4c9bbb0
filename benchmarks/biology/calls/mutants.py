"""Measured mutants with measured parents, of public datasets, and how certain their effects are.

In the splicing libraries a mutant is any variant that differs from a native sequence of its gene in 1 to
`MAX_CHANGES` bases; a sequence with several barcodes was measured several times.  In the plant terminators
four designs, G4-AAAA to G4-BBBB, are in one sequence: parts of the first are replaced in the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.sequence.onehot import pack

MAX_CHANGES = 8
"""Largest number of bases in which a mutant differs from its parent."""

NATIVE = ("ir_filtered", "cassette_filtered")
"""Parts of the splicing libraries that consist of native sequences."""

PARENT_DESIGN = "G4-AAAA"

Z = 1.96
"""Multiple of the SD of an effect without a true one, beyond which a measured effect counts as true."""

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mutant and its parent, of equal length."""

    family: str
    """Gene, or sequence that the designs are in."""
    ref: bytes
    """Packed bases of the parent."""
    alt: bytes
    """Packed bases of the mutant."""
    effect: float
    """Measured effect: mutant minus parent."""
    noise: float
    """SD of the measured effect without a true one."""

    @property
    def is_true(self) -> bool:
        """Whether the measured effect is beyond the noise."""
        return abs(self.effect) > Z * self.noise


def splicing_mutants(rows: Sequence[Row]) -> list[Mutant]:
    """Return the mutants of a splicing library, each with the most similar native sequence of its gene.

    A sequence has the mean over its barcodes.  The variance between barcodes, pooled over all sequences with
    several, is the noise.
    """
    values, natives = defaultdict(list), defaultdict(dict)
    for row in rows:
        key = (row["gene"], row["sequence"].upper())
        values[key].append(float(row["splicing_ratio"]))
        if row["subset"] in NATIVE:
            natives[row["gene"]][key[1]] = None
    variance = _variance_within(list(values.values()))
    mutants = []
    for (gene, sequence), measured in values.items():
        near = [(_distance(sequence, native), native) for native in natives[gene]]
        changes, native = min(near, default=(0, ""))
        if 1 <= changes <= MAX_CHANGES:
            parent = values[gene, native]
            noise = (variance * (1 / len(measured) + 1 / len(parent))) ** 0.5
            effect = float(np.mean(measured) - np.mean(parent))
            mutants.append(Mutant(gene, pack(native), pack(sequence), effect, noise))
    return mutants


def terminator_mutants(rows: Sequence[Row]) -> list[Mutant]:
    """Return designs of the plant terminators and the first design in the same sequence, in tobacco.

    The difference of the replicates of all rows is the noise.
    """
    pairs = [(row["tobacco_rep1"], row["tobacco_rep2"]) for row in rows]
    replicates = np.array([pair for pair in pairs if "NA" not in pair], float)
    noise = float(np.std(replicates[:, 0] - replicates[:, 1]) / 2**0.5)  # of a difference of two means
    designs = defaultdict(dict)
    for row in rows:
        if row["class"].startswith("G4-"):
            designs[row["id"].rsplit("-", 1)[0]][row["class"]] = row
    return [mutant for family, by_class in designs.items() for mutant in _replaced(family, by_class, noise)]


def _replaced(family: str, by_class: Mapping[str, Row], noise: float) -> Iterator[Mutant]:
    """Yield the other designs of a sequence; none if it has no parent."""
    parent = by_class.get(PARENT_DESIGN)
    for name, row in by_class.items():
        if parent is not None and name != PARENT_DESIGN:
            ref, alt = (pack(r["sequence"]) for r in (parent, row))
            effect = float(row["enrichment_tobacco"]) - float(parent["enrichment_tobacco"])
            yield Mutant(family, ref, alt, effect, noise)


def _variance_within(groups: Sequence[Sequence[float]]) -> float:
    """Return the variance within groups, pooled."""
    several = [np.asarray(group) for group in groups if len(group) > 1]
    return float(sum(((g - g.mean()) ** 2).sum() for g in several) / sum(len(g) - 1 for g in several))


def _distance(a: str, b: str) -> int:
    """Return the number of differing bases of two sequences of equal length."""
    return sum(x != y for x, y in zip(a, b, strict=True))

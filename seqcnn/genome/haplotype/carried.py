"""The variants that each haplotype of a sample carries near one variant, the focal one.

Two heterozygous genotypes are on known haplotypes relative to each other if both are phased and in the same
phase set.  A homozygous variant is on all haplotypes; near it the haplotypes are those of the phase set of
the nearest phased genotype.  What is on no known haplotype is counted and not applied; alleles whose bases or
place are not known are listed and not applied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seqcnn.genome.haplotype.genotypes import Genotype, Record
from seqcnn.genome.haplotype.windows import Edit, edit_of
from seqcnn.genome.variant.windows import GenomeWindows

UNKNOWN = "."
"""Haplotype of a variant whose genotype is not phased."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What one haplotype carries in the window of a focal variant."""

    sample: int
    """Number of the sample, from 0."""
    haplotype: str
    """Number of the haplotype, from 1, or `UNKNOWN`."""
    phase_set: str
    """PS of the focal genotype, '' without one."""
    focal: Edit
    others: tuple[Edit, ...]
    unphased: int
    """Heterozygous genotypes of the sample in the window that are not phased with the focal one."""
    missing: int
    """Genotypes in the window without a called allele on the haplotype."""
    not_applied: tuple[str, ...]
    """Alleles of the haplotype in the window that cannot be applied, `Edit.label` with the reason."""


def carried_near(focal: Record, near: Sequence[Record], make: GenomeWindows) -> Iterator[Carried]:
    """Yield the haplotypes of all samples that carry an alternative allele of the focal record.

    Parameters
    ----------
    focal
        One record.
    near
        The records near it, and itself.
    make
        Maker of windows, which knows their size.
    """
    edits = [edit_of(focal.site, number) for number in range(len(focal.site.alts))]
    for sample, genotype in enumerate(focal.genotypes):
        for haplotype, allele in _haplotypes(genotype):
            edit = edits[allele - 1]
            before, after = make.margins(edit.end - edit.start, edit.end - edit.start)
            span = (edit.start - before, edit.end + after)
            others = [r for r in near if r is not focal and _is_over(r, span)]
            phase = _phase_set(focal, others, sample)
            yield _carried(edit, others, span, sample=sample, haplotype=haplotype, phase=phase)


def _carried(
    focal: Edit,
    others: Sequence[Record],
    span: tuple[int, int],
    *,
    sample: int,
    haplotype: int | None,
    phase: str | None,
) -> Carried:
    """Return what a haplotype carries in a span of the contig."""
    applied, not_applied, unphased, missing = list[Edit](), list[str](), 0, 0
    for record in others:
        genotype = record.genotypes[sample]
        allele, is_known = _allele(genotype, haplotype, phase)
        unphased += not is_known
        missing += is_known and allele is None
        if allele and record.site.alts[allele - 1] != "*":  # the deletion is another line
            edit, fault = edit_of(record.site, allele - 1), record.faults[allele - 1]
            if fault:
                not_applied.append(f"{edit.label}({fault})")
            elif edit.is_over(*span):
                applied.append(edit)
    name = UNKNOWN if haplotype is None else str(haplotype + 1)
    return Carried(sample, name, phase or "", focal, tuple(applied), unphased, missing, tuple(not_applied))


def _haplotypes(genotype: Genotype) -> Iterator[tuple[int | None, int]]:
    """Yield haplotype (from 0) and number of each alternative allele; None if the haplotype is not known."""
    if genotype.is_phased or genotype.is_homozygous:
        yield from ((h, allele) for h, allele in enumerate(genotype.alleles) if allele)
    else:
        yield from ((None, allele) for allele in sorted({allele for allele in genotype.alleles if allele}))


def _phase_set(focal: Record, others: Sequence[Record], sample: int) -> str | None:
    """Return the phase set of the haplotypes; None if there is none."""
    genotype = focal.genotypes[sample]
    if not genotype.is_homozygous:
        return genotype.phase_set if genotype.is_phased else None
    phased = [r for r in others if _is_informative(r.genotypes[sample])]
    if not phased:
        return None
    nearest = min(phased, key=lambda record: abs(record.site.start - focal.site.start))
    return nearest.genotypes[sample].phase_set


def _is_informative(genotype: Genotype) -> bool:
    """Return whether a genotype tells the haplotypes of its phase set apart."""
    return genotype.is_phased and len(set(genotype.alleles)) > 1


def _allele(genotype: Genotype, haplotype: int | None, phase: str | None) -> tuple[int | None, bool]:
    """Return the allele on a haplotype, None if it is missing; and whether it is known which one it is."""
    if genotype.is_homozygous or not any(allele is not None for allele in genotype.alleles):
        return genotype.alleles[0], True
    if not genotype.is_phased or haplotype is None or genotype.phase_set != phase:
        return None, False
    return (genotype.alleles[haplotype], True) if haplotype < len(genotype.alleles) else (None, False)


def _is_over(record: Record, span: tuple[int, int]) -> bool:
    """Return whether REF of a record is at least partly in a span."""
    return record.site.start < span[1] and record.site.start + len(record.site.ref) > span[0]

"""Genotypes of samples of a VCF: GT, and PS, the phase set (VCF specification 4.3, section 1.6.2).

Genotypes with `|` that have no PS are one phase set.  A genotype with one allele needs no phase.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from seqcnn.errors import TableError, UsageError, did_you_mean, listed, show
from seqcnn.genome.variant.vcf import Site

_GENOTYPE = re.compile(r"[|/]?(?:\.|[0-9]{1,4})(?:[|/](?:\.|[0-9]{1,4}))*", re.ASCII)
_FIXED = 9  # columns before those of samples


class Genotype(NamedTuple):
    """Alleles of one sample at one site."""

    alleles: tuple[int | None, ...]
    """Number of the allele on each haplotype, 0 is REF; None if it is missing."""
    is_phased: bool
    """Whether the order of the alleles is that of the haplotypes."""
    phase_set: str
    """PS, '' without one."""

    @property
    def is_homozygous(self) -> bool:
        """Whether all haplotypes have the same allele, so that no phase is needed."""
        return None not in self.alleles and len(set(self.alleles)) == 1


class Record(NamedTuple):
    """One line of a VCF with the genotypes of the samples."""

    site: Site
    genotypes: list[Genotype]
    faults: Sequence[str] = ()
    """Why each alternative allele cannot be scored, one of `alleles.REASONS`; '' for the others."""


def sample_columns(header: Sequence[str], names: Sequence[str], where: str) -> dict[str, int]:
    """Return name -> column of the samples, or of all of them if `names` is empty.

    Raises
    ------
    UsageError
        If the VCF has no samples, or not one of the names.
    TableError
        If it has a sample twice.
    """
    known = header[-1].split("\t")[_FIXED:]
    if not known:
        raise UsageError(f"{where}: no samples found; --phased needs genotypes (columns after FORMAT)")
    if len(set(known)) < len(known):
        twice = next(name for name in known if known.count(name) > 1)
        raise TableError(f"{where}: sample {show(twice)} is there twice; rename one with `bcftools reheader`")
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f"; known: {listed([show(other, 40) for other in known])}"
            raise UsageError(f"{where}: --sample {show(name)} not found{hint}")
    return {name: _FIXED + known.index(name) for name in dict.fromkeys(names or known)}


def read_genotypes(sites: Iterable[Site], columns: Sequence[int]) -> Iterator[Record]:
    """Yield each site with the genotypes of some columns.

    Raises
    ------
    TableError
        If a genotype is malformed, or names an allele that the site does not have.
    """
    for site in sites:
        place = f"{site.where}, {show(site.fields[0])[1:-1]}:{site.start + 1}"
        if len(site.fields) <= max(columns):
            count, expected = len(site.fields), max(columns) + 1
            raise TableError(f"{place}: {count} columns; expected at least {expected}, as in the header")
        keys = site.fields[_FIXED - 1].split(":")
        yield Record(site, [_genotype(keys, site.fields[i], len(site.alts), place) for i in columns])


def _genotype(keys: Sequence[str], text: str, n_alts: int, place: str) -> Genotype:
    """Return the genotype of one sample; missing if there is no GT."""
    values = dict(zip(keys, text.split(":"), strict=False))
    gt = values.get("GT", ".")
    if not _GENOTYPE.fullmatch(gt):
        raise TableError(f"{place}: genotype {show(gt, 40)}; expected numbers of alleles, such as 0|1")
    numbers = re.split(r"[|/]", gt.lstrip("|/"))
    alleles = tuple(None if number == "." else int(number) for number in numbers)
    if (largest := max(filter(None, alleles), default=0)) > n_alts:
        raise TableError(f"{place}: allele {largest} in genotype {show(gt, 40)}; ALT has {n_alts}")
    phase_set = values.get("PS", ".")
    return Genotype(alleles, "/" not in gt, "" if phase_set == "." else phase_set)

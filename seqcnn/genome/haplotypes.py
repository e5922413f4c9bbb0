"""Score haplotypes: a phased VCF + genome + model -> one row per sample, haplotype and variant.

All variants of the haplotype in the window of a variant are applied together; see `haplotype`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import cast

from seqcnn.errors import UsageError
from seqcnn.genome.haplotype.carried import carried_near
from seqcnn.genome.haplotype.genotypes import Record, read_genotypes, sample_columns
from seqcnn.genome.haplotype.neighbours import Near, neighbourhoods
from seqcnn.genome.haplotype.table import (
    HaplotypeCounts,
    HaplotypeWindow,
    cells,
    column_names,
    unique_pairs,
)
from seqcnn.genome.haplotype.windows import haplotype_windows, is_moved_out
from seqcnn.genome.locus.regions import Regions, read_regions
from seqcnn.genome.locus.sites import in_source
from seqcnn.genome.variant.alleles import SCORED
from seqcnn.genome.variant.effects import score_pairs
from seqcnn.genome.variant.sources import SequenceSource, VariantPlan, open_windows, remedies
from seqcnn.genome.variant.tally import Tally, refuse_nothing_scored
from seqcnn.genome.variant.vcf import read_vcf
from seqcnn.genome.variant.windows import AlleleWindows, GenomeWindows, WindowMaker, allele_fault
from seqcnn.io.atomic import atomic_path
from seqcnn.io.stream import source_name
from seqcnn.io.tsv import table_lines
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.progress import Progress

CHUNK = 512
"""Number of rows to score at a time."""


def score_haplotypes(
    vcf: Path,
    model: LoadedModel,
    output: Path,
    *,
    source: SequenceSource,
    samples: Sequence[str] = (),
    plan: VariantPlan | None = None,
) -> Counter[str]:
    """Score the haplotypes of samples of a phased VCF.

    Parameters
    ----------
    vcf
        Plain or gzip, sorted, with genotypes (GT, and PS if there are several phase sets).
    model
        A trained model.
    output
        The table, one row per sample, haplotype (from 1; '.' if it is not known) and alternative allele on
        it.  `variants` and `single_effects` list the variants of the haplotype in the window, with the
        effect of each alone; `effect` is that of all together, and `non_additivity` the effect minus
        `sum_of_singles`; both are NA if insertions move a variant out of the window.  `unphased` and
        `missing` count genotypes of the sample in the window that are not applied; `not_applied` lists
        alleles of the haplotype there whose bases or place are not known, with the reason.
    source
        A genome.
    samples
        Names of samples; all if there are none.
    plan
        How to score variants; there are no percentiles.

    Returns
    -------
    Number of rows for each reason, '-' for scored ones.

    Raises
    ------
    SeqcnnError
        If an input cannot be read, is not sorted, or has no such sample; then the output is left as it was.
    """
    plan, where = plan or VariantPlan(), source_name(vcf)
    if source.sequences is not None:
        raise UsageError("--phased: haplotypes are those of a genome; give --genome instead of --sequences")
    header, sites = read_vcf(vcf)
    columns = sample_columns(header, samples, where)
    target, tally, counts = chosen_target(model, plan.target), Tally(), HaplotypeCounts()
    names = column_names(model.header)
    with open_windows(model, source, plan) as make, atomic_path(output) as temporary:
        tally.remedies = remedies(model, make, plan)
        chosen = in_source(sites, source.chromosome_prefix, make, tally)
        records = _counted(read_genotypes(chosen, [*columns.values()]), counts, tally, make)
        regions = plan.regions and read_regions(plan.regions, make.sizes, source.chromosome_prefix)
        near = _focal(neighbourhoods(records, 2 * model.header.layout.length, where), regions or None, tally)
        rows = _windows(near, cast(GenomeWindows, make))
        with temporary.open("wb") as file:
            file.write(table_lines([names]).encode())
            while chunk := list(islice(rows, CHUNK)):
                text = table_lines(_cells(chunk, model, [*columns], target=target, width=len(names)))
                file.write(text.encode("utf-8", "surrogateescape"))
                counts.add(chunk)
        tally.refuse_unscored(where, source.name, make.sizes)
        refuse_nothing_scored(where, counts.reasons, tally.note, "window")
    counts.log(len(columns), tally.note)
    tally.log_left_out()
    tally.log_source(where, source.name, make.sizes, source.chromosome_prefix)
    return counts.reasons


def _counted(
    records: Iterable[Record], counts: HaplotypeCounts, tally: Tally, make: WindowMaker
) -> Iterator[Record]:
    """Yield records; count missing genotypes and alleles, and note contigs that are not known."""
    with Progress("scoring haplotypes", unit="sites") as progress:
        for record in records:
            counts.missing += sum(None in genotype.alleles for genotype in record.genotypes)
            site = record.site
            faults = [allele_fault(make, site.contig, site.start, site.ref, alt) for alt in site.alts]
            tally.reasons.update(fault or SCORED for fault in faults)
            counts.mismatched += "ref_mismatch" in faults
            tally.note_mismatch([site], faults, make)
            tally.add_contigs([site], make.sizes)
            yield record._replace(faults=faults)
            progress.update()


def _focal(near: Iterable[Near], regions: Regions | None, tally: Tally) -> Iterator[Near]:
    """Yield the records in the regions with those near them; count the others."""
    for focal, records in near:
        if regions is None or regions.has(focal.site):
            yield focal, records
        else:
            tally.outside += 1


def _windows(near: Iterable[Near], make: GenomeWindows) -> Iterator[HaplotypeWindow]:
    """Yield the rows; haplotypes of a record with the same variants share their windows."""
    for focal, records in near:
        made: dict[tuple[tuple[int, int], ...], list[AlleleWindows] | str] = {}
        for carried in carried_near(focal, records, make):
            key = tuple((id(edit.site), edit.number) for edit in (carried.focal, *carried.others))
            if key not in made:
                made[key] = haplotype_windows(make, carried.focal, carried.others)
            moved = is_moved_out(make, carried.focal, carried.others)
            yield HaplotypeWindow(carried, made[key], moved)


def _cells(
    rows: Sequence[HaplotypeWindow], model: LoadedModel, samples: Sequence[str], *, target: int, width: int
) -> Iterator[list[str]]:
    """Score rows and yield their cells."""
    pairs, begins = unique_pairs(rows)
    effects = score_pairs(model, pairs, target=target)
    for row in rows:
        yield cells(row, samples, effects, begins.get(id(row.windows), 0), width=width)

"""Score sites one chunk after another, so that memory does not grow with them: table, VCF and page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqcnn.genome.locus.regions import in_regions, read_regions
from seqcnn.genome.locus.saturation import saturation_header
from seqcnn.genome.summary.page import Scored, kept_alleles, known_motifs, write_page
from seqcnn.genome.variant.outputs import VariantOutputs, id_cells, open_files
from seqcnn.genome.variant.sources import (
    SequenceSource,
    VariantPlan,
    null_distributions,
    open_windows,
    remedies,
)
from seqcnn.genome.variant.table import columns_of, record_or_refuse
from seqcnn.genome.variant.tally import Tally
from seqcnn.genome.variant.vcf import Site
from seqcnn.genome.variant.windows import WindowMaker, WindowsOrReason
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.progress import Progress

CHUNK = 1024
"""Number of alleles to score at a time; the last site of a chunk may have more of them."""

NEW_VCF = ".vcf"
"""Ending of the name of an output that is a VCF instead of a table, of the changes of a locus."""


@dataclass(frozen=True, slots=True)
class SiteSource:
    """The sites to score."""

    name: str
    """Name of the file or region in messages."""
    header: Sequence[str] | None
    """Lines of the header of the annotated VCF; None is that of a new VCF."""
    sites: Callable[[WindowMaker, Tally], Iterator[Site]]
    """Sites with the contigs of a genome or library, which are counted."""


def score_sites(
    variants: SiteSource,
    model: LoadedModel,
    output: Path,
    *,
    source: SequenceSource,
    also: VariantOutputs,
    plan: VariantPlan,
) -> Counter[str]:
    """Score the variants of a file; write the table and the other outputs that are wanted."""
    target, tally, part = chosen_target(model, plan.target), Tally(), plan.part
    name, known = variants.name, known_motifs(also)
    table, vcf = (None, output) if _is_new_vcf(variants, output) else (output, also.vcf)
    with open_windows(model, source, plan) as make:
        tally.remedies = remedies(model, make, plan)
        null = null_distributions(model, make, plan, target=target)
        columns = columns_of(model, target, null)
        largest = kept_alleles(columns, also)
        header = variants.header or (saturation_header(make.sizes) if vcf else [])
        with open_files(table, vcf, columns, header=header, part=part) as files:
            for sites, alleles in _windows(_chosen(variants, make, tally, source=source, plan=plan), make):
                rows = columns.rows(model, alleles, target)
                files.add(sites, rows)
                largest.add(id_cells(sites), alleles, rows)
                tally.add(alleles)
                tally.note_mismatch(sites, alleles, make)
                tally.add_calls(columns.calls_of(rows))
                tally.add_contigs(sites, make.sizes)
            record_or_refuse(part, tally, null, (name, source.name, make.sizes))
            scored = Scored(model, target, columns, make, largest)
            write_page(scored, also, known, table=output, facts=tally.facts())
    tally.log()
    tally.log_source(name, source.name, make.sizes, source.chromosome_prefix)
    if source.genome is not None and plan.windows == 1:
        tally.log_indels()
    if null is not None:
        null.log()
    return tally.reasons


def _is_new_vcf(variants: SiteSource, output: Path) -> bool:
    """Return whether the output is a VCF instead of a table."""
    return variants.header is None and output.name.lower().endswith(NEW_VCF)


def _chosen(
    variants: SiteSource, make: WindowMaker, tally: Tally, *, source: SequenceSource, plan: VariantPlan
) -> Iterator[Site]:
    """Return the sites, or those in the regions of the plan."""
    sites = variants.sites(make, tally)
    if plan.regions is None:
        return sites
    chosen = read_regions(plan.regions, make.sizes, source.chromosome_prefix)
    return in_regions(sites, chosen, make.sizes, tally)


def _windows(sites: Iterable[Site], make: WindowMaker) -> Iterator[tuple[list[Site], list[WindowsOrReason]]]:
    """Yield the sites in chunks, with the windows of their alleles."""
    with Progress("scoring variants", unit="sites") as progress:
        for chunk in _chunks(sites):
            yield chunk, [s.reason or make(s.contig, s.start, s.ref, alt) for s in chunk for alt in s.alts]
            progress.update(len(chunk))


def _chunks(sites: Iterable[Site]) -> Iterator[list[Site]]:
    """Yield consecutive sites with `CHUNK` alleles, or up to `MAX_ALTS` more, together."""
    chunk: list[Site] = []
    n_alleles = 0
    for site in sites:
        chunk.append(site)
        n_alleles += len(site.alts)
        if n_alleles >= CHUNK:
            yield chunk
            chunk, n_alleles = [], 0
    if chunk:
        yield chunk

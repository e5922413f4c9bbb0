"""Score variants: VCF + genome or library + model -> effects.tsv, and the VCF with effects in its INFO.

A VCF is scored chunk by chunk, so that memory does not grow with it.  Each REF/ALT pair is normalised first
(`variant.normalise`); outputs keep its notation.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from seqcnn.data.readers.genome.contigs import ChromosomePrefix, contig_name, renamed_contigs
from seqcnn.errors import UsageError, counted, place
from seqcnn.genome.variant.effects import score_pairs
from seqcnn.genome.variant.notation import read_notations, sites_of
from seqcnn.genome.variant.pairs import score_pairs_file
from seqcnn.genome.variant.sources import SequenceSource, VariantPlan, null_distributions, open_windows
from seqcnn.genome.variant.table import Columns, columns_of, record_part
from seqcnn.genome.variant.tally import Tally
from seqcnn.genome.variant.vcf import (
    Site,
    annotated_header,
    annotated_line,
    read_vcf,
    vcf_writer,
)
from seqcnn.genome.variant.windows import AlleleWindows, WindowMaker, WindowsOrReason
from seqcnn.io.atomic import atomic_path, refuse_outputs
from seqcnn.io.shard.part import Part, first_line, last_line
from seqcnn.io.stream import STDIN, source_name
from seqcnn.io.tsv import table_lines
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.progress import Progress

CHUNK = 1024
"""Number of alleles to score at a time; the last site of a chunk may have more of them."""

logger = logging.getLogger(__name__)

_ID_COLUMNS = ["contig", "position", "id", "ref", "alt"]


@dataclass(frozen=True, slots=True)
class VariantInput:
    """The file of the variants; the others are None."""

    vcf: Path | None = None
    pairs: Path | None = None
    """Table of pairs of records."""
    table: Path | None = None
    """Table of variants in SPDI, HGVS or another of `variant.notation.NOTATIONS`."""

    @property
    def files(self) -> list[Path]:
        """The files that are given."""
        return [path for path in (self.vcf, self.table, self.pairs) if path is not None]


def variant_effects(
    model: LoadedModel,
    output: Path,
    *,
    variants: VariantInput,
    source: SequenceSource,
    vcf_out: Path | None = None,
    plan: VariantPlan | None = None,
    overwrite: bool = False,
) -> Counter[str]:
    """Score the variants of a VCF or table (`score_vcf`), or pairs of records (`score_pairs_file`).

    Raises
    ------
    UsageError
        If not exactly one file of variants is given, two inputs are standard input, or an output is an
        input or another output, or exists and `overwrite` is False.
    """
    if STDIN in variants.files and source.sequences == STDIN:
        raise UsageError("standard input cannot be both variants and sequences; give a file for one")
    inputs = (*variants.files, source.genome, source.sequences, model.path)
    refuse_outputs((output, vcf_out), inputs, overwrite=overwrite)
    if len(variants.files) != 1:
        raise UsageError("give the variants with --vcf, --variants or --pairs, and only one of them")
    if vcf_out is not None and variants.vcf is None:
        raise UsageError("--vcf-out annotates a VCF; it does not go with --variants or --pairs")
    if variants.pairs is not None:
        return score_pairs_file(variants.pairs, model, output, source=source, plan=plan)
    if variants.table is not None:
        return score_table(variants.table, model, output, source=source, plan=plan)
    return score_vcf(variants.files[0], model, output, source=source, vcf_out=vcf_out, plan=plan)


def score_vcf(
    vcf: Path,
    model: LoadedModel,
    output: Path,
    *,
    source: SequenceSource,
    vcf_out: Path | None = None,
    plan: VariantPlan | None = None,
) -> Counter[str]:
    """Score every alternative allele of a VCF.

    Parameters
    ----------
    vcf
        Plain or gzip; '-' is standard input.
    model
        A trained model.
    output
        The table: contig, 1-based position, id, ref and alt as in the VCF, then the predictions, the
        effect, its SD and two-sided percentile (`variant.null_distribution`), and `reason`, '-' or one of
        `alleles.REASONS`.
    source
        A genome, or a library whose records are the contigs.
    vcf_out
        The VCF with `SEQCNN_` fields in its INFO; bgzip if its name ends in .gz.
    plan
        How to score variants.

    Returns
    -------
    Number of alleles for each reason, '-' for scored ones.

    Raises
    ------
    SeqcnnError
        If an input cannot be read; then the outputs are left as they were.
    """
    plan = plan or VariantPlan()
    header, sites = read_vcf(vcf)
    sites = _of_shard(sites, vcf, plan.part) if plan.part else sites
    in_source = partial(_in_source, sites, source.chromosome_prefix)
    return _score(_Variants(vcf, header, in_source), model, (output, vcf_out), source=source, plan=plan)


def score_table(
    table: Path, model: LoadedModel, output: Path, *, source: SequenceSource, plan: VariantPlan | None = None
) -> Counter[str]:
    """Score the variants of a table in SPDI, HGVS or another notation, see `variant.notation.NOTATIONS`.

    Parameters, output and return value are those of `score_vcf`; the notation is the id of the variant.

    Raises
    ------
    SeqcnnError
        If an input cannot be read; then the output is left as it was.
    """
    plan = plan or VariantPlan()
    changes = read_notations(table)
    changes = changes[slice(*plan.part.shard.bounds(len(changes)))] if plan.part else changes
    in_source = partial(sites_of, changes, source.chromosome_prefix)
    return _score(_Variants(table, [], in_source), model, (output, None), source=source, plan=plan)


@dataclass(frozen=True, slots=True)
class _Variants:
    """The variants of a file."""

    path: Path
    header: list[str]
    """Lines of the header of a VCF."""
    sites: Callable[[WindowMaker, Tally], Iterator[Site]]
    """Sites with the contigs of a genome or library, which are counted."""


def _score(
    variants: _Variants,
    model: LoadedModel,
    outputs: tuple[Path, Path | None],
    *,
    source: SequenceSource,
    plan: VariantPlan,
) -> Counter[str]:
    """Score the variants of a file; write the table and, if it is wanted, the annotated VCF."""
    target, tally, part = chosen_target(model, plan.target), Tally(), plan.part
    name = source_name(variants.path)
    with ExitStack() as stack:
        make = stack.enter_context(open_windows(model, source, plan))
        null = null_distributions(model, make, plan, target=target)
        columns = columns_of(model, target, null)
        table = stack.enter_context(stack.enter_context(atomic_path(outputs[0])).open("wb"))
        table.write((first_line(part) + table_lines([[*_ID_COLUMNS, *columns.names]])).encode())
        annotate = stack.enter_context(_open_annotated(outputs[1]))
        if outputs[1]:
            annotate(annotated_header(variants.header, columns.info_fields(), first_line(part)))
        for sites, alleles in _windows(variants.sites(make, tally), make):
            pairs = [windows for windows in alleles if isinstance(windows, AlleleWindows)]
            rows = columns.cells(alleles, score_pairs(model, pairs, target=target))
            text = table_lines([ids + row for ids, row in zip(_id_cells(sites), rows, strict=True)])
            table.write(text.encode("utf-8", "surrogateescape"))
            annotate("".join(_annotated(sites, rows, columns)) if outputs[1] else "")
            tally.add(alleles)
            tally.add_contigs(sites, make.sizes)
        record_part(part, tally, null, (name, _place(source), make.sizes))
        table.write(last_line(part).encode())
        annotate(last_line(part))
        if part is None:
            tally.refuse_other_genome(name, _place(source), make.sizes)
    _log(tally, variants.path, source, make.sizes)
    if null is not None:
        null.log()
    return tally.reasons


def _place(source: SequenceSource) -> str:
    """Return the genome or library for messages."""
    return place(source.genome or source.sequences)


def _of_shard(sites: Iterable[Site], vcf: Path, part: Part) -> Iterator[Site]:
    """Yield the sites of one shard of a VCF, which is read twice."""
    total = sum(1 for _ in read_vcf(vcf)[1])
    return islice(sites, *part.shard.bounds(total))


def _log(tally: Tally, vcf: Path, source: SequenceSource, known: Mapping[str, int]) -> None:
    """Log the counts of a VCF."""
    tally.log()
    tally.log_contigs(_place(source), known)
    tally.log_mismatches(source_name(vcf), _place(source))
    if prefix := source.chromosome_prefix:
        logger.info("%s", counted(tally.renamed, renamed_contigs(prefix, "sites")))
    if tally.accessions:
        what = "variants name a human chromosome by its RefSeq accession, which the genome calls otherwise"
        logger.info("%s", counted(tally.accessions, what))


def _in_source(
    sites: Iterable[Site], prefix: ChromosomePrefix | None, make: WindowMaker, tally: Tally
) -> Iterator[Site]:
    """Yield the sites with the names of their contigs in the genome or library; count those that change."""
    for site in sites:
        contig = contig_name(site.contig, make.sizes, prefix)
        tally.renamed += contig != site.contig
        yield site if contig == site.contig else site._replace(contig=contig)


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


def _id_cells(sites: list[Site]) -> Iterator[list[str]]:
    """Yield the cells that identify each allele, as written in the VCF."""
    for site in sites:
        for alt in site.written_alts:
            yield [site.fields[0], str(site.start + 1), site.id, site.fields[3], alt]


def _annotated(sites: list[Site], rows: list[list[str]], columns: Columns) -> Iterator[str]:
    """Yield the line of each site with the effects of its alleles."""
    remaining = iter(rows)
    for site in sites:
        of_site = list(islice(remaining, len(site.alts)))
        yield annotated_line(site, columns.info_values(of_site) if site.alts != ["."] else {})


@contextmanager
def _open_annotated(path: Path | None) -> Iterator[Callable[[str], object]]:
    """Yield a function that writes text to an annotated VCF; it writes nothing if `path` is None."""
    if path is None:
        yield lambda text: None
        return
    zipped = path.name.lower().endswith((".gz", ".bgz"))
    with atomic_path(path) as temporary, vcf_writer(temporary, zipped=zipped) as write:
        yield write

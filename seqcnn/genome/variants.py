"""Score variants: VCF + genome or library + model -> effects.tsv, and the VCF with effects in its INFO.

A VCF is scored chunk by chunk, so that memory does not grow with it.  Each REF/ALT pair is normalised first
(`variant.normalise`); outputs keep its notation.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from seqcnn.data.readers.genome.contigs import ChromosomePrefix, contig_name, renamed_contigs
from seqcnn.errors import UsageError, counted, place
from seqcnn.genome.variant.effects import score_pairs
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
    """The file of the variants; the other one is None."""

    vcf: Path | None = None
    pairs: Path | None = None
    """Table of pairs of records."""


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
    """Score the variants of a VCF (`score_vcf`) or of a table of pairs (`score_pairs_file`).

    Raises
    ------
    UsageError
        If not exactly one of `vcf` and `pairs` is given, two inputs are standard input, or an output is an
        input or another output, or exists and `overwrite` is False.
    """
    vcf, pairs = variants.vcf, variants.pairs
    if STDIN in (vcf, pairs) and source.sequences == STDIN:
        raise UsageError("standard input cannot be both variants and sequences; give a file for one")
    inputs = (vcf, pairs, source.genome, source.sequences, model.path)
    refuse_outputs((output, vcf_out), inputs, overwrite=overwrite)
    if vcf is not None and pairs is None:
        return score_vcf(vcf, model, output, source=source, vcf_out=vcf_out, plan=plan)
    if pairs is None or vcf is not None:
        raise UsageError("give the variants with --vcf or --pairs, and not both")
    if vcf_out is not None:
        raise UsageError("--vcf-out annotates a VCF; it does not go with --pairs")
    return score_pairs_file(pairs, model, output, source=source, plan=plan)


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
    target = chosen_target(model, plan.target)
    (header, all_sites), tally, part = read_vcf(vcf), Tally(), plan.part
    all_sites = _of_shard(all_sites, vcf, part) if part else all_sites
    with ExitStack() as stack:
        make = stack.enter_context(open_windows(model, source, plan))
        null = null_distributions(model, make, plan, target=target)
        columns = columns_of(model, target, null)
        table = stack.enter_context(stack.enter_context(atomic_path(output)).open("wb"))
        table.write((first_line(part) + table_lines([[*_ID_COLUMNS, *columns.names]])).encode())
        annotate = stack.enter_context(_open_annotated(vcf_out))
        annotate(annotated_header(header, columns.info_fields(), first_line(part)))
        all_sites = _in_source(all_sites, make.sizes, source.chromosome_prefix, tally)
        for sites, alleles in _windows(all_sites, make):
            pairs = [windows for windows in alleles if isinstance(windows, AlleleWindows)]
            rows = columns.cells(alleles, score_pairs(model, pairs, target=target))
            text = table_lines([ids + row for ids, row in zip(_id_cells(sites), rows, strict=True)])
            table.write(text.encode("utf-8", "surrogateescape"))
            annotate("".join(_annotated(sites, rows, columns)))
            tally.add(alleles)
            tally.add_contigs(sites, make.sizes)
        record_part(part, tally, null, (source_name(vcf), _place(source), make.sizes))
        table.write(last_line(part).encode())
        annotate(last_line(part))
        if part is None:
            tally.refuse_other_genome(source_name(vcf), _place(source), make.sizes)
    _log(tally, vcf, source, make.sizes)
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


def _in_source(
    sites: Iterable[Site], known: Collection[str], prefix: ChromosomePrefix | None, tally: Tally
) -> Iterator[Site]:
    """Yield the sites with the names of their contigs in the genome or library; count those that change."""
    for site in sites:
        contig = contig_name(site.contig, known, prefix)
        tally.renamed += contig != site.contig
        yield site if contig == site.contig else site._replace(contig=contig)


def _windows(sites: Iterable[Site], make: WindowMaker) -> Iterator[tuple[list[Site], list[WindowsOrReason]]]:
    """Yield the sites in chunks, with the windows of their alleles."""
    with Progress("scoring variants", unit="sites") as progress:
        for chunk in _chunks(sites):
            yield chunk, [make(s.contig, s.start, s.ref, alt) for s in chunk for alt in s.alts]
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

"""Score variants: VCF + genome or library + model -> effects.tsv, and the VCF with effects in its INFO.

A VCF is read twice when there is a null distribution: first to sample the windows of the random
substitutions, then to score it chunk by chunk, so that memory does not grow with the VCF.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from seqcnn.errors import UsageError, place, show
from seqcnn.genome.variant.alleles import ALLELE_REASONS, reason_not_scored
from seqcnn.genome.variant.effects import reservoir_sample, score_pairs
from seqcnn.genome.variant.null_distribution import null_effects
from seqcnn.genome.variant.pairs import score_pairs_file
from seqcnn.genome.variant.sources import SequenceSource, VariantPlan, open_windows
from seqcnn.genome.variant.table import Columns, columns_of, log_reasons
from seqcnn.genome.variant.vcf import (
    Site,
    annotated_header,
    annotated_line,
    read_header,
    read_sites,
    vcf_writer,
)
from seqcnn.genome.variant.windows import AlleleWindows, WindowMaker
from seqcnn.io.atomic import atomic_path, refuse_outputs
from seqcnn.io.stream import STDIN
from seqcnn.model.inference.prediction_table import table_lines
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import Model

CHUNK = 1024
"""Number of sites to score at a time."""

_ID_COLUMNS = ["contig", "position", "id", "ref", "alt"]


def variant_effects(
    model: Model,
    output: Path,
    *,
    source: SequenceSource,
    vcf: Path | None = None,
    pairs: Path | None = None,
    vcf_out: Path | None = None,
    plan: VariantPlan | None = None,
) -> Counter[str]:
    """Score the variants of a VCF (`score_vcf`) or of a table of pairs (`score_pairs_file`).

    Raises
    ------
    UsageError
        If not exactly one of `vcf` and `pairs` is given, or an output is an input or another output.
    """
    if vcf == STDIN:
        raise UsageError("--vcf: it is read twice; give the name of a file")
    refuse_outputs((output, vcf_out), (vcf, pairs, source.genome, source.sequences, model.path))
    if vcf is not None and pairs is None:
        return score_vcf(vcf, model, output, source=source, vcf_out=vcf_out, plan=plan)
    if pairs is None or vcf is not None:
        raise UsageError("give the variants with --vcf or --pairs, and not both")
    if vcf_out is not None:
        raise UsageError("--vcf-out annotates a VCF; it does not go with --pairs")
    return score_pairs_file(pairs, model, output, source=source, plan=plan)


def score_vcf(
    vcf: Path,
    model: Model,
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
        Plain or gzip.
    model
        A trained model.
    output
        The table: contig, 1-based position, id, ref and alt as in the VCF, then the predictions, the
        effect, its SD and percentile, and `reason`, '-' or one of `alleles.REASONS`.
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
    header = read_header(vcf)
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        make, shifts = stack.enter_context(open_windows(model, source, plan))
        null = _null(vcf, model, make, target=target, plan=plan, shifts=shifts)
        columns = columns_of(model, target, null)
        table = stack.enter_context(stack.enter_context(atomic_path(output)).open("wb"))
        table.write(table_lines([[*_ID_COLUMNS, *columns.names]]).encode())
        annotate = stack.enter_context(_open_annotated(vcf_out))
        annotate(annotated_header(header, columns.info_fields()))
        for sites, rows in _scored(vcf, model, make, target=target, columns=columns):
            text = table_lines([ids + row for ids, row in zip(_id_cells(sites), rows, strict=True)])
            table.write(text.encode("utf-8", "surrogateescape"))
            annotate("".join(_annotated(sites, rows, columns)))
            counts.update(row[-1] for row in rows)
        if counts["missing_contig"] and counts.keys() <= {"missing_contig", *ALLELE_REASONS}:
            contig = show(next(read_sites(vcf)).contig)
            where = place(source.genome or source.sequences)
            remedy = "name the genome, or the library, that its positions are of"
            raise UsageError(f"{place(vcf)}: none of its contigs, such as {contig}, is in {where}; {remedy}")
    log_reasons(counts)
    return counts


def _null(
    vcf: Path, model: Model, make: WindowMaker, *, target: int, plan: VariantPlan, shifts: list[int]
) -> np.ndarray | None:
    """Return the null distribution of effects in windows of a VCF; None if the plan has none."""
    if not plan.n_null:
        return None
    alleles = (
        (site.contig, site.start, site.ref, alt)
        for site in read_sites(vcf)
        for alt in site.alts
        if reason_not_scored(site.ref, alt) is None
    )
    sample = reservoir_sample(alleles, plan.n_null, rng=np.random.default_rng(plan.seed))
    windows = [make(*allele) for allele in sorted(sample)]
    return null_effects(model, windows, target=target, plan=plan, shifts=shifts)


def _scored(
    vcf: Path, model: Model, make: WindowMaker, *, target: int, columns: Columns
) -> Iterator[tuple[list[Site], list[list[str]]]]:
    """Yield the sites in chunks, with one row of cells per allele."""
    sites = read_sites(vcf)
    with tqdm(unit=" sites", disable=not sys.stderr.isatty()) as bar:
        while chunk := list(islice(sites, CHUNK)):
            alleles = [make(s.contig, s.start, s.ref, alt) for s in chunk for alt in s.alts]
            pairs = [windows for windows in alleles if isinstance(windows, AlleleWindows)]
            yield chunk, columns.cells(alleles, score_pairs(model, pairs, target=target))
            bar.update(len(chunk))


def _id_cells(sites: list[Site]) -> Iterator[list[str]]:
    """Yield the cells that identify each allele, as written in the VCF."""
    for site in sites:
        for alt in site.written_alts:
            yield [site.contig, str(site.start + 1), site.id, site.fields[3], alt]


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

"""VCF + genome or library + model -> effects.tsv, and the VCF again with the effects in its INFO.

The VCF is read twice when effects are compared with random changes: first to draw the windows in which
these are made, then to score it, part by part; memory does not grow with it.
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
from seqcnn.genome.variant.alleles import ANYWHERE, unscored_allele
from seqcnn.genome.variant.effects import sampled, score_pairs
from seqcnn.genome.variant.null_distribution import null_effects
from seqcnn.genome.variant.pairs import score_pairs_file
from seqcnn.genome.variant.sources import Plan, Source, windows_of
from seqcnn.genome.variant.table import Form, form_of, tell_reasons
from seqcnn.genome.variant.vcf import (
    Site,
    annotated_header,
    annotated_line,
    read_header,
    read_sites,
    vcf_writer,
)
from seqcnn.genome.variant.windows import MakeWindows, Pair
from seqcnn.io.atomic import atomic_path, refuse_outputs
from seqcnn.io.stream import STDIN
from seqcnn.model.inference.prediction_table import table_lines
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import Model

CHUNK = 1024
"""Sites that are scored at a time."""

_WHICH = ["contig", "position", "id", "ref", "alt"]


def variant_effects(
    model: Model,
    output: Path,
    *,
    source: Source,
    vcf: Path | None = None,
    pairs: Path | None = None,
    vcf_out: Path | None = None,
    plan: Plan | None = None,
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
    source: Source,
    vcf_out: Path | None = None,
    plan: Plan | None = None,
) -> Counter[str]:
    """Score every alternative allele of a VCF.

    Parameters
    ----------
    vcf
        Plain or gzip.
    model
        A trained model.
    output
        The table: contig, 1-based position, id, ref and alt as the VCF has them, then the predictions, the
        effect, what is known of its uncertainty, and `reason`, '-' or one of `alleles.REASONS`.
    source
        A genome, or a library whose records are the contigs.
    vcf_out
        The VCF with `SEQCNN_` fields in its INFO; bgzip if its name ends in .gz.
    plan
        How variants are scored.

    Returns
    -------
    How many alleles have each reason, '-' for those that were scored.

    Raises
    ------
    SeqcnnError
        If an input cannot be read; then the outputs are left as they were.
    """
    plan = plan or Plan()
    target = chosen_target(model, plan.target)
    header = read_header(vcf)
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        make, shifts = stack.enter_context(windows_of(model, source, plan))
        null = _null(vcf, model, make, target=target, plan=plan, shifts=shifts)
        form = form_of(model, target, null)
        table = stack.enter_context(stack.enter_context(atomic_path(output)).open("wb"))
        table.write(table_lines([[*_WHICH, *form.columns]]).encode())
        annotate = stack.enter_context(_annotator(vcf_out))
        annotate(annotated_header(header, form.info_fields()))
        for sites, rows in _scored(vcf, model, make, target=target, form=form):
            text = table_lines([which + row for which, row in zip(_which(sites), rows, strict=True)])
            table.write(text.encode("utf-8", "surrogateescape"))
            annotate("".join(_annotated(sites, rows, form)))
            counts.update(row[-1] for row in rows)
        if counts["missing_contig"] and counts.keys() <= {"missing_contig", *ANYWHERE}:
            contig = show(next(read_sites(vcf)).contig)
            where = place(source.genome or source.sequences)
            remedy = "name the genome, or the library, that its positions are of"
            raise UsageError(f"{place(vcf)}: none of its contigs, such as {contig}, is in {where}; {remedy}")
    tell_reasons(counts)
    return counts


def _null(
    vcf: Path, model: Model, make: MakeWindows, *, target: int, plan: Plan, shifts: list[int]
) -> np.ndarray | None:
    """Return the effects of random changes in the windows of a VCF; None if none were asked for."""
    if not plan.null:
        return None
    alleles = (
        (site.contig, site.start, site.ref, alt.upper())
        for site in read_sites(vcf)
        for alt in site.alts
        if unscored_allele(site.ref, alt.upper()) is None
    )
    kept = sampled(alleles, plan.null, rng=np.random.default_rng(plan.seed))
    answers = [make(*allele) for allele in sorted(kept)]
    return null_effects(model, answers, target=target, plan=plan, shifts=shifts)


def _scored(
    vcf: Path, model: Model, make: MakeWindows, *, target: int, form: Form
) -> Iterator[tuple[list[Site], list[list[str]]]]:
    """Yield some sites, and a row of cells for each of their alleles."""
    sites = read_sites(vcf)
    with tqdm(unit=" sites", disable=not sys.stderr.isatty()) as bar:
        while chunk := list(islice(sites, CHUNK)):
            answers = [make(s.contig, s.start, s.ref, alt.upper()) for s in chunk for alt in s.alts]
            pairs = [answer for answer in answers if isinstance(answer, Pair)]
            yield chunk, form.cells(answers, score_pairs(model, pairs, target=target))
            bar.update(len(chunk))


def _which(sites: list[Site]) -> Iterator[list[str]]:
    """Yield the cells that say which allele it is."""
    for site in sites:
        for alt in site.alts:
            yield [site.contig, str(site.start + 1), site.id, site.fields[3], alt]


def _annotated(sites: list[Site], rows: list[list[str]], form: Form) -> Iterator[str]:
    """Yield the line of each site with its alleles' effects."""
    left = iter(rows)
    for site in sites:
        mine = list(islice(left, len(site.alts)))
        yield annotated_line(site, form.info_values(mine) if site.alts != ["."] else {})


@contextmanager
def _annotator(path: Path | None) -> Iterator[Callable[[str], object]]:
    """Give what writes text to an annotated VCF, or nowhere."""
    if path is None:
        yield lambda text: None
        return
    zipped = path.name.lower().endswith((".gz", ".bgz"))
    with atomic_path(path) as temporary, vcf_writer(temporary, zipped=zipped) as write:
        yield write

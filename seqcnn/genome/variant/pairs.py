"""Pairs of a library's records, reference and alternative, + model -> effects.tsv."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from seqcnn.data.readers.tables import read_table
from seqcnn.errors import UsageError
from seqcnn.genome.variant.effects import score_pairs
from seqcnn.genome.variant.null_distribution import CHUNK, null_effects
from seqcnn.genome.variant.sources import Plan, Source, read_library, refuse_genome_options
from seqcnn.genome.variant.table import form_of, tell_reasons
from seqcnn.genome.variant.windows import Pair, record_pair
from seqcnn.io.atomic import atomic_path
from seqcnn.model.inference.prediction_table import table_lines
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import Model
from seqcnn.model.network.header import Header


def score_pairs_file(
    pairs: Path, model: Model, output: Path, *, source: Source, plan: Plan | None = None
) -> Counter[str]:
    """Score every pair of a table.

    Parameters
    ----------
    pairs
        Table with the columns `ref` and `alt`: ids of records.
    model
        A trained model.
    output
        The table: ref, alt, then as of `seqcnn.genome.variants.score_vcf`.
    source
        The library that holds the records.
    plan
        How variants are scored; options of a genome are refused.

    Returns
    -------
    How many pairs have each reason, '-' for those that were scored.

    Raises
    ------
    SeqcnnError
        If an input cannot be read; then the output is left as it was.
    """
    plan = plan or Plan()
    if source.sequences is None or source.genome is not None:
        raise UsageError("pairs are of a library's records; give it with --sequences, and no --genome")
    refuse_genome_options(plan)
    target, table = chosen_target(model, plan.target), read_table(pairs)
    which = list(zip(table.text("ref"), table.text("alt"), strict=True))
    records = read_library(source.sequences)
    answers = [_answer(records, ref, alt, header=model.header) for ref, alt in which]
    null = null_effects(model, answers, target=target, plan=plan) if plan.null else None
    form, rows = form_of(model, target, null), []
    for at in range(0, len(answers), CHUNK):
        part = answers[at : at + CHUNK]
        scored = [answer for answer in part if isinstance(answer, Pair)]
        rows += form.cells(part, score_pairs(model, scored, target=target))
    with atomic_path(output) as temporary:
        text = table_lines(
            [["ref", "alt", *form.columns], *([*w, *r] for w, r in zip(which, rows, strict=True))]
        )
        temporary.write_bytes(text.encode("utf-8", "surrogateescape"))
    counts = Counter(row[-1] for row in rows)
    tell_reasons(counts)
    return counts


def _answer(records: dict[str, bytes], ref: str, alt: str, *, header: Header) -> Pair | str:
    """Return the windows of a pair of ids, or the reason why there are none."""
    if ref not in records or alt not in records:
        return "missing_contig"
    if records[ref] == records[alt]:
        return "same"
    return record_pair(records[ref], records[alt], header)

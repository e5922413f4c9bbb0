"""Pairs of library records, reference and alternative allele -> effects.tsv."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from seqcnn.columns.byte_strings import rows_of
from seqcnn.data.assay.ids import id_hints, some
from seqcnn.data.readers.file_kind import SequenceFormat, file_kind
from seqcnn.data.readers.id_cut import cut_ids
from seqcnn.data.readers.sequences import log_changes
from seqcnn.data.readers.table_file import TableFormat, read_table
from seqcnn.errors import TableError, UsageError, refuse_control, show
from seqcnn.genome.summary.page import Scored, kept_alleles, known_motifs, write_page
from seqcnn.genome.variant.outputs import VariantOutputs
from seqcnn.genome.variant.sources import (
    SequenceSource,
    VariantPlan,
    null_distributions,
    read_library,
    refuse_genome_options,
)
from seqcnn.genome.variant.table import columns_of, record_or_refuse
from seqcnn.genome.variant.tally import Tally
from seqcnn.genome.variant.windows import RecordWindows, WindowsOrReason, record_windows
from seqcnn.io.spreadsheet import is_spreadsheet
from seqcnn.io.stream import source_name
from seqcnn.io.tsv import write_table
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.header import Header


def score_pairs_file(
    pairs: Path,
    model: LoadedModel,
    output: Path,
    *,
    source: SequenceSource,
    also: VariantOutputs | None = None,
    plan: VariantPlan | None = None,
) -> Counter[str]:
    """Score every pair of a table.

    Parameters
    ----------
    pairs
        Table with the columns `ref` and `alt`: ids of records.
    model
        A trained model.
    output
        The table: ref, alt, then the columns of `seqcnn.genome.variants.score_vcf`.
    source
        The library that holds the records.
    also
        Optional outputs.
    plan
        How to score variants; options of a genome are refused.

    Returns
    -------
    Number of pairs for each reason, '-' for scored ones.

    Raises
    ------
    SeqcnnError
        If an input cannot be read; then the output is left as it was.
    """
    plan, also = plan or VariantPlan(), also or VariantOutputs()
    if source.sequences is None or source.genome is not None:
        raise UsageError("pairs are records of a library; give it with --sequences, without --genome")
    refuse_genome_options(plan)
    if source.chromosome_prefix:
        raise UsageError("--chromosome-prefix: belongs to a VCF, not to --pairs")
    target = chosen_target(model, plan.target)
    ids = _read_pairs(pairs, source.sequences, source.form)
    records = read_library(source.sequences, _library_format(source.sequences, source.form))
    _refuse_other_library(ids, records, pairs, source.sequences)
    if plan.part:
        ids = ids[slice(*plan.part.shard.bounds(len(ids)))]
    alleles = [_windows(records, ref, alt, header=model.header) for ref, alt in ids]
    make = RecordWindows(records, model.header)
    null = null_distributions(model, make, plan, target=target)
    columns, known = columns_of(model, target, null), known_motifs(also)
    rows = columns.rows(model, alleles, target)
    tally, largest = Tally(), kept_alleles(columns, also)
    tally.add(alleles)
    tally.add_calls(columns.calls_of(rows))
    largest.add(map(list, ids), alleles, rows)
    record_or_refuse(plan.part, tally, null, (source_name(pairs), source_name(source.sequences), records))
    scored = Scored(model, target, columns, make, largest)
    write_page(scored, also, known, table=output, facts=tally.facts())
    cells = ([*pair, *row] for pair, row in zip(ids, rows, strict=True))
    write_table(output, [["ref", "alt", *columns.names], *cells], part=plan.part)
    tally.log()
    if null is not None:
        null.log()
    return tally.reasons


def _read_pairs(pairs: Path, library: Path, form: SequenceFormat) -> list[tuple[str, str]]:
    """Return the ids of the reference and of the alternative of each pair, cut if the form says so."""
    table = read_table(pairs, _pairs_format(library, form))
    refs, alts = table.text("ref"), table.text("alt")
    for line, pair in zip(table.lines, zip(refs, alts, strict=True), strict=True):
        refuse_control(pair, f"{table.name}, line {line}", TableError)
    if form.id_until is not None:
        changes: Counter[str] = Counter()
        ids = cut_ids([*refs, *alts], form.id_until, where=table.name, changes=changes)
        refs, alts = ids[: len(refs)], ids[len(refs) :]
        log_changes(pairs, changes)
    return list(zip(refs, alts, strict=True))


def _refuse_other_library(
    pairs: list[tuple[str, str]], records: dict[str, bytes], table: Path, library: Path
) -> None:
    """Raise `TableError` if no pair has both of its records, with the change of ids that would match most."""
    if any(ref in records and alt in records for ref, alt in pairs):
        return
    ids = list(dict.fromkeys(name for pair in pairs for name in pair))
    first = next(name for name in ids if name not in records)
    fault = f"{source_name(table)}: no pair has both records in {source_name(library)}"
    example = f"{show(first, 40)} is not among its ids, such as {some(list(records))}"
    hints = id_hints(list(records), ids, rows_of(list(records), ids))
    raise TableError("; ".join([fault, example, *hints]))


def _pairs_format(library: Path, form: SequenceFormat) -> TableFormat:
    """Return how the pairs are read; the sheet is that of the library if it is a workbook."""
    return TableFormat(
        sheet=None if is_spreadsheet(library) else form.sheet, encoding=form.encoding, decimal=form.decimal
    )


def _library_format(library: Path, form: SequenceFormat) -> SequenceFormat:
    """Return how the library is read; options of tables are those of the pairs if it is no table."""
    return form if file_kind(library) == "table" else replace(form, sheet=None, encoding=None, decimal=".")


def _windows(records: dict[str, bytes], ref: str, alt: str, *, header: Header) -> WindowsOrReason:
    """Return the windows of a pair of ids, or the reason why there are none."""
    if ref not in records or alt not in records:
        return "missing_contig"
    if records[ref] == records[alt]:
        return "same"
    return record_windows(records[ref], records[alt], header)

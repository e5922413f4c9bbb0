"""The files of an experiment: each as a table with its ids cut on request, or as records."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

from seqcnn.columns.byte_strings import Texts
from seqcnn.data.assay.lab.tables import any_id_column
from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.readers.file_kind import Kind, SequenceFormat, file_kind
from seqcnn.data.readers.genome.bed import PLACE, interval_table
from seqcnn.data.readers.id_cut import cut_ids
from seqcnn.data.readers.in_memory import load_records
from seqcnn.data.readers.lab_formats import columns_without_header, element_id
from seqcnn.data.readers.records import Records, batches_of
from seqcnn.data.readers.sequences import (
    BATCH,
    ids_first,
    read_batches,
    sequence_column,
    table_records,
    with_ids,
    with_place_ids,
    without_blank_rows,
)
from seqcnn.data.readers.table_file import TableFormat, read_table
from seqcnn.data.readers.tables import Table
from seqcnn.errors import TableError, UsageError, listed, show
from seqcnn.io.spreadsheet import is_spreadsheet
from seqcnn.io.stream import STDIN, head, source_name

Role = Literal["sequences", "targets"]
"""What an input holds."""


def sequences_kind(inputs: Inputs, plan: DataPlan) -> Kind:
    """Return the kind of the file of sequences; refuse options of another kind (`read_source`: of tables)."""
    kind = file_kind(inputs.sequences, inputs.genome)
    if kind != "table":
        replace(_intervals(inputs, plan), sequence=plan.sequence).refuse_unused(inputs.sequences, kind)
    return kind


def _intervals(inputs: Inputs, plan: DataPlan) -> SequenceFormat:
    """Return how a BED file of sequences is read."""
    return SequenceFormat(genome=inputs.genome, chromosome_prefix=plan.chromosome_prefix)


def read_source(inputs: Inputs, plan: DataPlan, changes: Counter[str]) -> tuple[Table, str, list[str]]:
    """Read a table of sequences; return it, its column of sequences, and notes on the choice of columns."""
    table = read_input_table("sequences", inputs, plan, changes)
    try:
        column, notes = sequence_column(table, plan.sequence)
    except TableError:
        _refuse_swapped(table.name, inputs, plan)
        raise
    _intervals(inputs, plan).refuse_unused(inputs.sequences, "table")
    table = ids_first(table, column) if plan.id is None else table
    table = without_blank_rows(table, column, plan.id)
    if inputs.is_one_table(plan.sheets) and plan.id is None:
        table, naming = with_ids(table, column)
        notes = notes + naming
    return table, column, notes


def _refuse_swapped(where: str, inputs: Inputs, plan: DataPlan) -> None:
    """Raise `UsageError` if the targets hold the sequences; `where` names the table in their place."""
    path, other = inputs.targets, source_name(inputs.targets)
    if inputs.is_one_table(plan.sheets) or path == STDIN or not path.is_file():
        return
    kind = file_kind(path, inputs.genome)
    holds = head(path).lstrip().startswith(b">") if kind == "fasta" else kind == "bed"
    if kind == "table":
        with suppress(TableError, UsageError):
            table = read_input_table("targets", inputs, plan, Counter())
            other, holds = table.name, bool(sequence_column(table, plan.sequence))
    if holds:
        fault = f"{where} holds no sequences, and {other} does: they are swapped"
        raise UsageError(f"{fault}; give the sequences first")


def read_input_table(role: Role, inputs: Inputs, plan: DataPlan, changes: Counter[str]) -> Table:
    """Read the table of the sequences or of the targets, and cut its ids."""
    path, sheet = (inputs.sequences if role == "sequences" else inputs.targets), _sheet(role, inputs, plan)
    if role == "targets" and inputs.is_one_table(plan.sheets) and _is_plain_bed(path, inputs.genome):
        table = _scores(path, plan)
    else:
        named = _named_columns(role, inputs, plan)
        form = TableFormat(sheet, plan.decimal, plan.thousands, plan.encoding, named)
        table = read_table(path, form)
        table = with_place_ids(table) if plan.id is None else table
    if plan.id_until is None:
        return table
    merge = plan.aggregate is not None and (role == "targets" or inputs.is_one_table(plan.sheets))
    index = table.columns.index(any_id_column(table, plan.id))
    cut = cut_ids(table.cells(index), plan.id_until, where=table.name, changes=changes, merge=merge)
    rows = [[*row[:index], name, *row[index + 1 :]] for row, name in zip(table.rows, cut, strict=True)]
    return replace(table, rows=rows)


def _named_columns(role: Role, inputs: Inputs, plan: DataPlan) -> tuple[str, ...]:
    """Return the columns that the user names of a table, by which its header is recognised."""
    replicates = [name for names in plan.replicates.values() for name in names]
    names: list[str | None] = [*(name for name in plan.targets if name not in plan.replicates), *replicates]
    if inputs.is_one_table(plan.sheets):
        weight = plan.weight if plan.aggregate else None  # may be a result of --aggregate
        names += [plan.id, *sorted(filter(None, plan.other_columns - {weight}))]
    elif role == "sequences":
        names = [plan.sequence]
    return tuple(dict.fromkeys(name for name in names if name is not None))


def _is_plain_bed(path: Path, genome: Path | None) -> bool:
    """Return whether a file is a BED file in no lab format."""
    if file_kind(path, genome) != "bed":
        return False
    lines = (line for line in head(path).decode("utf-8", "replace").splitlines() if line.strip())
    first = next(lines, "")
    return not columns_without_header(first) and element_id(first.lstrip("#").split("\t")) is None


def _scores(bed: Path, plan: DataPlan) -> Table:
    """Return the columns of a BED file as measurements; refuse to choose one of them."""
    table = interval_table(bed, changes=Counter())
    if plan.targets:
        return table
    others = [(i, name) for i, name in enumerate(table.columns) if name not in ("id", *PLACE)]
    numeric = [show(name) for i, name in others if table.is_numeric(i, plan.missing_cells)]
    remedy = "give the table of measurements as second argument"
    if numeric:
        remedy += f", or name a column of the intervals with --target: {listed(numeric)}"
    raise UsageError(f"{table.name}: intervals, without a table of measurements; {remedy}")


def _sheet(role: Role, inputs: Inputs, plan: DataPlan) -> str | None:
    """Return the sheet of a table: of two the first one holds the sequences; one is that of any workbook.

    Raises
    ------
    UsageError
        If more than two sheets are named, or two of inputs that are not both workbooks.
    """
    books = {"sequences": is_spreadsheet(inputs.sequences), "targets": is_spreadsheet(inputs.targets)}
    if len(plan.sheets) < 2:
        return None if any(books.values()) and not books[role] else next(iter(plan.sheets), None)
    if len(plan.sheets) > 2 or not all(books.values()):
        named = ", ".join(map(show, plan.sheets))
        raise UsageError(
            f"--sheet: {named}; expected one sheet, or two: of a workbook of sequences, and of one of "
            "measurements"
        )
    return plan.sheets[role == "targets"]


def read_records(
    inputs: Inputs, plan: DataPlan, source: Table | None, column: str, *, changes: Counter[str]
) -> Records:
    """Read the sequences; their names must be unique."""
    path = inputs.sequences
    if source is None:
        batches = read_batches(path, None, form=_intervals(inputs, plan), changes=changes)
    else:
        batches = batches_of(table_records(source, column, id_column=plan.id, changes=changes), BATCH)
    loaded = load_records(batches, path, inputs.genome, memory=plan.memory_limit)
    if source or plan.id_until is None:
        return loaded
    cut = cut_ids(loaded.names, plan.id_until, where=source_name(path), changes=changes)
    return replace(loaded, names=Texts.of(cut))

"""Tables of measurements in lab formats -> one row per sequence, and the plan that the format implies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqcnn.data.assay.lab.measured import Measurements, finite
from seqcnn.data.assay.lab.per_oligo import per_oligo
from seqcnn.data.readers.lab_formats import (
    ELEMENT_ACTIVITY,
    GENOMIC_ELEMENT,
    UNIT,
    ResultTable,
    element_id,
    is_counts,
    is_design,
    is_per_barcode,
    is_per_variant,
    per_oligo_format,
    result_format,
)
from seqcnn.data.readers.tables import Table
from seqcnn.data.similarity.loci import Locus
from seqcnn.errors import TableError, listed, show


def measurements(table: Table, targets: Sequence[str], *, id_column: str | None) -> Measurements:
    """Convert a table in a lab format, recognised by its columns; any other table is left as it is.

    Parameters
    ----------
    table
        One row per sequence, or per replicate and sequence, see `seqcnn.data.readers.lab_formats`.
    targets
        The columns to predict; by default what the format measures.
    id_column
        The id column of a table whose format does not name one, see `Table.id_column`.

    Raises
    ------
    TableError
        If a column of the format is missing, a measurement is repeated, or a cell is not a number.
    """
    if is_per_barcode(table.columns):
        raise TableError(
            f"{table.name}: one row per barcode; expected one per oligo, such as MPRAsnakeflow's "
            "reporter_experiment.oligo file, or --aggregate mean and --target COLUMN"
        )
    _refuse_no_activities(table, targets)
    if form := per_oligo_format(table.columns):
        return per_oligo(table, form, tuple(targets))
    if element := element_id(table.columns):
        table, notes = finite(table, (ELEMENT_ACTIVITY,))
        text = "an IGVF table of elements, without replicates: there is no ceiling"
        defaults = {"targets": (ELEMENT_ACTIVITY,), "units": {ELEMENT_ACTIVITY: UNIT}}
        return Measurements(table, element, defaults, (f"{table.name} is read as {text}",), notes)
    name, id_notes = table.id_column(id_column)
    if results := result_format(table.columns):
        return _results(table, results, tuple(targets), name)
    return Measurements(table, name, notes=tuple(id_notes))


def _refuse_no_activities(table: Table, targets: Sequence[str]) -> None:
    """Raise `TableError` for effects of variants, or for counts, if no column is named."""
    if targets:
        return
    if is_per_variant(table.columns):
        fault = "one row per variant; expected activities of sequences, such as IGVF's table of elements"
        raise TableError(f"{table.name}: {fault}, or --target COLUMN")
    if is_counts(table.columns):
        fault = "counts of DNA and RNA; expected activities, such as of `mpralib functional activities`"
        raise TableError(f"{table.name}: {fault} or mpralm, or --target COLUMN")


def any_id_column(table: Table, name: str | None) -> str:
    """Return the id column of a table in any format: `name` if the table has it, else that of the format."""
    if name in table.columns:
        return name
    if form := per_oligo_format(table.columns):
        return form.id
    design = "name" if is_design(table.columns) else None
    return design or element_id(table.columns) or table.id_column(None)[0]


def element_loci(measured: Measurements) -> dict[str, Locus]:
    """Return the locus of each sequence of an IGVF table of genomic elements; empty for other tables."""
    table = measured.table
    if not {*GENOMIC_ELEMENT} <= {*table.columns}:
        return {}
    start, end = (table.numbers(n, id_column=measured.id_column, missing=()) for n in GENOMIC_ELEMENT[1:3])
    if bad := np.flatnonzero(~((start >= 0) & (start < end) & (end < 1e15))).tolist():
        faults = listed([f"line {table.lines[i]}: {start[i]:g}-{end[i]:g}" for i in bad])
        raise TableError(f"{table.name}: {faults}; expected 0 <= start < end")
    loci = zip(table.text("chrom"), start.astype(int).tolist(), end.astype(int).tolist(), strict=True)
    return dict(zip(table.text(measured.id_column), loci, strict=True))


def _results(table: Table, form: ResultTable, targets: tuple[str, ...], id_column: str) -> Measurements:
    """Return a table with one row per sequence, whose ids are R's row names or a column."""
    if id_column in form.columns and id_column != "name":
        raise TableError(
            f"{table.name}: no column of ids beside those of {form.tool}; write the table with its row "
            "names, or name the column with --id"
        )
    chosen = targets or (form.activity,)
    table, notes = finite(table, chosen)
    defaults = {
        "targets": chosen,
        "units": {form.activity: form.unit} if form.unit and form.activity in chosen else {},
        "weight": form.barcodes,
    }
    meaning = f"; {show(form.activity)} is {form.hint}" if form.hint else ""
    source = f"column {show(id_column)}" if id_column else "R's row names"
    text = f"{table.name} is read as a table of {form.tool}, ids from {source}{meaning}"
    return Measurements(table, id_column, defaults, (text,), notes)

"""Tables of measurements in lab formats -> one row per sequence, and the plan that the format implies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seqcnn.data.readers.lab_formats import (
    GENOMIC_ELEMENT,
    element_id,
    is_design,
    is_per_barcode,
    is_per_oligo,
)
from seqcnn.data.readers.tables import Table
from seqcnn.data.similarity.loci import Locus
from seqcnn.errors import TableError, listed, show
from seqcnn.io.tsv import NA, number_cell

ACTIVITY = "log2FoldChange"
UNIT = "log2 RNA/DNA"
BARCODES = "n_bc"

_COUNTS = ("dna_counts", "rna_counts", BARCODES)  # summed over the replicates; other columns are averaged
_NOT_MEASURED = {"", ".", "na", "nan"}
_NO_READS = {"inf", "+inf", "-inf"}  # the logarithm where there were no reads


@dataclass(frozen=True, slots=True)
class Measurements:
    """One row per sequence, whose id is in `id_column`."""

    table: Table
    id_column: str
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `DataPlan` that the lab format implies; empty for any other table."""
    formats: tuple[str, ...] = ()
    """Sentences on the formats that were recognised."""
    notes: tuple[str, ...] = ()
    """Further notes for the user."""


def measurements(table: Table, targets: Sequence[str], *, id_column: str | None) -> Measurements:
    """Convert a table in a lab format, recognised by its columns; any other table is left as it is.

    Parameters
    ----------
    table
        One row per sequence, or per replicate and sequence, see `seqcnn.data.readers.lab_formats`.
    targets
        The columns to predict; by default what the format measures.
    id_column
        The id column of a table in no lab format, see `Table.id_column`.

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
    if is_per_oligo(table.columns):
        return _per_oligo(table, tuple(targets) or (ACTIVITY,))
    if element := element_id(table.columns):
        table, notes = _finite(table, (ACTIVITY,))
        form = "an IGVF table of elements, without replicates: there is no ceiling"
        defaults = {"targets": (ACTIVITY,), "units": {ACTIVITY: UNIT}}
        return Measurements(table, element, defaults, (f"{table.name} is read as {form}",), notes)
    name, id_notes = table.id_column(id_column)
    return Measurements(table, name, notes=tuple(id_notes))


def any_id_column(table: Table, name: str | None) -> str:
    """Return the id column of a table in any format: `name` if the table has it, else that of the format."""
    if name in table.columns:
        return name
    if is_per_oligo(table.columns):
        return "oligo_name"
    design = "name" if is_design(table.columns) else None
    return design or element_id(table.columns) or table.id_column(None)[0]


def _per_oligo(table: Table, targets: tuple[str, ...]) -> Measurements:
    """Put the replicates of each oligo side by side."""
    if missing := [name for name in (*targets, BARCODES) if name not in table.columns]:
        names = listed([show(name) for name in missing])
        raise TableError(f"{table.name}: no column {names} in this per-oligo table of MPRAsnakeflow")
    _refuse_repeats(table)
    counts = [name for name in _COUNTS if name in table.columns and name not in targets]
    table, notes = _finite(table, (*targets, *counts))
    oligos, replicates = (list(dict.fromkeys(table.text(n))) for n in ("oligo_name", "replicate"))
    columns, copies = {"oligo_name": oligos}, {}
    for name in (*targets, *counts):
        grid = _grid(table, name, oligos, replicates)
        columns[name] = _cells(np.nansum(grid, axis=1) if name in _COUNTS else _mean(grid))
        if name in targets and len(replicates) > 1:
            copies[name] = tuple(f"{name}_{replicate}" for replicate in replicates)
            columns |= dict(zip(copies[name], map(_cells, grid.T), strict=True))
    first = dict(zip(reversed(table.text("oligo_name")), reversed(table.lines), strict=True))
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    lines = [first[oligo] for oligo in oligos]
    wide = replace(table, columns=list(columns), rows=rows, lines=lines)
    defaults = {"targets": targets, "replicates": copies, "weight": BARCODES, "units": {ACTIVITY: UNIT}}
    ceiling = "" if copies else ": there is no ceiling"
    size = f"{len(oligos)} oligos in {len(replicates)} replicates{ceiling}"
    recognised = f"{table.name} is read as MPRAsnakeflow's per-oligo output, {size}"
    return Measurements(wide, "oligo_name", defaults, (recognised,), notes)


def element_loci(measured: Measurements) -> dict[str, Locus]:
    """Return the locus of each sequence of an IGVF table of genomic elements; empty for other tables."""
    table = measured.table
    if not {*GENOMIC_ELEMENT} <= {*table.columns}:
        return {}
    start, end = (table.numbers(n, id_column=measured.id_column, missing=()) for n in GENOMIC_ELEMENT[1:3])
    if (bad := np.flatnonzero(~((start >= 0) & (start < end) & (end < 1e15)))).size:
        faults = listed([f"line {table.lines[i]}: {start[i]:g}-{end[i]:g}" for i in bad])
        raise TableError(f"{table.name}: {faults}; expected 0 <= start < end")
    loci = zip(table.text("chrom"), start.astype(int).tolist(), end.astype(int).tolist(), strict=True)
    return dict(zip(table.text(measured.id_column), loci, strict=True))


def _refuse_repeats(table: Table) -> None:
    """Raise `TableError` if an oligo is repeated within a replicate, or a name is missing."""
    first: dict[tuple[str, str], int] = {}
    faults = []
    for line, *pair in zip(table.lines, table.text("oligo_name"), table.text("replicate"), strict=True):
        oligo, replicate = pair
        if not (oligo.strip() and replicate.strip()):
            faults.append(f"no oligo_name or no replicate on line {line}")
        elif (before := first.setdefault((oligo, replicate), line)) != line:
            faults.append(
                f"{show(oligo, 40)} in replicate {show(replicate, 40)} on lines {before} and {line}"
            )
    if faults:
        raise TableError(f"{table.name}: {listed(faults)}; each oligo must be there once per replicate")


def _finite(table: Table, names: Sequence[str]) -> tuple[Table, tuple[str, ...]]:
    """Return a table with NA for cells without a measurement, and a note on those without reads."""
    indices = [table.columns.index(name) for name in names if name in table.columns]
    rows, infinite = [], 0
    for row in table.rows:
        cells = list(row)
        for i in indices:
            if (cell := cells[i].lower()) in _NOT_MEASURED or cell in _NO_READS:
                infinite += cell in _NO_READS
                cells[i] = NA
        rows.append(cells)
    note = f"{table.name}: {infinite} infinite values (no reads) are read as not measured"
    return replace(table, rows=rows), (note,) if infinite else ()


def _grid(table: Table, name: str, oligos: list[str], replicates: list[str]) -> np.ndarray:
    """Return a column as float64 (oligos, replicates), NaN where missing."""
    row, column = ({key: i for i, key in enumerate(keys)} for keys in (oligos, replicates))
    grid = np.full((len(oligos), len(replicates)), np.nan)
    oligo = [row[key] for key in table.text("oligo_name")]
    replicate = [column[key] for key in table.text("replicate")]
    grid[oligo, replicate] = table.numbers(name, id_column="oligo_name")
    return grid


def _mean(grid: np.ndarray) -> np.ndarray:
    """Return the mean of the measured values of each row, NaN where there are none."""
    count = np.isfinite(grid).sum(axis=1)
    return np.where(count, np.nansum(grid, axis=1) / np.maximum(count, 1), np.nan)


def _cells(values: np.ndarray) -> list[str]:
    """Return numbers as cells with all digits."""
    return [number_cell(value, "") for value in values.tolist()]

"""A table of measurements, maybe in a lab format -> one row a sequence, and what the format tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seqcnn.data.readers.lab_formats import GENOMIC_ELEMENT, element_id, is_per_barcode, is_per_oligo
from seqcnn.data.readers.tables import Table
from seqcnn.data.similarity.loci import Locus
from seqcnn.errors import TableError, listed, show
from seqcnn.io.tsv import NA, number_cell

ACTIVITY = "log2FoldChange"
UNIT = "log2 RNA/DNA"
BARCODES = "n_bc"

_COUNTS = ("dna_counts", "rna_counts", BARCODES)  # are summed over the replicates; the others averaged
_NOT_MEASURED = {"", ".", "na", "nan"}
_NO_READS = {"inf", "+inf", "-inf"}  # what the logarithm of no reads is written as


@dataclass(frozen=True, slots=True)
class Measurements:
    """One row a sequence, named in `id_column`."""

    table: Table
    id_column: str
    told: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `DataPlan` that the format tells; none of a table in no lab format."""
    words: tuple[str, ...] = ()
    """What was read as what."""
    notes: tuple[str, ...] = ()
    """What else a person should know."""


def measurements(table: Table, targets: Sequence[str], *, id_column: str | None) -> Measurements:
    """Read a table as the lab format that its columns show; any other table is left as it is.

    Parameters
    ----------
    table
        One row a sequence, or one a replicate and sequence, see `seqcnn.data.readers.lab_formats`.
    targets
        The columns that are predicted; none for what the format measures.
    id_column
        The column of ids of a table in no lab format, see `Table.id_column`.

    Raises
    ------
    TableError
        If a column that the format has is missing, if a measurement stands there twice, or if a cell that
        should be a number is none.
    """
    if is_per_barcode(table.columns):
        raise TableError(
            f"{table.name}: one row a barcode; expected one an oligo, such as MPRAsnakeflow's "
            "reporter_experiment.oligo file"
        )
    if is_per_oligo(table.columns):
        return _per_oligo(table, tuple(targets) or (ACTIVITY,))
    if element := element_id(table.columns):
        table, notes = _finite(table, (ACTIVITY,))
        what = f"{table.name} is read as an IGVF table of elements, without replicates: there is no ceiling"
        told = {"targets": (ACTIVITY,), "units": {ACTIVITY: UNIT}}
        return Measurements(table, element, told, (what,), notes)
    name, found = table.id_column(id_column)
    return Measurements(table, name, notes=tuple(found))


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
    wide = Table(table.path, list(columns), rows, [first[oligo] for oligo in oligos])
    told = {"targets": targets, "replicates": copies, "weight": BARCODES, "units": {ACTIVITY: UNIT}}
    ceiling = "" if copies else ": there is no ceiling"
    what = f"{len(oligos)} oligos in {len(replicates)} replicates{ceiling}"
    words = f"{table.name} is read as MPRAsnakeflow's per-oligo output, {what}"
    return Measurements(wide, "oligo_name", told, (words,), notes)


def element_loci(measured: Measurements) -> dict[str, Locus]:
    """Return the place of each sequence of an IGVF table of genomic elements; of others, none."""
    table = measured.table
    if not {*GENOMIC_ELEMENT} <= {*table.columns}:
        return {}
    start, end = (table.numbers(n, id_column=measured.id_column, missing=()) for n in GENOMIC_ELEMENT[1:3])
    if (bad := np.flatnonzero(~((start >= 0) & (start < end) & (end < 1e15)))).size:
        faults = listed([f"line {table.lines[i]}: {start[i]:g}-{end[i]:g}" for i in bad])
        raise TableError(f"{table.name}: {faults}; expected 0 <= start < end")
    places = zip(table.text("chrom"), start.astype(int).tolist(), end.astype(int).tolist(), strict=True)
    return dict(zip(table.text(measured.id_column), places, strict=True))


def _refuse_repeats(table: Table) -> None:
    """Raise `TableError` if an oligo stands twice in one replicate, or one of them has no name."""
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
        raise TableError(f"{table.name}: {listed(faults)}; each oligo must be there once a replicate")


def _finite(table: Table, names: Sequence[str]) -> tuple[Table, tuple[str, ...]]:
    """Return a table with NA for what the format writes when nothing was measured, and a note on no reads."""
    at = [table.columns.index(name) for name in names if name in table.columns]
    rows, infinite = [], 0
    for row in table.rows:
        cells = list(row)
        for i in at:
            if (cell := cells[i].lower()) in _NOT_MEASURED or cell in _NO_READS:
                infinite += cell in _NO_READS
                cells[i] = NA
        rows.append(cells)
    note = f"{table.name}: {infinite} infinite values, of no reads, are read as not measured"
    return replace(table, rows=rows), (note,) if infinite else ()


def _grid(table: Table, name: str, oligos: list[str], replicates: list[str]) -> np.ndarray:
    """Return a column as float64 (oligos, replicates), NaN where missing."""
    row, column = ({key: i for i, key in enumerate(keys)} for keys in (oligos, replicates))
    grid = np.full((len(oligos), len(replicates)), np.nan)
    at = [row[key] for key in table.text("oligo_name")], [column[key] for key in table.text("replicate")]
    grid[at] = table.numbers(name, id_column="oligo_name")
    return grid


def _mean(grid: np.ndarray) -> np.ndarray:
    """Return the mean of each row over what was measured, NaN where nothing was."""
    count = np.isfinite(grid).sum(axis=1)
    mean: np.ndarray = np.where(count, np.nansum(grid, axis=1) / np.maximum(count, 1), np.nan)
    return mean


def _cells(values: np.ndarray) -> list[str]:
    """Write numbers as cells."""
    return [number_cell(value, "") for value in values.tolist()]

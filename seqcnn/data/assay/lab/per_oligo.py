"""Tables of MPRAsnakeflow and MPRAflow with one row per replicate and oligo -> one row per oligo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from seqcnn.data.assay.lab.measured import Measurements, finite
from seqcnn.data.readers.lab_formats import UNIT, PerOligo
from seqcnn.data.readers.tables import Table
from seqcnn.errors import TableError, listed, show
from seqcnn.io.tsv import number_cell


def per_oligo(table: Table, form: PerOligo, targets: tuple[str, ...]) -> Measurements:
    """Put the replicates of each oligo side by side.

    Parameters
    ----------
    table
        One row per replicate and oligo.
    form
        Its columns.
    targets
        The columns to predict; if empty, the activity.

    Raises
    ------
    TableError
        If a column is missing, an oligo is repeated within a replicate, or a cell is not a number.
    """
    targets = targets or (form.activity,)
    if missing := [name for name in (*targets, form.barcodes) if name not in table.columns]:
        names = listed([show(name) for name in missing])
        raise TableError(f"{table.name}: no column {names} in this per-oligo table of {form.tool}")
    _refuse_repeats(table, form)
    counts = [name for name in (*form.counts, form.barcodes) if name in table.columns and name not in targets]
    table, notes = finite(table, (*targets, *counts))
    labels = list(dict.fromkeys(table.text("replicate")))
    several = len(labels) > 1
    copies = {name: tuple(f"{name}_{label}" for label in labels) for name in targets if several}
    wide = _wide(table, form, (*targets, *counts), copies)
    size = f"{len(wide.rows)} oligos in {len(labels)} replicates{'' if several else ': there is no ceiling'}"
    defaults = {
        "targets": targets,
        "replicates": copies,
        "weight": form.barcodes,
        "units": {form.activity: UNIT} if form.activity in targets else {},
    }
    recognised = f"{table.name} is read as {form.tool}'s per-oligo output, {size}"
    return Measurements(wide, form.id, defaults, (recognised,), notes)


def _wide(table: Table, form: PerOligo, names: Sequence[str], copies: dict[str, tuple[str, ...]]) -> Table:
    """Return one row per oligo: sums of counts, means of other columns, and `copies`, one per replicate."""
    oligos, replicates = (list(dict.fromkeys(table.text(name))) for name in (form.id, "replicate"))
    columns = {form.id: oligos}
    for name in names:
        grid = _grid(table, form.id, name, oligos, replicates)
        summed = name in (*form.counts, form.barcodes)
        columns[name] = _cells(np.nansum(grid, axis=1) if summed else _mean(grid))
        columns |= dict(zip(copies.get(name, ()), map(_cells, grid.T), strict=False))
    first = dict(zip(reversed(table.text(form.id)), reversed(table.lines), strict=True))
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    return replace(table, columns=list(columns), rows=rows, lines=[first[oligo] for oligo in oligos])


def _refuse_repeats(table: Table, form: PerOligo) -> None:
    """Raise `TableError` if an oligo is repeated within a replicate, or a name is missing."""
    first: dict[tuple[str, str], int] = {}
    faults = []
    for line, *pair in zip(table.lines, table.text(form.id), table.text("replicate"), strict=True):
        oligo, replicate = pair
        if not (oligo.strip() and replicate.strip()):
            faults.append(f"no {form.id} or no replicate on line {line}")
        elif (before := first.setdefault((oligo, replicate), line)) != line:
            faults.append(
                f"{show(oligo, 40)} in replicate {show(replicate, 40)} on lines {before} and {line}"
            )
    if faults:
        remedy = "each oligo must be there once per replicate"
        if "condition" in table.columns and len(names := list(dict.fromkeys(table.text("condition")))) > 1:
            remedy += f"; keep the rows of one condition of {listed([show(name, 40) for name in names])}"
        raise TableError(f"{table.name}: {listed(faults)}; {remedy}")


def _grid(table: Table, id_column: str, name: str, oligos: list[str], replicates: list[str]) -> np.ndarray:
    """Return a column as float64 (oligos, replicates), NaN where missing."""
    row, column = ({key: i for i, key in enumerate(keys)} for keys in (oligos, replicates))
    grid = np.full((len(oligos), len(replicates)), np.nan)
    oligo = [row[key] for key in table.text(id_column)]
    replicate = [column[key] for key in table.text("replicate")]
    grid[oligo, replicate] = table.numbers(name, id_column=id_column)
    return grid


def _mean(grid: np.ndarray) -> np.ndarray:
    """Return the mean of the measured values of each row, NaN where there are none."""
    count = np.isfinite(grid).sum(axis=1)
    return np.where(count, np.nansum(grid, axis=1) / np.maximum(count, 1), np.nan)


def _cells(values: np.ndarray) -> list[str]:
    """Return numbers as cells with all digits."""
    return [number_cell(value, "") for value in values.tolist()]

"""Long tables -> one row per sequence: the rows of an id are its barcodes, or its replicates.

With a column of replicates, the rows of an id and a replicate are aggregated first, and then the replicates,
so that a replicate with many barcodes counts as much as one with few.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np

from seqcnn.data.assay.columns import Columns
from seqcnn.data.assay.plan import Aggregate, DataPlan
from seqcnn.data.assay.target_names import only_target
from seqcnn.data.readers.tables import Table
from seqcnn.errors import TableError, listed, show
from seqcnn.io.tsv import number_cell

MAX_REPLICATES = 50
"""Largest number of distinct values of a column of replicates."""


@dataclass(frozen=True, slots=True)
class Aggregated:
    """A table with one row per id, and the plan that names its columns."""

    table: Table
    """Id; columns with one value per id; and per target its mean or median, `<target>_sd` (divisor n - 1),
    `<target>_count` (values that were aggregated) and `<target>_<replicate>`."""
    plan: DataPlan
    id_column: str | None
    """None stands for the default, see `Table.id_column`."""
    notes: list[str]


def aggregate_rows(
    table: Table, plan: DataPlan, method: Aggregate, *, sequence: str | None, spread: bool = False
) -> Aggregated:
    """Make one row of the rows of each id; cells that mean 'not measured' are left out.

    Parameters
    ----------
    table
        One row per barcode, or per replicate, of a sequence.
    plan
        Its columns; by default the only numeric one is the target.
    method
        `mean` or `median`.
    sequence
        The column of sequences of a table that holds them.
    spread
        Whether a row has numbers of some targets only, as in `seqcnn.data.assay.pivot`; then an id may have
        one row, and nothing is counted.

    Raises
    ------
    TableError
        If an id or a replicate is blank, a cell is not a number, or a column of which each id needs one value
        differs within an id.
    """
    id_column, notes = table.id_column(plan.id)
    columns = Columns(table, id_column=id_column, missing=plan.missing_cells)
    needed = plan.other_columns | {sequence}
    targets = plan.targets or (only_target(columns, needed),)
    rows = _Rows(columns, plan.replicate_column, method)
    if not spread:
        rows.refuse_single()
    names = [n for n in targets if n in table.columns or n not in plan.replicates]
    names += [n for group in plan.replicates.values() for n in group if n not in names]
    others = [n for n in table.columns if n not in {id_column, plan.replicate_column, *names}]
    varying = {name: pair for name in others if (pair := rows.difference(name))}
    _refuse_varying(table, {name: pair for name, pair in varying.items() if name in needed})
    constant = {name: rows.first(name) for name in (id_column, *others) if name not in varying}
    results = {name: rows.aggregated(name) for name in names}
    if plan.replicate_column:
        plan = replace(plan, replicates={name: tuple(results[name])[3:] for name in targets})
    return Aggregated(
        _joined(table, [constant, *results.values()], rows.lines),
        replace(plan, targets=targets),
        id_column,
        [
            *notes,
            *([] if spread else [rows.note(), *rows.missing_notes(names)]),
            *_drop_notes(table, varying),
        ],
    )


class _Rows:
    """The rows of a long table, by id and replicate."""

    def __init__(self, columns: Columns, replicate: str | None, method: Aggregate) -> None:
        self.columns, self.table, self.method = columns, columns.table, method
        ids = self.table.text(columns.id_column)
        self._refuse_blank(ids, "id", {""})
        self.size = Counter(ids)
        code = {name: i for i, name in enumerate(self.size)}
        self.id = [code[name] for name in ids]
        """Number of the id of each row, in the order of first appearance."""
        self.start = np.unique(self.id, return_index=True)[1].tolist()
        self.lines = [self.table.lines[i] for i in self.start]
        self.label = self.table.text(replicate) if replicate else []
        self._refuse_blank(self.label, "replicate", {"", *columns.missing})
        if (count := len(set(self.label))) > MAX_REPLICATES:
            where = f"{self.table.name}: column {show(replicate)}: {count} distinct values"
            raise TableError(f"{where}; at most {MAX_REPLICATES} replicates are expected")

    def _refuse_blank(self, cells: Iterable[str], what: str, blank: Collection[str]) -> None:
        """Raise `TableError` for rows without an id or a replicate."""
        lines = [line for line, cell in zip(self.table.lines, cells, strict=False) if cell.strip() in blank]
        if lines:
            raise TableError(f"{self.table.name}: no {what} on {listed([f'line {line}' for line in lines])}")

    def refuse_single(self) -> None:
        """Raise `TableError` if no id is there more than once."""
        if max(self.size.values()) > 1:
            return
        where = f"{self.table.name}: column {show(self.columns.id_column)}: each id is there once"
        repeated = [
            f"{show(name, 40)} ({n:,} different values)"
            for i, name in enumerate(self.table.columns)
            if not self.table.is_numeric(i)
            and 1 < (n := len({row[i] for row in self.table.rows})) < len(self.size)
        ]
        columns = f"; columns whose values repeat: {listed(repeated)}" if repeated else ""
        raise TableError(
            f"{where}; --aggregate has nothing to aggregate: name the column of ids with --id{columns}"
        )

    def first(self, name: str) -> list[str]:
        """Return the cell of a column in the first row of each id."""
        cells = self.table.text(name)
        return [cells[i] for i in self.start]

    def difference(self, name: str) -> tuple[int, int] | None:
        """Return the first two rows of one id in which a column differs, or None."""
        cells = self.table.text(name)
        first = ((self.start[code], row) for row, code in enumerate(self.id))
        return next(((i, row) for i, row in first if cells[i] != cells[row]), None)

    def aggregated(self, name: str) -> dict[str, list[str]]:
        """Return the value, SD and count of each id, and the value in each replicate that has any."""
        import pandas as pd

        values = pd.Series(self.columns.numbers([name])[:, 0])
        replicates = {}
        if self.label:
            labels = list(dict.fromkeys(self.label))
            keys = [self.id, [labels.index(label) for label in self.label]]
            values = values.groupby(keys).agg(self.method)
            grid = values.unstack()
            replicates = {
                f"{name}_{label}": self._cells(grid[code])
                for code, label in enumerate(labels)
                if grid[code].notna().any()
            }
        groups = values.groupby(level=0) if self.label else values.groupby(self.id)
        return {
            name: self._cells(groups.agg(self.method)),
            f"{name}_sd": self._cells(groups.std()),
            f"{name}_count": groups.count().map(str).tolist(),
            **replicates,
        }

    def _cells(self, values: Iterable[float]) -> list[str]:
        """Return numbers as cells with all digits and the decimal separator of the table."""
        return [number_cell(float(value), "").replace(".", self.table.decimal) for value in values]

    def note(self) -> str:
        """Return the numbers of rows and ids."""
        sizes = self.size.values()
        middle = f"{min(sizes)} to {max(sizes)} rows per id, median {statistics.median(sizes):g}"
        replicates = f", of {len(set(self.label))} replicates" if self.label else ""
        counted = f"{len(self.id)} rows{replicates} -> {len(sizes)} ids ({middle})"
        return f"{self.table.name}: {counted}, aggregated by their {self.method}"

    def missing_notes(self, names: Iterable[str]) -> list[str]:
        """Return notes on cells that were left out, and on percent signs."""
        counts = {name: int(np.isnan(self.columns.numbers([name])).sum()) for name in names}
        notes = [
            f"{self.table.name}: column {show(name)}: {count} cells are not measured and left out"
            for name, count in counts.items()
            if count
        ]
        return notes + self.columns.percent_notes(counts)


def _refuse_varying(table: Table, varying: dict[str, tuple[int, int]]) -> None:
    """Raise `TableError` if columns of which each id needs one value differ within an id."""
    faults = [
        f"column {show(name, 40)} differs within an id, on lines {table.lines[i]} and {table.lines[j]}"
        for name, (i, j) in varying.items()
    ]
    if faults:
        raise TableError(
            f"{table.name}: {listed(faults)}; --aggregate expects one value per id (weights: TARGET_count "
            "or TARGET_sd)"
        )


def _drop_notes(table: Table, varying: Collection[str]) -> list[str]:
    """Return a note on columns that the aggregated table does not have."""
    names = listed([show(name, 40) for name in varying])
    return [f"{table.name}: columns that differ within an id are left out: {names}"] if varying else []


def _joined(table: Table, parts: Iterable[dict[str, list[str]]], lines: list[int]) -> Table:
    """Return the table of these columns; no name may be there twice."""
    cells: dict[str, list[str]] = {}
    for part in parts:
        if clash := [name for name in part if name in cells]:
            fault = f"column {show(clash[0])} has the name of a result of --aggregate; rename it"
            raise TableError(f"{table.name}: {fault}")
        cells |= part
    rows = [list(row) for row in zip(*cells.values(), strict=True)]
    return replace(table, columns=list(cells), rows=rows, lines=lines)

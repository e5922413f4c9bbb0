"""Long tables with a column of conditions, such as cell types -> one target per condition: `--pivot`.

The remedy for repeated ids names the columns of such a table.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace

from seqcnn.data.assay.columns import Columns
from seqcnn.data.assay.long_form import Aggregated, aggregate_rows
from seqcnn.data.assay.plan import DataPlan
from seqcnn.data.assay.target_names import only_target
from seqcnn.data.readers.tables import Table
from seqcnn.errors import TableError, listed, show
from seqcnn.io.tsv import NA

MAX_CONDITIONS = 50
"""Largest number of distinct values of a column of conditions."""

_AGGREGATE = "--aggregate mean reads one row per barcode, with --replicate-column COLUMN one per replicate"

_NUMBERED = re.compile("rep|batch|run", re.IGNORECASE)  # columns whose numbers are names

_MAX_PROPOSED = 10  # values of a column that tells the rows of an id apart


def pivot_rows(table: Table, plan: DataPlan, column: str, *, sequence: str | None) -> Aggregated:
    """Make one row of the rows of each id, with a target `<target>_<condition>` per condition.

    Several rows of an id and a condition are aggregated as the plan says.

    Parameters
    ----------
    table
        One row per id and condition, or several with `plan.aggregate`.
    plan
        Its columns; by default the only numeric one is the target.
    column
        The column of conditions.
    sequence
        The column of sequences of a table that holds them.

    Raises
    ------
    TableError
        If a condition is blank, there are over `MAX_CONDITIONS`, an id has several rows of one and the plan
        aggregates none, or a name of a target is that of another column.
    """
    id_column = table.id_column(plan.id)[0]
    conditions = _conditions(table, column, plan.missing_cells)
    if plan.aggregate is None:
        _refuse_repeated(table, id_column, column, conditions)
    columns = Columns(table, id_column=id_column, missing=plan.missing_cells)
    targets = plan.targets or (only_target(columns, plan.other_columns | {sequence}),)
    names = {(t, value): f"{t}_{value}" for t in targets for value in dict.fromkeys(conditions)}
    units = {new: plan.units[t] for (t, _), new in names.items() if t in plan.units}
    wide = replace(
        plan,
        pivot=None,
        targets=tuple(names.values()),
        units={**units, **{name: unit for name, unit in plan.units.items() if name not in targets}},
        missing=tuple(dict.fromkeys((*plan.missing, NA))),
    )
    spread = _spread(table, column, conditions, names)
    rows = aggregate_rows(spread, wide, plan.aggregate or "mean", sequence=sequence, spread=True)
    note = _note(table, rows, column)
    if plan.aggregate:
        note += f"; rows of one id and value are aggregated by their {plan.aggregate}"
    return replace(rows, notes=[*rows.notes, *columns.percent_notes(targets), note])


def _conditions(table: Table, column: str, missing: Sequence[str]) -> list[str]:
    """Return the condition of each row."""
    conditions = [cell.strip() for cell in table.text(column)]
    where = f"{table.name}: column {show(column)}"
    lines = [f"line {n}" for n, value in zip(table.lines, conditions, strict=True) if value in {"", *missing}]
    if lines:
        raise TableError(f"{where}: no value on {listed(lines)}; --pivot needs one in each row")
    if (count := len(set(conditions))) > MAX_CONDITIONS:
        expected = f"at most {MAX_CONDITIONS} conditions, such as cell types, are expected of --pivot"
        raise TableError(f"{where}: {count:,} distinct values; {expected}")
    return conditions


def _refuse_repeated(table: Table, id_column: str, column: str, conditions: list[str]) -> None:
    """Raise `TableError` for ids with several rows of one condition."""
    first: dict[tuple[str, str], int] = {}
    faults = [
        f"{show(key[0], 40)} with {show(key[1], 40)} on lines {first[key]} and {line}"
        for key, line in zip(zip(table.text(id_column), conditions, strict=True), table.lines, strict=True)
        if first.setdefault(key, line) != line
    ]
    if faults:
        remedy = "if these are barcodes or replicates, pass --aggregate mean, too"
        raise TableError(f"{table.name}: --pivot {show(column)}: {listed(faults)}; {remedy}")


def _spread(table: Table, column: str, conditions: list[str], names: dict[tuple[str, str], str]) -> Table:
    """Return a table with a column of each name; a row has numbers in those of its condition, else NA."""
    sources = {table.columns.index(target) for target, _ in names if table.text(target)}
    kept = [i for i, name in enumerate(table.columns) if i not in sources and name != column]
    if clash := [name for name in names.values() if name in {table.columns[i] for i in kept}]:
        fault = f"column {show(clash[0])} has the name of a result of --pivot; rename it"
        raise TableError(f"{table.name}: {fault}")
    origins = [(table.columns.index(target), condition) for target, condition in names]
    rows = [
        [row[i] for i in kept] + [row[i] if condition == own else NA for i, condition in origins]
        for row, own in zip(table.rows, conditions, strict=True)
    ]
    return replace(table, columns=[*(table.columns[i] for i in kept), *names.values()], rows=rows)


def _note(table: Table, rows: Aggregated, column: str) -> str:
    """Return a note on the numbers of rows and ids, and on the targets."""
    sizes = {name: sum(cell != NA for cell in rows.table.text(name)) for name in rows.plan.targets}
    targets = listed([f"{show(name, 40)} ({size:,} measured)" for name, size in sizes.items()])
    counts = f"{len(table.rows):,} rows -> {len(rows.table.rows):,} ids"
    return f"{table.name}: {counts}, with a target for each value of {show(column)}: {targets}"


def repeated_remedy(table: Table, id_column: str) -> str:
    """Return the remedy for repeated ids; it names a column that tells the rows of an id apart."""
    ids = table.text(id_column)
    columns = {n: _values(table, i) for i, n in enumerate(table.columns) if n != id_column}
    conditions = {name: cells for name, cells in columns.items() if cells}
    for name, cells in conditions.items():
        if len(set(zip(ids, cells, strict=True))) == len(ids):
            levels = listed([show(value, 40) for value in dict.fromkeys(cells)])
            return f"; the rows of an id differ in {show(name, 40)} ({levels}): {_condition_remedy(name)}"
    replicates = [name for name in conditions if _NUMBERED.search(name)]
    size = len(set(ids))
    for name, cells in conditions.items():
        if name not in replicates and len(set(zip(ids, cells, strict=True))) == size * len(set(cells)):
            rows = f" --replicate-column {shlex.quote(replicates[0])}" if replicates else ""
            option = f"--pivot {shlex.quote(name)} --aggregate mean{rows}"
            what = f"every id has rows of the {len(set(cells))} values of {show(name, 40)}"
            return f"; {what}: for one target per value, such as cell types, pass {option}; {_AGGREGATE}"
    return f"; {_AGGREGATE}"


def _values(table: Table, index: int) -> list[str]:
    """Return the cells of a column that may hold conditions or replicates, [] for another column."""
    cells = [row[index].strip() for row in table.rows]
    is_text = bool(_NUMBERED.search(table.columns[index])) or not table.is_numeric(index)
    return cells if is_text and 1 < len(set(cells)) <= _MAX_PROPOSED else []


def _condition_remedy(name: str) -> str:
    """Return the options for a column of conditions or of replicates, the more likely ones first."""
    column = shlex.quote(name)
    remedies = [
        f"for one target per value, such as cell types, pass --pivot {column}",
        f"for replicates, pass --aggregate mean --replicate-column {column}",
    ]
    return "; ".join(reversed(remedies) if _NUMBERED.search(name) else remedies)

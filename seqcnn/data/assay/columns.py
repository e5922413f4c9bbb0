"""Targets, weights, replicates, groups and categories from the columns of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from seqcnn.data.assay.weights import WeightBy, weights_of, weights_of_replicates
from seqcnn.data.readers.tables import COMMON, COMMON_MISSING, Table
from seqcnn.data.split.splits import SplitPlan
from seqcnn.errors import ConfigError, TableError, counted, listed, plural, show
from seqcnn.io.tsv import NA, is_number

MAX_MAGNITUDE = 1e30
"""Largest absolute value of a target, replicate or weight, below the limit of float32 (3e38)."""

MAX_LEVELS = 50
"""Largest number of distinct values of a category column."""


def row_means(values: np.ndarray) -> np.ndarray:
    """Return the mean of the numbers in each row, NaN where there is none."""
    count = np.isfinite(values).sum(1)
    return np.where(count, np.nansum(values, axis=1) / np.maximum(count, 1), np.nan)


class Columns:
    """The columns of a table, in the order of its rows; `missing` cells mean 'not measured'."""

    def __init__(self, table: Table, *, id_column: str, missing: tuple[str, ...]) -> None:
        self.table, self.id_column, self.missing = table, id_column, missing

    def numbers(self, names: Iterable[str]) -> np.ndarray:
        """Return float64 (rows, columns), NaN where missing; refuse values beyond `MAX_MAGNITUDE`."""
        return np.stack([self._bounded(name, self._numbers(name)) for name in names], axis=1)

    def whole_numbers(self, name: str) -> np.ndarray | None:
        """Return a column, float64 (rows,), if each of its cells is a number without sign or point."""
        cells = self.table.text(name)
        return np.array(cells, np.float64) if all(cell.isdecimal() for cell in cells) else None

    def targets(self, names: Sequence[str], replicates: Mapping[str, tuple[str, ...]]) -> np.ndarray:
        """Return targets as `numbers` does; one that is no column is the mean of its replicates."""
        columns = [
            self.numbers([name])[:, 0]
            if name in self.table.columns or name not in replicates
            else row_means(self.numbers(replicates[name]))
            for name in names
        ]
        return np.stack(columns, axis=1)

    def notes(
        self, names: Sequence[str], replicates: Mapping[str, tuple[str, ...]], group: str | None = None
    ) -> list[str]:
        """Return notes on missing cells, percent signs, and targets that are among their own replicates."""
        notes = []
        for name in names:
            used = [name] if name in self.table.columns else replicates[name]
            for cell, rows in self._missing_rows(used).items():
                where = f"line {self.table.lines[rows[0]]}, id {show(self._id(rows[0]), 40)}"
                count = counted(len(rows), f"{cell or 'blank'} cells are read as not measured")
                notes.append(f"target {show(name)}: {count}, such as {where}")
            notes += self.percent_notes(used)
            if name in replicates.get(name, ()):
                remedy = "without --target their mean is predicted"
                notes.append(f"target {show(name)} is one of its own replicates; {remedy}")
        return notes + self._group_notes(group)

    def _group_notes(self, name: str | None) -> list[str]:
        """Return a note on the blank cells of a group column."""
        cells = [] if name is None else self.table.text(name)
        blank = [i for i, cell in enumerate(cells) if not cell.strip()]
        if not blank:
            return []
        where = f"line {self.table.lines[blank[0]]}, id {show(self._id(blank[0]), 40)}"
        meaning = "these rows are in no group; merged cells of a spreadsheet are blank below the first"
        return [f"group {show(name)}: {plural(len(blank), 'blank cell')}, such as {where}: {meaning}"]

    def percent_notes(self, names: Iterable[str]) -> list[str]:
        """Return a note on each column whose numbers have percent signs."""
        return [
            f"{self.table.name}: column {show(name)}: percent signs are removed: 50% is read as 50"
            for name in names
            if self.table.has_percent_signs(self.table.columns.index(name))
        ]

    def _missing_rows(self, columns: Iterable[str]) -> dict[str, list[int]]:
        """Return the rows of each usual spelling of 'not measured' other than NA in some columns."""
        rows: dict[str, list[int]] = {cell: [] for cell in COMMON_MISSING if cell in self.missing}
        for column in columns:
            for i, cell in enumerate(self.table.text(column)):
                if cell.strip() in rows:
                    rows[cell.strip()].append(i)
        return {cell: numbers for cell, numbers in rows.items() if numbers and cell != NA}

    def _id(self, row: int) -> str:
        """Return the id of a row."""
        return self.table.rows[row][self.table.columns.index(self.id_column)]

    def _numbers(self, name: str) -> np.ndarray:
        """Return a column of numbers, float64 (rows,), NaN where missing."""
        return self.table.numbers(name, id_column=self.id_column, missing=self.missing)

    def _bounded(self, name: str, values: np.ndarray) -> np.ndarray:
        """Return the values of a column, or raise `TableError` for those beyond `MAX_MAGNITUDE`."""
        if not (bad := np.flatnonzero(np.abs(values) > MAX_MAGNITUDE).tolist()):
            return values
        ids, cells, lines = self.table.text(self.id_column), self.table.text(name), self.table.lines
        faults = [f"line {lines[i]}, id {show(ids[i], 40)}: {show(cells[i], 40)}" for i in bad]
        raise TableError(
            f"{self.table.name}: column {show(name, 40)}: {listed(faults)}; expected numbers from "
            f"-{MAX_MAGNITUDE:g} to {MAX_MAGNITUDE:g}; a typing error, or a unit to change?"
        )

    def text(self, name: str, row: np.ndarray) -> list[str]:
        """Return a column's text in the order of `row`, '' for rows (-1) that are not in the table."""
        values = self.table.text(name)
        return [values[i] if i >= 0 else "" for i in row]

    def groups(self, name: str | None, row: np.ndarray) -> list[str] | None:
        """Return a group column as `text` does, with '' for missing cells."""
        if name is None:
            return None
        return ["" if value in self.missing or not value.strip() else value for value in self.text(name, row)]

    def parts(self, split: SplitPlan, row: np.ndarray) -> list[str]:
        """Return the column of a split as `text` does; '' without one, and for cells that are missing."""
        if not split.column:
            return [""] * len(row)
        texts = self.text(split.column, row)
        return (
            ["" if cell.strip() in self.missing else cell for cell in texts]
            if split.method == "column"
            else texts
        )

    def categories(self, names: Sequence[str]) -> np.ndarray:
        """Return texts, object (rows, columns), '' where missing.

        Raises
        ------
        TableError
            If a column has more than `MAX_LEVELS` distinct values.
        """
        values = np.empty((len(self.table.rows), len(names)), object)
        for c, name in enumerate(names):
            values[:, c] = ["" if cell in self.missing else cell for cell in self.table.text(name)]
            if (levels := len(set(values[:, c]) - {""})) > MAX_LEVELS:
                where = f"{self.table.name}: category {show(name)}: {levels} distinct values"
                raise TableError(f"{where}; at most {MAX_LEVELS} are expected of a column of categories")
        return values

    def weights(self, name: str | None, by: WeightBy, *, replicates: np.ndarray) -> np.ndarray:
        """Return float32 (rows,), see `WeightBy`; 1 if no column or replicates (rows, T, R) are used.

        Raises
        ------
        ConfigError
            If the weight column is missing, or given together with another method.
        TableError
            If a cell is negative or missing, or the median noise is 0.
        """
        if name is not None and by in ("replicates", "none"):
            raise ConfigError(f"weight_by: {by} given, and weight {show(name)}; expected one of them")
        if by == "replicates":
            return self._weights_of_replicates(replicates).astype(np.float32)
        if name is not None:
            return self._weights_of(name, by).astype(np.float32)
        if by not in ("weight", "none"):
            raise ConfigError(f"weight_by: {by} needs `weight`, the column that holds them")
        return np.ones(len(self.table.rows), np.float32)

    def _weights_of(self, name: str, by: WeightBy) -> np.ndarray:
        """Return the weights from a column."""
        values = self.numbers([name])[:, 0]
        if bad := np.flatnonzero(~(values >= 0)).tolist():
            lines = listed([f"line {self.table.lines[i]}" for i in bad])
            raise TableError(f"{self.table.name}: weight {show(name)}: {lines}; expected numbers >= 0")
        if by != "weight" and np.median(values) <= 0:
            where = f"{self.table.name}: weight {show(name)}"
            raise TableError(f"{where}: its median is 0; expected {by} above 0")
        return weights_of(values, by)

    def _weights_of_replicates(self, replicates: np.ndarray) -> np.ndarray:
        """Return the weights from replicates, or raise an error if there are none."""
        if not replicates.shape[2]:
            raise ConfigError("weight_by: replicates needs `replicates`, columns of repeated measurements")
        weights = weights_of_replicates(replicates)
        if weights is None:
            raise TableError(
                f"{self.table.name}: replicates: their median standard error is 0 or unknown; "
                "expected two or more different numbers per row"
            )
        return weights

    def replicates(self, targets: tuple[str, ...], replicates: Mapping[str, tuple[str, ...]]) -> np.ndarray:
        """Return float32 (rows, T, R), NaN where missing; R is the largest number of replicates."""
        if unknown := sorted(set(replicates) - set(targets)):
            known = listed([show(name) for name in targets])
            raise ConfigError(f"replicates: {show(unknown[0])} is not a target; targets are {known}")
        width = max((len(names) for names in replicates.values()), default=0)
        values = np.full((len(self.table.rows), len(targets), width), np.nan, np.float32)
        for t, target in enumerate(targets):
            if names := replicates.get(target, ()):
                values[:, t, : len(names)] = self.numbers(names)
        return values


def unmatched_notes(table: Table, missing: Sequence[str]) -> list[str]:
    """Return a note on each text or number that means 'not measured' and is in no cell of a table."""
    given = [cell for cell in missing if cell not in (NA, "", COMMON)]
    cells = {cell.strip() for row in table.rows for cell in row} if given else set()
    numbers = {float(cell) for cell in cells if is_number(cell)}
    return [
        f"--missing {show(cell)}: no cell of {table.name} has it"
        for cell in given
        if cell.strip() not in cells and not (is_number(cell) and float(cell) in numbers)
    ]

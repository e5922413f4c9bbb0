"""Delimited tables as text, with columns read as ids or numbers on request.

The first line that is not blank holds the names of the columns, except in some of the `lab_formats`, and
determines the delimiter: tab if there is one, otherwise comma.  Cells are text until a caller reads them as
numbers; missing values, dates and Booleans are never guessed.  Lines are 1-based.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqcnn.data.readers.lab_formats import columns_without_header
from seqcnn.errors import MAX_LISTED, TableError, did_you_mean, listed, show
from seqcnn.io.stream import read_lines, source_name
from seqcnn.io.tsv import LARGEST, NA, csv_rows, is_number
from seqcnn.sequence.onehot import MISSING_WORDS

MISSING = (NA,)
"""Default of the cells that mean "not measured"."""

MAX_COLUMN = 500
"""Longest name of a column, in characters."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_GROUPED = re.compile(r"[+\-\u2212]?[0-9.,'\u2019_\u00a0\u2009\u202f ]*[0-9]")
"""Numbers with separators of thousands: 5,413.70, 5.413,70, 5'413, 5 413."""


@dataclass(frozen=True)
class Table:
    """A table as text: `rows[i]`, from line `lines[i]`, has one cell for each of `columns`."""

    path: Path
    columns: list[str]
    rows: list[list[str]]
    lines: list[int]

    @property
    def name(self) -> str:
        """Return the path as it is written in messages."""
        return source_name(self.path)

    def text(self, column: str) -> list[str]:
        """Return the cells of `column`; raise `TableError` if there is no such column."""
        if column not in self.columns:
            raise TableError(f"{self.name}: no column {show(column)}{self._columns_hint(column)}")
        if len(column) > MAX_COLUMN or any("\ud800" <= letter <= "\udfff" for letter in column):
            expected = f"expected at most {MAX_COLUMN} characters of UTF-8; rename it"
            raise TableError(f"{self.name}: name of column {show(column)}: {expected}")
        index = self.columns.index(column)
        return [row[index] for row in self.rows]

    def unique(self, column: str) -> list[str]:
        """Return the cells of an id column; raise `TableError` for blank and repeated ids."""
        cells = self.text(column)
        first: dict[str, int] = {}
        faults = [
            f"{show(cell)} on lines {first[cell]} and {line}" if cell.strip() else f"no id on line {line}"
            for cell, line in zip(cells, self.lines, strict=True)
            if first.setdefault(cell, line) != line or not cell.strip()
        ]
        if faults:
            raise TableError(
                f"{self.name}: column {show(column)}: {listed(faults)}; each id must be there once"
            )
        return cells

    def numbers(
        self, column: str, *, id_column: str, missing: Sequence[str] = MISSING
    ) -> NDArray[np.float64]:
        """Read a column as decimal numbers.

        Parameters
        ----------
        column
            The column to read.
        id_column
            The column of ids, for messages.
        missing
            The cells that mean "not measured", exactly as written.

        Returns
        -------
        float64 (rows,), NaN where missing.

        Raises
        ------
        TableError
            If a cell is not a decimal number that float32 can hold, or if the column has no number.
        """
        absent = frozenset(missing)
        cells = self.text(column)
        bad = [i for i, cell in enumerate(cells) if cell not in absent and not is_number(cell)]
        if bad:
            raise self._not_numbers(column, bad, id_column=id_column)
        values = np.array([np.nan if cell in absent else float(cell) for cell in cells], np.float64)
        if np.isnan(values).all():
            raise TableError(f"{self.name}: column {show(column)}: all {len(cells)} values are missing")
        return values

    def is_numeric(self, index: int, missing: Sequence[str] = MISSING) -> bool:
        """Return whether a column, given by its position, holds numbers and missing cells only."""
        absent = frozenset(missing)
        cells = (row[index] for row in self.rows if row[index] not in absent)
        first = next(cells, None)
        return first is not None and is_number(first) and all(map(is_number, cells))

    def id_column(self, name: str | None) -> tuple[str, list[str]]:
        """Return the id column, `name`, 'id' or the first one, and notes on the choice."""
        if name is not None:
            self.text(name)
            return name, []
        if "id" in self.columns:
            return "id", []
        return self.columns[0], [f"{self.name}: no column 'id'; ids are read from {show(self.columns[0])}"]

    def _columns_hint(self, column: str) -> str:
        names = ", ".join(show(name, 40) for name in self.columns[:10])
        rest = f" and {len(self.columns) - 10} more" if len(self.columns) > 10 else ""
        hint = did_you_mean(column, self.columns)
        if any(is_number(name) for name in self.columns):
            hint += "; does the first line hold the column names?"
        return f"; known: {names}{rest}{hint}"

    def _not_numbers(self, column: str, bad: list[int], *, id_column: str) -> TableError:
        """Return the error for cells that are not numbers, with a hint on missing values."""
        ids, cells = self.text(id_column), self.text(column)
        faults = [
            f"line {self.lines[i]}, id {show(ids[i], 40)}: {show(cells[i], 40)}" for i in bad[:MAX_LISTED]
        ]
        where = f"{self.name}: column {show(column, 40)}: {listed(faults, len(bad))}"
        first = cells[bad[0]].strip()
        hint = "expected a number such as -1.5 or 2e-3"
        if first.lower() in MISSING_WORDS:
            cell = shlex.quote(cells[bad[0]]) if cells[bad[0]].isprintable() else "CELL"
            hint += f"; if it means 'not measured', write NA or pass --missing {cell}"
        elif _NUMBER.fullmatch(first):
            hint = f"expected numbers from -{LARGEST:.3g} to {LARGEST:.3g}, without blanks around them"
        elif _GROUPED.fullmatch(first):
            hint += ", with a decimal point and no thousands separator"
        return TableError(f"{where}; {hint}")


def read_table(path: Path) -> Table:
    """Read a .csv or .tsv table, plain or gzip, all cells as text.

    Parameters
    ----------
    path
        UTF-8 text; '-' is standard input.  Bytes that are not UTF-8 become surrogate escapes, as
        in the names of `read_fasta`.  Cells may be in double quotes.

    Raises
    ------
    TableError
        If the file is damaged or of another format, has no rows, rows of unequal length, a repeated column
        name, or an open quote.
    UsageError
        If there is no such file.
    EnvironmentFault
        If the file cannot be read.
    """
    where = source_name(path)
    lines = read_lines(path, expected="a .csv or .tsv table", fault=TableError)
    number, header = next(((n, line) for n, line in lines if line.strip()), (0, ""))
    if not number:
        raise TableError(f"{where}: empty; there are no rows")
    header = header.removeprefix("#") if header.startswith("#chrom\t") else header
    delimiter = _delimiter(f"{where}, line {number}", header)
    rows = csv_rows(chain([(number, header)], lines), where=where, delimiter=delimiter, last=number - 1)
    columns = columns_without_header(header) or next(rows, (number, []))[1]
    for column, count in Counter(columns).items():
        if count > 1:
            raise TableError(
                f"{where}, line {number}: duplicate column {show(column)}; name each column once"
            )
    table = Table(path, columns, [], [])
    for line, row in rows:
        table.lines.append(line)
        table.rows.append(row)
    _refuse_ragged(table)
    return table


def _delimiter(where: str, header: str) -> str:
    """Return the delimiter of a header line, or raise `TableError`."""
    if header.startswith(">"):
        raise TableError(f"{where}: this is FASTA; expected a table (are the arguments swapped?)")
    if header.startswith("#"):
        raise TableError(f"{where}: comment {show(header, 40)} found; the first line must name the columns")
    if "\t" in header:
        return "\t"
    if header.count(";") > header.count(","):
        raise TableError(f"{where}: ';' between columns; export with tabs or commas, and decimal points")
    return ","


def _refuse_ragged(table: Table) -> None:
    """Raise `TableError` if there are no rows, or rows that are not as long as the header."""
    width = len(table.columns)
    ragged = [
        f"line {line} has {len(row)} cells"
        for line, row in zip(table.lines, table.rows, strict=True)
        if len(row) != width
    ]
    if ragged:
        raise TableError(f"{table.name}: {listed(ragged)}; the header has {width} columns")
    if not table.rows:
        raise TableError(f"{table.name}: no rows after the header line")

"""Delimited text: cells, lines and small tables, and the only reader of the tables of a run.

Cells with a delimiter, a quote or a line end are quoted as in CSV (RFC 4180), so that a name that begins with
a quote is read as it was written.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from seqcnn.errors import TableError, has_control, place, show
from seqcnn.io.atomic import atomic_path
from seqcnn.io.shard.part import Part, first_line, last_line
from seqcnn.io.stream import MAX_LINE, read_lines

NA = "NA"
"""Cell of a value that was not measured or is not known."""

LARGEST = 3.4028234663852886e38
"""Largest number of a table: that of float32."""

MAX_WHOLE = 10**15
"""Largest whole number of a table, such as a position in a genome."""

MAX_ROWS = 100_000
"""Maximum number of rows of a table that is held in memory."""

# between commas the other delimiters are quoted too: readers guess the delimiter from the names of columns
_SPECIAL = {"\t": re.compile('[\t"\r\n]'), ",": re.compile('[,;\t"\r\n]')}
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[0-9]{1,16}", re.ASCII)


def number_cell(value: float, form: str = ".7g") -> str:
    """Return a number as a table's cell, or `NA` for NaN.

    Parameters
    ----------
    value
        The number.
    form
        Format specification, as of `format`; '' writes all digits.
    """
    return NA if value != value else format(value, form)  # NaN differs from itself


def table_lines(rows: Iterable[Sequence[str]], delimiter: str = "\t") -> str:
    """Format rows as delimited text, quoting only what needs it."""
    return "".join(delimiter.join([text_cell(cell, delimiter) for cell in row]) + "\n" for row in rows)


def write_table(path: Path, rows: Iterable[Sequence[str]], *, part: Part | None = None) -> None:
    """Write a table, whole or not at all; undecodable bytes of names are written as they were read.

    With a `part` it is that part of a table.
    """
    text = first_line(part) + table_lines(rows) + last_line(part)
    content = text.encode("utf-8", "surrogateescape")
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def text_cell(text: str, delimiter: str = "\t") -> str:
    """Quote a cell with a delimiter, quote or line end; csv.writer would forget the carriage return."""
    return '"' + text.replace('"', '""') + '"' if _SPECIAL[delimiter].search(text) else text


def text_cells(texts: Sequence[str], delimiter: str = "\t") -> list[str]:
    """Return texts as cells; fast if none of them needs quotes."""
    if _SPECIAL[delimiter].search("".join(texts)):
        return [text_cell(text, delimiter) for text in texts]
    return list(texts)


def is_number(cell: str) -> bool:
    """Return whether a cell is a decimal number that float32 can hold."""
    return bool(_NUMBER.fullmatch(cell)) and abs(float(cell)) <= LARGEST


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table of a run; a value that it cannot have raises `TableError`."""

    path: Path
    line: int
    """1-based."""
    columns: Mapping[str, int]
    cells: Sequence[str]

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    def __getitem__(self, column: str) -> str:
        """Return the text of a cell."""
        if column not in self.columns:
            raise TableError(f"{place(self.path)}: no column {show(column)}")
        return self.cells[self.columns[column]]

    def get(self, column: str, default: str = NA) -> str:
        """Return the text of a cell, or a default if there is no such column."""
        return self[column] if column in self.columns else default

    def number(self, column: str, low: float = -LARGEST, high: float = LARGEST) -> float | None:
        """Return a number from `low` to `high`; None for `NA`, or if there is no such column."""
        cell = self.get(column)
        if cell == NA:
            return None
        if not is_number(cell) or not low <= float(cell) <= high:
            bounds = "" if high == LARGEST else f" from {low:g} to {high:g}"
            raise self.fault(column, f"a number{bounds} or {NA}")
        return float(cell)

    def known(self, column: str, low: float = -LARGEST, high: float = LARGEST) -> float:
        """Return a number from `low` to `high` that must be there."""
        if (value := self.number(column, low, high)) is None:
            raise self.fault(column, "a number")
        return value

    def whole(self, column: str, low: int = 0, high: int = MAX_WHOLE) -> int:
        """Return a whole number from `low` to `high`."""
        if not _WHOLE.fullmatch(self[column]) or not low <= int(self[column]) <= high:
            bounds = f"of at least {low}" if high == MAX_WHOLE else f"from {low} to {high}"
            raise self.fault(column, f"a whole number {bounds}")
        return int(self[column])

    def one_of(self, column: str, known: Collection[str]) -> str:
        """Return the text of a cell that must be one of some words."""
        if self[column] not in known:
            raise self.fault(column, ", ".join(known))
        return self[column]

    def fault(self, column: str, expected: str) -> TableError:
        """Return the error about a cell."""
        where = f"{place(self.path)}, line {self.line}"
        return TableError(
            f"{where}: {show(self.get(column), 40)} in column {show(column, 40)}; expected {expected}"
        )


def read_rows(path: Path, *columns: str, delimiter: str = "\t") -> Iterator[Row]:
    """Yield the rows of a table that seqcnn wrote, one at a time.

    Parameters
    ----------
    path
        The table.
    columns
        Columns that it must have.

    Raises
    ------
    TableError
        If a column is missing or there twice, a row is cut or too long, a cell has a control character, or
        the last line has no end.
    """
    refuse_cut(path)
    where = place(path)
    index: dict[str, int] = {}
    lines = read_lines(path, expected="a table", fault=TableError)
    for line, cells in csv_rows(lines, where=where, delimiter=delimiter):
        if has_control("".join(cells)):
            raise TableError(
                f"{where}, line {line}: control character found in {show(delimiter.join(cells))}"
            )
        if not index:
            index = _column_index(cells, columns, where)
        elif len(cells) != len(index):
            raise TableError(f"{where}, line {line}: {len(cells)} cells; the header has {len(index)} columns")
        else:
            yield Row(path, line, index, cells)


def limited(rows: Iterable[Row]) -> list[Row]:
    """Return the rows of a table as a list; raise `TableError` if there are more than `MAX_ROWS`."""
    kept = list(islice(rows, MAX_ROWS + 1))
    if len(kept) > MAX_ROWS:
        raise TableError(f"{place(kept[0].path)}: more than {MAX_ROWS:,} rows")
    return kept


def csv_rows(
    lines: Iterator[tuple[int, str]], *, where: str, delimiter: str, last: int = 0
) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the cells of each row that is not blank; `last` is the number of the line before."""

    def texts() -> Iterator[str]:
        """Yield the lines and count them."""
        nonlocal last
        for number, line in lines:
            last = number
            yield line + "\n"

    reader = csv.reader(texts(), delimiter=delimiter, strict=True)
    with _long_cells():
        while True:
            first = last + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                raise TableError(f"{where}, line {first}: {_quote_fault(error)}") from None
            if row is None:
                return
            if "".join(row).strip():
                yield first, row


def _quote_fault(error: csv.Error) -> str:
    """Return an error of the csv module in words."""
    if "field larger than" in str(error):
        return f"a cell of over {MAX_LINE:,} characters; is a quote not closed?"
    return "a quote '\"' is not closed, or text follows where it is"


@contextmanager
def _long_cells() -> Iterator[None]:
    """Raise the csv module's limit of 131,072 characters per cell to the longest accepted line."""
    before = csv.field_size_limit(MAX_LINE)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _column_index(header: list[str], columns: Sequence[str], where: str) -> dict[str, int]:
    """Return column -> position of a header line, or raise `TableError`."""
    index = {column: position for position, column in enumerate(header)}
    if len(index) < len(header):
        raise TableError(f"{where}: a column is there twice")
    if missing := [column for column in columns if column not in index]:
        raise TableError(f"{where}: no column {show(missing[0])}")
    return index


def refuse_cut(path: Path) -> None:
    """Raise `TableError` if a file is empty, or its last line has no end."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - 1, 0))
        if file.read(1) != b"\n":
            fault = "the last line has no end: the file was cut" if size else "empty"
            raise TableError(f"{place(path)}: {fault}")

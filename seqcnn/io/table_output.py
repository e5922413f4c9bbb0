"""Tables that are written row by row, in the format that the suffix of their file names.

`.csv` is comma-separated, `.xlsx` a workbook, `.parquet` Parquet (extra `parquet`), any other suffix
tab-separated; text is compressed if the name ends in `.gz`.  Each format holds the same names and numbers, of
seven significant digits.  A missing number is NA; in Parquet it is null.
"""

from __future__ import annotations

import datetime
import gzip
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from seqcnn.errors import TableError, UsageError, place, show
from seqcnn.extras import extra
from seqcnn.io.atomic import atomic_path, temporary_folder
from seqcnn.io.shard.part import Part, first_line, last_line
from seqcnn.io.tsv import number_cell, table_lines, text_cells

NUMBER = "%.7g"
"""Seven significant digits: what float32 holds."""

MAX_ROWS = 1_048_575
"""Maximum number of rows of a workbook, below the header."""

MAX_COLUMNS = 16_384
"""Maximum number of columns of a workbook."""

MAX_CELL = 32_767
"""Maximum number of characters of a cell of a workbook."""

Column = list[str] | np.ndarray
"""Texts; or numbers, NaN where there is none."""

_CREATED = datetime.datetime(2000, 1, 1)  # a date of the day would make the bytes of each run different
_NO_TEXT = re.compile("[\ud800-\udfff\ufffe\uffff]")  # undecodable bytes, and what XML cannot hold


class TableOutput(Protocol):
    """A table that is open for writing."""

    def write(self, columns: Sequence[Column]) -> None:
        """Append rows, given as columns of one length."""

    def close(self) -> None:
        """Complete the file."""


@contextmanager
def open_table(
    path: Path,
    names: Sequence[str],
    columns: Sequence[Column],
    *,
    part: Part | None = None,
    is_small: bool = False,
) -> Iterator[TableOutput]:
    """Open a table that is written whole or not at all.

    Parameters
    ----------
    path
        The file; its suffix, in any case, is the format.
    names
        Names of the columns.
    columns
        Columns of any length, such as 0, of which only the types are used.
    part
        What the table records if it is a part of one, at the end of the block; only text holds it.
    is_small
        Whether the rows of a workbook are kept in memory, and not in a temporary file.

    Raises
    ------
    UsageError
        If a part of a table would be no text.
    TableError
        If a workbook cannot hold the columns, or later a row.
    EnvironmentFault
        If the file cannot be written, or the extra `parquet` is not installed.
    """
    suffix = path.suffix.lower()
    if part and suffix in (".xlsx", ".parquet"):
        raise UsageError(f"{place(path)}: parts are text; name a .tsv file: `seqcnn gather` writes {suffix}")
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        if suffix == ".xlsx":
            with _workbook(file, path, names, is_small=is_small) as table:
                yield table
        elif suffix == ".parquet":
            with _parquet(file, path, names, columns) as table:
                yield table
        else:
            with text_file(file, path) as text:
                table = DelimitedTable(text, names, delimiter_of(path), part=part)
                yield table
                table.close()


def delimiter_of(path: Path) -> str:
    """Return the delimiter of a text table of this name."""
    return "," if _inner_suffix(path) == ".csv" else "\t"


def _inner_suffix(path: Path) -> str:
    """Return the suffix of a name, without that of gzip."""
    return Path(path.stem if path.suffix.lower() == ".gz" else path).suffix.lower()


@contextmanager
def text_file(file: BinaryIO, path: Path) -> Iterator[Any]:
    """Yield a file for text, which compresses it, to the same bytes in each run, if `path` ends in .gz."""
    if path.suffix.lower() != ".gz":
        yield file
        return
    if (inner := _inner_suffix(path)) in (".xlsx", ".parquet"):
        raise TableError(f"{place(path)}: {inner} files are compressed already; leave out .gz")
    with gzip.GzipFile("", "wb", 6, file, mtime=0) as text:
        yield text


def refuse_rows(path: Path, count: int) -> None:
    """Raise `TableError` if a file of this name cannot hold so many rows."""
    if path.suffix.lower() == ".xlsx" and count > MAX_ROWS:
        raise TableError(
            f"{place(path)}: more than the {MAX_ROWS:,} rows that a workbook holds; name a .csv file"
        )


def column_lines(columns: Sequence[Column], delimiter: str = "\t") -> str:
    """Return rows, given as columns of one length, as delimited text."""
    cells = [_cells(column, delimiter) for column in columns]
    forms = (NUMBER if column and isinstance(column[0], float) else "%s" for column in cells)
    line = delimiter.join(forms) + "\n"
    return "".join(map(line.__mod__, zip(*cells, strict=True)))


def _cells(column: Column, delimiter: str) -> list[float] | list[str]:
    """Return a column as it is formatted: texts in quotes, numbers, or text where numbers are missing."""
    if isinstance(column, list):
        return text_cells(column, delimiter)
    values: list[float] = column.tolist()
    if not np.isnan(column).any():
        return values
    return [number_cell(value) for value in values]


class DelimitedTable:
    """Delimited text, as `seqcnn.io.tsv` reads it; undecodable bytes of names are kept."""

    def __init__(
        self, file: Any, names: Sequence[str], delimiter: str = "\t", *, part: Part | None = None
    ) -> None:
        self._file, self._delimiter, self._part = file, delimiter, part
        self._header = first_line(part) + table_lines([names], delimiter)  # written with the first rows

    def write(self, columns: Sequence[Column]) -> None:
        """Append rows."""
        text = self._header + column_lines(columns, self._delimiter)
        self._file.write(text.encode("utf-8", "surrogateescape"))
        self._header = ""

    def close(self) -> None:
        """Write the header of a table without rows, and the last line of a part."""
        self._file.write((self._header + last_line(self._part)).encode("utf-8", "surrogateescape"))


class _Workbook:
    """A sheet of a workbook; a text is never a formula, a link or a number."""

    def __init__(self, sheet: Any, path: Path, names: Sequence[str]) -> None:
        if len(names) > MAX_COLUMNS:
            raise TableError(
                f"{place(path)}: {len(names):,} columns; a workbook holds {MAX_COLUMNS:,}; name a .csv file"
            )
        self._sheet, self._path, self._count = sheet, path, 0
        for number, name in enumerate(names):
            self._text(0, number, name)

    def write(self, columns: Sequence[Column]) -> None:
        """Append rows."""
        refuse_rows(self._path, self._count + len(columns[0]))
        for row in zip(*columns, strict=True):
            self._count += 1
            for number, value in enumerate(row):
                if isinstance(value, str):
                    self._text(self._count, number, value)
                elif np.isfinite(value):
                    self._sheet.write_number(self._count, number, float(NUMBER % value))
                else:
                    self._text(self._count, number, number_cell(float(value)))

    def close(self) -> None:
        """Leave the file to its workbook."""

    def _text(self, row: int, column: int, text: str) -> None:
        """Write a text."""
        _refuse_undecodable(text, self._path)
        if len(text) > MAX_CELL:
            raise TableError(
                f"{place(self._path)}: {show(text, 40)} is longer than the {MAX_CELL:,} characters of a cell "
                "of a workbook; name a .csv file"
            )
        self._sheet.write_string(row, column, text)


@contextmanager
def _workbook(file: BinaryIO, path: Path, names: Sequence[str], *, is_small: bool) -> Iterator[TableOutput]:
    """Open a workbook.

    Its rows go to a temporary file, unless they are few, and are compressed in memory: the zip file of
    Python's standard library that fails on a full disk fails again when it is deleted.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    with temporary_folder() as folder, io.BytesIO() as content:
        rows_in_file = {"constant_memory": True, "tmpdir": str(folder)}
        book = xlsxwriter.Workbook(content, {"in_memory": True} if is_small else rows_in_file)
        book.use_zip64()
        book.set_properties({"created": _CREATED})
        try:
            yield _Workbook(book.add_worksheet(), path, names)
        finally:  # closes temporary files, too
            try:
                book.close()
            except FileCreateError as error:
                raise error.args[0] from error  # the error of the file system
        file.write(content.getbuffer())


@contextmanager
def _parquet(
    file: BinaryIO, path: Path, names: Sequence[str], columns: Sequence[Column]
) -> Iterator[TableOutput]:
    """Open a Parquet file."""
    arrow, parquet = extra("pyarrow"), extra("pyarrow.parquet")
    types = [arrow.string() if isinstance(column, list) else arrow.float64() for column in columns]
    for name in names:
        _refuse_undecodable(name, path)
    with parquet.ParquetWriter(file, arrow.schema(list(zip(names, types, strict=True)))) as writer:
        yield _ParquetTable(writer, path)


class _ParquetTable:
    """A Parquet file; each `write` is a row group."""

    def __init__(self, writer: Any, path: Path) -> None:
        self._writer, self._path = writer, path

    def write(self, columns: Sequence[Column]) -> None:
        """Append rows."""
        arrow, schema = extra("pyarrow"), self._writer.schema
        arrays = [
            arrow.array(self._values(column), field.type)
            for column, field in zip(columns, schema, strict=True)
        ]
        self._writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))

    def close(self) -> None:
        """Leave the file to its writer."""

    def _values(self, column: Column) -> list[str] | list[float | None]:
        """Return a column with the digits of the other formats, None where a number is missing."""
        if isinstance(column, list):
            _refuse_undecodable("".join(column), self._path)
            return column
        return [None if value != value else float(NUMBER % value) for value in column.tolist()]


def _refuse_undecodable(text: str, path: Path) -> None:
    """Raise `TableError` for a text that only delimited text can hold."""
    if match := _NO_TEXT.search(text):
        around = text[max(match.start() - 20, 0) : match.end() + 20]
        raise TableError(
            f"{place(path)}: {show(around)} is not valid UTF-8, which this format needs; name a .csv file"
        )

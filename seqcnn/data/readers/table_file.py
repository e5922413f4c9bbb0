"""Files of tables: delimited text in several encodings, and spreadsheets.

The first line that is neither blank nor a comment holds the names of the columns, except in some of the
`lab_formats` and below titles, and determines the delimiter: tab if there is one, otherwise semicolon or
comma, whichever is more frequent, or a blank between quoted names, as in R's default.
"""

from __future__ import annotations

import codecs
import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from seqcnn.columns.cells import Row, Rows
from seqcnn.data.readers.lab_formats import columns_without_header
from seqcnn.data.readers.table_header import (
    MAX_LINES_SEARCHED,
    from_named_columns,
    has_row_names,
    refuse_data_as_header,
    with_one_header,
    with_tidy_names,
    without_comments,
    without_empty_columns,
    without_footnotes,
    without_titles,
    without_units,
)
from seqcnn.data.readers.tables import Decimal, Table, Thousands
from seqcnn.errors import TableError, UsageError, listed, show
from seqcnn.io.spreadsheet import is_spreadsheet, read_sheet
from seqcnn.io.stream import STDIN, head, peek_standard_input, read_lines, source_name
from seqcnn.io.tsv import csv_rows

logger = logging.getLogger(__name__)

_QUOTED_NAMES = re.compile(r'"[^"]*"(?: "[^"]*")+')  # separated by blanks, as R's write.table does

_QUOTED_CELL = re.compile(r'(?:^|(?<=[\t;,]))"(?:[^"]|"")*"(?=[\t;,\r\n]|$)')

_MAX_LINES_OF_TITLES = 8  # blank ones included

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class TableFormat:
    """How a table is written, as far as it does not say so itself."""

    sheet: str | None = None
    """Sheet of a workbook; None is the only one that has cells."""
    decimal: Decimal = "."
    thousands: Thousands | None = None
    encoding: str | None = None
    """Encoding of text; None is UTF-8, or UTF-16 if the file begins with its byte order mark."""
    named: tuple[str, ...] = ()
    """Columns that the user names: the first of the first rows that holds all of them is the header."""
    tidy: bool = True
    """Whether titles above the header are skipped, blanks around names removed, and row names recognised."""


def read_table(path: Path, form: TableFormat | None = None) -> Table:
    """Read a delimited table, plain or gzip, or a spreadsheet; all cells as text.

    Parameters
    ----------
    path
        Text with tabs, commas or semicolons between columns, in UTF-8 or UTF-16; '-' is standard input.
        Bytes that are not UTF-8 become surrogate escapes, as in the names of `read_fasta`.  Cells may be in
        double quotes.  Or a workbook: .xlsx, .xls or .ods.
    form
        How the table is written.

    Raises
    ------
    TableError
        If the file is damaged or of another format, has no rows, rows of unequal length, a repeated column
        name, or an open quote.
    UsageError
        If there is no such file, or it is text and a sheet is named.
    EnvironmentFault
        If the file cannot be read.
    """
    form = form or TableFormat()
    _refuse_unknown_encoding(form.encoding)
    if form.thousands == form.decimal:
        raise UsageError(f"--decimal and --thousands are both {form.decimal!r}; give different separators")
    if is_spreadsheet(path):
        rows, delimiter = _sheet_rows(path, form), ""
    elif form.sheet is not None:
        raise UsageError(f"{source_name(path)}: not a spreadsheet; --sheet belongs to one")
    else:
        rows, delimiter = _text_rows(path, form)
    rows = with_one_header(rows, source_name(path)) if form.tidy else rows
    rows = from_named_columns(rows, form.named, source_name(path))
    rows = _tidied(rows, form.named, source_name(path)) if form.tidy else rows
    if not rows:
        raise TableError(f"{source_name(path)}: no rows after the header line")
    number, columns = rows[0]
    _refuse_repeated(columns, f"{source_name(path)}, line {number}")
    columns = [str(column) for column in columns]  # names of columns are texts, numbers too
    lines, texts = _lines_and_cells(rows[1:])
    if form.tidy and has_row_names(columns, texts):
        logger.warning(
            "%s: the first column has no name, as R's row names; it is called ''", source_name(path)
        )
        columns = ["", *columns]
    table = Table(
        path, columns, texts, lines, form.decimal, form.thousands, form.sheet, semicolons=delimiter == ";"
    )
    _refuse_ragged(table)
    _refuse_other_delimiter(table, number)
    return without_units(table) if form.tidy else table


def _lines_and_cells(rows: Sequence[Row]) -> tuple[Sequence[int], Sequence[list[str]]]:
    """Return the line and the cells of each row."""
    if isinstance(rows, Rows) and not rows.first:
        return rows.lines, rows.cells
    return [line for line, _ in rows], [cells for _, cells in rows]


def _tidied(rows: Sequence[Row], named: Sequence[str], where: str) -> Sequence[Row]:
    """Return rows without what people write around tables, the names of the columns first."""
    rows = without_footnotes(without_titles(rows, where), where)
    rows = without_empty_columns(with_tidy_names(rows, where), where)
    refuse_data_as_header(rows, named, where)
    return rows


def _text_rows(path: Path, form: TableFormat) -> tuple[Sequence[Row], str]:
    """Return line and cells of each row of a text, the names of the columns first; and the delimiter."""
    where = source_name(path)
    first_bytes = peek_standard_input() if path == STDIN else head(path)
    encoding = form.encoding or ("utf-16" if first_bytes[:2] in _UTF_16 else None)
    if encoding is None:
        _refuse_unmarked_utf_16(first_bytes, where)
    line_end = _line_end(first_bytes, where)
    lines = read_lines(path, expected="a table", fault=TableError, encoding=encoding, line_end=line_end)
    (number, header), *next_row = without_comments(lines, where) or [(0, "")]
    if not number:
        raise TableError(f"{where}: empty; there are no rows")
    start = [*next_row, *islice(lines, MAX_LINES_SEARCHED if form.named else _MAX_LINES_OF_TITLES)]
    delimiter = _delimiter(f"{where}, line {number}", header, [line for _, line in start], form.named)
    lines = chain([(number, header)], start, lines)
    rows = csv_rows(lines, where=where, delimiter=delimiter, last=number - 1)
    known = columns_without_header(header)
    return ([(number, known)] if known else []) + Rows.of(rows), delimiter


def _sheet_rows(path: Path, form: TableFormat) -> Sequence[Row]:
    """Return number and cells of each row of a sheet, the names of the columns first; warn of dates."""
    sheet = read_sheet(path, form.sheet, fault=TableError)
    by_column = Counter(column for row, column in sheet.dates if row)
    for column, count in by_column.items():
        row = next(row for row, j in sheet.dates if row and j == column)
        logger.warning(
            "%s: column %s: %d cells are dates, such as %s in row %d; spreadsheets make dates of names such "
            "as MARCH1 and SEPT2: if these are names, format the column as text and type them again",
            source_name(path), show(sheet.rows[0][column], 40), count, sheet.rows[row][column],
            sheet.numbers[row],
        )  # fmt: skip
    return list(zip(sheet.numbers, sheet.rows, strict=True))


def _refuse_unknown_encoding(encoding: str | None) -> None:
    """Raise `UsageError` if Python knows no text encoding of this name."""
    try:
        "".encode(encoding or "utf-8")
    except (LookupError, ValueError):
        raise UsageError(
            f"encoding {show(encoding)}: unknown; expected one such as latin-1 or utf-16"
        ) from None


def _refuse_unmarked_utf_16(start: bytes, where: str) -> None:
    """Raise `TableError` for UTF-16 without a byte order mark: half of the bytes of ASCII text are 0."""
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = start[first::2].count(0)
        if len(start) >= 4 and 2 * zeros > len(start) // 2 and not start[1 - first :: 2].count(0):
            fault = "UTF-16 text without a byte order mark"
            raise TableError(f"{where}: {fault}; pass --encoding {encoding}, or save it as UTF-8")


def _line_end(start: bytes, where: str) -> bytes:
    """Return the last byte of the lines of a text, by its first bytes; warn of those of old Macs."""
    if b"\n" in start or b"\r" not in start[:-1]:
        return b"\n"
    logger.warning(
        "%s: lines end with a carriage return alone, as of old Macs; they are read as lines", where
    )
    return b"\r"


def _delimiter(where: str, first: str, below: list[str], named: Sequence[str]) -> str:
    """Return the delimiter of the first line, or of one below it that has any, or raise `TableError`.

    Lines with the `named` columns are preferred.
    """
    holding = [line for line in below if named and all(name in line for name in named)]
    if first.startswith(">"):
        raise TableError(f"{where}: this is FASTA; expected a table (are the arguments swapped?)")
    if first.startswith("##fileformat=VCF"):
        raise TableError(f"{where}: this is a VCF; expected a table (`seqcnn variants` takes it with --vcf)")
    if holding and not all(name in first for name in named):
        first, below = holding[0], []
    header = next((line for line in (first, *below) if re.search(r"[\t;,]", _unquoted(line))), first)
    names = _unquoted(header)
    if "\t" in names:
        return "\t"
    if _QUOTED_NAMES.fullmatch(header.rstrip()):
        return " "
    return ";" if names.count(";") > names.count(",") else ","


def _unquoted(line: str) -> str:
    """Return a line without its quoted cells, which may hold delimiters."""
    return _QUOTED_CELL.sub("", line)


def _refuse_repeated(columns: list[str], where: str) -> None:
    """Raise `TableError` if two columns have one name."""
    for column, count in Counter(columns).items():
        if count > 1:
            remedy = "name each column once, or give columns of a header further below, as with --target or "
            remedy += "--sequence-column"
            raise TableError(f"{where}: duplicate column {show(column)}; {remedy}")


def _refuse_other_delimiter(table: Table, line: int) -> None:
    """Raise `TableError` for a table of one column whose cells have as many parts as its name."""
    if len(table.columns) > 1:
        return
    for delimiter, name in (("|", "'|'"), (None, "blanks")):
        parts = len(table.columns[0].split(delimiter))
        if parts > 1 and all(len(row[0].split(delimiter)) == parts for row in table.rows):
            expected = "expected tabs, commas or semicolons between columns"
            raise TableError(f"{table.name}, line {line}: {parts} names separated by {name}; {expected}")


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

"""Tables as text, with columns read as ids or numbers on request.

Cells are text until a caller reads them as numbers; missing values, dates and Booleans are never guessed.
Lines are 1-based.
"""

from __future__ import annotations

import logging
import re
import shlex
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from seqcnn.columns.byte_strings import first_equal
from seqcnn.columns.cells import Cells
from seqcnn.errors import MAX_LISTED, TableError, did_you_mean, listed, plural, show, show_ascii
from seqcnn.io.spreadsheet import NumberText
from seqcnn.io.stream import source_name
from seqcnn.io.tsv import LARGEST, NA, is_number
from seqcnn.sequence.objects import BLANKS
from seqcnn.sequence.onehot import MISSING_WORDS

logger = logging.getLogger(__name__)

Decimal = Literal[".", ","]
"""The decimal separator."""

Thousands = Literal[",", ".", "'", "blank"]
"""A separator of thousands."""

MISSING = (NA,)
"""Default of the cells that mean "not measured"."""

EXCEL_ERRORS = ("#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?", "#NULL!")
"""Cells of a spreadsheet without a value, or whose formula has none."""

COMMON = "common"
"""Value of `--missing` that stands for `COMMON_MISSING`."""

COMMON_MISSING = (
    *("", NA, "na", "N/A", "n/a", "<NA>", "NaN", "nan", "NAN", "NULL", "null", "None", "none"),
    *("n.d.", "N.D.", "nd", "ND", "-", "--", ".", "?", "missing", *EXCEL_ERRORS),
)
"""Usual spellings of "not measured"."""

ID_COLUMNS = (
    "id",
    "name",
    "oligo",
    "oligo_id",
    "oligo_name",
    "seq_id",
    "sequence_id",
    "construct",
    "construct_id",
)
"""Names of columns that hold ids, in lower case; the only one of a table is its id column."""

OPTIONS = ("--missing", "--decimal", "--thousands")
"""Options that read cells which are no numbers."""

MIN_NUMBERS = 0.5
"""Smallest share of numbers among the cells of a column of numbers."""

MAX_OPTIONS = 200
"""Longest text of options that a message on cells which are no numbers proposes, beyond the first option."""

MAX_COLUMN = 500
"""Longest name of a column, in characters."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
_GROUPED = re.compile(r"[+\-\u2212]?[0-9.,'\u2019_\u00a0\u2009\u202f ]*[0-9]")
"""Numbers with separators of thousands: 5,413.70, 5.413,70, 5'413, 5 413."""

_THOUSANDS = {mark: re.compile(rf"[+-]?[1-9][0-9]{{0,2}}([{mark}][0-9]{{3}})+") for mark in ".,"}
"""Decimal separator -> numbers where it may separate thousands: 1,886 or 12,345,678."""

_PERCENT = re.compile(r"[+\-\u2212]?[0-9.,]+\s*%")

_WHOLE = re.compile(r"[+-]?[0-9]{1,3}")

_SEPARATORS: dict[Thousands, str] = {",": ",", ".": r"\.", "'": "['\u2019]", "blank": BLANKS}

_THOUSANDS_REMEDY = {",": "pass --thousands , in place of --decimal ,", ".": "pass --decimal , --thousands ."}
"""Decimal separator -> remedy for numbers such as 1,886 where it separates thousands."""


@dataclass(frozen=True)
class Table:
    """A table as text: `rows[i]`, from line `lines[i]`, has one cell for each of `columns`."""

    path: Path
    columns: list[str]
    rows: Sequence[list[str]]
    lines: Sequence[int]
    decimal: Decimal = "."
    """Decimal separator of its numbers."""
    thousands: Thousands | None = None
    """Separator of thousands of its numbers."""
    sheet: str | None = None
    """Sheet of a workbook, if it was named."""
    semicolons: bool = False
    """Whether semicolons separate the columns, as where commas are decimal separators."""

    @property
    def name(self) -> str:
        """Return the path, and the sheet if it was named, as they are written in messages."""
        return source_name(self.path) + (f", sheet {show(self.sheet, 40)}" if self.sheet is not None else "")

    def cells(self, index: int) -> Sequence[str]:
        """Return the cells of a column that is given by its position."""
        return self.rows.column(index) if isinstance(self.rows, Cells) else [row[index] for row in self.rows]

    def text(self, column: str, *, remedy: str = "") -> Sequence[str]:
        """Return the cells of `column`; raise `TableError`, with a remedy, if there is no such column."""
        if column not in self.columns:
            raise TableError(f"{self.name}: no column {show(column)}{self._columns_hint(column)}{remedy}")
        where = f"{self.name}: name of column {show(column)}"
        if any("\ud800" <= letter <= "\udfff" for letter in column):
            raise TableError(f"{where}: not UTF-8; name the encoding of the file, such as --encoding latin-1")
        if len(column) > MAX_COLUMN:
            raise TableError(f"{where}: expected at most {MAX_COLUMN} characters; rename it")
        return self.cells(self.columns.index(column))

    def unique(self, column: str, *, remedy: Callable[[], str] = str) -> Sequence[str]:
        """Return the cells of an id column; raise `TableError`, with a remedy, for blank and repeated ids."""
        cells = self.text(column)
        first = first_equal(cells)
        faults = [
            f"{show(cell)} on lines {self.lines[first[i]]} and {self.lines[i]}"
            if cell.strip()
            else f"no id on line {self.lines[i]}"
            for i, cell in enumerate(cells)
            if first[i] < i or not cell.strip()
        ]
        if faults:
            where = f"{self.name}: column {show(column)}"
            if len(faults) == sum(not cell.strip() for cell in cells):
                merged = (
                    "; of merged cells only the first row has the id: fill it down"
                    if cells[0].strip()
                    else ""
                )
                raise TableError(f"{where}: {listed(faults)}; give each row an id, or remove it{merged}")
            raise TableError(f"{where}: {listed(faults)}; each id must be there once{remedy()}")
        return cells

    def numbers(
        self,
        column: str,
        *,
        id_column: str,
        missing: Sequence[str] = MISSING,
        options: Sequence[str] = OPTIONS,
    ) -> NDArray[np.float64]:
        """Read a column as decimal numbers.

        Parameters
        ----------
        column
            The column to read.
        id_column
            The column of ids, for messages.
        missing
            The cells that mean "not measured", as written; a number also stands for equal ones.
        options
            Options that messages may name, of `OPTIONS`.

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
        self._refuse_thousands(column, cells)
        percent = self.has_percent_signs(self.columns.index(column))
        values, bad = np.full(len(cells), np.nan), []
        for i, cell in enumerate(cells):
            if not _is_missing(cell, absent):
                if is_number(text := self._with_point(cell, percent)):
                    values[i] = float(text)
                else:
                    bad.append(i)
        if bad:
            hint = self._hint([cells[i] for i in bad], cells, options)
            raise self._not_numbers(column, bad, id_column=id_column, hint=hint)
        codes = [float(text) for text in map(self._with_point, missing) if is_number(text)]
        values[np.isin(values, codes)] = np.nan  # -999 as -999.0
        if np.isnan(values).all():
            where = f"{self.name}: column {show(column)}"
            raise TableError(f"{where}: all values are missing, in {plural(len(cells), 'row')}")
        return values

    def _refuse_thousands(self, column: str, cells: Sequence[str]) -> None:
        """Raise `TableError` for commas that separate thousands, read as decimal ones; warn if they may.

        They do if each is before three digits and other cells have none: 1,886 and 999.  Points may if each
        is before three digits, and other cells have none or semicolons separate the columns.
        """
        marked = [cell.strip() for cell in cells if self.decimal in cell and not isinstance(cell, NumberText)]
        if not marked or not all(map(_THOUSANDS[self.decimal].fullmatch, marked)):
            return
        mixed = any(map(_WHOLE.fullmatch, cells))
        comma, remedy = self.decimal == ",", _THOUSANDS_REMEDY[self.decimal]
        what = f"{self.name}: column {show(column, 40)}: every {'comma' if comma else 'point'}, such as in "
        what += f"{show(marked[0], 40)}, is before three digits"
        if mixed and comma:
            raise TableError(f"{what}, and other numbers have none: they separate thousands; {remedy}")
        if comma or mixed or self.semicolons:
            reason = ", and semicolons separate the columns" if self.semicolons and not comma else ""
            reason = ", and other numbers have none" if mixed else reason
            logger.warning("%s%s: if they separate thousands, %s", what, reason, remedy)

    def is_numeric(self, index: int, missing: Sequence[str] = MISSING) -> bool:
        """Return whether a column, given by its position, holds numbers and missing cells only."""
        absent = frozenset(missing)
        percent = self.has_percent_signs(index)
        given = (cell for cell in self.cells(index) if not _is_missing(cell, absent))
        cells = (self._with_point(cell, percent) for cell in given)
        first = next(cells, None)
        return first is not None and is_number(first) and all(map(is_number, cells))

    def other_cells(self, index: int, missing: Sequence[str] = MISSING) -> list[int]:
        """Return the rows of a column of numbers whose cells are neither numbers nor missing.

        A column of numbers has them in at least `MIN_NUMBERS` of its cells; of others nothing is returned.
        """
        absent = frozenset(missing)
        percent = self.has_percent_signs(index)
        cells = self.cells(index)
        given = [number for number, cell in enumerate(cells) if not _is_missing(cell, absent)]
        other = [n for n in given if not is_number(self._with_point(cells[n], percent))]
        return other if len(given) - len(other) >= MIN_NUMBERS * len(given) else []

    def has_percent_signs(self, index: int) -> bool:
        """Return whether all numbers of a column, and one at least, are followed by a percent sign."""
        if not any("%" in cell for cell in self.cells(index)):
            return False
        cells = [cell.strip() for cell in self.cells(index)]
        return any(map(_PERCENT.fullmatch, cells)) and not any(is_number(self._with_point(c)) for c in cells)

    def has_decimal_commas(self, index: int) -> bool:
        """Return whether the cells of a column are numbers, or blank, if commas are read as points."""
        if "," in (self.decimal, self.thousands):
            return False
        cells = [cell for text in self.cells(index) if (cell := text.strip())]
        return any(map(_COMMA.fullmatch, cells)) and all(
            _COMMA.fullmatch(cell) or (is_number(cell) and "." not in cell) for cell in cells
        )

    def first_with_comma(self, column: str) -> str:
        """Return the first cell of a column that has a comma, or ''."""
        return next((cell.strip() for cell in self.text(column) if "," in cell), "")

    def _with_point(self, cell: str, percent: bool = False) -> str:
        """Return a number as `is_number` expects it; '' if commas are decimal and a text has a point.

        With `percent` it has a percent sign, which is removed.
        """
        if percent and _PERCENT.fullmatch(cell.strip()):
            cell = cell.strip().removesuffix("%")
        if isinstance(cell, NumberText):
            return cell.strip()
        cell = cell.replace("\u2212", "-") if cell.lstrip().startswith("\u2212") else cell
        if self.thousands is not None and _grouped(self.thousands, self.decimal).fullmatch(cell.strip()):
            cell = re.sub(_SEPARATORS[self.thousands], "", cell.strip())
        if self.decimal == ".":
            return cell.strip()
        return cell.strip().replace(",", ".") if "." not in cell else ""

    def id_column(self, name: str | None) -> tuple[str, list[str]]:
        """Return the id column: `name`, 'id', the only one of `ID_COLUMNS`, or the first; and notes on it."""
        if name is not None:
            self.text(name)
            return name, []
        if "id" in self.columns:
            return "id", []
        named = [column for column in self.columns if column.lower() in ID_COLUMNS]
        chosen = named[0] if len(named) == 1 else self.columns[0]
        source = show(chosen) if chosen else "the first column, which has no name"
        return chosen, [f"{self.name}: no column 'id'; ids are read from {source}"]

    def _columns_hint(self, column: str) -> str:
        names = ", ".join(show(name, 40) for name in self.columns[:10])
        rest = f" and {len(self.columns) - 10} more" if len(self.columns) > 10 else ""
        hint = did_you_mean(column, self.columns)
        if "," in column and all(part.strip() in self.columns for part in column.split(",")):
            hint = "; for several targets, repeat --target"
        if any(is_number(name) for name in self.columns):
            hint += "; does the first line hold the column names?"
        return f"; known: {names}{rest}{hint}"

    def _not_numbers(self, column: str, bad: list[int], *, id_column: str, hint: str) -> TableError:
        """Return the error for cells that are not numbers."""
        ids, cells = self.text(id_column), self.text(column)
        faults = [
            f"line {self.lines[i]}, id {show(ids[i], 40)}: {show_ascii(cells[i], 40)}"
            for i in bad[:MAX_LISTED]
        ]
        where = f"{self.name}: column {show(column, 40)}: {listed(faults, len(bad))}"
        return TableError(f"{where}; {hint}")

    def _hint(self, bad: Sequence[str], cells: Sequence[str], options: Sequence[str]) -> str:
        """Return what is expected in place of `bad` cells of a column, and the options that read them."""
        first = bad[0].strip()
        mixed = any(map(_COMMA.fullmatch, cells)) and any("." in cell and is_number(cell) for cell in cells)
        hint = "expected a number such as -1.5 or 2e-3"
        if "--missing" in options and _is_missing_word(first):
            words = list(filter(_is_missing_word, dict.fromkeys(bad)))
            hint += f"; if it means 'not measured', write NA or pass {missing_options(words)}"
        elif mixed and (_COMMA.fullmatch(first) or is_number(first)):
            hint = "points and commas are both decimal separators in this column; write one of them"
        elif self.decimal == "," and is_number(first):
            hint = "the decimal separator is a point; leave out --decimal ,"
        elif _NUMBER.fullmatch(first):
            hint = f"expected numbers from -{LARGEST:.3g} to {LARGEST:.3g}"
        elif _PERCENT.fullmatch(first):
            hint += "; other cells have no percent sign: write all of them in one unit"
        elif _GROUPED.fullmatch(first):
            hint += ", with a decimal point and no thousands separator" + grouping_hint(first, options)
            whole = any(map(_WHOLE.fullmatch, cells)) and all(
                _THOUSANDS[","].fullmatch(c) for c in cells if "," in c
            )
            if self.decimal == "." and _COMMA.fullmatch(first) and not whole:
                hint += "; or, if the comma is the decimal separator, pass --decimal ,"
        elif "--missing" in options and len(texts := dict.fromkeys(bad)) <= MAX_LISTED:
            hint += f"; if it means 'not measured', write NA or pass {missing_options(texts)}"
        return hint


def _is_missing(cell: str, absent: Collection[str]) -> bool:
    """Return whether a cell means "not measured", as it is or without blanks around it."""
    return cell in absent or cell.strip() in absent


def _is_missing_word(cell: str) -> bool:
    """Return whether a cell is a usual spelling of "not measured", in any case."""
    return cell.strip() in COMMON_MISSING or cell.strip().lower() in MISSING_WORDS


def _grouped(thousands: Thousands, decimal: Decimal) -> re.Pattern[str]:
    """Return the pattern of numbers with separators of thousands."""
    separator = _SEPARATORS[thousands]
    return re.compile(rf"[+-]?[1-9][0-9]{{0,2}}({separator}[0-9]{{3}})+({re.escape(decimal)}[0-9]+)?")


def grouping_hint(cell: str, options: Sequence[str] = OPTIONS) -> str:
    """Return the options that read a number with separators of thousands, or ''."""
    cell = cell.replace("\u2212", "-")
    for decimal, thousands in product(
        get_args(Decimal), get_args(Thousands) if "--thousands" in options else ()
    ):
        if decimal != thousands and _grouped(thousands, decimal).fullmatch(cell):
            comma = "--decimal , " if decimal == "," else ""
            return f"; if they separate thousands, pass {comma}--thousands {shlex.quote(thousands)}"
    return ""


def is_other_number(cell: str) -> bool:
    """Return whether a text is a number in another notation: with a comma, thousands or a percent sign."""
    return bool(_GROUPED.fullmatch(cell.strip()) or _PERCENT.fullmatch(cell.strip()))


def missing_options(cells: Iterable[str]) -> str:
    """Return the options that declare texts as "not measured"; the first alone if they are long."""
    texts = list(dict.fromkeys(cells))
    options = list(dict.fromkeys(map(missing_option, texts)))
    joined = " ".join(options)
    joined = joined if len(joined) <= MAX_OPTIONS else options[0]
    is_common = len(texts) > 1 and all(text.strip() in COMMON_MISSING for text in texts)
    return f"{joined}, or --missing {COMMON}" if is_common else joined


def missing_option(cell: str) -> str:
    """Return the option that declares a text as "not measured", as it is typed into a shell."""
    typed = cell.isprintable() and cell.isascii() and len(cell) <= 40
    return f"--missing {shlex.quote(cell) if typed else 'CELL'}"

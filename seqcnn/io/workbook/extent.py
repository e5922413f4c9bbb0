"""Rows and columns of the sheets of a workbook, from the references of the cells that hold a value.

A reader allocates the whole rectangle from the first to the last cell, so that one stray or damaged cell
can take all memory.  Here each part is read once, in blocks, and nothing is kept but the last row and column.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from seqcnn.io.workbook.members import kind_of_archive

MAX_ROWS = 1 << 20
MAX_COLUMNS = 1 << 14
MAX_CELLS = 20_000_000
"""Largest number of rows and columns of a sheet in any format, and of cells that are read."""

SPARSE_CELLS = 1_000_000
MIN_FILLED = 0.05
"""Number of cells above which at least this share must hold a value: reading blank ones takes as long."""

_BLOCK = 1 << 18
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_SHEET = {"xlsx": b"sheetData", "ods": b"table-cell"}  # in each part that holds cells
_BINARY_SHEET = (b"\x81\x01", b"\x93\x01", b"\x94\x01")  # first records of a sheet


class SheetTooLarge(ValueError):
    """A cell is so far away from the first one that the sheet between them cannot be read."""


@dataclass(slots=True)
class Extent:
    """Rows and columns from the first of the sheet to the last that hold a value, and the cells that do."""

    rows: int = 0
    columns: int = 0
    filled: int = 0

    def include(self, rows: int, columns: int, filled: int = 1) -> None:
        """Grow to a number of rows and columns, for some cells; raise `SheetTooLarge` beyond the limits."""
        self.filled += filled
        if rows <= self.rows and columns <= self.columns:
            return
        self.rows, self.columns = max(self.rows, rows), max(self.columns, columns)
        if self.rows > MAX_ROWS or self.columns > MAX_COLUMNS or self.rows * self.columns > MAX_CELLS:
            raise SheetTooLarge(
                f"cells as far as row {self.rows}, column {self.columns} of a sheet; at most "
                f"{MAX_ROWS:,} rows, {MAX_COLUMNS:,} columns and {MAX_CELLS:,} cells are read; "
                "remove stray cells, or export it as text"
            )

    def refuse_sparse(self) -> None:
        """Raise `SheetTooLarge` if almost all cells of a large sheet are blank."""
        cells = self.rows * self.columns
        if cells > SPARSE_CELLS and self.filled < MIN_FILLED * cells:
            raise SheetTooLarge(
                f"cells as far as row {self.rows}, column {self.columns} of a sheet, of which "
                f"{self.filled:,} of {cells:,} hold a value; remove stray cells, or export it as text"
            )


def refuse_far_cells(archive: zipfile.ZipFile) -> None:
    """Raise `SheetTooLarge` if a sheet has a stray cell, and `ValueError` if it is damaged."""
    kind = kind_of_archive(archive)
    for member in archive.infolist():
        if kind == "xlsb":
            _refuse_binary(archive, member)
        elif kind and _contains(archive, member, _SHEET[kind]):
            _refuse_xml(archive, member, _Rows() if kind == "xlsx" else _RepeatedRows())


def _blocks(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part in blocks."""
    with archive.open(member) as part:
        while block := part.read(_BLOCK):
            yield block


def _contains(archive: zipfile.ZipFile, member: zipfile.ZipInfo, word: bytes) -> bool:
    """Return whether a part contains a word."""
    before = b""
    for block in _blocks(archive, member):
        if word in before + block:
            return True
        before = block[-len(word) :]
    return False


def _refuse_xml(archive: zipfile.ZipFile, member: zipfile.ZipInfo, handler: Any) -> None:
    """Parse a part; entities are refused, as no program writes them and they can grow without end."""
    parser = expat.ParserCreate()
    handler.attach(parser)
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        for block in _blocks(archive, member):
            parser.Parse(block)
        parser.Parse(b"", True)
        handler.extent.refuse_sparse()
    except expat.ExpatError as error:
        raise ValueError(f"{member.filename[:40]}: {error}") from error


def _refuse_doctype(*declaration: object) -> None:
    """Refuse a declaration of entities."""
    raise ValueError("a document type declaration in a sheet")


class _Rows:
    """Handles the elements of a sheet of .xlsx: row, c (cell), and v or is (value).

    A row or cell without a reference follows the one before it.
    """

    def __init__(self) -> None:
        self.extent, self.row, self.column = Extent(), 0, 0

    def attach(self, parser: expat.XMLParserType) -> None:
        """Set this handler as that of a parser."""
        parser.StartElementHandler = self.start

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Follow the position, and include a cell that has a value."""
        name = name.rpartition(":")[2] if ":" in name else name
        if name == "c":
            self._at(attributes.get("r"))
        elif name in ("v", "is"):
            self.extent.include(self.row, self.column)
        elif name == "row":
            self.row, self.column = _number(attributes.get("r", str(self.row + 1))), 0

    def _at(self, reference: str | None) -> None:
        """Move to a cell."""
        if reference is None:
            self.column += 1
            return
        match = _REFERENCE.fullmatch(reference.upper())
        if not match:
            raise ValueError(f"reference {reference[:20]!a} of a cell")
        self.column, self.row = 0, int(match[2])
        for letter in match[1]:
            self.column = 26 * self.column + ord(letter) - 64


class _RepeatedRows:
    """Handles the elements of .ods: tables, and rows and cells that may stand for many equal ones."""

    def __init__(self) -> None:
        self.extent, self.row, self.column, self.last, self.repeated = Extent(), 0, 0, 0, 0
        self.filled = self.cells = 0

    def attach(self, parser: expat.XMLParserType) -> None:
        """Set this handler as that of a parser."""
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Follow the position, and the last column of the row that has a value."""
        name = name.rpartition(":")[2]
        if name == "table":
            self.extent.refuse_sparse()
            self.extent, self.row = Extent(), 0
        elif name == "table-row":
            self.repeated = _number(attributes.get("table:number-rows-repeated", "1"))
            self.column = self.last = self.filled = 0
        elif name in ("table-cell", "covered-table-cell"):
            self.cells = _number(attributes.get("table:number-columns-repeated", "1"))
            self.column += self.cells
            if any("value" in key for key in attributes):
                self._fill()
        elif name == "p":
            self._fill()

    def _fill(self) -> None:
        """Note that the current cell has a value, once."""
        self.filled += self.cells if self.last < self.column else 0
        self.last = self.column

    def end(self, name: str) -> None:
        """Include a row that has values."""
        if name.endswith(":table-row"):
            self.row += self.repeated
            if self.last:
                self.extent.include(self.row, self.last, self.filled * self.repeated)


def _number(text: str) -> int:
    """Return the number of a row, or of repeats."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ValueError(f"number {text[:20]!a} of a row or of equal cells")
    return int(text)


def _refuse_binary(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Read the records of a sheet of .xlsb: 0 is a row, 2 to 11 are cells with a value."""
    content = archive.read(member)
    if not content.startswith(_BINARY_SHEET):
        return
    extent, row, position = Extent(), 0, 0
    while position < len(content):
        kind, position = _varint(content, position, 2)
        length, position = _varint(content, position, 4)
        if kind <= 11 and kind != 1:
            if length < 4 or position + 4 > len(content):
                raise ValueError("a record of a sheet is cut")
            (number,) = struct.unpack_from("<I", content, position)
            row = number + 1 if kind == 0 else row
            extent.include(row if kind else 0, number + 1 if kind else 0, int(kind != 0))
        position += length
    extent.refuse_sparse()


def _varint(content: bytes, position: int, size: int) -> tuple[int, int]:
    """Return a number of 7 bits per byte, lowest first, and the position after it."""
    number = 0
    for i, byte in enumerate(content[position : position + size]):
        number |= (byte & 127) << (7 * i)
        if byte < 128:
            return number, position + i + 1
    return number, min(position + size, len(content))

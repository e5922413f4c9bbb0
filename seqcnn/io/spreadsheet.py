"""Spreadsheets (.xlsx, .xlsm, .xlsb, .xls, .ods) as rows of text, read with python-calamine.

Spreadsheets are recognised by content, never by name; a sheet that is too large is refused before it is read.
Whole numbers have no decimal point, other numbers have all their digits, dates are YYYY-MM-DD, and truth
values TRUE and FALSE.
"""

from __future__ import annotations

import datetime
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqcnn.errors import SeqcnnError, listed, show
from seqcnn.io.stream import head, source_name
from seqcnn.io.workbook.extent import SheetTooLarge, refuse_far_cells
from seqcnn.io.workbook.members import DAMAGED, ZIP, is_workbook
from seqcnn.io.workbook.old_office import OLE, refuse_far_old_cells

MAX_BYTES = 2_000_000_000
"""Largest size of the parts of a workbook when decompressed, in bytes."""

_MAX_RATIO = 200  # of sizes before and after compression; text of tables reaches 20


class NumberText(str):
    """Text of a cell that holds a number: its separator is a point, whatever separator texts have."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one sheet that are not blank."""

    rows: list[list[str]]
    numbers: list[int]
    """Number of each row in the sheet, from 1."""
    dates: list[tuple[int, int]]
    """Index of the row and of the column of each cell that holds a date."""


def is_spreadsheet(path: Path) -> bool:
    """Return whether a regular file is a spreadsheet, by its first bytes and the parts of an archive."""
    start = head(path, 200)
    return start.startswith(OLE) or is_workbook(path, start)


def read_sheet(path: Path, sheet: str | None, *, fault: type[SeqcnnError]) -> Sheet:
    """Read one sheet of a workbook.

    Parameters
    ----------
    path
        The workbook.
    sheet
        Name of the sheet; None is the only one that has cells.
    fault
        Class of the error to raise for invalid content.

    Raises
    ------
    SeqcnnError
        `fault`, if the file is damaged or encrypted, has no such sheet, or several to choose from.
    """
    import python_calamine as calamine

    where = source_name(path)
    content = path.read_bytes()
    try:
        _refuse_too_large(content, where, fault)
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        name = _chosen(book, sheet, where, fault)
        values = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except calamine.PasswordError:
        raise fault(f"{where}: protected by a password; save it without one, or export it as text") from None
    except (calamine.CalamineError, *DAMAGED) as error:
        reason = show(str(error), 60)
        raise fault(f"{where}: not a spreadsheet, or damaged ({reason}); export it as text") from error
    return _sheet(values)


def _refuse_too_large(content: bytes, where: str, fault: type[SeqcnnError]) -> None:
    """Raise `fault` if the parts of a workbook are far larger than the file, or a sheet has far cells."""
    try:
        if content.startswith(OLE):
            refuse_far_old_cells(content)
        elif content.startswith(ZIP):
            _refuse_bomb(content, where, fault)
    except SheetTooLarge as error:
        raise fault(f"{where}: {error}") from None


def _refuse_bomb(content: bytes, where: str, fault: type[SeqcnnError]) -> None:
    """Raise `fault` if the parts are far larger than the file, and `SheetTooLarge` for far cells."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(member.file_size for member in archive.infolist())
        if size > min(MAX_BYTES, _MAX_RATIO * max(len(content), 1 << 16)):
            raise fault(f"{where}: {size:,} bytes when decompressed; export it as text")
        refuse_far_cells(archive)


def _chosen(book: Any, sheet: str | None, where: str, fault: type[SeqcnnError]) -> str:
    """Return the name of the sheet to read."""
    names = list(book.sheet_names)
    if sheet is not None:
        if sheet not in names:
            known = listed([show(name) for name in names])
            raise fault(f"{where}: no sheet {show(sheet)}; the workbook has {known}")
        return sheet
    filled = [name for name in names if book.get_sheet_by_name(name).end is not None]
    if not filled:
        raise fault(f"{where}: empty; there are no rows")
    if len(filled) > 1:
        candidates = f"{where}: sheets {listed([show(name) for name in filled])} found"
        raise fault(f"{candidates}; name one with --sheet, or two for sequences and measurements")
    return filled[0]


def _sheet(values: list[list[Any]]) -> Sheet:
    """Return rows of text; blank rows are left out, and blank columns at the end."""
    rows = [[_text(value) for value in row] for row in values]
    kept = [i for i, row in enumerate(rows) if any(cell.strip() for cell in row)]
    width = max((j + 1 for i in kept for j, cell in enumerate(rows[i]) if cell.strip()), default=0)
    dates = [
        (number, j)
        for number, i in enumerate(kept)
        for j, value in enumerate(values[i][:width])
        if isinstance(value, datetime.date)
    ]
    return Sheet([rows[i][:width] for i in kept], [i + 1 for i in kept], dates)


def _text(value: Any) -> str:
    """Return one cell as text."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return NumberText(int(value) if value.is_integer() and abs(value) < 1e15 else repr(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)

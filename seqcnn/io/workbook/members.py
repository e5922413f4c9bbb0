"""Kinds of workbooks, by the names of the parts in their ZIP archive in any order.

An archive is a workbook if it has the part that lists the sheets; the parts may be in any order.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, Literal

Kind = Literal["xlsx", "xlsb", "ods"]

ZIP = b"PK\x03\x04"
"""First bytes of an archive."""

DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, ValueError, EOFError, RuntimeError)
"""Exceptions of `zipfile` for an archive that is damaged, encrypted or of an unknown compression."""

_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_STARTS = (b"xl/", b"[Content_Types].xml", b"mimetype" + _ODS)  # of an archive without a list of its parts


def kind_of_archive(archive: zipfile.ZipFile) -> Kind | None:
    """Return the kind of workbook of an archive; None if it is none."""
    names = {name.lower() for name in archive.namelist()}
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "mimetype" not in names:
        return None
    with archive.open("mimetype") as part:
        return "ods" if part.read(len(_ODS) + 1).strip().startswith(_ODS) else None


def is_workbook(file: Path | BinaryIO, start: bytes) -> bool:
    """Return whether a file is a workbook in a ZIP archive, which may be cut.

    Parameters
    ----------
    file
        The file, or its path.
    start
        Its first bytes.
    """
    if not start.startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(file) as archive:
            return kind_of_archive(archive) is not None
    except DAMAGED:
        return any(name in start for name in _STARTS)

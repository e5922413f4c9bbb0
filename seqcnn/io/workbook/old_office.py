"""Rows and columns of the sheets of an .xls workbook: records of cells inside an OLE compound file.

Format: [MS-CFB] and [MS-XLS].  A compound file that cannot be followed has no cells here; the reader of
workbooks then says what is wrong with it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from seqcnn.io.workbook.extent import Extent

OLE = b"\xd0\xcf\x11\xe0"
"""First bytes of an old Office file, or of an encrypted new one."""

_HEADER = struct.Struct("<48xI4xII4xI")
"""First sector of the directory, size below which streams are small, first sector of the table of small
sectors, and of the list of further tables."""

_LAST = 0xFFFFFFFA  # and above: no sector
_PASSWORD, _SEVERAL = 0x002F, 0x00BD
_BEGINS = {0x0009, 0x0209, 0x0409, 0x0809}
_CELLS = {0x0006, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E, _SEVERAL}  # with a value
_NAMES = {name.encode("utf-16-le") for name in ("Workbook", "Book", "WORKBOOK", "BOOK")}


def refuse_far_old_cells(content: bytes) -> None:
    """Raise `SheetTooLarge` if a sheet of an .xls workbook has a stray cell."""
    try:
        stream = _workbook_stream(content)
    except (struct.error, ValueError, IndexError):
        return
    extent = Extent()
    for kind, data in _records(stream):
        if kind == _PASSWORD:
            return
        if kind in _BEGINS:  # of the next sheet
            extent.refuse_sparse()
            extent = Extent()
        if kind in _CELLS and len(data) >= 4:
            row, column = struct.unpack_from("<HH", data)
            last = struct.unpack_from("<H", data, len(data) - 2)[0] if kind == _SEVERAL else column
            extent.include(row + 1, max(column, last) + 1, max(column, last) - column + 1)
    extent.refuse_sparse()


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of each record."""
    position = 0
    while position + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, position)
        yield kind, stream[position + 4 : position + 4 + length]
        position += 4 + length


def _workbook_stream(content: bytes) -> bytes:
    """Return the stream of the workbook; raise an exception if there is none."""
    size = 1 << struct.unpack_from("<H", content, 30)[0]
    directory, limit, mini_table, more = _HEADER.unpack_from(content)
    if size not in (512, 4096):
        raise ValueError
    table = _table(content, size, more)
    entries = _chain(content, table, directory, size, first=1)
    root = entries[:128]
    for start in range(0, len(entries), 128):
        entry = entries[start : start + 128]
        if entry[: max(0, struct.unpack_from("<H", entry, 64)[0] - 2)] in _NAMES:
            sector, length = struct.unpack_from("<II", entry, 116)
            if length >= limit:
                return _chain(content, table, sector, size, first=1)[:length]
            small = np.frombuffer(_chain(content, table, mini_table, size, first=1), "<u4")
            inner = _chain(content, table, struct.unpack_from("<I", root, 116)[0], size, first=1)
            return _chain(inner, small, sector, 64, first=0)[:length]
    raise ValueError


def _table(content: bytes, size: int, more: int) -> np.ndarray:
    """Return the table of sectors: sector -> the one that follows it."""
    sectors = list(struct.unpack_from("<109I", content, 76))
    for _ in range(len(content) // size):
        if more >= _LAST:
            break
        *others, more = struct.unpack_from(f"<{size // 4}I", content, (more + 1) * size)
        sectors += others
    parts = [content[(s + 1) * size : (s + 2) * size] for s in sectors if s < _LAST]
    return np.frombuffer(b"".join(parts)[: len(parts) * size // 4 * 4], "<u4")


def _chain(content: bytes, table: np.ndarray, sector: int, size: int, *, first: int) -> bytes:
    """Return the sectors that follow one another from `sector` on; `first` is the position of sector 0."""
    parts: list[bytes] = []
    while sector < _LAST:
        if len(parts) > len(table):
            raise ValueError
        parts.append(content[(sector + first) * size : (sector + first + 1) * size])
        sector = int(table[sector])
    return b"".join(parts)

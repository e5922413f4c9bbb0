"""Cells far away in .xls are refused before the sheet between them is read."""

import struct

import pytest
from support.paths import ROOT

from seqcnn.errors import TableError
from seqcnn.io.spreadsheet import read_sheet
from seqcnn.io.workbook.old_office import refuse_far_old_cells

XLS = (ROOT / "tests/io/spreadsheets/small.xls").read_bytes()
CELL = bytes.fromhex("7e020a0002000200")  # a number in row 3, column 3


@pytest.mark.parametrize(("row", "column"), [(65535, 65535), (65535, 400), (2, 65535)])
def test_a_stray_cell_is_refused_before_memory_is_taken(row, column, tmp_path):
    assert XLS.count(CELL) == 1
    (tmp_path / "x").write_bytes(XLS.replace(CELL, CELL[:4] + struct.pack("<HH", row, column)))
    with pytest.raises(TableError, match=f"x: cells as far as row {row + 1}, column {column + 1} of a sheet"):
        read_sheet(tmp_path / "x", None, fault=TableError)


def test_cells_of_a_large_but_possible_sheet_are_read(tmp_path):
    (tmp_path / "x").write_bytes(XLS.replace(CELL, CELL[:4] + struct.pack("<HH", 2, 255)))
    assert len(read_sheet(tmp_path / "x", None, fault=TableError).rows[2]) == 256


@pytest.mark.parametrize("size", [20, 600, 2000])
def test_a_cut_file_is_damaged(size, tmp_path):
    (tmp_path / "x").write_bytes(XLS[:size])
    with pytest.raises(TableError, match="x: not a spreadsheet, or damaged"):
        read_sheet(tmp_path / "x", None, fault=TableError)


def test_one_far_cell_below_the_limits_is_refused_unread(tmp_path):
    (tmp_path / "x").write_bytes(XLS.replace(CELL, CELL[:4] + struct.pack("<HH", 65535, 255)))
    expected = "row 65536, column 256 of a sheet, of which 9 of 16,777,216 hold a value; remove stray cells"
    with pytest.raises(TableError, match=expected):
        read_sheet(tmp_path / "x", None, fault=TableError)


def _changed(position, value):
    """Return the workbook with another number of four bytes."""
    return XLS[:position] + struct.pack("<I", value) + XLS[position + 4 :]


def _of_directory(value):
    """Return the workbook with another sector after the first one of its directory."""
    first, tables = (struct.unpack_from("<I", XLS, position)[0] for position in (48, 76))
    return _changed((tables + 1) * 512 + 4 * first, value)


@pytest.mark.parametrize(
    "content",
    [
        XLS.replace("Workbook".encode("utf-16-le"), "Notebook".encode("utf-16-le")),
        _changed(68, 0),  # the list of tables goes on in a sector that is none
        _of_directory(struct.unpack_from("<I", XLS, 48)[0]),  # a sector that follows itself
    ],
    ids=["no workbook", "tables", "loop"],
)
def test_a_compound_file_that_cannot_be_followed_has_no_cells(content):
    assert len(content) == len(XLS)
    assert content != XLS
    far = content.replace(CELL, CELL[:4] + struct.pack("<HH", 65535, 65535))
    assert refuse_far_old_cells(far) is None


def test_encrypted_cells_are_not_judged():
    begin = bytes.fromhex("09081000")
    locked = XLS.replace(begin, bytes.fromhex("2f001000"), 1)
    assert locked != XLS
    assert refuse_far_old_cells(locked.replace(CELL, CELL[:4] + struct.pack("<HH", 65535, 65535))) is None

"""Cells far away in .xls are refused before the sheet between them is read."""

import struct

import pytest
from support.paths import ROOT

from seqcnn.errors import TableError
from seqcnn.io.spreadsheet import read_sheet

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

"""Cells far away are refused before the sheet between them is read."""

import struct
import zipfile
from contextlib import nullcontext

import pytest
from support.paths import ROOT
from support.workbooks import changed, workbook

from seqcnn.errors import TableError
from seqcnn.io.spreadsheet import read_sheet
from seqcnn.io.workbook.extent import Extent, SheetTooLarge, refuse_far_cells

ODS = ROOT / "tests/io/spreadsheets/small.ods"
ROWS = [["id", "sequence", "y"], ["a", "ACGTACGT", "1.5"], ["b", "ACGTTCGT", "-2"]]
SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'r="C3"', b'r="XFD1048576"', "cells as far as row 1048576, column 16384 of a sheet; at most"),
        (b'r="C3"', b'r="GR1048576"', "row 1048576, column 200 .* and 20,000,000 cells are read"),
        (b'r="C3"', b'r="AAAA3"', "reference 'AAAA3' of a cell"),
        (b'r="C3"', b'r="ZZZZZZZZ2"', "reference 'ZZZZZZZZ2' of a cell"),
        (b'r="C3"', b'r="B99999999999"', "reference 'B99999999999' of a cell"),
        (b'<row r="3" spans="1:3"><c r="A3"', b'<row r="1048577"><c', "row 1048577, column 3 of"),
        (b"<sheetData>", b"<sheetData><unclosed>", "mismatched tag"),
        (b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet', "document type declaration"),
    ],
)
def test_a_stray_or_damaged_cell_is_refused_before_memory_is_taken(old, new, message, tmp_path):
    path = changed(workbook(tmp_path / "x.xlsx", data=ROWS), SHEET, old, new)
    with pytest.raises(TableError, match=rf"^[^\n]*x\.xlsx: [^\n]*{message}[^\n]*$"):
        read_sheet(path, None, fault=TableError)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<sheetData>", b'<sheetData><row r="1"><c r="XFD1" s="0"/></row>'),  # formatted, without a value
        (b'ref="A1:C3"', b'ref="A1:XFD1048576"'),
        (b'<c r="C3"', b"<c"),
    ],
)
def test_formatted_blank_cells_and_wrong_dimensions_make_no_sheet_larger(old, new, tmp_path):
    path = changed(workbook(tmp_path / "x.xlsx", data=ROWS), SHEET, old, new)
    assert read_sheet(path, None, fault=TableError).rows == ROWS


ROW = b"<table:table-row>"
CELL = b'<table:table-cell office:value-type="float" office:value="-2">'
BLANK = (
    b'<table:table-row table:number-rows-repeated="%d">'
    b'<table:table-cell table:number-columns-repeated="%d"/></table:table-row>'
)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (CELL, CELL[:-1] + b' table:number-columns-repeated="16384">', "row 3, column 16386 of a sheet"),
        (CELL, b'<table:table-cell table:number-columns-repeated="99999"/>' + CELL, "row 3, column 100002"),
        (CELL, CELL[:-1] + b' table:number-columns-repeated="-1">', "number '-1' of a row"),
        (ROW, BLANK % (1 << 20, 1) + ROW, "row 1048577, column 3"),
    ],
)
def test_equal_cells_of_an_open_format_are_counted(old, new, message, tmp_path):
    (tmp_path / "x.ods").write_bytes(ODS.read_bytes())
    path = changed(tmp_path / "x.ods", "content.xml", old, new)
    with pytest.raises(TableError, match=rf"x\.ods: [^\n]*{message}"):
        read_sheet(path, None, fault=TableError)


def test_blank_rows_and_columns_up_to_the_limits_of_the_program_are_no_data(tmp_path):
    (tmp_path / "x.ods").write_bytes(ODS.read_bytes())
    changed(
        tmp_path / "x.ods", "content.xml", b"</table:table>", BLANK % (1048573, 16384) + b"</table:table>"
    )
    assert read_sheet(tmp_path / "x.ods", None, fault=TableError).rows == ROWS


@pytest.mark.parametrize(
    ("row", "column", "fits"), [(0, 16383, True), (1 << 20, 0, False), (99999, 16383, False)]
)
def test_far_cells_of_binary_sheets_are_found(row, column, fits, tmp_path):
    begin, end = b"\x81\x01\x00", b"\x82\x01\x00"
    rows = b"\x00\x04" + struct.pack("<I", row) + b"\x05\x10" + struct.pack("<IId", column, 0, 1.5)
    with zipfile.ZipFile(tmp_path / "x.xlsb", "w") as archive:
        archive.writestr("xl/workbook.bin", b"")
        archive.writestr("xl/worksheets/sheet1.bin", begin + rows + end)
    verdict = nullcontext() if fits else pytest.raises(SheetTooLarge)
    with zipfile.ZipFile(tmp_path / "x.xlsb") as archive, verdict:
        refuse_far_cells(archive)


SPARSE = "of which 9 of 10,000,000 hold a value; remove stray cells, or export it as text"


def test_one_far_cell_below_the_limits_is_refused_unread(tmp_path):
    path = changed(workbook(tmp_path / "x.xlsx", data=ROWS), SHEET, b'r="C3"', b'r="T500000"')
    expected = f"x.xlsx: cells as far as row 500000, column 20 of a sheet, {SPARSE}"
    with pytest.raises(TableError, match=expected):
        read_sheet(path, None, fault=TableError)


def test_one_far_cell_of_an_open_format_is_refused_unread(tmp_path):
    (tmp_path / "x.ods").write_bytes(ODS.read_bytes())
    far = ROW + b'<table:table-cell table:number-columns-repeated="19"/>' + CELL
    changed(
        tmp_path / "x.ods",
        "content.xml",
        b"</table:table>",
        BLANK % (499_996, 20) + far + b"</table:table-cell></table:table-row></table:table>",
    )
    with pytest.raises(TableError, match=r"row 500000, column 20 of a sheet, of which 10 of 10,000,000 hold"):
        read_sheet(tmp_path / "x.ods", None, fault=TableError)


def test_a_large_sheet_with_values_in_every_twentieth_cell_is_read():
    extent = Extent()
    extent.include(100_000, 20, filled=100_000)
    extent.refuse_sparse()
    extent.filled -= 1
    with pytest.raises(SheetTooLarge, match="of which 99,999 of 2,000,000 hold a value"):
        extent.refuse_sparse()

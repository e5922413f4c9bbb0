"""Workbooks are recognised by their parts, in any order."""

import zipfile

import pytest
from support.paths import ROOT
from support.workbooks import changed, workbook

from seqcnn.errors import TableError
from seqcnn.io.spreadsheet import is_spreadsheet, read_sheet

ODS = ROOT / "tests/io/spreadsheets/small.ods"
ROWS = [["id", "sequence", "y"], ["a", "ACGTACGT", "1.5"], ["b", "ACGTTCGT", "-2"]]
SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize("first", ["docProps/app.xml", "xl/styles.xml", SHEET])
def test_the_parts_of_a_workbook_may_be_in_any_order(first, tmp_path):
    path = workbook(tmp_path / "x", data=ROWS)
    changed(path, SHEET, b"", b"", order=lambda name: name != first)
    assert is_spreadsheet(path)
    assert read_sheet(path, None, fault=TableError).rows == ROWS


def test_the_first_part_of_an_open_format_may_be_another(tmp_path):
    (tmp_path / "x").write_bytes(ODS.read_bytes())
    changed(tmp_path / "x", "mimetype", b"", b"", order=lambda name: name == "mimetype")
    assert is_spreadsheet(tmp_path / "x")
    assert read_sheet(tmp_path / "x", None, fault=TableError).rows == ROWS


@pytest.mark.parametrize("names", [["data.pkl"], ["[Content_Types].xml", "word/document.xml"], ["mimetype"]])
def test_other_archives_are_no_spreadsheets(names, tmp_path):
    with zipfile.ZipFile(tmp_path / "x", "w") as archive:
        for name in names:
            archive.writestr(name, "application/vnd.oasis.opendocument.text")
    assert not is_spreadsheet(tmp_path / "x")


def test_a_part_that_cannot_be_decompressed_is_damage(tmp_path):
    path = workbook(tmp_path / "x.xlsx", data=ROWS)
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo(SHEET).header_offset + 30 + len(SHEET)
    content = bytearray(path.read_bytes())
    content[start : start + 9] = b"\xff" * 9
    path.write_bytes(content)
    with pytest.raises(TableError, match=r"x\.xlsx: not a spreadsheet, or damaged"):
        read_sheet(path, None, fault=TableError)

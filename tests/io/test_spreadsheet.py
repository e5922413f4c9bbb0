import datetime
import zipfile
from pathlib import Path

import pytest
from support.workbooks import workbook

from seqcnn.errors import TableError
from seqcnn.io.spreadsheet import is_spreadsheet, read_sheet

FILES = Path(__file__).parent / "spreadsheets"
ROWS = [["id", "sequence", "y"], ["a", "ACGTACGT", "1.5"], ["b", "ACGTTCGT", "-2"]]


@pytest.mark.parametrize("name", ["small.xls", "small.ods"])
def test_old_and_open_formats_give_the_cells_as_text(name):
    assert is_spreadsheet(FILES / name)
    sheet = read_sheet(FILES / name, None, fault=TableError)
    assert (sheet.rows, sheet.numbers, sheet.dates) == (ROWS, [1, 2, 3], [])


def test_numbers_keep_their_digits_and_rows_their_numbers(tmp_path):
    values = [["id", "y"], [7, 1 / 3], [None, None], [True, 1e20], ["x", -3.0]]
    sheet = read_sheet(workbook(tmp_path / "x", data=values), None, fault=TableError)
    assert sheet.rows == [["id", "y"], ["7", "0.3333333333333333"], ["TRUE", "1e+20"], ["x", "-3"]]
    assert sheet.numbers == [1, 2, 4, 5]


def test_dates_are_found_with_their_place(tmp_path):
    values = [["id", "gene"], ["a", datetime.datetime(2024, 3, 1)], ["b", "GATA1"]]
    sheet = read_sheet(workbook(tmp_path / "x.xlsx", data=values), None, fault=TableError)
    assert (sheet.rows[1], sheet.dates) == (["a", "2024-03-01"], [(1, 1)])


def test_the_only_sheet_with_cells_is_read_and_several_need_a_name(tmp_path):
    one = workbook(tmp_path / "one.xlsx", empty=[], data=[["id"], ["a"]])
    assert read_sheet(one, None, fault=TableError).rows == [["id"], ["a"]]
    two = workbook(tmp_path / "two.xlsx", data=[["id"], ["a"]], notes=[["text"]])
    with pytest.raises(TableError, match="sheets 'data'; 'notes' found; name one with --sheet"):
        read_sheet(two, None, fault=TableError)
    assert read_sheet(two, "notes", fault=TableError).rows == [["text"]]
    with pytest.raises(TableError, match="no sheet 'Data'; the workbook has 'data'; 'notes'"):
        read_sheet(two, "Data", fault=TableError)
    with pytest.raises(TableError, match="empty; there are no rows"):
        read_sheet(workbook(tmp_path / "none.xlsx", data=[]), None, fault=TableError)


@pytest.mark.parametrize("size", [600, 3000])
def test_a_cut_workbook_is_refused_in_one_line(size, tmp_path):
    whole = workbook(tmp_path / "x.xlsx", data=ROWS).read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[:size])
    assert is_spreadsheet(tmp_path / "cut.xlsx")
    with pytest.raises(TableError, match=r"^[^\n]*cut.xlsx: not a spreadsheet, or damaged[^\n]*$"):
        read_sheet(tmp_path / "cut.xlsx", None, fault=TableError)


def test_a_workbook_that_grows_a_thousandfold_is_refused_unread(tmp_path):
    path = workbook(tmp_path / "bomb.xlsx", data=ROWS)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/more.xml", bytes(100_000_000))
    with pytest.raises(TableError, match="bytes when decompressed; export it as text"):
        read_sheet(path, None, fault=TableError)


@pytest.mark.parametrize("content", [b"", b"id\ty\n", b"PK\x03\x04" + bytes(30) + b"data.txt"])
def test_other_files_are_no_spreadsheets(content, tmp_path):
    (tmp_path / "x").write_bytes(content)
    assert not is_spreadsheet(tmp_path / "x")
    assert not is_spreadsheet(tmp_path)


def test_a_time_of_day_stays_in_a_cell(tmp_path):
    values = [
        ["id", "at"],
        ["a", datetime.datetime(2024, 3, 1, 12, 30)],
        ["b", datetime.datetime(2024, 3, 2)],
    ]
    sheet = read_sheet(workbook(tmp_path / "x.xlsx", data=values), None, fault=TableError)
    assert [row[1] for row in sheet.rows] == ["at", "2024-03-01T12:30:00", "2024-03-02"]

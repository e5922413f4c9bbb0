import datetime
import gzip

import numpy as np
import pytest
from support.workbooks import workbook

from seqcnn.data.readers.table_file import TableFormat, read_table
from seqcnn.errors import TableError, UsageError

ROWS = [["id", "sequence", "y"], ["a", "ACGT", "1.5"], ["b", "ACGG", "-2"]]
TEXT = "".join("\t".join(row) + "\n" for row in ROWS)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_text_with_a_byte_order_mark_is_read_in_its_encoding(encoding, tmp_path):
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    for content in (mark + TEXT.encode(encoding), gzip.compress(mark + TEXT.encode(encoding))):
        (tmp_path / "t.tsv").write_bytes(content)
        table = read_table(tmp_path / "t.tsv")
        assert [table.columns, *table.rows] == ROWS


def test_a_named_encoding_is_used_and_an_unknown_one_refused(tmp_path):
    (tmp_path / "t.tsv").write_bytes("id\tstärke\na\t1\n".encode("latin-1"))
    table = read_table(tmp_path / "t.tsv")
    with pytest.raises(TableError, match=r"name of column .*: not UTF-8; .* such as --encoding latin-1"):
        table.text(table.columns[1])
    assert read_table(tmp_path / "t.tsv", TableFormat(encoding="latin-1")).columns == ["id", "stärke"]
    with pytest.raises(UsageError, match="encoding 'latin1000': unknown; expected one such as latin-1"):
        read_table(tmp_path / "t.tsv", TableFormat(encoding="latin1000"))
    with pytest.raises(TableError, match="not utf-16 text"):
        read_table(tmp_path / "t.tsv", TableFormat(encoding="utf-16"))


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ('id,"a;b;c"', ["id", "a;b;c"]),
        ('"a;b;c","d;e"', ["a;b;c", "d;e"]),
        ('id;"a,b,c"', ["id", "a,b,c"]),
        ('id\t"a""b"', ["id", 'a"b']),
        ('id,"a\t"', ["id", "a"]),
        ('5" x\t6" y', ['5" x', '6" y']),
    ],
)
def test_a_delimiter_between_quotes_separates_no_columns(tmp_path, header, columns):
    delimiter = "\t" if "\t" in header and "," not in header else ";" if "id;" in header else ","
    (tmp_path / "t").write_text(f"{header}\nx{delimiter}1\n")
    assert read_table(tmp_path / "t").columns == columns


def test_semicolons_separate_columns_where_they_are_more_frequent_than_commas(tmp_path):
    (tmp_path / "t.csv").write_text("id;y,z;w\na;1;2\n")
    table = read_table(tmp_path / "t.csv")
    assert (table.columns, table.rows) == (["id", "y,z", "w"], [["a", "1", "2"]])


def test_decimal_commas_are_read_only_where_they_are_announced(tmp_path):
    (tmp_path / "t.csv").write_text("id;y\na;1,5\nb;-2\nc;NA\nd;,25\n")
    with pytest.raises(TableError, match=r"'1,5'.*if the comma is the decimal separator, pass --decimal ,"):
        read_table(tmp_path / "t.csv").numbers("y", id_column="id")
    table = read_table(tmp_path / "t.csv", TableFormat(decimal=","))
    np.testing.assert_array_equal(table.numbers("y", id_column="id"), [1.5, -2, np.nan, 0.25])
    assert table.is_numeric(1)
    (tmp_path / "t.csv").write_text("id;y\na;1.500,5\n")
    with pytest.raises(TableError, match=r"'1\.500,5'; expected a number"):
        read_table(tmp_path / "t.csv", TableFormat(decimal=",")).numbers("y", id_column="id")


def test_numbers_of_a_workbook_are_numbers_whatever_separator_texts_have(tmp_path):
    path = workbook(tmp_path / "t.xlsx", data=[["id", "y", 2.5], ["a", 1.5, 1], ["b", "2,5", 1], [0.5, 3, 1]])
    table = read_table(path, TableFormat(decimal=","))
    np.testing.assert_array_equal(table.numbers("y", id_column="id"), [1.5, 2.5, 3])
    assert table.text("id") == ["a", "b", "0.5"]
    assert [type(name) for name in table.columns] == [str] * 3
    workbook(path, data=[["id", "y"], ["a", 1.5], ["b", "2.5"]])
    with pytest.raises(TableError, match=r"line 3, id 'b': '2\.5'"):
        read_table(path, TableFormat(decimal=",")).numbers("y", id_column="id")


def test_a_sheet_is_read_as_the_text_of_the_same_table(tmp_path):
    table = read_table(workbook(tmp_path / "t.bin", data=ROWS))
    assert ([table.columns, *table.rows], list(table.lines)) == (ROWS, [2, 3])
    named = workbook(tmp_path / "t.xlsx", data=ROWS, notes=[["x"]])
    assert read_table(named, TableFormat(sheet="data")).rows == ROWS[1:]


def test_dates_of_a_sheet_are_reported_with_column_count_and_row(tmp_path, caplog):
    day = datetime.datetime(2024, 3, 1)
    read_table(workbook(tmp_path / "t.xlsx", data=[["id", "gene"], ["a", day], ["b", "GATA1"], ["c", day]]))
    assert "column 'gene': 2 cells are dates, such as 2024-03-01 in row 2" in caplog.text


def test_a_sheet_of_a_text_file_is_refused(tmp_path):
    (tmp_path / "t.tsv").write_text(TEXT)
    with pytest.raises(UsageError, match="not a spreadsheet; --sheet belongs to one"):
        read_table(tmp_path / "t.tsv", TableFormat(sheet="data"))


def test_a_ragged_sheet_names_the_rows_of_the_sheet(tmp_path):
    with pytest.raises(TableError, match="line 1: duplicate column ''"):
        read_table(workbook(tmp_path / "t.xlsx", data=[["id"], ["a", 1, 2]]))


def test_rows_that_all_begin_with_a_name_that_the_header_lacks_have_row_names(tmp_path, caplog):
    (tmp_path / "t.tsv").write_text("y\tz\na\t1\t2\nb\t3\t4\n")
    table = read_table(tmp_path / "t.tsv")
    assert (table.columns, table.rows) == (["", "y", "z"], [["a", "1", "2"], ["b", "3", "4"]])
    assert "t.tsv: the first column has no name, as R's row names; it is called ''" in caplog.text


@pytest.mark.parametrize("text", ["x,y\na,1,\nb,2,\n", "x,y\na,1,2\nb,2\n", "x,y\n,1,2\n", "id,y\na,1,2\n"])
def test_other_rows_that_are_longer_than_the_header_are_refused(text, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(TableError, match=r"line 2 has 3 cells.*; the header has 2 columns"):
        read_table(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("MPRA of HepG2\nname\ty\na\t1\nb\t2\n", [1]),
        ("MPRA 2024\n\nname\ty\na\t1\nb\t2\n", [1]),
        ("HepG2\t\nRun 7\t\n\nname\ty\na\t1\nb\t2\n", [1, 2]),
        ("HepG2;\nname;y\na;1\nb;2\n", [1]),
    ],
)
def test_titles_above_the_header_are_skipped_with_a_message(text, lines, tmp_path, caplog):
    (tmp_path / "t.txt").write_text(text)
    table = read_table(tmp_path / "t.txt")
    assert (table.columns, table.rows) == (["name", "y"], [["a", "1"], ["b", "2"]])
    said = [message for message in caplog.messages if "is above the header: skipped" in message]
    assert [message.split(", ")[0].split(": ")[-1] for message in said] == [f"line {n}" for n in lines]


def test_titles_of_a_sheet_are_skipped(tmp_path, caplog):
    rows = [["MPRA of HepG2"], [], ["name", "y"], ["a", 1]]
    table = read_table(workbook(tmp_path / "t.xlsx", data=rows))
    assert (table.columns, table.rows, list(table.lines)) == (["name", "y"], [["a", "1"]], [4])
    assert "line 1, 'MPRA of HepG2', is above the header: skipped" in caplog.text


@pytest.mark.parametrize("text", ["sequence\nACGT\nGGTT\n", "y\na\t1\nb\t2\n", "id\ta,b\nx\t1\n"])
def test_the_first_row_of_other_tables_is_the_header(text, tmp_path, caplog):
    (tmp_path / "t.txt").write_text(text)
    assert text.split("\n")[0].split("\t")[-1] == read_table(tmp_path / "t.txt").columns[-1]
    assert "above the header" not in caplog.text


def test_blanks_around_names_of_columns_are_removed_with_a_message(tmp_path, caplog):
    (tmp_path / "t.csv").write_text("id , y,z\na, 1,2\n")
    table = read_table(tmp_path / "t.csv")
    assert (table.columns, table.rows) == (["id", "y", "z"], [["a", " 1", "2"]])
    assert "t.csv: blanks around the names of columns are removed: 'id '; ' y'" in caplog.text
    (tmp_path / "t.csv").write_text("id,y, y\na,1,2\n")
    with pytest.raises(TableError, match="line 1: duplicate column 'y'; name each column once"):
        read_table(tmp_path / "t.csv")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_names_its_encoding(encoding, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("id,y\na,1\n".encode(encoding))
    with pytest.raises(TableError, match=f"without a byte order mark; pass --encoding {encoding}, or save"):
        read_table(path)
    assert read_table(path, TableFormat(encoding=encoding)).columns == ["id", "y"]


TITLES = "Terminator library;;\nExperiment;A. Smith, Oslo;\n;;\nid;sequence;y\na;ACGT;1\n"


def test_the_first_row_with_the_columns_that_the_user_names_is_the_header(tmp_path, caplog):
    (tmp_path / "t.csv").write_text(TITLES)
    table = read_table(tmp_path / "t.csv", TableFormat(named=("y", "sequence")))
    assert (table.columns, table.rows) == (["id", "sequence", "y"], [["a", "ACGT", "1"]])
    assert list(table.lines) == [5]
    assert "t.csv: line 4, with 'y', 'sequence', is the header: 2 rows are skipped above it" in caplog.text


def test_a_header_below_titles_determines_the_delimiter(tmp_path):
    (tmp_path / "t.csv").write_text("run 7, A. Smith\nOslo, May\nid\ty, log2\na\t1\n")
    table = read_table(tmp_path / "t.csv", TableFormat(named=("y, log2",)))
    assert (table.columns, table.rows) == (["id", "y, log2"], [["a", "1"]])


def test_a_repeated_blank_name_of_a_column_names_the_options_for_a_header_further_below(tmp_path):
    rows = [["Experiment", "Smith", "", ""], ["id", "x", "y", "z"], ["a", 1, 2, 3]]
    with pytest.raises(TableError) as fault:
        read_table(workbook(tmp_path / "t.xlsx", data=rows))
    expected = "name each column once, or give columns of a header further below, as with --target or "
    assert str(fault.value).endswith(f"line 1: duplicate column ''; {expected}--sequence-column")


@pytest.mark.parametrize("text", ["id\ty\na\t1\ny\t2\n", "id\tz\ny\t1\nb\t2\n"])
def test_a_row_with_a_number_is_no_header(text, tmp_path, caplog):
    (tmp_path / "t.tsv").write_text(text)
    table = read_table(tmp_path / "t.tsv", TableFormat(named=("y",)))
    assert len(table.rows) == 2
    assert "is the header" not in caplog.text


@pytest.mark.parametrize(("delimiter", "name"), [("|", "'|'"), (" ", "blanks"), ("  ", "blanks")])
def test_columns_between_other_delimiters_are_refused_with_those_that_are_read(delimiter, name, tmp_path):
    rows = [["id", "sequence", "y"], ["a", "ACGT", "1"], ["b", "ACGG", "2"]]
    (tmp_path / "t.txt").write_text("".join(delimiter.join(row) + "\n" for row in rows))
    with pytest.raises(TableError) as fault:
        read_table(tmp_path / "t.txt")
    expected = "expected tabs, commas or semicolons between columns"
    assert str(fault.value) == f"{tmp_path}/t.txt, line 1: 3 names separated by {name}; {expected}"


def test_one_column_whose_name_has_a_blank_is_read(tmp_path):
    (tmp_path / "t.txt").write_text("my sequence\nACGT\nACGG\n")
    assert read_table(tmp_path / "t.txt").columns == ["my sequence"]

"""What stands around a table is left out with a warning, and a table without column names is refused."""

import pytest

from seqcnn.data.readers.table_file import TableFormat, read_table
from seqcnn.data.readers.table_header import from_named_columns
from seqcnn.errors import TableError

DNA = "ACGTTGCATGCA"


def read(tmp_path, text, **form):
    (tmp_path / "t.csv").write_text(text)
    return read_table(tmp_path / "t.csv", TableFormat(**form))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"a,{DNA},1\nb,{DNA},2\n", f"line 1: '{DNA}' is DNA"),
        ("a,-4.11\nb,-3.5\n", "line 1: '-4.11' is a number"),
        ("a,0.277\nb,NA\nc,1\n", "line 1: '0.277' is a number"),
        (f"{DNA}\n{DNA}\n", f"line 1: '{DNA}' is DNA"),
    ],
)
def test_a_table_without_column_names_is_refused(tmp_path, text, fault):
    with pytest.raises(TableError, match=f"{fault}: there are no column names; add a line such as id,seq"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("id,0,0.5,10\na,1,2,3\n", ["id", "0", "0.5", "10"]),  # doses, or times
        (f"id,{DNA}\na,1\n", ["id", DNA]),
        ("id,-4.11\na,x\n", ["id", "-4.11"]),
    ],
)
def test_names_that_may_be_meant_are_kept(tmp_path, text, columns):
    assert read(tmp_path, text).columns == columns


def test_a_column_that_the_user_names_may_be_a_number(tmp_path):
    assert read(tmp_path, "id,-4.11\na,1\n", named=("-4.11",)).columns == ["id", "-4.11"]


def test_footnotes_are_left_out_with_a_warning(tmp_path, caplog):
    table = read(tmp_path, "id,y\na,1\nb,2\n* SD of two replicates,\n,measured in May\n")
    assert table.rows == [["a", "1"], ["b", "2"]]
    assert [m.partition("t.csv: ")[2] for m in caplog.messages] == [
        "line 4, '* SD of two replicates', is below the table: skipped",
        "line 5, 'measured in May', is below the table: skipped",
    ]


@pytest.mark.parametrize("text", ["id,y\na 1,1\nb 2,\n", "id,y\na,1\nb,\n"])
def test_an_id_without_a_measurement_is_no_footnote(tmp_path, text):
    assert len(read(tmp_path, text).rows) == 2


def test_empty_columns_at_the_end_are_left_out(tmp_path, caplog):
    table = read(tmp_path, "id,y,,\na,1,,\nb,2, ,\n")
    assert (table.columns, table.rows) == (["id", "y"], [["a", "1"], ["b", "2"]])
    assert caplog.messages[0].endswith("t.csv: 2 empty columns at the end are left out")
    assert read(tmp_path, "id,y,,\na,1,2,\n").columns == ["id", "y", ""]


def test_the_header_is_the_first_row_with_all_named_columns():
    rows = [(1, ["x", "y"]), (2, ["id", "y"]), (3, ["a", "1"])]
    assert from_named_columns(rows, ["id"], "t")[0] == (2, ["id", "y"])


UNITS = [",,(a.u.),log2", "unit,,[x],log2", "[text],bp,a.u.,-"]


@pytest.mark.parametrize("units", UNITS)
def test_a_row_of_units_is_left_out_with_a_warning(units, tmp_path, caplog):
    table = read(tmp_path, f"id,seq,y,n\n{units}\na,{DNA},1,2\nb,{DNA},n.d.,3\n")
    assert (list(table.lines), [row[0] for row in table.rows]) == ([3, 4], ["a", "b"])
    assert [m.partition("t.csv: ")[2] for m in caplog.messages] == [
        f"line 2, '{' '.join(filter(None, units.split(',')))}', is a row of units: skipped"
    ]


@pytest.mark.parametrize(
    "row",
    [f"a,{DNA},n.d.,", f"a,{DNA},high,log2", ",,NA,-", ",,(a.u.),3", ",x,(a.u.),log2", "mean,,log2,log2"],
)
def test_a_row_that_may_be_measured_is_no_row_of_units(row, tmp_path):
    assert len(read(tmp_path, f"id,seq,y,n\n{row}\nb,{DNA},1,2\nc,{DNA},4,3\n").rows) == 3


def test_a_row_of_units_needs_numbers_below_it(tmp_path):
    assert len(read(tmp_path, "id,y\n,log2\n,ln\n").rows) == 2


@pytest.mark.parametrize(
    ("text", "lines", "messages"),
    [
        (
            "# MPRA, May\n#\n\nid,y\na,1\n",
            [5],
            ["2 comments are above the header and skipped, such as line 1"],
        ),
        (
            "# MPRA\n#id,y\na,1\n",
            [3],
            ["line 2, '#id,y', is the header", "1 comment is above the header"],
        ),
        ("#id,y\na,1\n", [2], ["line 1, '#id,y', is the header, without '#'"]),
        (
            "# a, b\nid,y\na,1\n",
            [3],
            ["1 comment is above the header and skipped, such as line 1, '# a, b'"],
        ),
    ],
)
def test_comments_above_the_header_are_left_out_with_a_warning(text, lines, messages, tmp_path, caplog):
    table = read(tmp_path, text)
    assert (table.columns, table.rows, list(table.lines)) == (["id", "y"], [["a", "1"]], lines)
    assert len(caplog.messages) == len(messages)
    for message, part in zip(caplog.messages, messages, strict=True):
        assert message.partition("t.csv: ")[2].startswith(part)


def test_a_file_of_comments_is_empty(tmp_path):
    with pytest.raises(TableError, match="empty; there are no rows"):
        read(tmp_path, "# a\n#b,c\n")


TWO_ROWS = [
    (",HepG2,,K562,\nid,rep1,rep2,rep1,rep2\n", ["id", "HepG2_rep1", "HepG2_rep2", "K562_rep1", "K562_rep2"]),
    ("May\nid,A,,B,\n,y,sd,y,sd\n", ["id", "A_y", "A_sd", "B_y", "B_sd"]),
    ("A,,,B,\ny,n,y2,y,gene\n", ["A_y", "A_n", "A_y2", "B_y", "gene"]),
    ("Oligo,,A,B,\nid,set,y,y,class\n", ["id", "set", "A_y", "B_y", "class"]),
]


@pytest.mark.parametrize(("header", "columns"), TWO_ROWS)
def test_two_rows_of_names_are_joined_with_a_warning(header, columns, tmp_path, caplog):
    table = read(tmp_path, header + "a,1,2,3,4\nb,5,6,7,8\n")
    assert table.columns == columns
    assert table.rows == [["a", "1", "2", "3", "4"], ["b", "5", "6", "7", "8"]]
    line, joined = table.lines[0] - 1, next(name for name in columns if "_" in name)
    text = f"line {line} and the one above it name the columns: joined, as '{joined}'"
    assert any(message.endswith(text) for message in caplog.messages)


@pytest.mark.parametrize(
    "text",
    [
        ",A,,B,\nid,rep1,rep2,rep3,rep4\na,1,2,3,4\n",  # no name is repeated
        ",A,,B,\nid,x,x,x,x\na,1,2,3,4\n",  # names stay repeated
        "id,A,,B,\na,x,y,x,y\nb,x,y,x,x\n",  # no numbers
    ],
)
def test_rows_that_are_no_two_rows_of_names_are_not_joined(text, tmp_path):
    with pytest.raises(TableError, match="duplicate column ''"):
        read(tmp_path, text)


def test_blank_names_below_a_group_are_no_second_row_of_names(tmp_path):
    assert read(tmp_path, "id,A,\n,,y\na,1,2\n").columns == ["id", "A", ""]


def test_two_rows_of_names_are_joined_above_decimal_commas(tmp_path):
    text = TWO_ROWS[0][0].replace(",", ";") + "a;0,5;x;2;\u22121,5\u00a0\n"
    assert read(tmp_path, text).columns == TWO_ROWS[0][1]


def test_joined_names_are_those_that_the_user_names(tmp_path):
    header, columns = TWO_ROWS[0]
    named = ("id", "K562_rep1")
    assert read(tmp_path, header + "a,1,2,3,4\n", named=named).columns == columns

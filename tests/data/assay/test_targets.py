import csv
import gzip
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paths import BAD_INPUTS

from seqcnn.data.assay.plan import DataPlan
from seqcnn.data.assay.targets import describe_targets, join, read_table
from seqcnn.data.readers.fasta import read_fasta
from seqcnn.data.readers.table_file import TableFormat
from seqcnn.data.readers.tables import COMMON_MISSING, EXCEL_ERRORS
from seqcnn.errors import SeqcnnError, TableError, UsageError

NAMES = [f"s{number}" for number in range(1, 21)]


def _manifest():
    with (BAD_INPUTS / "manifest.tsv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t") if row["class"] == "table"]
    return [pytest.param(row, id=f"{row['id']}-{row['file']}") for row in rows]


def _check(path, names=NAMES):
    """Do with a table what `prepare` does; return the values, the joined rows and the notes."""
    table = read_table(path)
    id_column, notes = table.id_column(None)
    rows, join_notes = join(names, table, id_column=id_column)
    values = table.numbers("y", id_column=id_column)
    return values, rows, notes + join_notes + describe_targets(values, "y")


@pytest.fixture
def written(tmp_path):
    def write(content, name="t.tsv"):
        path = tmp_path / name
        path.write_bytes(content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize("row", _manifest())
def test_every_bad_table_is_read_or_refused_as_the_manifest_says(row):
    path = BAD_INPUTS / row["file"]
    names = NAMES
    if row["file"] == "t_ids_na.tsv":
        names = [record.name for record in read_fasta(BAD_INPUTS / "_na_ids.fa", changes=Counter())]
    read_with_a_note = {"t_label_blank.tsv": "''", "t_label_excel_na.tsv": "'#N/A'"}  # by `prepare`
    if row["file"] in read_with_a_note:
        with pytest.raises(SeqcnnError, match=f"line 6, id 's5': {read_with_a_note[row['file']]}"):
            _check(path, names)
        return
    if row["expect_exit"] == "0":
        values, rows, _ = _check(path, names)
        assert len(values) == (17 if row["file"] == "t_missing_ids.tsv" else 20)
        assert list(rows[:17]) == list(range(17))
        return
    with pytest.raises(SeqcnnError, match=row["message_regex"]) as caught:
        _check(path, names)
    message = str(caught.value)
    assert caught.value.exit_code == 2
    assert path.name in message
    assert len(message) <= 500
    assert message.isprintable()
    assert message.isascii()


@pytest.mark.parametrize(
    "name",
    ["t_ok.csv", "t_quoted.csv", "t_bom.tsv", "t_crlf.tsv", "t_blank_lines.tsv", "t_tabs_in_csv.csv"],
)
def test_what_is_no_difference_gives_the_same_values(name):
    expected, _, _ = _check(BAD_INPUTS / "_ok.tsv")
    values, rows, notes = _check(BAD_INPUTS / name)
    assert np.array_equal(values, expected)
    assert np.array_equal(rows, np.arange(20))
    assert not notes


def test_a_table_is_text_with_line_numbers(written):
    table = read_table(written('\nid\ty\r\n\r\na\t"1\n2"\r\nb\tNA\n'))
    assert table.columns == ["id", "y"]
    assert table.rows == [["a", "1\n2"], ["b", "NA"]]
    assert list(table.lines) == [4, 6]


def test_a_table_may_be_gzip(written):
    assert read_table(written(gzip.compress(b"id,y\na,1\n"))).text("y") == ["1"]


def test_numbers_are_decimal_and_missing_is_nan(written):
    table = read_table(written("id,y\na,-1.5\nb,NA\nc,2e-3\nd,.5\ne,+7.\n"))
    values = table.numbers("y", id_column="id")
    assert values.dtype == np.float64
    assert np.array_equal(values, [-1.5, np.nan, 2e-3, 0.5, 7.0], equal_nan=True)


@pytest.mark.parametrize(
    "text",
    [
        "id,y\na,1\nb,\x1e\n",  # a blank to Python, which --missing would have to name
        'id\ty\na\t"1"\t2\n"b"\t',  # csv quotes the tab that it did not expect
        "id\ty\na\t1\n" + "\udcff" * 200 + "\t!\n",
    ],
)
def test_messages_hold_no_control_characters_and_stay_short(text, written):
    with pytest.raises(TableError) as error:
        read_table(written(text)).numbers("y", id_column="id")
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 500


@pytest.mark.parametrize("code", ["-999", "-999.0", "-9.99e2"])
def test_a_number_that_means_not_measured_stands_for_equal_numbers(code, written):
    table = read_table(written("id\ty\na\t-999\nb\t-999.0\nc\t-99\n"))
    values = table.numbers("y", id_column="id", missing=(code,))
    assert np.isnan(values).tolist() == [True, True, False]


def test_missing_values_are_those_that_were_declared(written):
    table = read_table(written("id,y\na,\nb,1\nc,n.d.\n"))
    assert np.isnan(table.numbers("y", id_column="id", missing=("", "n.d."))).tolist() == [True, False, True]
    with pytest.raises(TableError, match=r"line 2, id 'a': ''; line 4.*write NA or pass --missing ''"):
        table.numbers("y", id_column="id")


def test_at_most_five_cells_are_listed(written):
    table = read_table(written("id,y\n" + "".join(f"s{i},x\n" for i in range(8))))
    with pytest.raises(TableError, match=r"line 6, id 's4': 'x'; and 3 more; expected a number"):
        table.numbers("y", id_column="id")


@pytest.mark.parametrize(
    "cell",
    [
        "5,413",
        "5,413,700",
        "-5,413.70",
        "5.413,70",
        "5'413",
        "5\u2019413",
        "5 413",
        "5\u00a0413,5",
        "5_413",
        "0,5",
    ],
)
def test_separators_of_thousands_give_a_hint(cell, written):
    with pytest.raises(TableError, match="with a decimal point and no thousands separator"):
        read_table(written(f"id\ty\na\t{cell}\n")).numbers("y", id_column="id")


@pytest.mark.parametrize(
    ("cells", "decimal", "thousands", "values"),
    [
        (["5,505", "999", "-1,234,567.5", "1e3"], ".", ",", [5505, 999, -1234567.5, 1000]),
        (["5.505", "999", "\u22121.234.567,5", "0,25"], ",", ".", [5505, 999, -1234567.5, 0.25]),
        (["5'505.5", "5\u2019505", "12"], ".", "'", [5505.5, 5505, 12]),
        (["5 505", "5\u00a0505", "5\u202f505,5"], ",", "blank", [5505, 5505, 5505.5]),
    ],
)
def test_separators_of_thousands_that_are_named_are_read(cells, decimal, thousands, values, written):
    text = "id\ty\n" + "".join(f"a\t{cell}\n" for cell in cells)
    table = read_table(written(text), TableFormat(decimal=decimal, thousands=thousands))
    assert table.is_numeric(1)
    assert table.numbers("y", id_column="id").tolist() == values


@pytest.mark.parametrize("cell", ["55,05", "0,505", "5505,100", "1,234.567,8", ",505"])
def test_groups_of_other_than_three_digits_are_no_thousands(cell, written):
    table = read_table(written(f"id\ty\na\t{cell}\n"), TableFormat(thousands=","))
    with pytest.raises(TableError, match="expected a number such as"):
        table.numbers("y", id_column="id")


def test_percent_signs_are_removed_where_all_numbers_have_them(written):
    table = read_table(written("id\ty\tz\na\t31.9%\t1%\nb\tNA\t2\nc\t\u22125 %\t3%\nd\t\u00a07%\u00a0\t4%\n"))
    assert table.is_numeric(1)
    assert not table.is_numeric(2)
    np.testing.assert_array_equal(table.numbers("y", id_column="id"), [31.9, np.nan, -5, 7])
    with pytest.raises(
        TableError, match=r"line 2, id 'a': '1%'.*; other cells have no percent sign: write all"
    ):
        table.numbers("z", id_column="id")


def test_percentages_have_decimal_commas_on_request(written):
    table = read_table(written("id\ty\na\t31,9%\nb\t4%\n"), TableFormat(decimal=","))
    assert table.numbers("y", id_column="id").tolist() == [31.9, 4]


@pytest.mark.parametrize(
    ("cells", "options"),
    [
        (["N/A", "nan", "1"], "--missing N/A --missing nan, or --missing common"),
        (
            ["#DIV/0!", "n.d.", "-", "1"],
            "--missing '#DIV/0!' --missing n.d. --missing -, or --missing common",
        ),
        (["N/A", "low", "1"], "--missing N/A"),
        (["low", "N/A", "1"], "--missing low --missing N/A"),
    ],
)
def test_all_options_of_missing_cells_are_named(cells, options, written):
    table = read_table(written("id\ty\n" + "".join(f"a\t{cell}\n" for cell in cells)))
    with pytest.raises(TableError) as fault:
        table.numbers("y", id_column="id")
    assert str(fault.value).endswith(f"; if it means 'not measured', write NA or pass {options}")


def test_errors_of_a_spreadsheet_are_missing_in_a_target_that_is_named():
    assert {"", *EXCEL_ERRORS} <= {*DataPlan(targets=("y",)).missing_cells}
    assert DataPlan().missing_cells == ("NA",)
    assert {"NA", *COMMON_MISSING} == {*DataPlan(missing=("NA", "common")).missing_cells} - {"common"}


def test_one_separator_cannot_be_both_decimal_and_of_thousands(written):
    with pytest.raises(
        UsageError, match=r"--decimal and --thousands are both '\.'; give different separators"
    ):
        read_table(written("id\ty\na\t1\n"), TableFormat(thousands="."))


@pytest.mark.parametrize(
    ("cell", "options"),
    [("5,413", "--thousands ,"), ("5.413,70", "--decimal , --thousands ."), ("5 413", "--thousands blank")],
)
def test_the_options_that_read_thousands_are_named(cell, options, written):
    with pytest.raises(TableError, match=f"if they separate thousands, pass {options}(;|$)"):
        read_table(written(f"id\ty\na\t{cell}\n")).numbers("y", id_column="id")


def test_commas_before_three_digits_may_be_decimal_and_are_warned_of(written, caplog):
    table = read_table(written("id\ty\na\t1,886\nb\t10,250\n"), TableFormat(decimal=","))
    assert table.numbers("y", id_column="id").tolist() == [1.886, 10.25]
    assert (
        "column 'y': every comma, such as in '1,886', is before three digits: if they" in caplog.messages[0]
    )
    caplog.clear()
    table = read_table(written("id\ty\na\t0,886\nb\t999\n"), TableFormat(decimal=","))
    assert table.numbers("y", id_column="id").tolist() == [0.886, 999.0]
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id;y\na;1.886\nb;10.250\n", ", and semicolons separate the columns"),
        ("id\ty\na\t1.886\nb\t999\n", ", and other numbers have none"),
        ("id\ty\na\t1.886\nb\t10.250\n", ""),
        ("id;y\na;0.886\nb;10.250\n", ""),
        ("id;y\na;1.88\nb;10.250\n", ""),
    ],
)
def test_points_before_three_digits_are_warned_of_where_they_may_separate_thousands(
    text, reason, written, caplog
):
    numbers = read_table(written(text)).numbers("y", id_column="id")
    assert numbers[0] < 2
    what = f"column 'y': every point, such as in '1.886', is before three digits{reason}: if they separate "
    expected = [f"{what}thousands, pass --decimal , --thousands ."] if reason else []
    assert [message.partition(": ")[2] for message in caplog.messages] == expected


def test_the_minus_of_spreadsheets_is_a_minus(written):
    table = read_table(written("id\ty\na\t\u22121.5\nb\t-2\n"))
    assert table.numbers("y", id_column="id").tolist() == [-1.5, -2.0]


@pytest.mark.parametrize("cell", ["1e999", "4e38", "-4e38"])
def test_numbers_beyond_float32_are_refused_with_the_limit(cell, written):
    with pytest.raises(TableError, match=r"expected numbers from -3.4e\+38 to 3.4e\+38"):
        read_table(written(f"id\ty\na\t{cell}\n")).numbers("y", id_column="id")


def test_a_cell_may_be_as_long_as_a_line(written):
    limit = csv.field_size_limit()
    table = read_table(written("id\tsequence\na\t" + "A" * 140_000 + "\n"))
    assert len(table.rows[0][1]) == 140_000
    assert csv.field_size_limit() == limit
    with pytest.raises(TableError, match="line 2: a cell of over 4,194,304 characters; is a quote"):
        read_table(written('id\tsequence\na\t"' + f"{'A' * 999}\n" * 4_300))


@pytest.mark.parametrize("cell", [" 1", "1 ", "\u00a01", "1  "])
def test_blanks_around_a_number_or_a_missing_cell_are_ignored(cell, written):
    table = read_table(written(f"id\ty\na\t{cell}\nb\tNA \n"))
    assert table.is_numeric(1)
    assert np.array_equal(table.numbers("y", id_column="id"), [1, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("cells", "decimal", "hint"),
    [
        (
            ["12 %", "3"],
            ".",
            "expected a number such as -1.5 or 2e-3; other cells have no percent sign: write",
        ),
        (["1,5", "2"], ".", "if the comma is the decimal separator, pass --decimal ,$"),
        (["1,5", "2.5"], ".", "points and commas are both decimal separators in this column; write one"),
        (["1,5", "2.5"], ",", "points and commas are both decimal separators in this column; write one"),
        (["1", "2.5"], ",", "the decimal separator is a point; leave out --decimal ,$"),
        (
            ["1,886", "999"],
            ",",
            "'1,886', is before three digits, and other numbers have none: they separate",
        ),
        (
            ["1,886", "999"],
            ".",
            "expected a number .* no thousands separator; if they separate thousands, pass --thousands ,$",
        ),
        (["n.d. ", "2"], ".", r"if it means 'not measured', write NA or pass --missing 'n\.d\. '$"),
    ],
)
def test_the_remedy_is_that_of_the_cell(cells, decimal, hint, written):
    text = "id\ty\n" + "".join(f"a\t{cell}\n" for cell in cells)
    table = read_table(written(text), TableFormat(decimal=decimal))
    with pytest.raises(TableError, match=hint):
        table.numbers("y", id_column="id")


@pytest.mark.parametrize("cell", ["1e999", "4e38", "1_000", "1 2", "--1", "1e", ".", "0b1", "٣", "TRUE"])
def test_what_is_no_plain_number_is_refused(cell, written):
    with pytest.raises(TableError, match="line 2, id 'a'"):
        read_table(written(f"id\ty\na\t{cell}\n")).numbers("y", id_column="id")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        (",,\n", "no rows"),
        ("id,y\na,1\nb\nc,1,2\n", "line 3 has 1 cells; line 4 has 3 cells; the header has 2 columns"),
        (">a\nACGT\n", "this is FASTA.*swapped"),
        ("id\ty\na\t1\rb\t2\n", "line 2: carriage return"),
        ("id\ty\na\t\0\n", "line 2: NUL"),
        ('id\ty\na\t1\nb\t"2\n', "line 3: .*quote"),
        ('id\ty\na\t"1"2\n', "line 2: .*quote"),
        ("<html>", "HTML"),
        (b"\xff\xfei\0d\0", "no rows"),
        ("x" * 5_000_000, "line 1: longer than"),
        ("id\ty\na\tNA\n", "all values are missing, in 1 row"),
    ],
)
def test_a_fault_is_named_with_its_place(content, message, written):
    with pytest.raises(TableError, match=message):
        read_table(written(content)).numbers("y", id_column="id")


def test_an_unknown_column_lists_the_known_and_the_nearest(written):
    table = read_table(written("id,activity,weight\na,1,2\n"))
    with pytest.raises(
        TableError, match="no column 'activty'; known: 'id', 'activity', 'weight'; did you mean 'activity'"
    ):
        table.text("activty")


def test_ids_must_be_there_once(written):
    table = read_table(written("id,y\na,1\nb,1\na,1\n,2\n"))
    with pytest.raises(TableError, match="'a' on lines 2 and 4; no id on line 5"):
        table.unique("id")


def test_the_id_column_is_the_given_one_else_id_else_the_first(written):
    with_id = read_table(written("name,id\na,1\n"))
    without = read_table(written("name,y\na,1\n"))
    assert with_id.id_column("name") == ("name", [])
    assert with_id.id_column(None) == ("id", [])
    name, notes = without.id_column(None)
    assert name == "name"
    assert "ids are read from 'name'" in notes[0]
    with pytest.raises(TableError, match="no column 'nome'"):
        without.id_column("nome")


def test_a_join_follows_the_sequences_and_notes_what_has_no_partner(written):
    table = read_table(written("id,y\n" + "".join(f"s{i},{i}\n" for i in range(20, 1, -1)) + "extra,1\n"))
    rows, notes = join([*NAMES, "t"], table, id_column="id")
    assert list(rows) == [-1, *range(18, -1, -1), -1]
    assert "2 sequences have no row: 's1', 't'" in notes[0]
    assert "1 row has no sequence: 'extra'" in notes[1]


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ("{} ", r"20 ids match when the id is cut at its first blank, --id-until blank \(table 's1 ',"),
        ("{} description", "cut at its first blank, --id-until blank"),
        ("{}|chr1|+", "cut at its first pipe, --id-until pipe"),
        ("{}::chr1:5-205(+)", "cut at its first colon, --id-until colon"),
        ("{}.1", r"a version suffix such as \.1 is removed, --match-ids version"),
        ("{}(+)", r"a strand suffix such as \(\+\) is removed, --id-until strand"),
        ("chr{}", "a leading 'chr' is removed"),
        (">{}", "leading '>'"),
        (
            "q{}",
            r"no id is the name of one of the 20 sequences; .*; unmatched sequences: 's1'",
        ),
    ],
)
def test_a_join_that_fails_says_what_would_mend_it(change, hint, written):
    table = read_table(written("id\ty\n" + "".join(f"{change.format(name)}\t1\n" for name in NAMES)))
    with pytest.raises(TableError, match=hint):
        join(NAMES, table, id_column="id")


def test_names_whose_blanks_and_brackets_a_pipeline_replaced_are_noted(written):
    table = read_table(written("id\ty\n" + "".join(f"{name}\t1\n" for name in [*NAMES, "v_1__ref_"])))
    _, notes = join([*NAMES, "v 1 [ref]"], table, id_column="id")
    assert notes[-1].endswith(
        "1 id matches when blanks and brackets become '_' (table 'v_1__ref_', sequence 'v 1 [ref]')"
    )


def test_ids_that_a_spreadsheet_changed_are_noted(written):
    table = read_table(written("id\ty\n" + "".join(f"{name}\t1\n" for name in [*NAMES, "2-Sep", "2.31E+13"])))
    _, notes = join([*NAMES, "SEPT2"], table, id_column="id")
    assert "2 ids may have been changed by a spreadsheet ('2-Sep', '2.31E+13')" in notes[2]


def test_names_keep_their_bytes_through_the_join(written):
    table = read_table(written("id\ty\n" + "".join(f"s\udce9{i}\t1\n" for i in range(20))))
    rows, notes = join([f"s\udce9{i}" for i in range(20)], table, id_column="id")
    assert list(rows) == list(range(20))
    assert not notes


def test_two_values_and_a_wide_range_are_noted_and_a_constant_refused():
    two, _, notes = _check(BAD_INPUTS / "t_two_values.tsv")
    assert len(two) == 20
    assert notes == [
        "target 'y': two distinct values (0 and 1); is this classification? (nothing was changed)"
    ]
    assert "target 'y': wide range with a long right tail" in _check(BAD_INPUTS / "t_huge_range.tsv")[2][0]
    assert not describe_targets(np.random.default_rng(1).normal(size=100_000), "y")
    with pytest.raises(TableError, match=r"target 'y': all values are equal \(2\)"):
        describe_targets(np.array([2.0, np.nan, 2.0]), "y")


def test_a_missing_table_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        read_table(tmp_path / "none.tsv")


cells = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\0"), max_size=8)


@given(st.lists(st.tuples(cells, cells, cells), min_size=1), st.sampled_from("\t,"))
def test_what_the_csv_module_writes_is_read_back(tmp_path_factory, rows, delimiter):
    expected = [list(row) for row in rows if "".join(row).strip()]
    path = tmp_path_factory.getbasetemp() / "round.tsv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
        writer.writerows([["id", "y", "z"], *expected])
    if expected:
        assert read_table(path).rows == expected


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1))
def test_numbers_are_read_back_exactly(tmp_path_factory, numbers):
    path = tmp_path_factory.getbasetemp() / "numbers.tsv"
    path.write_text("id\ty\n" + "".join(f"s{i}\t{number!r}\n" for i, number in enumerate(numbers)))
    assert read_table(path).numbers("y", id_column="id").tolist() == numbers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id\ty\n\tn.d.\na\t1\nb\tNA\n", "column 'id': no id on line 2; give each row an id, or remove it"),
        (
            "id\ty\na\t1\n\t2\n\t3\n",
            "column 'id': no id on line 3; no id on line 4; give each row an id, or remove it; of "
            "merged cells only the first row has the id: fill it down",
        ),
        ("id\ty\na\t1\na\t2\n", "column 'id': 'a' on lines 2 and 3; each id must be there once"),
        (
            "id\ty\n\tx\n\tz\n",
            "column 'id': no id on line 2; no id on line 3; give each row an id, or remove it",
        ),
    ],
)  # fmt: skip
def test_the_remedy_for_ids_depends_on_their_fault(text, message, tmp_path):
    (tmp_path / "t.tsv").write_text(text)
    with pytest.raises(TableError) as fault:
        read_table(tmp_path / "t.tsv").unique("id")
    assert str(fault.value) == f"{tmp_path}/t.tsv: {message}"

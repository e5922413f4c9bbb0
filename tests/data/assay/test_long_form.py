"""Tables with one row per barcode or replicate of a sequence."""

from pathlib import Path

import numpy as np
import pytest
from support.command_line import cli as run

from seqcnn.data.assay.long_form import aggregate_rows
from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.dataset import load_dataset
from seqcnn.data.prepare import prepare
from seqcnn.data.readers.tables import Table
from seqcnn.errors import TableError, UsageError

BARCODES = """
id barcode locus y
a  AAC     x     1
b  CCA     y     5
a  AAG     x     2
a  AAT     x     6
b  CCT     y     NA
c  GGT     z     NA
"""
REPLICATES = """
id rep bc y  z
a  r1  1  1  4
a  r1  2  3  NA
a  r2  3  8  6
b  r2  4  10 NA
b  r1  5  6  2
"""


def table(text: str, decimal: str = ".") -> Table:
    header, *rows = [line.split() for line in text.strip().splitlines()]
    return Table(Path("t.tsv"), header, rows, list(range(2, len(rows) + 2)), decimal)


def aggregated(text: str, plan: DataPlan, method="mean", **options):
    """Return column -> cells of the aggregated table, the plan and the notes."""
    rows = aggregate_rows(table(text, **options), plan, method, sequence=None)
    columns = dict(zip(rows.table.columns, map(list, zip(*rows.table.rows, strict=True)), strict=True))
    return columns, rows.plan, rows.notes


def test_rows_of_an_id_are_barcodes_without_a_column_of_replicates():
    columns, plan, notes = aggregated(BARCODES, DataPlan(targets=("y",)))
    assert columns == {
        "id": ["a", "b", "c"],
        "locus": ["x", "y", "z"],
        "y": ["3.0", "5.0", "NA"],
        "y_sd": [str(7**0.5), "NA", "NA"],
        "y_count": ["3", "1", "0"],
    }
    assert plan.replicates == {}
    assert notes == [
        "t.tsv: 6 rows -> 3 ids (1 to 3 rows per id, median 2), aggregated by their mean",
        "t.tsv: column 'y': 2 cells are not measured and left out",
        "t.tsv: columns that differ within an id are left out: 'barcode'",
    ]


def test_the_median_of_the_rows_is_read_with_median():
    assert aggregated(BARCODES, DataPlan(targets=("y",)), "median")[0]["y"] == ["2.0", "5.0", "NA"]


def test_the_only_numeric_column_is_the_target():
    assert aggregated(BARCODES, DataPlan())[1].targets == ("y",)


def test_replicates_are_aggregated_from_their_rows_and_become_those_of_the_target():
    columns, plan, notes = aggregated(REPLICATES, DataPlan(targets=("y", "z"), replicate_column="rep"))
    assert columns == {
        "id": ["a", "b"],
        "y": ["5.0", "8.0"],
        "y_sd": [str(18**0.5), str(8**0.5)],
        "y_count": ["2", "2"],
        "y_r1": ["2.0", "6.0"],
        "y_r2": ["8.0", "10.0"],
        "z": ["5.0", "2.0"],
        "z_sd": [str(2**0.5), "NA"],
        "z_count": ["2", "1"],
        "z_r1": ["4.0", "2.0"],
        "z_r2": ["6.0", "NA"],
    }
    assert plan.replicates == {"y": ("y_r1", "y_r2"), "z": ("z_r1", "z_r2")}
    assert notes[0].startswith("t.tsv: 5 rows, of 2 replicates -> 2 ids (2 to 3 rows per id, median 2.5)")


def test_the_lines_are_those_of_the_first_row_of_each_id():
    rows = aggregate_rows(table(BARCODES), DataPlan(targets=("y",)), "mean", sequence=None)
    assert list(rows.table.lines) == [2, 3, 7]


def test_columns_of_replicates_of_barcodes_are_aggregated_one_by_one():
    text = "id bc r1 r2\na 1 1 5\na 2 3 9\nb 3 2 NA\nb 4 4 6\n"
    columns, plan, _ = aggregated(text, DataPlan(targets=("m",), replicates={"m": ("r1", "r2")}))
    assert (columns["r1"], columns["r2"]) == (["2.0", "3.0"], ["7.0", "6.0"])
    assert (plan.targets, plan.replicates) == (("m",), {"m": ("r1", "r2")})


def test_decimal_commas_stay():
    columns, *_ = aggregated("id y\na 1,5\na 2\nb 3\n", DataPlan(targets=("y",)), decimal=",")
    assert columns["y"] == ["1,75", "3,0"]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("id sequence y\na AC 1\na AG 2\n", {"sequence": "sequence"},
         "column 'sequence' differs within an id, on lines 2 and 3; --aggregate expects one value per id"),
        ("id w y\na 1 1\nb 2 2\nb 1 3\n", {"weight": "w"}, r"'w' differs .* lines 3 and 4.*TARGET_count"),
        ("id rep y\na 1 1\na . 2\n", {"replicate_column": "rep", "missing": (".",)}, "no replicate on line"),
        ("id y_sd y\na 1 1\na 1 2\n", {}, "column 'y_sd' has the name of a result of --aggregate; rename it"),
        ("id y\na 1\na x\n", {}, "line 3, id 'a': 'x'"),
        ("id rep y\n" + "".join(f"a {i} 1\n" for i in range(51)), {"replicate_column": "rep"},
         "column 'rep': 51 distinct values; at most 50 replicates"),
    ],
)  # fmt: skip
def test_what_has_no_one_value_is_refused(text, options, message):
    with pytest.raises(TableError, match=message):
        aggregated(text, DataPlan(targets=("y",), **options))


@pytest.fixture
def long(tmp_path):
    """Write 120 sequences, i = 0..119, in replicates A, which measured i, and B, which measured i + 1."""
    draw = np.random.default_rng(1)
    rows = ["id\trep\tsequence\ty\n"]
    for i in range(120):
        letters = "".join(draw.choice(list("ACGT"), 30))
        rows += [f"s{i}\tA\t{letters}\t{i}\n", f"s{i}\tB\t{letters}\t{i + 1}\n"]
    path = tmp_path / "long.tsv"
    path.write_text("".join(rows))
    return path


def test_a_long_table_is_prepared_with_its_replicates(long, tmp_path):
    options = ("--target", "y", "--aggregate", "mean", "--replicate-column", "rep")
    assert run("prepare", long, *options, "-o", tmp_path / "d.h5") == 0
    dataset = load_dataset(tmp_path / "d.h5")
    assert dataset.ids == [f"s{i}" for i in range(120)]
    assert np.array_equal(dataset.targets[:, 0], np.arange(120) + 0.5)
    assert np.array_equal(dataset.replicates[:, 0], np.stack([np.arange(120), np.arange(1, 121)], 1))


def test_sequences_may_be_in_a_file_of_their_own(long, tmp_path):
    cells = [line.split("\t") for line in long.read_text().splitlines()[1::2]]
    (tmp_path / "s.fa").write_text("".join(f">{name}\n{letters}\n" for name, _, letters, _ in cells))
    dataset = prepare(Inputs(tmp_path / "s.fa", long), DataPlan(targets=("y",), aggregate="median"))
    assert np.array_equal(dataset.targets[:, 0], np.arange(120) + 0.5)


def test_count_and_sd_may_be_weights(long):
    dataset = prepare(
        Inputs(long, long), DataPlan(targets=("y",), aggregate="mean", weight="y_sd", weight_by="sd")
    )
    assert dataset.weights.tolist() == [0.5] * 120


def test_ids_that_are_there_twice_name_the_option(long, capsys):
    assert run("check", long, "--target", "y") == 2
    message = capsys.readouterr().err
    assert "each id must be there once; the rows of an id differ in 'rep' (" in message
    expected = (
        "for replicates, pass --aggregate mean --replicate-column rep; for one target per value, such as"
    )
    assert f"{expected} cell types, pass --pivot rep\n" in message


def test_barcodes_that_are_there_twice_name_the_option(tmp_path, capsys):
    (tmp_path / "t.tsv").write_text("id\tsequence\ty\na\tACGTACGT\t1\na\tACGTACGT\t2\n")
    assert run("check", tmp_path / "t.tsv") == 2
    assert (
        "once; --aggregate mean reads one row per barcode, with --replicate-column" in capsys.readouterr().err
    )


def test_ids_that_are_there_once_leave_nothing_to_aggregate(tmp_path, capsys):
    (tmp_path / "t.tsv").write_text("bc\tsequence\ty\nb1\tACGTACGT\t1\nb2\tACGTACGT\t2\nb3\tAAAACCCC\t2\n")
    assert run("check", tmp_path / "t.tsv", "--aggregate", "mean", "--id", "bc") == 2
    message = capsys.readouterr().err
    assert (
        "column 'bc': each id is there once; --aggregate has nothing to aggregate: name the column" in message
    )
    assert message.strip().endswith("columns whose values repeat: 'sequence' (2 different values)")


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (DataPlan(replicate_column="rep"), "--replicate-column needs --aggregate mean, or median"),
        (
            DataPlan(aggregate="mean", replicate_column="rep", replicates={"y": ("a", "b")}),
            "--replicates and --replicate-column: expected one of them",
        ),
    ],
)
def test_options_that_contradict_are_refused(plan, message, long):
    with pytest.raises(UsageError, match=message):
        prepare(Inputs(long, long), plan)

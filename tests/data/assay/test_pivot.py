"""Long tables with a column of conditions become a target per condition."""

import numpy as np
import pytest
from support.command_line import cli as run

from seqcnn.data.assay.pivot import pivot_rows, repeated_remedy
from seqcnn.data.assay.plan import DataPlan
from seqcnn.data.dataset import load_dataset
from seqcnn.data.readers.table_file import read_table
from seqcnn.errors import TableError

CELLS = """id cell rep gene y
a HepG2 1 g 1
a K562 1 g 4
b K562 1 h 6
a HepG2 2 g 3
b K562 2 h NA
a K562 2 g 8
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        (tmp_path / "t.tsv").write_text(text.replace(" ", "\t"))
        return read_table(tmp_path / "t.tsv")

    return write


def pivoted(table, **plan):
    """Return column -> cells of the table with a target per cell type, the plan, and the last note."""
    rows = pivot_rows(table, DataPlan(pivot="cell", **plan), "cell", sequence=None)
    columns = dict(zip(rows.table.columns, map(list, zip(*rows.table.rows, strict=True)), strict=True))
    return columns, rows.plan, rows.notes[-1].partition("t.tsv: ")[2]


def test_each_condition_is_a_target_of_each_id(written):
    rows = [line for line in CELLS.splitlines() if line.split()[2] != "2"]
    columns, plan, note = pivoted(written("\n".join(rows) + "\n"), targets=("y",), units={"y": "log2"})
    expected = {"y_HepG2": ["1.0", "NA"], "y_K562": ["4.0", "6.0"], "gene": ["g", "h"]}
    assert {name: columns[name] for name in expected} == expected
    assert (plan.targets, plan.units) == (("y_HepG2", "y_K562"), {"y_HepG2": "log2", "y_K562": "log2"})
    assert note == (
        "3 rows -> 2 ids, with a target for each value of 'cell': 'y_HepG2' (1 measured); 'y_K562' (2 "
        "measured)"
    )


def test_replicates_of_each_condition_are_aggregated(written):
    columns, plan, note = pivoted(written(CELLS), targets=("y",), aggregate="mean", replicate_column="rep")
    assert (columns["y_HepG2"], columns["y_K562"]) == (["2.0", "NA"], ["6.0", "6.0"])
    assert columns["y_K562_count"] == ["2", "1"]
    assert plan.replicates == {"y_HepG2": ("y_HepG2_1", "y_HepG2_2"), "y_K562": ("y_K562_1", "y_K562_2")}
    assert columns["y_K562_2"] == ["8.0", "NA"]
    assert note.endswith("; rows of one id and value are aggregated by their mean")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            CELLS,
            r"--pivot 'cell': 'a' with 'HepG2' on lines 2 and 5; .*; if these are .* pass --aggregate mean",
        ),
        (
            CELLS.replace("b K562 1", "b NA 1"),
            "column 'cell': no value on line 4; --pivot needs one in each row",
        ),
        ("id cell y y_A\na A 1 2\n", "column 'y_A' has the name of a result of --pivot; rename it"),
        (
            "id cell y\n" + "".join(f"a {i} 1\n" for i in range(51)),
            "51 distinct values; at most 50 conditions",
        ),
    ],
)
def test_a_table_that_cannot_be_pivoted_is_refused(text, fault, written):
    with pytest.raises(TableError, match=fault):
        pivoted(written(text), targets=("y",))


def test_the_remedy_for_repeated_ids_names_pivot_first_for_conditions(written):
    long = written("id cell y\na HepG2 1\na K562 4\nb HepG2 2\n")
    assert repeated_remedy(long, "id") == (
        "; the rows of an id differ in 'cell' ('HepG2'; 'K562'): for one target per value, such as cell "
        "types, pass --pivot cell; for replicates, pass --aggregate mean --replicate-column cell"
    )
    both = written("id cell rep y\n" + "".join(f"{n} {c} {r} 1\n" for n in "ab" for c in "XY" for r in "12"))
    assert repeated_remedy(both, "id").startswith(
        "; every id has rows of the 2 values of 'cell': for one target per value, such as cell types, pass "
        "--pivot cell --aggregate mean --replicate-column rep; --aggregate mean reads one row per barcode"
    )


def test_a_long_table_is_prepared_with_a_target_per_cell_type(tmp_path, capsys):
    draw = np.random.default_rng(1)
    letters = ["".join(draw.choice(list("ACGT"), 30)) for _ in range(40)]
    (tmp_path / "s.fa").write_text("".join(f">s{i}\n{bases}\n" for i, bases in enumerate(letters)))
    rows = (f"s{i}\t{cell}\t{i * sign}\n" for i in range(40) for cell, sign in (("A", 1), ("B", -1)))
    (tmp_path / "t.tsv").write_text("id\tcell\ty\n" + "".join(rows))
    files = tmp_path / "s.fa", tmp_path / "t.tsv"
    assert run("check", *files) == 2
    assert "--pivot cell; for replicates" in capsys.readouterr().err
    assert run("prepare", *files, "--pivot", "cell", "-o", tmp_path / "d.h5") == 0
    data = load_dataset(tmp_path / "d.h5")
    assert data.target_names == ["y_A", "y_B"]
    assert np.array_equal(data.targets, np.stack([np.arange(40), -np.arange(40)], axis=1))
    capsys.readouterr()
    assert run("check", *files, "--pivot", "cell", "--replicates", "y,z") == 2
    assert "--replicates and --pivot: expected one of them" in capsys.readouterr().err

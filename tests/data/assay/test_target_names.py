"""Names and units of targets that a header or a table of predictions cannot hold."""

import re
from pathlib import Path

import pytest

from seqcnn.data.assay.columns import Columns
from seqcnn.data.assay.target_names import (
    ENDINGS,
    MAX_TARGETS,
    check_targets,
    mean_name,
    only_target,
    units_of,
)
from seqcnn.data.readers.tables import Table
from seqcnn.errors import ConfigError, TableError, UsageError
from seqcnn.schema import MAX_TEXT


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_target_named_like_a_column_of_another_target_is_refused(ending):
    expected = (
        f"t.tsv: target 'a{ending}': tables of predictions have a column of this name for target 'a'; rename"
    )
    with pytest.raises(TableError, match=re.escape(expected)):
        check_targets([f"a{ending}", "a"], ["", ""], "t.tsv")
    check_targets([f"a{ending}", "b"], ["", ""], "t.tsv")


@pytest.mark.parametrize(
    ("name", "column"), [("id", "the ids"), ("out_of_distribution", "out-of-distribution sequences")]
)
def test_a_target_named_like_a_column_of_all_predictions_is_refused(name, column):
    with pytest.raises(TableError, match=f"'{name}': .* for {column}; rename the target"):
        check_targets([name], [""], "t.tsv")


@pytest.mark.parametrize(
    ("names", "units", "message"),
    [
        (["y", "y"], ["", ""], "t.tsv: several targets are named 'y'; rename them"),
        (["y", " "], ["", ""], "t.tsv: a blank name among 'y'; ' '; name each"),
        (["y\t"], [""], r"t.tsv: column: control character '\\t' in the name"),
        (["y"], ["log\x1b"], r"t.tsv: target 'y': control character in the unit 'log\\x1b'; remove it"),
        (["y"], ["u" * (MAX_TEXT + 1)], "a name of 1 and a unit of 2,001 characters; at most 2,000"),
        (["y" * (MAX_TEXT + 1)], [""], "a name of 2,001 and a unit of 0 characters"),
        (["y"] * (MAX_TARGETS + 1), [""] * (MAX_TARGETS + 1), "10,001 targets; at most 10,000"),
    ],
    ids=range(7),
)
def test_names_and_units_that_no_header_can_hold_are_refused(names, units, message):
    with pytest.raises(TableError, match=message):
        check_targets(names, units, "t.tsv")


def test_the_name_of_a_mean_has_no_comma_which_separates_targets():
    assert mean_name(["r1", "r2", "r3"]) == "mean of r1 and r2 and r3"


def test_units_are_those_of_the_targets_and_of_nothing_else():
    assert units_of(["y", "z"], {"z": "log2"}) == ["", "log2"]
    with pytest.raises(
        ConfigError, match="units: 'yy' is not a target; targets are 'y'; 'z'; did you mean 'y'"
    ):
        units_of(["y", "z"], {"yy": "log2"})


@pytest.mark.parametrize(
    ("names", "options"),
    [
        (["rep1", "rep2"], "the mean of replicates with --replicates rep1,rep2"),
        (["y_r1", "y_r2"], "the mean of replicates with --replicates y_r1,y_r2"),
        (["dna_rep1", "dna_rep2", "rna_rep1", "rna_rep2"],
         "the mean of the replicates of each with --replicates dna=dna_rep1,dna_rep2 "
         "--replicates rna=rna_rep1,rna_rep2"),
        (["dna_rep1", "rna_rep1"], None),
        (["rep1", "dna_rep1", "dna_rep2"], None),
    ],
)  # fmt: skip
def test_columns_of_replicates_are_proposed_for_one_target_per_name(names, options):
    table = Table(Path("t.tsv"), ["id", *names], [["a", *"12345"[: len(names)]]], [2])
    with pytest.raises(UsageError) as fault:
        only_target(Columns(table, id_column="id", missing=()), ())
    remedy = str(fault.value).rpartition("; name it with --target, repeated for several")[2]
    assert remedy == (f", or predict {options}" if options else "")


def test_candidates_of_a_table_of_many_columns_are_counted_and_not_compared_one_by_one():
    names = [f"c{i}" for i in range(20_000)]
    rows = [["a", *["1.5"] * 10_000, *["x"] * 10_000], *([f"b{i}", *["2"] * 20_000] for i in range(5))]
    table = Table(Path("t.tsv"), ["id", *names], rows, list(range(2, 8)))
    expected = (
        "t.tsv: which column is the target? columns of numbers: 'c0'; 'c1'; 'c2'; 'c3'; 'c4'; and 9995 more; "
        "not numbers in 'c10000': line 2, id 'a': 'x' (1 cell); "
    )
    with pytest.raises(UsageError, match=re.escape(expected)) as error:
        only_target(Columns(table, id_column="id", missing=("NA",)), set())
    assert "and 9995 more; if these mean 'not measured', pass --missing x; name it" in str(error.value)


@pytest.mark.parametrize(
    ("column", "cells", "message"),
    [
        ("1.5", ["2", "3"], "the column of the target is called '1.5', a number; add a line of column names"),
        (
            "y",
            ["-4.1 \u00b1 0.1", "2 +/- 1"],
            r"'y' has cells such as .*; write value and error into two columns",
        ),
    ],
)
def test_a_name_that_is_a_number_and_measurements_with_errors_are_refused(column, cells, message):
    rows = [[f"s{i}", cell] for i, cell in enumerate(cells)]
    table = Table(Path("t.tsv"), ["id", column], rows, list(range(2, 2 + len(rows))))
    with pytest.raises(UsageError, match=message):
        only_target(Columns(table, id_column="id", missing=("NA",)), set())

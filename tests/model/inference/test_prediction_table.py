import csv
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.transform import Transform
from seqcnn.errors import TableError
from seqcnn.io.table_output import column_lines
from seqcnn.model.inference.prediction_table import (
    PredictionTable,
    column_names,
    prediction_columns,
    spreadsheet_safe,
    write_predictions,
)
from seqcnn.model.inference.predictions import Predictions


def prediction_lines(*arguments):
    """Return predictions as tab-separated text."""
    return column_lines(prediction_columns(*arguments))


def test_one_model_gives_a_column_a_target_and_several_give_two():
    assert column_names(["a", "b"], Predictions(np.zeros((1, 0, 2)))) == ["id", "a", "b"]
    assert column_names(["a", "b"], Predictions(np.zeros((3, 0, 2)))) == ["id", "a", "a_sd", "b", "b_sd"]


def test_intervals_stand_beside_their_target_and_the_flag_is_last():
    found = Predictions(np.array([[[3.0]]]), np.array([[[0.5]]]), np.array([True]))
    names = column_names(["a"], found, interval=True)
    assert names == ["id", "a", "a_sd", "a_low", "a_high", "out_of_distribution"]
    assert prediction_lines(["x"], found, np.array([[2.0]])) == "x\t3\t0.5\t1\t5\tyes\n"


def test_a_row_without_an_interval_has_na_for_its_bounds():
    found = Predictions(np.array([[[3.0], [4.0]]]), None, np.array([True, False]))
    assert (
        prediction_lines(["x", "y"], found, np.array([[np.nan], [1.0]]))
        == "x\t3\tNA\tNA\tyes\ny\t4\t3\t5\tno\n"
    )


def test_the_mean_and_the_sample_standard_deviation_of_an_ensemble_are_those_by_hand():
    y_hat = np.array([[[1.0, 5.0]], [[2.0, 5.0]], [[6.0, 5.0]]])
    assert prediction_lines(["x"], Predictions(y_hat)) == f"x\t3\t{7**0.5:.7g}\t5\t0\n"


def test_numbers_have_the_seven_digits_that_float32_holds():
    y_hat = np.array([[[1 / 3], [1e-9 / 3], [123456.78], [-0.0]]], np.float32)
    assert (
        prediction_lines("abcd", Predictions(y_hat)) == "a\t0.3333333\nb\t3.333333e-10\nc\t123456.8\nd\t0\n"
    )


@given(
    names=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), unique=True)
)
def test_any_name_is_read_back_from_its_cell(names):
    text = prediction_lines(names, Predictions(np.zeros((1, len(names), 1))))
    cells = [row[0] for row in csv.reader(io.StringIO(text, newline=""), delimiter="\t")]
    assert cells == names


def test_a_plain_name_is_not_quoted_and_a_tab_is():
    found = Predictions(np.zeros((1, 2, 1)))
    assert prediction_lines(["a b;c,d|e", 'x\ty"z'], found) == 'a b;c,d|e\t0\n"x\ty""z"\t0\n'


def test_a_name_that_is_no_utf_8_is_written_byte_for_byte(tmp_path):
    name = b"caf\xe9".decode("utf-8", "surrogateescape")
    write_predictions(tmp_path / "p.tsv", [name], np.zeros((1, 1, 1)), ["y"])
    assert (tmp_path / "p.tsv").read_bytes() == b"id\ty\ncaf\xe9\t0\n"


def test_a_written_table_is_read_back_in_the_order_that_is_asked_for(tmp_path):
    y_hat = np.array([[[1.5, 10.0], [2.5, 20.0], [3.5, 30.0]]])
    write_predictions(tmp_path / "p.tsv", ["a", "b", "c"], y_hat, ["y", "z"])
    table = PredictionTable.read(tmp_path / "p.tsv", ["c", "a"], ["z", "y"])
    assert table.mean.tolist() == [[30, 3.5], [10, 1.5]]


def test_the_table_of_an_ensemble_is_read_as_its_mean(tmp_path):
    write_predictions(tmp_path / "p.tsv", ["a"], np.array([[[1.0]], [[2.0]]]), ["y"])
    assert PredictionTable.read(tmp_path / "p.tsv", ["a"], ["y"]).mean.tolist() == [[1.5]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id\ty\na\t1\n", "no prediction for 'b'"),
        ("id\tz\na\t1\nb\t1\n", "'y'"),
        ("name\ty\na\t1\nb\t1\n", "'id'"),
        ("id\ty\na\t1\nb\tNA\n", "empty prediction for 'b'"),
        ("id\ty\na\t1\nb\tbanana\n", "banana"),
    ],
)
def test_a_table_without_what_is_asked_for_is_refused(tmp_path, text, message):
    (tmp_path / "p.tsv").write_text(text)
    with pytest.raises(TableError, match=message) as caught:
        PredictionTable.read(tmp_path / "p.tsv", ["a", "b"], ["y"])
    assert "p.tsv" in str(caught.value)


def _read_transformed(path, text, transform):
    path.write_text(text)
    return PredictionTable.read(path, ["a", "b"], ["y"], {"y": transform})


def test_predictions_named_by_the_scale_of_a_transform_are_read_as_they_are(tmp_path):
    transform = Transform(name="log2", pseudocount=1)
    text = "id\tlog2(y + 1)\tlog2(y + 1)_sd\na\t3\t0.5\nb\t-1\t0.25\n"
    table = _read_transformed(tmp_path / "p.tsv", text, transform)
    assert (table.mean.tolist(), table.sd.tolist()) == ([[3], [-1]], [[0.5], [0.25]])


def test_predictions_named_by_a_transformed_target_are_transformed(tmp_path):
    transform = Transform(name="log2", pseudocount=1)
    table = _read_transformed(tmp_path / "p.tsv", "id\ty\ty_sd\na\t7\t2\nb\t0\t1\n", transform)
    assert (table.mean.tolist(), table.sd) == ([[3], [0]], None)


@pytest.mark.parametrize(
    ("column", "value", "pseudocount", "message"),
    [
        ("log2(y + 2)", "1", 1, r"no column 'log2\(y \+ 1\)'"),
        ("y", "-1", 1, "'y': -1 found; the model's log2 needs values of 0 or more"),
        ("y", "0", 0, "'y': 0 found; the model's log2 needs values above 0"),
    ],
)
def test_predictions_of_another_scale_are_refused(tmp_path, column, value, pseudocount, message):
    transform = Transform(name="log2", pseudocount=pseudocount)
    with pytest.raises(TableError, match=message):
        _read_transformed(tmp_path / "p.tsv", f"id\t{column}\na\t{value}\nb\t1\n", transform)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "a=1", "", "'=1"])
def test_only_a_name_that_begins_a_formula_is_changed_for_a_spreadsheet(name):
    begins = name[:1] in ("=", "+", "-", "@", "\t", "\r") and name != ""
    assert spreadsheet_safe(name) == ("'" if begins else "") + name


def test_predictions_of_other_tools_are_read_with_the_options_of_tables(tmp_path):
    (tmp_path / "p.csv").write_text("gene;y\na|1;0,5\nb|2;1,5\n")
    form = SequenceFormat(id="gene", id_until="pipe", decimal=",")
    table = PredictionTable.read(tmp_path / "p.csv", ["b", "a"], ["y"], form=form)
    assert table.mean.tolist() == [[1.5], [0.5]]
    with pytest.raises(TableError, match=r"if the comma is the decimal separator, pass --decimal ,$"):
        PredictionTable.read(tmp_path / "p.csv", ["a|1"], ["y"], form=SequenceFormat(id="gene"))


@pytest.mark.parametrize("suffix", ["tsv", "csv", "xlsx"])
@given(
    names=st.lists(
        st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), min_size=1),
        min_size=1, max_size=4, unique=True,
    )
)  # fmt: skip
@example(names=["a;b;c;d", "e,f"])
@example(names=['"', '"" ""', 'a "b" c'])
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_name_of_a_target_is_read_back_from_its_column(tmp_path, suffix, names):
    names = [f"_{name}" for name in names]  # none is `id`
    y_hat = np.arange(len(names), dtype=float).reshape(1, 1, -1)
    write_predictions(tmp_path / f"p.{suffix}", ["x;y;z"], y_hat, names)
    table = PredictionTable.read(tmp_path / f"p.{suffix}", ["x;y;z"], names)
    assert table.mean.tolist() == y_hat[0].tolist()

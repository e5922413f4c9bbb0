"""Scores and coverage of parts of the test rows."""

import json
import re

import numpy as np
import pytest
from support.fake_run import dataset, make_run
from support.pages import HOSTILE

from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.errors import TableError
from seqcnn.evaluation.evaluate import evaluate
from seqcnn.evaluation.strata import fifths, strata
from seqcnn.io.json_file import write_json
from seqcnn.model.inference.conformal import half_width
from seqcnn.model.inference.prediction_table import PredictionTable, write_predictions
from seqcnn.model.network.header import Calibration
from seqcnn.report.content.coverage_tables import coverage_by_stratum
from seqcnn.report.content.strata import stratum_sentences, stratum_tables
from seqcnn.report.report import render
from seqcnn.report.run.collect import collect


def ten_test_rows(**changes):
    """Test rows 0 to 9 with measurement i, length 10 + i % 2, a GC fraction of i % 2 / 2; four other rows."""
    letters = [("AG" if i % 2 else "AT") * 5 + "A" * (i % 2) for i in range(14)]
    split = ["test"] * 10 + ["train", "val"] * 2
    data = dataset_from_arrays(letters, np.arange(14.0), split=split)
    values = np.array([["x", "left"], ["y", ""]])[np.minimum(np.arange(14) // 6, 1)]
    changes = {"categories": values, "category_names": ["class", "side"]} | changes
    return type(data)(**{**data.__dict__, **changes})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([4, 3, 2, 1, 0], [[4], [3], [2], [1], [0]]),
        ([7, 7, 7], [[0, 1, 2]]),
        ([0, 0, 0, 0, 5], [[0, 1, 2, 3], [4]]),
        ([1, 0], [[1], [0]]),
        ([], []),
    ],
)
def test_fifths_keep_equal_values_together(values, expected):
    assert [at.tolist() for at in fifths(np.array(values, float))] == expected


def test_test_rows_are_cut_by_measurement_length_gc_and_category():
    found = strata(ten_test_rows())["target"]
    assert [(s.by, s.name, s.rows.tolist()) for s in found] == [
        ("measured", "lowest fifth: 0 to 1", [0, 1]),
        ("measured", "second fifth: 2 to 3", [2, 3]),
        ("measured", "middle fifth: 4 to 5", [4, 5]),
        ("measured", "fourth fifth: 6 to 7", [6, 7]),
        ("measured", "highest fifth: 8 to 9", [8, 9]),
        ("length", "10 bp", [0, 2, 4, 6, 8]),
        ("length", "11 bp", [1, 3, 5, 7, 9]),
        ("GC", "0.0%", [0, 2, 4, 6, 8]),
        ("GC", "45.5%", [1, 3, 5, 7, 9]),
        ("class", "x", [0, 1, 2, 3, 4, 5]),
        ("class", "y", [6, 7, 8, 9]),
        ("side", "(none)", [6, 7, 8, 9]),
        ("side", "left", [0, 1, 2, 3, 4, 5]),
    ]


def test_rows_that_were_not_measured_are_in_no_stratum_and_what_all_share_is_none():
    data = ten_test_rows(categories=np.full((14, 1), "x"), category_names=["class"])
    data.targets[1::2] = np.nan
    found = strata(data)["target"]
    assert {s.by for s in found} == {"measured"}
    assert [s.rows.tolist() for s in found] == [[0], [2], [4], [6], [8]]


def test_no_test_rows_have_no_strata():
    data = ten_test_rows(split=np.array(["train"] * 14))
    assert strata(data) == {"target": []}
    assert evaluate(data, data.targets, resamples=2)["strata"] == {"target": []}


def test_a_stratum_is_scored_as_its_rows_alone():
    data = ten_test_rows(groups=np.arange(14, dtype=np.int32))
    y_hat = data.targets + np.array([0, 1, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0])[:, None]
    found = evaluate(data, y_hat, resamples=20)["strata"]["target"]
    assert [list(s) for s in found] == [["by", "stratum", "n", "pearson", "rmse", "mean_error"]] * 13
    lowest, _, _, fourth = found[:4]
    assert (lowest["by"], lowest["stratum"], lowest["n"]) == ("measured", "lowest fifth: 0 to 1", 2)
    assert (lowest["mean_error"], lowest["rmse"]["value"]) == (0.5, pytest.approx(0.5**0.5))
    assert fourth["rmse"]["value"] == pytest.approx(8**0.5)  # 6, 7 predicted as 10, 7
    assert fourth["pearson"] == {"value": None, "low": None, "high": None}  # of two rows it is always ±1
    first = next(s for s in found if s["stratum"] == "x")
    assert first["rmse"]["value"] == pytest.approx(6**-0.5)  # 0 to 5, of which 1 is predicted as 2


@pytest.fixture
def experiment(tmp_path):
    """A run whose best model predicts class b at random."""
    data = dataset(n=960)
    data.categories[:] = np.array([["a"], ["b"]])[np.arange(960) // 8 % 2]
    run = make_run(tmp_path / "r", data, {"cnn/seed1": 0.1, "mean/fit": np.inf})
    y_hat = data.targets.copy()
    b = np.flatnonzero(data.categories[:, 0] == "b")
    y_hat[b] = np.random.default_rng(0).permutation(y_hat[b])
    folder = run / "cnn/seed1"
    write_predictions(folder / "predictions.tsv", data.ids, y_hat[None], data.target_names)
    write_json(folder / "metrics.json", evaluate(data, y_hat, resamples=50))
    return collect(run)


def test_the_table_shows_every_stratum_of_the_best_model_and_marks_the_worst(experiment):
    (table,) = stratum_tables(experiment)
    assert [(row[0].text, row[1].text) for row in table.rows[-2:]] == [("class", "a"), ("class", "b")]
    assert len(table.rows) == 17
    a, b = table.rows[-2:]
    assert table.marked == 16
    assert a[3].text == "1.000 (1.000 to 1.000)"
    assert a[4].text == "0.00 (0.00 to 0.00)"
    assert b[2].value == 120
    assert table.rows[0][1].text.startswith("lowest fifth: ")
    assert table.notes == tuple(stratum_sentences(experiment, "activity"))
    assert table.notes[0].startswith("Clearly lower where class is b: r = ")
    assert "on 120 test rows, against 0." in table.notes[0]


def test_lengths_are_named_with_their_unit(experiment):
    names = [row[1].text for row in stratum_tables(experiment)[0].rows if row[0].text == "length"]
    assert re.fullmatch(r"lowest fifth: 40 to 4\d bp", names[0])
    assert re.fullmatch(r"highest fifth: 5\d to 60 bp", names[-1])


def test_where_no_stratum_is_clearly_worse_this_is_said(tmp_path):
    found = collect(make_run(tmp_path / "r", dataset(), {"ridge/fit": 0.4}, extras=False))
    assert stratum_sentences(found, "activity") == ["r was not judged by stratum: none has 20 test rows."]
    assert stratum_tables(found)[0].marked is None
    data = dataset()
    data.categories[data.part("test")[:25]] = "a"  # 35 rows are of class b, and the fifths have 12 rows
    found = collect(make_run(tmp_path / "s", data, {"ridge/fit": 0.4}, extras=False))
    assert stratum_sentences(found, "activity") == [
        "In no stratum is r clearly lower than on all test rows. "
        "Not judged, with fewer than 20 rows: 10 of 12."
    ]


def test_r_of_fewer_than_20_rows_is_a_dash_that_is_explained(tmp_path):
    found = collect(make_run(tmp_path / "r", dataset(n=360), {"ridge/fit": 0.4}, extras=False))
    (table,) = stratum_tables(found)
    assert {row[2].value: row[3].text == "–" for row in table.rows if row[0].text == "measured"} == {18: True}
    assert all(row[3].value is None and row[3].bar is None for row in table.rows if row[2].value < 20)
    assert {row[3].text == "–" for row in table.rows if row[2].value >= 20} == {False}
    assert "fewer than 20 test rows, or not defined, such as r of a model that" in render(found)


def scored(run, data, y_hat):
    """Return the experiment of one comparator with these predictions."""
    data.save(run / "dataset.h5")
    write_predictions(run / "ridge/fit/predictions.tsv", data.ids, y_hat[None], data.target_names)
    write_json(run / "ridge/fit/metrics.json", evaluate(data, y_hat, resamples=20))
    return collect(run)


@pytest.mark.parametrize(
    ("shrunk", "errors"),
    [
        (0.0, ["4.00"]),
        (0.5, ["2.00"]),
        (1.5, []),
    ],
)
def test_regression_to_the_mean_is_reported(shrunk, errors, tmp_path):
    data = ten_test_rows()
    middle = data.targets[:10].mean()
    y_hat = middle + shrunk * (data.targets - middle)
    sentences = [
        "Predictions regress to the mean: the lowest fifth of the measurements is overpredicted by "
        f"{error} on average, the highest underpredicted by {error}."
        for error in errors
    ]
    assert stratum_sentences(scored(tmp_path, data, y_hat), "target")[1:] == sentences


def test_one_extreme_that_is_pulled_to_the_middle_is_not_both(tmp_path):
    data = ten_test_rows()
    y_hat = np.maximum(data.targets, 6)
    assert stratum_sentences(scored(tmp_path, data, y_hat), "target")[1:] == []


def test_fifths_of_the_measurement_are_never_the_worst(tmp_path):
    found = collect(make_run(tmp_path / "r", dataset(n=960), {"ridge/fit": 0.4}, extras=False))
    rows = stratum_tables(found)[0].rows
    lowest = min(rows, key=lambda row: row[3].value)
    assert lowest[0].text == "measured"
    assert lowest[3].value < found.best.score("test", "activity", "pearson").low - 0.3
    assert stratum_sentences(found, "activity") == ["In no stratum is r clearly lower than on all test rows."]


def test_categories_that_are_named_like_built_in_strata_or_hostile_are_shown_as_they_are(tmp_path):
    data = dataset()
    data.category_names[:] = ["measured"]
    names = np.array([["-"], [HOSTILE[0]]])[np.arange(240) // 8 % 2]
    object.__setattr__(data, "categories", names)
    found = collect(make_run(tmp_path / "r", data, {"cnn/seed1": 0.4}))
    assert [s.is_measured for s in found.strata["activity"]][-2:] == [False, False]
    assert stratum_tables(found)[0].rows[-2][1].text == "-"
    page = render(found)
    assert "<script>alert" not in page
    assert "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.usefixtures("text_only")
def test_the_page_says_how_to_read_the_strata(experiment):
    page = render(experiment)
    assert "activity: cnn, seed 1 by stratum of the test rows" in page
    assert "r is low by construction" in page


def test_a_target_without_test_rows_has_no_strata_in_the_page(tmp_path):
    data = dataset(targets=("a", "b"))
    data.targets[data.part("test"), 1] = np.nan
    found = collect(make_run(tmp_path / "r", data, {"cnn/seed1": 0.4}))
    assert [table.name for table in stratum_tables(found)] == ["strata-0"]
    assert "b: cnn, seed 1 by stratum" not in render(found)


def test_strata_of_something_else_are_refused_with_the_remedy(tmp_path):
    run = make_run(tmp_path / "r", dataset(), {"ridge/fit": 0.4}, extras=False)
    path = run / "ridge/fit/metrics.json"
    good = json.loads(path.read_text())

    def with_strata(change):
        content = json.loads(json.dumps(good))
        change(content["strata"])
        return content

    bad = [
        {k: v for k, v in good.items() if k != "strata"},
        with_strata(dict.clear),
        with_strata(lambda s: s["activity"].pop()),
        with_strata(lambda s: s["activity"][0].update(n=11)),
        with_strata(lambda s: s["activity"][0].update(stratum="x")),
        with_strata(lambda s: s["activity"][0].update(mean_error=None)),
        with_strata(lambda s: s["activity"][0].update(rmse={"value": "1"})),
        with_strata(lambda s: s.update(activity=7)),
    ]
    for content in bad:
        path.write_text(json.dumps(content))
        with pytest.raises(TableError, match=r"fit/metrics\.json: does not score the strata of target 'act"):
            collect(run)


def calibrated(experiment, calibration, spread=None):
    """Give the best member a calibration."""
    member = experiment.best
    header = member.header.model_copy(update={"calibration": {"activity": calibration}})
    object.__setattr__(member, "header", header)
    object.__setattr__(member, "sd", spread)
    return experiment


@pytest.mark.usefixtures("text_only")
def test_coverage_of_a_stratum_is_the_part_of_its_rows_inside(experiment):
    data, y_hat = experiment.dataset, experiment.best.y_hat[:, 0]
    errors = Calibration(n=20, errors=tuple(np.linspace(0, 2, 20).tolist()))
    (table,) = coverage_by_stratum(calibrated(experiment, errors))
    assert [(row[0].text, row[1].text) for row in table.rows[-2:]] == [("class", "a"), ("class", "b")]
    rows = experiment.strata["activity"][-1].rows
    inside = np.abs(data.targets[rows, 0] - y_hat[rows]) <= half_width(errors, 0.9)
    assert [row[3].value for row in table.rows[-2:]] == [1.0, inside.mean()]
    assert table.rows[-1][3].text == f"{inside.mean():.0%}"
    assert "interval of cnn, seed 1 by stratum" in render(experiment)


def test_intervals_in_units_of_the_spread_are_wide_where_the_members_disagree(experiment):
    errors = Calibration(n=20, errors=(1.0,) * 20, scale_floor=0.5)
    assert coverage_by_stratum(calibrated(experiment, errors)) == []  # no spread, no intervals
    spread = np.where(experiment.dataset.categories == "b", 1e3, 0.0)
    (table,) = coverage_by_stratum(calibrated(experiment, errors, spread))
    assert [row[3].value for row in table.rows[-2:]] == [1.0, 1.0]
    (table,) = coverage_by_stratum(calibrated(experiment, errors, np.zeros_like(spread)))
    assert table.rows[-1][3].value < 1
    assert half_width(errors, 0.9, np.array([0.0, 1.5])).tolist() == [0.5, 2.0]


def test_too_few_rows_for_the_level_have_no_coverage_by_stratum(experiment):
    assert coverage_by_stratum(calibrated(experiment, Calibration(n=1, errors=(1.0,)))) == []
    assert coverage_by_stratum(calibrated(experiment, Calibration(n=9, errors=(9.0,) * 9)))


def test_the_spread_is_read_beside_the_predictions_if_it_is_there(tmp_path):
    path, ids = tmp_path / "p.tsv", ["s1", "s2"]
    two = np.array([[[1.0], [2.0]], [[3.0], [2.0]]])
    write_predictions(path, ids, two, ["y"])
    assert PredictionTable.read(path, ids[::-1], ["y"]).sd == pytest.approx(np.array([[0.0], [2**0.5]]))
    write_predictions(path, ids, two[:1], ["y"])
    assert PredictionTable.read(path, ids, ["y"]).sd is None
    write_predictions(path, ids, np.zeros((1, 2, 2)), ["y", "y_sd"])
    assert PredictionTable.read(path, ids, ["y", "y_sd"]).sd is None  # a target of that name is no spread

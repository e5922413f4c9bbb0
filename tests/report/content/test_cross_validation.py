"""Cross-validation in the report."""

import json

import numpy as np
import pytest
from support.fake_run import add_folds, dataset, make_run
from support.pages import HOSTILE

from seqcnn.errors import TableError
from seqcnn.report.content.cross_validation import fold_tables
from seqcnn.report.report import render
from seqcnn.report.run.collect import collect


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "r", dataset(), {"cnn/seed1": 0.4}, extras=False)


def test_the_table_has_r_over_all_rows_and_mean_and_sd_of_the_folds(run):
    add_folds(run, dataset(), "cnn", 0.85, (0.8, 0.9, 1.0))
    add_folds(run, dataset(), "ridge", 0.7, (0.7, None))
    (table,) = fold_tables(collect(run))
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["cnn", "0.85 (0.84 to 0.86)", "0.900", "0.100", "3", "240"],
        ["ridge", "0.70 (0.69 to 0.71)", "0.700", "–", "2", "240"],
    ]
    assert table.rows[0][1].bar == (84.0, 85.0, 86.0)


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        (lambda s: s.value, "over all folds, within that interval."),
        (
            lambda s: s.low - 0.05,
            "below that interval: rely on the lower score.",
        ),
        (lambda s: s.high + 0.01, "over all folds, above that interval."),
    ],
)
def test_the_score_over_all_rows_is_compared_with_the_test_score(shift, said, run):
    score = collect(run).best.score("test", "activity", "pearson")
    add_folds(run, dataset(), "cnn", shift(score))
    sentence, leakage = fold_tables(collect(run))[0].notes
    assert leakage == "cnn: This split is clean."
    assert sentence.startswith(f"cnn: r = {score.value:.2f} (")
    assert said in sentence


def test_a_model_without_a_test_score_is_shown_without_a_comparison(run):
    add_folds(run, dataset(), "rnn")
    assert fold_tables(collect(run))[0].notes == ("rnn: This split is clean.",)


def test_folds_without_a_score_are_dashes(run):
    add_folds(run, dataset(), "cnn", 0.5, (None, None))
    path = run / "cross_validation/cnn/metrics.json"
    content = json.loads(path.read_text())
    content["scores"]["activity"]["pearson"] = dict.fromkeys(("value", "low", "high"))
    path.write_text(json.dumps(content))
    (table,) = fold_tables(collect(run))
    assert [cell.text for cell in table.rows[0]] == ["cnn", "–", "–", "–", "2", "240"]
    assert table.notes == ("cnn: This split is clean.",)


@pytest.mark.usefixtures("text_only")
def test_the_page_shows_a_cross_validation_only_if_there_is_one(run):
    assert "Cross-validation" not in render(collect(run))
    add_folds(run, dataset())
    page = render(collect(run))
    assert '<a href="#cross-validation">Cross-validation</a>' in page
    assert "activity: out-of-fold predictions, by models that were not trained on the row" in page


def test_missing_measurements_are_not_predicted_rows(tmp_path):
    data = dataset()
    data.targets[:7] = np.nan
    run = make_run(tmp_path / "r", data, {"cnn/seed1": 0.4})
    assert fold_tables(collect(run))[0].rows[0][-1].text == "233"
    add_folds(run, dataset())
    with pytest.raises(TableError, match="no cross-validation of the rows"):
        collect(run)


def test_rows_that_no_fold_tests_are_counted(run):
    add_folds(run, dataset())
    path = run / "cross_validation/cnn/metrics.json"
    content = json.loads(path.read_text())
    content["scores"]["activity"]["n"] = 200
    path.write_text(json.dumps(content | {"untested": 40}))
    (table,) = fold_tables(collect(run))
    assert table.notes[-1].startswith("cnn: 40 rows are tested by no fold: they are in the cluster of most")


def test_a_cross_validated_model_named_like_a_member_is_none(run):
    add_folds(run, dataset(), "ensemble")
    experiment = collect(run)
    assert [m.label for m in experiment.members] == ["cnn, seed 1"]
    assert [folds["model"] for folds in experiment.folds] == ["ensemble"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.usefixtures("text_only")
def test_the_name_of_a_model_is_escaped(name, run):
    add_folds(run, dataset())
    path = run / "cross_validation/cnn/metrics.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model": name}))
    page = render(collect(run))
    assert page.count("<script") == 1
    assert "onload=alert(1)>" not in page


def test_damaged_cross_validations_are_refused_with_the_remedy(run):
    add_folds(run, dataset(), by_fold=(0.123, 0.9))
    path = run / "cross_validation/cnn/metrics.json"
    good = path.read_text()
    for bad in (
        "{}",
        good.replace('"activity"', '"expression"'),
        good.replace('"n": 240', '"n": 241'),
        good.replace('"folds": 2', '"folds": 3'),
        good.replace('"cnn"', "1"),
        good.replace("0.123", '"x"'),
        good.replace("0.123", "Infinity"),
        good.replace('"by_fold"', '"folds_of"'),
        good.replace('"n": 240', '"n": []'),
        good.replace('"n": 240', f'"n": {2**63 - 1}'),
        json.dumps(json.loads(good) | {"untested": []}),
        json.dumps(json.loads(good) | {"untested": True}),
        json.dumps(json.loads(good) | {"verdict": 1}),
        json.dumps(json.loads(good) | {"untested": "0"}),
        json.dumps(json.loads(good) | {"by_fold": {"a": 1, "b": 2}}),
    ):
        path.write_text(bad)
        with pytest.raises(TableError, match=r"metrics\.json: (no cross-validation of|not JSON)"):
            collect(run)
    path.write_text("[")
    with pytest.raises(TableError, match=r"metrics\.json: not JSON"):
        collect(run)

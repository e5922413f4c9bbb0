"""What the figures of the report draw from few rows, and what their axes are called."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from support.fake_run import dataset, make_run

from seqcnn.report.figures.data import bin_count, target_distribution
from seqcnn.report.figures.figure import drawn_name, of_target
from seqcnn.report.figures.models import (
    error_by_quantile,
    predicted_against_measured,
    residuals,
    scores_of_models,
    training_curves,
)
from seqcnn.report.run.collect import collect


@pytest.fixture
def run_of(tmp_path):
    """Return a function that makes a run of a dataset with one baseline."""
    return lambda data: collect(make_run(tmp_path / "run", data, {"ridge/fit": 0.4}, extras=False))


@pytest.mark.parametrize(
    ("rows", "bins"), [([1000, 8], 4), ([1000, 125], 10), ([64000, 8000], 40), ([1000, 1000, 0], 20)]
)
def test_the_smallest_part_chooses_the_bins(rows, bins):
    rng = np.random.default_rng(0)
    assert bin_count([rng.normal(size=n) for n in rows]) == bins


def test_there_are_no_more_bins_than_different_values():
    assert bin_count([np.arange(1000) % 7]) == 7


@pytest.mark.parametrize(("n", "lines"), [(99, 1), (100, 2)])
def test_the_line_of_medians_needs_ten_rows_in_every_tenth(n, lines, run_of):
    run = run_of(dataset(4 * n))
    (panel,) = residuals.draw(run)
    # the points, the line at 0 and the line of medians
    assert len(panel.drawing.figure.axes[0].lines) == 1 + lines


def test_scores_are_in_the_drawing_and_the_axes_have_the_unit(run_of):
    (panel,) = predicted_against_measured.draw(run_of(dataset(80)))
    axes = panel.drawing.figure.axes[0]
    r, n = axes.texts[0].get_text().split("\n")
    assert r.startswith("r = ")
    assert n == "n = 20"
    assert "n = 20" not in panel.text
    assert (axes.get_xlabel(), axes.get_ylabel()) == (
        "measured activity, log2",
        "predicted activity, log2",
    )


def test_without_a_unit_axes_have_a_plain_name(run_of):
    data = dataset(80)
    data.units[:] = [""]
    (panel,) = target_distribution.draw(run_of(data))
    assert panel.drawing.figure.axes[0].get_xlabel() == "measured activity"


@pytest.mark.parametrize(
    ("target", "unit", "lines"),
    [
        ("y", "", ["measured y"]),
        ("enrichment_tobacco", "log2", ["measured enrichment_tobacco,", "log2"]),
        ("x" * 40, "log2 ratio", ["measured", "x" * 25 + "...,", "log2 ratio"]),
    ],
)
def test_the_label_of_an_axis_names_the_target_in_lines_that_fit(target, unit, lines):
    run = SimpleNamespace(targets=[target], dataset=SimpleNamespace(units=[unit]))
    assert of_target("measured", run, 0).split("\n") == lines


@pytest.mark.parametrize(("spread", "drawn"), [(0.2, 1), (0.05, 0), (0, 0)])
def test_a_model_that_predicts_nearly_a_constant_has_no_scatter(spread, drawn, run_of):
    run = run_of(dataset(80))
    member = run.members[0]
    member.y_hat[:] = 1 + spread * run.dataset.targets
    assert len(predicted_against_measured.draw(run)) == drawn


def test_scores_have_their_intervals_and_stand_in_the_order_of_the_validation_scores(tmp_path):
    run = collect(make_run(tmp_path / "run", dataset(80), {"ridge/fit": 0.9, "cnn/seed1": 0.2}))
    (panel,) = scores_of_models.draw(run)
    (axes,) = panel.drawing.figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cnn, seed 1", "ridge"]
    lines = [line for line in axes.lines if len(line.get_xdata()) == 2]
    for line, member in zip(lines, run.members, strict=True):
        score = member.score("test", run.targets[0], "pearson")
        assert list(line.get_xdata()) == [score.low, score.high]
    assert panel.text == f"n = {len(run.measured('test', 0))} test rows"


def test_one_model_has_no_figure_of_scores(run_of):
    assert scores_of_models.draw(run_of(dataset(40))) == []


def test_epochs_are_whole_numbers_also_if_there_is_one(tmp_path):
    run = make_run(tmp_path / "run", dataset(40), {"cnn/seed1": 0.4})
    (run / "cnn/seed1/history.csv").write_text("epoch,train_loss,val_loss,lr\n1,0.5,0.4,0.001\n")
    numbers = json.loads((run / "cnn/seed1/run.json").read_text())
    (run / "cnn/seed1/run.json").write_text(json.dumps(numbers | {"epochs": 1, "best_epoch": 1}))
    (panel,) = training_curves.draw(collect(run))
    assert panel.drawing.figure.axes[0].get_xticks().tolist() == [0, 1, 2]


def test_names_in_drawings_are_cut_and_escaped():
    assert drawn_name("µg/ml") == "µg/ml"
    assert drawn_name("\u202ea") == r"\u202ea"
    assert drawn_name("x" * 29) == "x" * 25 + "..."


def test_a_length_that_almost_all_rows_have_has_no_bar(run_of):
    """One fifth is left: nothing is compared."""
    data = dataset(80)
    data.rows.insert_length[:-1] = data.rows.insert_length.max()
    data.rows.insert_length[-1] -= 1
    titles = [panel.title for panel in error_by_quantile.draw(run_of(data))]
    assert titles == ["activity: error by GC content"]

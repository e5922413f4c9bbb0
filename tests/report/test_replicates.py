"""Figures of the replicates in the report."""

import re

import numpy as np
import pytest
from support.fake_run import dataset, make_run

from seqcnn.report.figures.data import correlations, replicates
from seqcnn.report.run.collect import collect


@pytest.fixture
def panels(tmp_path):
    """Return a function that draws the replicates of a dataset."""

    def panels_of(data):
        run = make_run(tmp_path / "run", data, {"ridge/fit": 0.4}, extras=False)
        return replicates.draw(collect(run))

    return panels_of


def drawn_text(panel):
    """Return the lines of the text in a drawing."""
    return panel.drawing.figure.axes[0].texts[0].get_text().split("\n")


def test_two_replicates_have_one_scatter_with_their_r(panels):
    data = dataset(40)
    (panel,) = panels(data)
    r = np.corrcoef(data.replicates[:, 0].T)[0, 1]
    assert panel.title == "activity: replicate 1 and replicate 2"
    found, n = drawn_text(panel)
    low, high = re.fullmatch(rf"r = {r:.2f} \((\S+) to (\S+)\)", found).groups()
    assert float(low.replace("\N{MINUS SIGN}", "-")) < r < float(high)
    assert n == "n = 40"
    assert panel.name == "replicates_activity_replicate-1-and-replicate-2"


def test_four_replicates_have_three_scatters_and_a_correlation_matrix(panels):
    drawn = panels(dataset(40, replicates=4))
    assert [panel.title.removeprefix("activity: ") for panel in drawn] == [
        "replicate 1 and replicate 2", "replicate 1 and replicate 3", "replicate 2 and replicate 3",
        "correlation matrix",
    ]  # fmt: skip
    assert drawn[0].text == "the first 3 of 4 replicates"


def test_replicates_have_the_names_of_their_columns(panels):
    data = dataset(40, replicates=3)
    data.provenance["replicates"] = {"activity": ["day_1", "x" * 50]}
    drawn = panels(data)
    assert [panel.title.removeprefix("activity: ") for panel in drawn] == [
        f"day_1 and {'x' * 50}", "day_1 and replicate 3", f"{'x' * 50} and replicate 3", "correlation matrix",
    ]  # fmt: skip
    assert f">{'x' * 25}...<" in drawn[0].drawing.svg()
    for name in ("day_1", f"{'x' * 25}...", "replicate 3"):
        assert f">{name}<" in drawn[3].drawing.svg()


def test_r_and_n_are_in_the_drawing_and_not_below_it(panels):
    (panel,) = panels(dataset(40))
    assert panel.text == ""
    for line in drawn_text(panel):
        assert f">{line}<" in panel.drawing.svg()


def test_r_of_few_clusters_has_no_interval(panels):
    data = dataset(40)
    data.groups[:] = np.arange(40) % 4
    (panel,) = panels(data)
    assert re.fullmatch(r"r = \d\.\d\d", drawn_text(panel)[0])


def test_rows_without_both_replicates_are_left_out(panels):
    data = dataset(40)
    data.replicates[:10, 0, 0] = np.nan
    data.replicates[35:, 0, 1] = np.nan
    assert drawn_text(panels(data)[0])[1] == "n = 25"


@pytest.mark.parametrize("count", [0, 1])
def test_without_a_pair_of_replicates_there_is_no_figure(count, panels):
    assert panels(dataset(40, replicates=count)) == []


def test_correlations_are_of_shared_rows_and_undefined_for_a_constant():
    values = np.array([*([x, 2 * x, 5] for x in range(10)), [np.nan, 0, 5]], float)
    r = correlations(values)
    assert r[0, 1] == pytest.approx(1)
    assert r[1, 0] == r[0, 1]
    assert np.isnan(r[0, 2])
    assert r.diagonal().tolist() == [1, 1, 1]

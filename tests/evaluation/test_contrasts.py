"""Differences within clusters and between targets."""

import json
from dataclasses import replace

import numpy as np
import pytest
from support.fake_run import dataset, make_run

from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.errors import TableError
from seqcnn.evaluation.contrasts import contrasts
from seqcnn.evaluation.evaluate import evaluate
from seqcnn.report.content.strata import contrast_tables
from seqcnn.report.report import render
from seqcnn.report.run.collect import collect

ROWS = 40


@pytest.fixture
def pairs():
    """Return a dataset of two targets, whose test rows are variants in families of two, but the last two."""
    random = np.random.default_rng(1)
    sequences = ["".join(random.choice(list("ACGT"), 30)) for _ in range(ROWS + 40)]
    groups = np.array([i // 2 if i < ROWS - 2 else i for i in range(ROWS + 40)], np.int32)
    parts = ["test"] * ROWS + ["train"] * 30 + ["val"] * 10
    y = random.normal(size=(ROWS + 40, 2))
    return replace(dataset_from_arrays(sequences, y, split=parts), groups=groups)


def test_rows_within_clusters_are_compared_with_the_mean_of_their_cluster(pairs):
    first = contrasts(pairs)[0]
    assert len(first.rows) == ROWS - 2
    y = pairs.targets[first.rows, 0].astype(float)
    expected = (y - y.reshape(-1, 2)[:, ::-1].ravel()) / 2  # half of the difference from the other of a pair
    np.testing.assert_allclose(first.of(pairs.targets), expected)


def test_two_targets_are_subtracted_on_the_rows_where_both_are_measured(pairs):
    pairs.targets[0, 1] = np.nan
    names = pairs.target_names
    last = contrasts(pairs)[-1]
    assert (last.name, len(last.rows)) == (f"{names[0]} - {names[1]}", ROWS - 1)
    y = pairs.targets[last.rows].astype(float)
    np.testing.assert_allclose(last.of(pairs.targets), y[:, 0] - y[:, 1])


def test_the_level_of_a_cluster_does_not_count(pairs):
    levels = np.unique(pairs.groups, return_inverse=True)[1] * 10.0
    y_hat = pairs.targets + levels[:, None]
    scores = evaluate(pairs, y_hat, resamples=20)
    within = scores["contrasts"][f"{pairs.target_names[0]}, within clusters"]
    assert within["pearson"]["value"] == pytest.approx(1, abs=1e-6)
    assert within["n"] == ROWS - 2
    assert scores["parts"]["test"][pairs.target_names[0]]["pearson"]["value"] < 0.3


def test_few_rows_are_not_scored(pairs):
    few = pairs.take(np.concatenate([np.arange(10), np.arange(ROWS, ROWS + 40)]))
    assert contrasts(few) == []


def test_the_report_shows_the_differences_of_every_model(tmp_path):
    run = make_run(tmp_path / "r", dataset(targets=("a", "b")), {"cnn/seed1": 0.4, "ridge/fit": 0.6})
    found = collect(run)
    (table,) = contrast_tables(found)
    assert [[cell.text for cell in row[:2]] for row in table.rows] == [
        [name, label] for name in found.best.contrasts for label in ("cnn, seed 1", "ridge")
    ]
    assert list(found.best.contrasts)[-1] == "a - b"
    assert "Does a model predict what changes between related sequences" in render(found)


def test_a_run_of_an_earlier_version_has_no_table_of_differences(tmp_path):
    run = make_run(tmp_path / "r", dataset(targets=("a", "b")), {"ridge/fit": 0.4}, extras=False)
    path = run / "ridge/fit/metrics.json"
    path.write_text(json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != "contrasts"}))
    assert contrast_tables(collect(run)) == []


@pytest.mark.parametrize(
    "change", [lambda c: c.update(x={"n": 3}), lambda c: c["a - b"].update(n=1), lambda c: c["a - b"].clear()]
)
def test_contrasts_of_something_else_are_refused_with_the_remedy(tmp_path, change):
    run = make_run(tmp_path / "r", dataset(targets=("a", "b")), {"ridge/fit": 0.4}, extras=False)
    path = run / "ridge/fit/metrics.json"
    content = json.loads(path.read_text())
    change(content["contrasts"])
    path.write_text(json.dumps(content))
    with pytest.raises(TableError, match=r"metrics\.json: does not score the contrasts of dataset\.h5; run"):
        collect(run)

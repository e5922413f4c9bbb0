import json
import logging
import math

import numpy as np
import pytest

from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.evaluation.evaluate import bootstrap_scores, evaluate, evaluate_file
from seqcnn.evaluation.score import logged_r
from seqcnn.io.json_file import write_json
from seqcnn.model.inference.prediction_table import write_predictions
from seqcnn.model.metrics import METRICS

NAN = float("nan")


def _dataset(y, replicates=None, groups=None):
    """A dataset of the given measurements (N, T): 4 of 8 rows train, 2 validate, 2 test."""
    n = len(y)
    letters = ["".join("ACGT"[number // 4**place % 4] for place in range(6)) for number in range(n)]
    split = ["train", "train", "train", "train", "val", "val", "test", "test"] * (n // 8)
    data = dataset_from_arrays(letters, np.asarray(y, float), split=split)
    changes = {}
    if replicates is not None:
        changes["replicates"] = np.asarray(replicates, np.float32)
    if groups is not None:
        changes["groups"] = np.asarray(groups, np.int32)
    return type(data)(**{**data.__dict__, **changes})


def _noisy(n, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n)
    return y, 0.8 * y + 0.6 * rng.normal(size=n)


def test_every_part_target_and_metric_has_value_interval_and_n():
    y = np.stack([_noisy(80)[0], _noisy(80, 1)[0]], axis=1)
    found = evaluate(_dataset(y), y + 0.1, resamples=20)
    assert found.keys() == {"split", "level", "parts", "test_by_leakage", "strata", "contrasts"}
    assert (found["split"], found["level"]) == ("given", 0.95)
    assert list(found["parts"]) == ["train", "val", "test"]
    for targets in found["parts"].values():
        assert list(targets) == ["target 1", "target 2"]
        for scores in targets.values():
            assert scores.keys() == {"n", "ceiling", *METRICS}
            assert scores["rmse"] == {
                "value": pytest.approx(0.1),
                "low": pytest.approx(0.1),
                "high": pytest.approx(0.1),
            }
    assert [targets["target 1"]["n"] for targets in found["parts"].values()] == [40, 20, 20]


@pytest.mark.parametrize(("n", "r"), [(4, None), (5, pytest.approx(1))])
def test_a_correlation_of_fewer_than_five_rows_is_not_defined(n, r):
    y = np.arange(float(n))
    found = bootstrap_scores(y, y + 1, np.arange(n), seed=0, resamples=20)
    assert [found[name]["value"] for name in ("pearson", "spearman")] == [r, r]
    assert (found["pearson"]["low"] is None) == (r is None)
    assert found["rmse"]["value"] == 1
    few = "not defined (4 rows, at least 5 are expected: seqcnn cross-validate scores all rows)"
    assert logged_r({"n": n, **found}) == (few if r is None else "1.000")


def test_values_are_those_of_the_metrics_over_the_measured_rows():
    y, y_hat = _noisy(80)
    data = _dataset(y)
    data.targets[::3] = NAN
    found = evaluate(data, y_hat[:, None], resamples=2)
    at = [i for i in data.part("test") if i % 3]
    scores = found["parts"]["test"]["target"]
    assert scores["n"] == len(at)
    for name, metric in METRICS.items():
        measured = data.targets[at, 0].astype(float)
        assert scores[name]["value"] == pytest.approx(metric(measured, y_hat[at]))


def test_the_same_seed_gives_the_same_intervals_and_another_seed_others():
    y, y_hat = _noisy(60)
    runs = [
        bootstrap_scores(y, y_hat, np.arange(60), seed=seed, resamples=50)["pearson"] for seed in (0, 0, 1)
    ]
    assert runs[0] == runs[1] != runs[2]
    assert runs[0]["low"] < runs[0]["value"] < runs[0]["high"]


def test_a_95_percent_interval_covers_the_true_correlation_nearly_always():
    hits = 0
    for seed in range(60):
        y, y_hat = _noisy(100, seed)
        found = bootstrap_scores(y, y_hat, np.arange(100), seed=seed, resamples=100)["pearson"]
        hits += found["low"] <= 0.8 <= found["high"]
    assert 52 <= hits <= 60


def test_rows_of_one_group_are_drawn_together():
    y, y_hat = _noisy(30)
    y, y_hat = np.repeat(y, 20), np.repeat(y_hat, 20)  # 20 copies each: no more is known than from 30 rows
    grouped = bootstrap_scores(y, y_hat, np.repeat(np.arange(30), 20), seed=0, resamples=200)["pearson"]
    alone = bootstrap_scores(y, y_hat, np.arange(600), seed=0, resamples=200)["pearson"]
    single = bootstrap_scores(*_noisy(30), np.arange(30), seed=0, resamples=200)["pearson"]
    assert grouped["high"] - grouped["low"] > 2.5 * (alone["high"] - alone["low"])
    assert grouped["low"] == pytest.approx(single["low"])
    assert grouped["value"] == pytest.approx(single["value"])


def test_the_order_of_the_rows_does_not_matter_to_the_value():
    y, y_hat = _noisy(40)
    groups, order = np.arange(40) // 3, np.random.default_rng(0).permutation(40)
    first = bootstrap_scores(y, y_hat, groups, seed=0, resamples=2)["spearman"]
    other = bootstrap_scores(y[order], y_hat[order], groups[order], seed=0, resamples=2)["spearman"]
    assert other["value"] == pytest.approx(first["value"])


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_rows_have_no_scores(n):
    for scores in bootstrap_scores(np.ones(n), np.ones(n), np.arange(n), seed=0, resamples=10).values():
        assert scores == {"value": None, "low": None, "high": None}


def test_one_group_has_values_but_no_intervals():
    y, y_hat = _noisy(10)
    scores = bootstrap_scores(y, y_hat, np.zeros(10), seed=0, resamples=10)["pearson"]
    assert scores["value"] is not None
    assert (scores["low"], scores["high"]) == (None, None)


def test_a_constant_prediction_has_no_correlation_but_errors():
    y, _ = _noisy(20)
    scores = bootstrap_scores(y, np.zeros(20), np.arange(20), seed=0, resamples=20)
    assert scores["pearson"] == {"value": None, "low": None, "high": None}
    assert scores["rmse"]["value"] == pytest.approx(math.sqrt((y**2).mean()))


def test_replicates_of_a_dataset_give_a_ceiling_for_each_part_and_target():
    y, y_hat = _noisy(80)
    replicates = np.stack([y, y_hat], axis=1)[:, None, :]
    found = evaluate(_dataset(y, replicates=replicates), y_hat[:, None], resamples=2)["parts"]
    assert found["train"]["target"]["ceiling"]["n"] == 40
    assert found["test"]["target"]["ceiling"] is None  # 20 rows are too few


def test_a_missing_ceiling_is_said_with_its_reason(tmp_path, caplog):
    y, y_hat = _noisy(80)
    data = _dataset(y, replicates=np.stack([y, y_hat], axis=1)[:, None, :])
    write_predictions(tmp_path / "p.tsv", data.ids, y_hat.astype(np.float32)[None, :, None], ["target"])
    with caplog.at_level(logging.INFO):
        evaluate_file(data, tmp_path / "p.tsv", tmp_path / "m.json")
    scores = evaluate(data, y_hat[:, None])["parts"]["test"]["target"]["pearson"]
    r, low, high = (f"{scores[key]:.3f}" for key in ("value", "low", "high"))
    assert caplog.messages == [
        f"{tmp_path}/m.json: test scores: target: r = {r} ({low} to {high}) on 20 rows",
        "'target': no noise ceiling of the test rows: two replicates share 20 rows; at least 30 are expected",
    ]


def test_an_interval_of_a_large_part_takes_fewer_resamples(monkeypatch):
    taken = []

    def record(*_, resamples, **_options):
        taken.append(resamples)
        return iter(())

    monkeypatch.setattr("seqcnn.evaluation.evaluate.MANY_ROWS", 30)
    monkeypatch.setattr("seqcnn.evaluation.evaluate.resample_counts", record)
    evaluate(_dataset(_noisy(80)[0]), np.zeros((80, 1)), resamples=50)
    assert taken[:3] == [10, 50, 50]
    assert set(taken[3:]) == {0, 50}  # 0: fewer than five clusters


def test_the_file_is_json_without_nan(tmp_path):
    y = np.column_stack([_noisy(16)[0], np.where(np.arange(16) % 8 < 4, np.arange(16.0), NAN)])
    found = evaluate(_dataset(y), np.zeros((16, 2)), resamples=5)
    write_json(tmp_path / "metrics.json", found)
    text = (tmp_path / "metrics.json").read_text()
    assert json.loads(text) == found
    assert "NaN" not in text
    assert found["parts"]["test"]["target 2"]["n"] == 0
    with pytest.raises(ValueError, match="Out of range"):
        write_json(tmp_path / "other.json", {"a": NAN})
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]

import json
import random

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from seqcnn.config.model import ModelConfig
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.errors import ConfigError, EnvironmentFault
from seqcnn.model import baseline as module
from seqcnn.model.baseline import FITS, fit_baseline
from seqcnn.model.metrics import pearson
from seqcnn.sequence.kmers import gc_content


@pytest.fixture(scope="module")
def composition():
    """200 oligos of 40 bp whose measurement is their GC content in percent."""
    draw = random.Random(0)
    sequences = [
        "".join(draw.choices("ACGT", [w, 1, 1, 1], k=40)) for w in (draw.uniform(0.2, 5) for _ in range(200))
    ]
    y = np.array([100 * sum(map(s.count, "GC")) / 40 for s in sequences], np.float32)
    return sequences, y


def _fit(baseline, data, tmp_path, **args):
    config = ModelConfig(baseline=baseline, args=args)
    model = fit_baseline(data, config, tmp_path / "predictions.tsv", threads=1, overwrite=True)
    return model.predict_rows(data.rows)


def _r(data, y_hat, part="test"):
    at = data.part(part)
    return pearson(data.targets[at, 0].astype(float), y_hat[at, 0].astype(float))


@pytest.mark.parametrize("baseline", FITS)
def test_every_baseline_predicts_every_row_of_every_target(baseline, composition, tmp_path):
    sequences, y = composition
    data = dataset_from_arrays(sequences, np.stack([y, -y], axis=1))
    y_hat = _fit(baseline, data, tmp_path)
    assert (y_hat.shape, y_hat.dtype) == ((200, 2), np.float32)
    assert np.isfinite(y_hat).all()


def test_the_mean_is_the_weighted_mean_of_the_measured_training_rows(tmp_path):
    y = np.array([1.0, 4.0, np.nan, 50.0, 60.0, 70.0, 80.0])
    split = ["train", "train", "train", "val", "val", "test", "test"]
    data = dataset_from_arrays(["ACGT"] * 7, np.stack([y, np.arange(7)], axis=1), split=split)
    data.weights[:] = [2, 1, 5, 1, 1, 1, 1]
    assert _fit("mean", data, tmp_path)[:, 0].tolist() == [2] * 7


@pytest.mark.parametrize(("baseline", "reached"), [("gc", 0.999), ("ridge", 0.98), ("boosting", 0.95)])
def test_a_baseline_recovers_a_planted_composition(composition, tmp_path, baseline, reached):
    data = dataset_from_arrays(*composition)
    assert _r(data, _fit(baseline, data, tmp_path)) > reached


def test_a_shuffled_target_is_not_predicted(composition, tmp_path):
    sequences, y = composition
    data = dataset_from_arrays(sequences, np.random.default_rng(0).permutation(y))
    y_hat = _fit("ridge", data, tmp_path)
    assert np.std(y_hat) < 0.5 * np.std(y)


@pytest.mark.parametrize("baseline", ["gc", "ridge", "boosting"])
def test_missing_measurements_are_left_out_target_by_target(composition, tmp_path, baseline):
    sequences, y = composition
    whole = dataset_from_arrays(sequences, y)
    holes = np.where(np.arange(200) % 2, np.nan, y)
    both = dataset_from_arrays(sequences, np.stack([y, holes], axis=1), split=whole.split.tolist())
    y_hat = _fit(baseline, both, tmp_path)
    assert np.array_equal(y_hat[:, :1], _fit(baseline, whole, tmp_path))
    assert pearson(y_hat[:, 1].astype(float), y.astype(float)) > 0.8


@pytest.mark.parametrize("baseline", ["gc", "ridge", "boosting"])
def test_a_row_of_weight_0_does_not_count(composition, tmp_path, baseline):
    sequences, y = composition
    data, wrong = dataset_from_arrays(sequences, y), y.copy()
    bad = data.part("train")[::4]
    wrong[bad] = -1000
    other = dataset_from_arrays(sequences, wrong, split=data.split.tolist())
    other.weights[bad] = 0
    assert _r(data, _fit(baseline, other, tmp_path)) > 0.9


def test_validation_rows_of_weight_0_do_not_choose_the_penalty(composition, tmp_path):
    sequences, y = composition
    data, wrong = dataset_from_arrays(sequences, y), y.copy()
    bad = data.part("val")[1:]
    wrong[bad] = -wrong[bad] * 100
    other = dataset_from_arrays(sequences, wrong, split=data.split.tolist())
    other.weights[bad] = 0
    assert _r(data, _fit("ridge", other, tmp_path)) > 0.9


def test_the_ridge_is_that_of_scikit_learn(composition, tmp_path):
    data = dataset_from_arrays(*composition)
    y_hat, gc, train = _fit("gc", data, tmp_path)[:, 0], gc_content(data.rows), data.part("train")
    z = (gc - gc[train].mean()) / gc[train].std()
    expected = Ridge(1e-2).fit(z[train], data.targets[train, 0]).predict(z)
    np.testing.assert_allclose(y_hat, expected, rtol=1e-4)


def test_a_target_without_validation_measurements_is_still_fitted(composition, tmp_path):
    sequences, y = composition
    split = dataset_from_arrays(sequences, y).split
    both = np.stack([np.where(split == "val", np.nan, y), y], axis=1)
    data = dataset_from_arrays(sequences, both, split=split.tolist())
    for baseline in FITS:
        assert np.isfinite(_fit(baseline, data, tmp_path)).all()


def test_table_and_run_time_are_written(composition, tmp_path):
    data = dataset_from_arrays(*composition)
    y_hat = _fit("gc", data, tmp_path)
    head, first, *_ = (tmp_path / "predictions.tsv").read_text().splitlines()
    assert head == "id\ttarget\tout_of_distribution"
    assert float(first.split("\t")[1]) == pytest.approx(float(y_hat[0, 0]), rel=1e-6)
    run = json.loads((tmp_path / "run.json").read_text())
    assert (run["device"], run["threads"], run["parameters"]) == ("CPU", 1, None)


def test_a_bundle_that_cannot_be_written_leaves_no_run_time(composition, tmp_path, monkeypatch):
    def full(*_):
        raise EnvironmentFault("no space")

    monkeypatch.setattr(module, "save_bundle", full)
    config = ModelConfig.model_validate({"baseline": "gc"})
    with pytest.raises(EnvironmentFault, match="no space"):
        fit_baseline(dataset_from_arrays(*composition), config, tmp_path / "m.safetensors", threads=1)
    assert list(tmp_path.iterdir()) == []


def test_fitting_twice_gives_the_same_bytes(composition, tmp_path):
    data = dataset_from_arrays(*composition)
    for name in "ab":
        (tmp_path / name).mkdir()
        _fit("boosting", data, tmp_path / name)
    assert (tmp_path / "a/predictions.tsv").read_bytes() == (tmp_path / "b/predictions.tsv").read_bytes()


@pytest.mark.parametrize("args", [{"k": 0}, {"k": 12}, {"k": "4"}, {"size": 3}])
def test_an_argument_out_of_bounds_is_refused(composition, tmp_path, args):
    with pytest.raises(ConfigError, match="ridge: args"):
        _fit("ridge", dataset_from_arrays(*composition), tmp_path, **args)


def test_an_encoder_is_no_baseline(composition, tmp_path):
    with pytest.raises(ConfigError, match="encoder cnn is no baseline; use `seqcnn train`"):
        fit_baseline(dataset_from_arrays(*composition), ModelConfig(encoder="cnn"), tmp_path / "x")


def test_intervals_of_a_baseline_do_not_depend_on_an_epoch(composition, tmp_path):
    data = dataset_from_arrays(*composition)
    config = ModelConfig.model_validate({"baseline": "ridge"})
    text = fit_baseline(data, config, tmp_path / "m.safetensors").header.calibration_text
    assert "epoch" not in text
    assert "settings of the model" in text

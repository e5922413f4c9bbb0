"""Prediction intervals are calibrated on validation rows that chose nothing, if there are enough."""

import logging
from dataclasses import replace

import numpy as np
import pytest
from support.planted import planted

from seqcnn.config.model import ModelConfig
from seqcnn.data.check import summary
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.evaluation.cross_validate import fold_splits
from seqcnn.evaluation.evaluate import evaluate
from seqcnn.model.baseline import fit_baseline
from seqcnn.model.ensemble import ensemble
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.info import describe_bundle
from seqcnn.model.network.bundle import save_bundle
from seqcnn.model.run_json import history_file
from seqcnn.model.train import train


@pytest.fixture(scope="module")
def data():
    """60 training, 100 validation and 20 test rows, each in a cluster of its own."""
    sequences, y = planted(180)
    split = ["train"] * 60 + ["val"] * 100 + ["test"] * 20
    found = dataset_from_arrays(sequences, y, split=split)
    return replace(found, groups=np.arange(180, dtype=np.int32))


@pytest.fixture(scope="module")
def altered(data):
    """The same dataset with other measurements of the rows that calibrate."""
    targets = data.targets.copy()
    targets[data.part("calibration")] += 100
    return replace(data, targets=targets)


@pytest.fixture(scope="module")
def trained(data, tiny, one_thread, tmp_path_factory):
    path = tmp_path_factory.mktemp("calibrated") / "model.safetensors"
    train(data, tiny(), path, machine=one_thread)
    return path


def test_the_parts_of_validation_are_parts_of_the_dataset(data, dataset):
    assert data.has_calibration_rows
    assert [len(data.part(part)) for part in ("selection", "calibration", "val")] == [50, 50, 100]
    assert not dataset.has_calibration_rows
    assert (
        dataset.part("selection").tolist()
        == dataset.part("calibration").tolist()
        == dataset.part("val").tolist()
    )


def test_rows_that_calibrate_choose_neither_weights_nor_epoch(
    data, altered, trained, tiny, one_thread, tmp_path
):
    other = train(altered, tiny(), tmp_path / "m", machine=one_thread)
    weights = load_model(trained).regressor.state_dict()
    assert all(np.array_equal(value, weights[name]) for name, value in other.regressor.state_dict().items())
    assert (tmp_path / "m.history.csv").read_bytes() == history_file(trained).read_bytes()
    assert other.header.metrics == load_model(trained).header.metrics
    assert other.header.calibration["target"].errors[0] > 50


def test_the_calibration_is_that_of_the_rows_that_are_kept_for_it(data, trained):
    model, rows = load_model(trained), data.part("calibration")
    errors = np.abs(data.targets[rows, 0] - model.predict_members(data.rows.take(rows)).mean[:, 0])
    assert model.header.calibration["target"].errors == pytest.approx(np.sort(errors), rel=1e-5)
    assert model.header.calibrated_on == "calibration"
    assert model.header.split_sizes == {"train": 60, "val": 100, "test": 20, "calibration": 50}
    assert model.header.ood.n == 100


def test_the_score_that_chooses_a_model_is_that_of_the_other_rows(data, altered, trained):
    y_hat = load_model(trained).predict_rows(data.rows)
    scores = [evaluate(each, y_hat, resamples=2)["parts"]["val"]["target"] for each in (data, altered)]
    assert scores[0] == scores[1]
    assert scores[0]["n"] == 50
    header = load_model(trained).header
    assert scores[0]["pearson"]["value"] == pytest.approx(header.metrics["val"]["target"]["pearson"])


def test_rows_that_calibrate_do_not_choose_a_baseline(data, altered, tmp_path):
    config = ModelConfig(baseline="ridge")
    fits = [
        fit_baseline(each, config, tmp_path / "p.tsv", threads=1, overwrite=True) for each in (data, altered)
    ]
    assert np.array_equal(*(fitted.predict_rows(data.rows) for fitted in fits))


def test_what_calibrates_is_said(data, trained, tiny, one_thread, tmp_path, caplog, dataset):
    lines = describe_bundle(trained).splitlines()
    assert "      trained on: 60 sequences, 50 to choose, 50 to calibrate, 20 to test" in lines
    text = "calibrated on 50 validation rows that chose neither the epoch nor the model"
    assert f"       intervals: {text}" in lines
    assert any("val 100 (50 of them only calibrate prediction intervals)" in line for line in summary(data))
    with caplog.at_level(logging.INFO):
        train(data, tiny(epochs=1), tmp_path / "a", machine=one_thread)
        train(dataset, tiny(epochs=1), tmp_path / "b", machine=one_thread)
    assert "50 validation sequences choose the epoch, 50 others calibrate the intervals" in caplog.messages
    assert (
        "8 validation sequences choose the epoch and calibrate the intervals, which may be too narrow; half "
        "of them are kept for calibration only if there are enough: 8 measured rows found, at least 70 "
        "expected; 8 clusters found, at least 20 expected"
    ) in caplog.messages
    assert (
        "       intervals: calibrated on the validation rows that also chose the epoch, so they may be too "
        "narrow"
    ) in describe_bundle(tmp_path / "b").splitlines()


def test_an_ensemble_is_calibrated_on_rows_that_chose_none_of_its_members(
    data, trained, tiny, one_thread, tmp_path
):
    train(data, tiny(), tmp_path / "2", seed=2, machine=one_thread)
    joined = ensemble(data, [trained, tmp_path / "2"], tmp_path / "m")
    assert joined.header.calibrated_on == "calibration"
    assert joined.header.calibration["target"].n == 50


def test_members_that_an_older_version_trained_chose_their_epoch_on_all_validation_rows(
    data, trained, tmp_path, caplog
):
    model = load_model(trained)
    old = model.header.model_copy(update={"calibrated_on": None, "inputs": {"a": "0" * 64}})
    save_bundle(tmp_path / "old", model.regressor, old)
    joined = ensemble(data, [trained, tmp_path / "old"], tmp_path / "m")
    assert joined.header.calibrated_on == "validation"
    assert joined.header.calibration["target"].n == 100
    assert joined.header.split_sizes == {"train": 60, "val": 100, "test": 20}
    assert "train the models again" in caplog.text
    assert "not recorded by the older version" in describe_bundle(tmp_path / "old")


def test_folds_choose_with_all_their_validation_rows_as_out_of_fold_errors_calibrate(data):
    for fold in fold_splits(data, 3, seed=1):
        assert not fold.has_calibration_rows
        assert len(fold.part("selection")) == len(fold.part("val"))

"""Out-of-fold predictions of every row."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest
from support.planted import planted

from seqcnn.cli import main
from seqcnn.config.model import ModelConfig
from seqcnn.data.audit import leakage_mask
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.errors import ConfigError, TableError, UsageError
from seqcnn.evaluation import cross_validate as cross_validation
from seqcnn.evaluation.cross_validate import cross_validate, fold_splits
from seqcnn.model.inference.prediction_table import PredictionTable
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.metrics import pearson


@pytest.fixture(scope="module")
def data():
    """120 oligos in 60 clusters of two; no measurement of the first."""
    sequences, y = planted(120)
    found = dataset_from_arrays(sequences, y)
    found.targets[0] = np.nan
    return replace(found, groups=(np.arange(120) // 2).astype(np.int32))


@pytest.fixture(scope="module")
def run(data, tiny, one_thread, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cv") / "cnn"
    cross_validate(data, tiny(epochs=4), folder, folds=3, machine=one_thread)
    return folder


def test_every_row_tests_once_and_its_cluster_is_together(data):
    parts = fold_splits(data, 4, seed=1)
    tested = np.concatenate([part.part("test") for part in parts])
    assert sorted(tested) == list(range(120))
    for part in parts:
        assert (part.split[0::2] == part.split[1::2]).all()
        assert {len(part.part("test")), len(part.part("val"))} <= set(range(26, 35))
    assert set(parts[0].part("val")) == set(parts[1].part("test"))


def test_the_folder_has_predictions_scores_and_a_bundle_and_nothing_else(run):
    assert sorted(path.name for path in run.iterdir()) == [
        "metrics.json",
        "model.safetensors",
        "out_of_fold.tsv",
    ]
    assert [path.name for path in run.parent.iterdir()] == ["cnn"]


def test_each_prediction_is_of_the_model_that_did_not_see_the_row(run, data):
    found = PredictionTable.read(run / "out_of_fold.tsv", data.ids, ["target"]).mean
    model = load_model(run / "model.safetensors")
    each = model.predict_members(data.rows).members
    for k in range(3):
        at = fold_splits(data, 3, seed=1)[k].part("test")
        assert found[at] == pytest.approx(each[k, at], rel=1e-5)


def test_scores_are_of_all_measured_rows_and_of_each_fold(run, data):
    metrics = json.loads((run / "metrics.json").read_text())
    found = PredictionTable.read(run / "out_of_fold.tsv", data.ids, ["target"]).mean[:, 0]
    y = data.targets[:, 0].astype(float)
    assert (metrics["model"], metrics["folds"], metrics["scores"]["target"]["n"]) == ("cnn", 3, 119)
    assert metrics["scores"]["target"]["pearson"]["value"] == pytest.approx(
        pearson(y[1:], found[1:]), rel=1e-5
    )
    folds = [fold.part("test") for fold in fold_splits(data, 3, seed=1)]
    assert [fold["target"]["n"] for fold in metrics["by_fold"]] == [len(set(at) - {0}) for at in folds]
    at = np.array(sorted(set(folds[0]) - {0}))
    assert metrics["by_fold"][0]["target"]["pearson"] == pytest.approx(pearson(y[at], found[at]), rel=1e-5)


def test_folds_are_audited_like_a_split(run, data):
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["verdict"].startswith("This set of folds is clean: 0 of 120 test sequences (0%)")
    assert metrics["by_leakage"] == {}
    copies = replace(data, rows=data.rows.take(np.arange(120) // 2), groups=np.arange(120, dtype=np.int32))
    folds = fold_splits(copies, 3, seed=1)
    assert sum(leakage_mask(fold).sum() for fold in folds) > 20


def test_the_bundle_is_calibrated_on_the_held_out_errors_of_all_rows(run, data):
    header = load_model(run / "model.safetensors").header
    found = PredictionTable.read(run / "out_of_fold.tsv", data.ids, ["target"]).mean[:, 0]
    calibration = header.calibration["target"]
    assert (header.members, calibration.n, calibration.scale_floor, header.ood.n) == (3, 119, None, 120)
    assert header.calibrated_on == "out_of_fold"
    assert header.calibration_text == "the out-of-fold errors of all rows that a fold tests"
    assert header.split_sizes == {"train": 120, "val": 0, "test": 0}
    assert calibration.errors == pytest.approx(np.sort(np.abs(data.targets[1:, 0] - found[1:])), abs=1e-5)


def test_a_baseline_is_cross_validated_too_and_has_no_bundle(data, tmp_path):
    config = ModelConfig.model_validate({"baseline": "mean"})
    cross_validate(data, config, tmp_path / "mean", folds=3)
    assert sorted(path.name for path in (tmp_path / "mean").iterdir()) == ["metrics.json", "out_of_fold.tsv"]
    found = PredictionTable.read(tmp_path / "mean/out_of_fold.tsv", data.ids, ["target"]).mean[:, 0]
    part = fold_splits(data, 3, seed=1)[0]
    assert found[part.part("test")] == pytest.approx(
        np.nanmean(data.targets[part.part("train"), 0]), rel=1e-5
    )


def test_a_baseline_of_every_fold_has_the_threads_of_the_machine(data, one_thread, tmp_path, monkeypatch):
    threads = []

    def fit_baseline(*arguments, **options):
        threads.append(options["threads"])
        return fit(*arguments, **options)

    fit = cross_validation.fit_baseline
    monkeypatch.setattr(cross_validation, "fit_baseline", fit_baseline)
    cross_validate(data, ModelConfig(baseline="mean"), tmp_path / "mean", folds=3, machine=one_thread)
    assert threads == [1, 1, 1]


def test_a_killed_run_trains_only_what_is_missing(run, data, tiny, one_thread, tmp_path, monkeypatch):
    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cross_validation, "_metrics", killed)
        with pytest.raises(KeyboardInterrupt):
            cross_validate(data, tiny(epochs=4), tmp_path / "cnn", folds=3, machine=one_thread)
    with monkeypatch.context() as patch:
        patch.setattr("seqcnn.model.train.train", killed)
        cross_validate(data, tiny(epochs=4), tmp_path / "cnn", folds=3, machine=one_thread)
    for name in ("metrics.json", "out_of_fold.tsv", "model.safetensors"):
        assert (tmp_path / "cnn" / name).read_bytes() == (run / name).read_bytes()


def test_a_cluster_of_most_rows_is_never_tested_and_that_is_said(data, tmp_path, caplog):
    groups = np.where(np.arange(120) < 72, 0, np.arange(120)).astype(np.int32)
    giant = replace(data, groups=groups)
    assert all((fold.split[:72] == "train").all() for fold in fold_splits(giant, 3, seed=1))
    config = ModelConfig.model_validate({"baseline": "gc"})
    metrics = cross_validate(giant, config, tmp_path / "gc", folds=3)
    assert (metrics["untested"], metrics["scores"]["target"]["n"]) == (72, 48)
    found = PredictionTable.read(tmp_path / "gc/out_of_fold.tsv", giant.ids[72:], ["target"])
    assert np.isfinite(found.mean).all()
    assert "72 rows are tested by no fold: they are in the cluster of most sequences" in caplog.text


def test_folds_of_a_dataset_that_is_split_by_parts_share_no_part_with_their_training_rows():
    draw = random.Random(1)
    first, second = (["".join(draw.choices("ACGT", k=60)) for _ in range(20)] for _ in range(2))
    data = dataset_from_arrays([a + b for a in first for b in second], np.arange(400.0))
    assert data.provenance["split_unit"] == "parts"
    folds = fold_splits(data, 3, seed=1)
    for fold in folds:
        assert fold.provenance["split"].endswith("by parts (seed 1)")
        assert not leakage_mask(fold).any()
    assert len(np.concatenate([fold.part("test") for fold in folds])) >= 60


def test_too_few_clusters_and_taught_models_are_refused(data, tiny, tmp_path):
    with pytest.raises(TableError, match="2 clusters of sequences; at least 3 are expected"):
        cross_validate(replace(data, groups=data.groups // 30), tiny(), tmp_path / "x", folds=3)
    taught = ModelConfig.model_validate({"encoder": "cnn", "teacher": {"model": "rnn"}})
    with pytest.raises(ConfigError, match="a model with a teacher"):
        cross_validate(data, taught, tmp_path / "x", folds=3)
    (tmp_path / "x").write_text("")
    with pytest.raises(UsageError, match="x: is a file; give the name of a folder"):
        cross_validate(data, tiny(), tmp_path / "x", folds=3)


def test_the_command_does_the_same(run, data, tmp_path):
    data.save(tmp_path / "d.h5")
    config = tmp_path / "cnn.yaml"
    config.write_text(
        "encoder: cnn\nargs: {filters: [8, 4], kernel_sizes: [7, 3], hidden: 8}\n"
        "training: {epochs: 4, batch_size: 16, lr: 0.01}\n"
    )
    arguments = ["--config", str(config), "--folds", "3", "--threads", "1", "--device", "cpu"]
    with pytest.raises(SystemExit) as stop:
        main(["cross-validate", f"{tmp_path}/d.h5", *arguments, "-o", f"{tmp_path}/cnn"])
    assert stop.value.code == 0
    assert (tmp_path / "cnn/metrics.json").read_bytes() == (run / "metrics.json").read_bytes()

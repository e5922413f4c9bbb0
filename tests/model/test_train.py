import csv
import json
import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from support.planted import MOTIF, planted, split_of

from seqcnn.config.model import ModelConfig
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.encoders import ENCODERS
from seqcnn.errors import ConfigError, EnvironmentFault, UsageError
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.metrics import pearson
from seqcnn.model.network.regressor import SequenceRegressor
from seqcnn.model.run_json import history_file
from seqcnn.model.train import is_trained_as, train, train_once
from seqcnn.model.training.callbacks import BestWeights, History
from seqcnn.model.training.distillation import Teachers
from seqcnn.model.training.losses import TrainingDiverged
from seqcnn.model.training.step import RegressorTraining, filter_weights
from seqcnn.model.training.trainer import Machine


def _history(path):
    with history_file(path).open(newline="") as stream:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(stream)]


def _targets(change):
    sequences, y = planted()
    return dataset_from_arrays(sequences, change(np.array(y, np.float32)), split=split_of(len(y)))


def test_training_finds_the_planted_motif(dataset, tiny, one_thread, tmp_path):
    model = train(dataset, tiny(epochs=60, lr=0.02), tmp_path / "m", machine=one_thread)
    at = dataset.part("train")
    assert pearson(dataset.targets[at, 0], model.predict_rows(dataset.rows.take(at))[:, 0]) > 0.9
    assert model.header.metrics["test"]["target"]["pearson"] > 0.6


def test_the_returned_model_is_the_saved_one_and_ready_to_predict(dataset, tiny, one_thread, tmp_path):
    model = train(dataset, tiny(), tmp_path / "m.safetensors", machine=one_thread)
    loaded = load_model(tmp_path / "m.safetensors")
    assert not model.training
    assert model.header == loaded.header
    assert np.array_equal(model.predict_rows(dataset.rows), loaded.predict_rows(dataset.rows))


def test_a_run_leaves_bundle_history_and_run_time_and_nothing_else(dataset, tiny, one_thread, tmp_path):
    train(dataset, tiny(epochs=2), tmp_path / "run" / "m.safetensors", machine=one_thread)
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {"m.safetensors", "m.history.csv", "m.run.json"}
    run = json.loads((tmp_path / "run" / "m.run.json").read_text())
    assert run.keys() == {"seconds", "device", "threads", "parameters", "epochs", "best_epoch"}
    assert (run["device"], run["threads"], run["epochs"]) == ("CPU", 1, 2)


def test_history_has_one_row_an_epoch_and_the_learning_rate_falls_to_0(dataset, tiny, one_thread, tmp_path):
    train(dataset, tiny(epochs=4), tmp_path / "m", machine=one_thread)
    rows = _history(tmp_path / "m")
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    assert rows[0].keys() == {"epoch", "train_loss", "val_loss", "lr"}
    assert rows[-1]["lr"] < 0.1 * max(row["lr"] for row in rows)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_bundle_byte_for_byte(dataset, tiny, one_thread, tmp_path, seed):
    config = tiny(epochs=2, strand="double", max_shift=2, mutation_rate=0.05)
    for name in "ab":
        train(dataset, config, tmp_path / name / "m", seed=seed, machine=one_thread)
    assert (tmp_path / "a/m").read_bytes() == (tmp_path / "b/m").read_bytes()
    assert (tmp_path / "a/m.history.csv").read_bytes() == (tmp_path / "b/m.history.csv").read_bytes()


def test_another_seed_gives_other_weights(dataset, tiny, one_thread, tmp_path):
    models = [train(dataset, tiny(epochs=1), tmp_path / str(s), seed=s, machine=one_thread) for s in (1, 2)]
    assert not torch.equal(*(model.regressor.head.weight for model in models))


def test_the_weights_of_the_best_epoch_are_kept(dataset, tiny, one_thread, tmp_path):
    train(dataset, tiny(epochs=8, lr=0.3), tmp_path / "m", machine=one_thread)
    rows = _history(tmp_path / "m")
    best = min(rows, key=lambda row: row["val_loss"])
    assert json.loads((tmp_path / "m.run.json").read_text())["best_epoch"] == best["epoch"]
    model, at = load_model(tmp_path / "m"), dataset.part("val")
    y_hat = torch.from_numpy(model.predict_rows(dataset.rows.take(at)))
    z = model.regressor.standardise(y_hat) - model.regressor.standardise(
        torch.from_numpy(dataset.targets[at])
    )
    assert (z**2).mean().item() == pytest.approx(best["val_loss"], rel=1e-4)


def test_patience_stops_training_early(dataset, tiny, one_thread, tmp_path):
    train(dataset, tiny(epochs=60, lr=1.0, patience=2), tmp_path / "m", machine=one_thread)
    rows = _history(tmp_path / "m")
    best = min(rows, key=lambda row: row["val_loss"])["epoch"]
    assert len(rows) == best + 2 < 60


@pytest.mark.parametrize("change", [{"lr": 0.02}, {"epochs": 2}, {"max_shift": 1}])
def test_a_changed_config_does_not_resume(dataset, tiny, one_thread, tmp_path, monkeypatch, caplog, change):
    with monkeypatch.context() as patch:
        patch.setattr("seqcnn.model.train.save_bundle", _fail)
        with pytest.raises(RuntimeError, match="disturbed"):
            train(dataset, tiny(), tmp_path / "m", machine=one_thread)
    assert (tmp_path / "m.state" / "last.ckpt").is_file()
    train(dataset, tiny(**change), tmp_path / "m", machine=one_thread)
    assert "resuming" not in caplog.text


def test_a_run_that_was_stopped_before_its_bundle_was_written_does_not_train_again(
    dataset, tiny, one_thread, tmp_path, monkeypatch, caplog
):
    config = tiny(epochs=60, lr=1.0, patience=2)
    train(dataset, config, tmp_path / "a" / "m", machine=one_thread)
    with monkeypatch.context() as patch:
        patch.setattr("seqcnn.model.train.save_bundle", _fail)
        with pytest.raises(RuntimeError, match="disturbed"):
            train(dataset, config, tmp_path / "b" / "m", machine=one_thread)
    assert not (tmp_path / "b" / "m").exists()
    train(dataset, config, tmp_path / "b" / "m", machine=one_thread)
    assert "resuming" in caplog.text
    assert (tmp_path / "a/m").read_bytes() == (tmp_path / "b/m").read_bytes()


def _fail(*_):
    raise RuntimeError("disturbed")


@pytest.mark.parametrize("loss", ["mse", "huber", "poisson"])
def test_missing_measurements_and_weights_of_0_do_not_disturb_training(tiny, one_thread, tmp_path, loss):
    data = _targets(
        lambda y: np.stack([np.abs(y), np.where(np.arange(len(y)) % 3, np.nan, np.abs(y))], axis=1)
    )
    data.weights[::5] = 0
    model = train(data, tiny(epochs=2, loss=loss), tmp_path / "m", machine=one_thread)
    y_hat = model.predict_rows(data.rows)
    assert y_hat.shape == (64, 2)
    assert np.isfinite(y_hat).all()
    assert model.header.link == ("log" if loss == "poisson" else "identity")


@pytest.mark.parametrize("rc_tied_filters", [False, True])
def test_l1_adds_the_absolute_weights_of_the_convolutions_each_once(tiny, rc_tied_filters):
    plan = tiny(l1=0.5).training
    encoder = ENCODERS["cnn"](40, filters=(2, 3), kernel_sizes=(5, 3), rc_tied_filters=rc_tied_filters)
    network = SequenceRegressor(encoder, 1)
    module = RegressorTraining(network, plan, lambda batch: batch, seed=1, steps=1, teachers=Teachers())
    for weight in filter_weights(network):
        torch.nn.init.constant_(weight, -2.0)
    inputs = 4 if rc_tied_filters else 2  # of the second layer
    assert module.l1_penalty().item() == 0.5 * 2.0 * (2 * 4 * 5 + 3 * inputs * 3)


def test_l1_makes_the_weights_of_the_filters_small(dataset, tiny, one_thread, tmp_path):
    def summed(l1):
        config = tiny(epochs=25, lr=0.02, l1=l1)
        model = train(dataset, config, tmp_path / str(l1) / "m", machine=one_thread)
        return sum(weight.abs().sum().item() for weight in filter_weights(model.regressor))

    assert summed(0.1) < summed(0.0) / 3


def test_l1_is_no_part_of_the_losses_in_history(dataset, tiny, one_thread, tmp_path):
    train(dataset, tiny(epochs=1, lr=1e-9), tmp_path / "a" / "m", machine=one_thread)
    train(dataset, tiny(epochs=1, lr=1e-9, l1=10), tmp_path / "b" / "m", machine=one_thread)
    plain, sparse = _history(tmp_path / "a" / "m")[0], _history(tmp_path / "b" / "m")[0]
    assert sparse["train_loss"] == pytest.approx(plain["train_loss"], rel=1e-3)


def test_l1_is_refused_where_there_is_no_convolution(dataset, tiny, tmp_path):
    with pytest.raises(ConfigError, match="l1: encoder mlp has no convolution"):
        train(dataset, tiny("mlp", l1=0.1), tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_a_poisson_loss_refuses_negative_targets(dataset, tiny, tmp_path):
    with pytest.raises(ConfigError, match="loss poisson: a target is negative"):
        train(dataset, tiny(loss="poisson"), tmp_path / "m")


def test_a_baseline_is_not_trained(dataset, tmp_path):
    with pytest.raises(ConfigError, match="baseline mean is not trained by `train`"):
        train(dataset, ModelConfig(baseline="mean"), tmp_path / "m")


def test_a_loss_that_is_nan_stops_training_and_names_the_step(
    dataset, tiny, one_thread, tmp_path, monkeypatch
):
    found = RegressorTraining.loss

    def broken(self, batch, sd=None):
        return found(self, batch) * (float("nan") if self.global_step == 4 else 1)

    monkeypatch.setattr(RegressorTraining, "loss", broken)
    where = r"loss is NaN or infinite at epoch 2, step 5, learning rate 0\.00\d+; lower `lr`"
    with pytest.raises(TrainingDiverged, match=where):
        train(dataset, tiny(), tmp_path / "m", machine=one_thread)
    assert not (tmp_path / "m").exists()


def test_a_gradient_that_is_nan_stops_training(dataset, tiny, one_thread, tmp_path, monkeypatch):
    def broken(self):
        self.model.head.weight.grad[0, 0] = float("inf")

    monkeypatch.setattr(RegressorTraining, "on_after_backward", broken)
    with pytest.raises(TrainingDiverged, match="gradient is NaN or infinite at epoch 1, step 1"):
        train(dataset, tiny(), tmp_path / "m", machine=one_thread)


def test_the_norm_of_a_gradient_is_clipped(dataset, tiny, one_thread, tmp_path, monkeypatch):
    norms = []

    def noting(self, *_):
        norms.append(sum(float((p.grad**2).sum()) for p in self.parameters() if p.grad is not None) ** 0.5)

    monkeypatch.setattr(RegressorTraining, "on_train_batch_end", noting)
    train(dataset, tiny(epochs=2, grad_clip=1e-3), tmp_path / "m", machine=one_thread)
    assert norms == pytest.approx([1e-3] * 6, rel=1e-2)


def test_a_validation_loss_that_is_always_nan_leaves_no_model(
    dataset, tiny, one_thread, tmp_path, monkeypatch
):
    found = RegressorTraining.loss

    def broken(self, batch, sd=None):
        return found(self, batch) * (1 if self.trainer.training else float("nan"))

    monkeypatch.setattr(RegressorTraining, "loss", broken)
    with pytest.raises(TrainingDiverged, match="validation loss was NaN or infinite in every epoch"):
        train(dataset, tiny(epochs=1), tmp_path / "m", machine=one_thread)
    assert not (tmp_path / "m").exists()


def test_running_out_of_memory_is_a_fault_of_the_environment(
    dataset, tiny, one_thread, tmp_path, monkeypatch
):
    def broken(self, batch, sd=None):
        raise MemoryError

    monkeypatch.setattr(RegressorTraining, "loss", broken)
    with pytest.raises(EnvironmentFault, match="out of memory; lower `batch_size`"):
        train(dataset, tiny(), tmp_path / "m", machine=one_thread)


def test_training_on_the_cpu_is_announced_with_size_and_an_estimate(
    dataset, tiny, one_thread, tmp_path, caplog, monkeypatch
):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    train(dataset, tiny(epochs=4), tmp_path / "m", machine=replace(one_thread, device="auto"))
    text = caplog.text
    assert "on 48 sequences, on CPU (1 thread), as no GPU is available; `seqcnn doctor` explains why" in text
    assert "for 6 steps" in text  # 12 steps, timed over the first 6
    assert "epoch 4/4: train_loss" in text
    assert "lightning" not in {record.name.split(".")[0] for record in caplog.records}


def test_a_cpu_that_was_asked_for_is_no_warning(dataset, tiny, one_thread, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    train(dataset, tiny(epochs=1), tmp_path / "m", machine=one_thread)
    parameters = json.loads((tmp_path / "m.run.json").read_text())["parameters"]
    start = f"training cnn, seed 1 ({parameters:,} parameters, 1 epoch) on 48 sequences, on CPU (1 thread)"
    assert start in caplog.messages
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_tiny_training_set_is_one_batch(tiny, one_thread, tmp_path):
    sequences, y = planted(6)
    data = dataset_from_arrays(sequences, y, split=["train", "train", "val", "val", "test", "test"])
    model = train(data, tiny(epochs=1, batch_size=1000), tmp_path / "m", machine=one_thread)
    assert np.isfinite(model.predict_rows(data.rows)).all()


def test_half_precision_trains_weights_of_32_bits(dataset, tiny, one_thread, tmp_path):
    model = train(dataset, tiny(epochs=2, precision="bf16"), tmp_path / "m", machine=one_thread)
    assert all(p.dtype == torch.float32 for p in model.parameters())
    assert np.isfinite(model.predict_rows(dataset.rows)).all()


def test_one_numbered_device_cannot_be_several(dataset, tiny, tmp_path):
    with pytest.raises(UsageError, match="--device cpu:0 is one device"):
        train(dataset, tiny(), tmp_path / "m", machine=Machine("cpu:0", devices=2))


def test_best_weights_keep_the_first_of_equal_losses_and_survive_a_checkpoint():
    best = BestWeights(patience=3)
    best.loss, best.epoch, best.weights = 0.5, 2, {"w": torch.ones(1)}
    other = BestWeights(patience=3)
    other.load_state_dict(best.state_dict())
    assert (other.loss, other.epoch, other.weights) == (0.5, 2, best.weights)
    assert [other._exhausted(done) for done in (2, 4, 5)] == [False, False, True]
    assert not BestWeights(None)._exhausted(1000)


def test_patience_begins_to_count_at_the_first_epoch_without_augmentation():
    best = BestWeights(patience=3, first_clean=8)
    best.epoch = 2
    assert [best._exhausted(done) for done in (5, 8, 10, 11)] == [False, False, False, True]
    best.epoch = 9
    assert [best._exhausted(done) for done in (11, 12)] == [False, True]


def test_a_bundle_records_its_augmentation_only_if_there_is_one(dataset, tiny, bundle, one_thread, tmp_path):
    config = tiny(augmentation={"kinds": ["deletion", "mutation"]})
    model = train(dataset, config, tmp_path / "m", machine=one_thread)
    section = {"kinds": ["deletion", "mutation"], "max_count": 2, "max_span": 0.1, "clean_fraction": 0.2}
    assert load_model(tmp_path / "m").header.training["augmentation"] == section
    assert is_trained_as(load_model(tmp_path / "m").header, dataset, config, 1)
    assert not is_trained_as(model.header, dataset, tiny(augmentation={}), 1)
    assert not is_trained_as(model.header, dataset, tiny(), 1)
    assert "augmentation" not in load_model(bundle).header.training


def test_a_run_whose_epochs_are_all_clean_has_the_weights_of_one_without_augmentation(
    dataset, tiny, bundle, one_thread, tmp_path
):
    model = train(dataset, tiny(augmentation={"clean_fraction": 1}), tmp_path / "m", machine=one_thread)
    plain = load_model(bundle).regressor.state_dict()
    weights = model.regressor.state_dict()
    assert all(torch.equal(weights[name], plain[name]) for name in plain)
    other = train(dataset, tiny(augmentation={"clean_fraction": 0}), tmp_path / "o", machine=one_thread)
    assert not torch.equal(other.regressor.state_dict()["head.weight"], plain["head.weight"])


def test_history_survives_a_checkpoint():
    history, other = History(), History()
    history.rows = [{"epoch": 1.0}]
    other.load_state_dict(history.state_dict())
    other.rows.append({"epoch": 2.0})
    assert len(history.rows) == 1


def test_a_gaussian_model_learns_where_measurements_are_noisy(tiny, one_thread, tmp_path):
    """Sequences with the motif have noise of SD 1, the others hardly any."""
    sequences, y = planted(400)
    noisy = np.array([MOTIF in s for s in sequences])
    y = np.array(y) + np.random.default_rng(0).normal(0, 1, 400) * noisy
    data = dataset_from_arrays(sequences, y, split=split_of(400))
    plain = {"dropout": 0.0, "filter_dropout": 0.0, "activation": "relu", "pooling": "max"}
    plain |= {"rc_tied_filters": False}
    config = tiny(args=plain, epochs=40, loss="gaussian")
    model = train(data, config, tmp_path / "m", machine=one_thread)
    found = load_model(tmp_path / "m").predict_members(data.rows)
    sd = found.sd[:, 0]
    assert np.median(sd[noisy]) == pytest.approx(1, abs=0.35)
    assert np.median(sd[~noisy]) < 0.4
    assert model.header.calibration["target"].scale_floor == pytest.approx(
        np.median(found.sd[data.part("val"), 0]), rel=1e-6
    )


def test_a_finished_training_is_used_again_and_another_number_of_threads_is_said(
    bundle, dataset, tiny, one_thread, caplog
):
    stated = tiny(args=load_model(bundle).header.args)
    for config in (tiny(), stated):
        assert train_once(dataset, config, bundle, machine=one_thread).path == bundle
    assert caplog.text == ""
    assert train_once(dataset, tiny(), bundle, machine=Machine("cpu", threads=2)).path == bundle
    assert (
        "trained with 1 CPU threads, not 2, which would give other weights, as another seed does; it is used"
        in caplog.text
    )

"""Needs a GPU: CUDA graphs against kernels started one by one, and a GPU against the CPU."""

import csv
import logging

import numpy as np
import pytest
import torch

from seqcnn.encoders import ENCODERS
from seqcnn.interpret.attribution.ism import ism
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.run_json import history_file
from seqcnn.model.train import train
from seqcnn.model.training.cuda_graphs import GraphedStep
from seqcnn.model.training.losses import TrainingDiverged
from seqcnn.model.training.step import RegressorTraining
from seqcnn.model.training.trainer import Machine

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")

RANDOM = {
    "epochs": 10, "strand": "double", "max_shift": 3, "mutation_rate": 0.05, "augmentation": {},
    "precision": "32",
}  # fmt: skip
"""And dropout, which is on by default; three steps an epoch."""


def losses(path):
    with history_file(path).open(newline="") as file:
        return np.array([[float(row["train_loss"]), float(row["val_loss"])] for row in csv.DictReader(file)])


@pytest.mark.parametrize("encoder", list(ENCODERS))
def test_a_recorded_step_learns_what_one_learns_that_is_not(
    encoder, dataset, tiny, tmp_path, monkeypatch, caplog
):
    caplog.set_level(logging.WARNING)
    train(dataset, tiny(encoder, **RANDOM), tmp_path / "graph" / "m", machine=Machine("cuda"))
    assert "kernel by kernel" not in caplog.text
    with monkeypatch.context() as patch:
        patch.setattr(GraphedStep, "__call__", lambda self, batch: self.step(batch))
        train(dataset, tiny(encoder, **RANDOM), tmp_path / "eager" / "m", machine=Machine("cuda"))
    graph, eager = losses(tmp_path / "graph" / "m"), losses(tmp_path / "eager" / "m")
    np.testing.assert_allclose(graph, eager, rtol=1e-3)
    assert len(graph) == 10


@pytest.mark.parametrize("encoder", list(ENCODERS))
def test_a_gpu_predicts_what_a_cpu_predicts(encoder, dataset, tiny, tmp_path):
    gpu = train(dataset, tiny(encoder, epochs=3), tmp_path / "m", machine=Machine("cuda"))
    cpu = load_model(tmp_path / "m", "cpu").predict_rows(dataset.rows)
    np.testing.assert_allclose(gpu.predict_rows(dataset.rows), cpu, atol=2e-6 * np.abs(cpu).max())


def test_mutants_on_a_gpu_are_those_on_a_cpu(dataset, tiny, tmp_path):
    gpu = train(dataset, tiny(epochs=3), tmp_path / "m", machine=Machine("cuda"))
    rows = dataset.rows.take(np.arange(5))
    found, wanted = ism(gpu, rows), ism(load_model(tmp_path / "m", "cpu"), rows)
    np.testing.assert_allclose(found, wanted, atol=2e-6 * np.abs(wanted).max())


@pytest.mark.parametrize("precision", ["auto", "bf16", "16", "32"])
def test_every_precision_learns(precision, dataset, tiny, tmp_path):
    train(dataset, tiny(epochs=20, precision=precision), tmp_path / "m", machine=Machine("cuda"))
    found = losses(tmp_path / "m")
    assert np.isfinite(found).all()
    assert found[-1, 0] < 0.8 * found[0, 0]


def test_a_run_disturbed_within_an_epoch_goes_on(dataset, tiny, tmp_path, monkeypatch):
    train(dataset, tiny(**RANDOM), tmp_path / "whole" / "m", machine=Machine("cuda"))
    found = RegressorTraining.training_step

    def disturbed(self, batch, batch_idx):
        if self.global_step >= 13:
            raise RuntimeError("disturbed")
        return found(self, batch, batch_idx)

    with monkeypatch.context() as patch:
        patch.setattr(RegressorTraining, "training_step", disturbed)
        with pytest.raises(RuntimeError, match="disturbed"):
            train(dataset, tiny(**RANDOM), tmp_path / "rest" / "m", machine=Machine("cuda"))
    train(dataset, tiny(**RANDOM), tmp_path / "rest" / "m", machine=Machine("cuda"))
    np.testing.assert_allclose(losses(tmp_path / "rest" / "m"), losses(tmp_path / "whole" / "m"), rtol=1e-3)


def test_a_network_that_waits_for_the_gpu_is_not_recorded(dataset, tiny, tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.WARNING)
    found = RegressorTraining.loss

    def waiting(self, batch):
        loss = found(self, batch)
        assert loss.item() >= 0
        return loss

    monkeypatch.setattr(RegressorTraining, "loss", waiting)
    train(dataset, tiny(epochs=10), tmp_path / "m", machine=Machine("cuda"))
    assert caplog.text.count("steps are launched kernel by kernel") == 1
    assert np.isfinite(losses(tmp_path / "m")).all()


@pytest.mark.parametrize("step", [1, 13])
def test_a_loss_that_is_nan_stops_training_at_the_end_of_its_epoch(
    step, dataset, tiny, tmp_path, monkeypatch
):
    found = RegressorTraining.seed_dropout

    def broken(self):
        found(self)
        if self.global_step == step:
            self.model.head.weight.data.fill_(float("nan"))

    monkeypatch.setattr(RegressorTraining, "seed_dropout", broken)
    with pytest.raises(TrainingDiverged, match=f"is NaN or infinite at epoch {step // 3 + 1}, learning rate"):
        train(dataset, tiny(epochs=10), tmp_path / "m", machine=Machine("cuda"))

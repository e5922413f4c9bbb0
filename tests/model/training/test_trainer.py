"""Lightning's trainer: its faults, its precision and its extras."""

import logging
import sys

import pytest
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException

from seqcnn.config.model import TrainingPlan
from seqcnn.errors import EnvironmentFault, UsageError
from seqcnn.model.training.trainer import Machine, lightning_faults, make_trainer


def trainer(folder, plan=None, machine=None, device="cpu"):
    plan, machine = plan or TrainingPlan(), machine or Machine()
    return make_trainer(plan, machine, device=torch.device(device), folder=folder / "state", callbacks=[])


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RuntimeError("CUDA out of memory"), "training: out of memory; lower `batch_size`"),
        (MemoryError(), "training: out of memory; lower `batch_size`"),
        (RuntimeError("[gloo] Connection closed by peer"), "training: another process of --devices ended"),
        (
            RuntimeError("NCCL error"),
            "training: another process of --devices ended; the same command goes on",
        ),
        (MisconfigurationException("no TPU"), "training: no TPU"),
    ],
)
def test_faults_of_the_machine_are_one_line(error, message):
    with pytest.raises(EnvironmentFault, match=message), lightning_faults():
        raise error


def test_a_bug_stays_what_it_is():
    with pytest.raises(RuntimeError, match="shapes"), lightning_faults():
        raise RuntimeError("shapes differ")


def test_lightnings_exit_after_an_interrupt_is_the_interrupt():
    def interrupted():
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            sys.exit(1)

    with pytest.raises(KeyboardInterrupt), lightning_faults():
        interrupted()
    with pytest.raises(SystemExit, match="7"), lightning_faults():
        sys.exit(7)


def test_levels_of_lightnings_loggers_are_restored():
    logger = logging.getLogger("lightning.pytorch")
    before = logger.level
    with lightning_faults():
        assert logger.level == logging.ERROR
    assert logger.level == before


@pytest.mark.parametrize(
    ("name", "expected"), [("auto", "32-true"), ("32", "32-true"), ("bf16", "bf16-mixed")]
)
def test_the_precision_of_a_plan_is_lightnings(name, expected, tmp_path):
    assert trainer(tmp_path, TrainingPlan(precision=name)).precision == expected


def test_one_numbered_device_and_several_devices_exclude_each_other(tmp_path):
    with pytest.raises(UsageError, match="--device cuda:1 is one device; use --device cuda with --devices"):
        trainer(tmp_path, machine=Machine("cuda:1", devices=2), device="cuda:1")


def test_tensorboard_that_is_not_installed_is_named_with_its_extra(tmp_path, monkeypatch):
    def missing(*arguments, **named):
        raise ModuleNotFoundError("No module named tensorboard")

    monkeypatch.setattr("lightning.pytorch.loggers.TensorBoardLogger", missing)
    with pytest.raises(EnvironmentFault, match=r"tensorboard is not installed; pip install 'seqcnn\[tensor"):
        trainer(tmp_path, machine=Machine(tensorboard=True))

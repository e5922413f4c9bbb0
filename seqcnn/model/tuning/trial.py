"""One trial of a tuning: a training that reports its progress, and stops early if others were better."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback

from seqcnn.config.model import ModelConfig
from seqcnn.data.dataset import Dataset
from seqcnn.errors import ConfigError, EnvironmentFault
from seqcnn.io.atomic import temporary_folder
from seqcnn.model.network.regressor import parameter_count
from seqcnn.model.train import Machine, train_epochs, untrained_network
from seqcnn.model.training.calibrate import calibrate_model
from seqcnn.model.training.losses import TrainingDiverged
from seqcnn.model.training.setup import describe_training, prepare_training


class TrialStopped(Exception):
    """A trial that ends without a score, and why."""


class TrialReporter(Callback):
    """Reports the validation loss of every tenth of a training, and stops a worse or too slow trial."""

    def __init__(self, is_worse: Callable[[float, int], bool], deadline: float) -> None:
        self.is_worse, self.deadline = is_worse, deadline
        self.tenth = 0

    def on_train_batch_end(self, trainer: lightning.Trainer, pl_module: Any, *_: Any) -> None:
        """Stop at the deadline."""
        if time.monotonic() > self.deadline:
            raise TrialStopped("stopped by the time limit")

    def on_validation_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Stop if the loss is worse than that of most others after as many tenths of the training."""
        tenth = 10 * (trainer.current_epoch + 1) // int(trainer.max_epochs or 1)
        if tenth > self.tenth:
            self.tenth = tenth
            if self.is_worse(float(trainer.callback_metrics["val_loss"]), tenth):
                raise TrialStopped(f"pruned after {tenth} tenths of its epochs")


def validation_score(
    dataset: Dataset, config: ModelConfig, reporter: TrialReporter, *, seed: int, machine: Machine
) -> tuple[float | None, int]:
    """Train one model without keeping it; return r of validation rows, the mean of targets, and its size.

    Raises
    ------
    TrialStopped
        If the reporter stops it, or the network cannot be trained with this configuration.
    """
    try:
        with temporary_folder() as folder:
            return _trained_score(dataset, config, reporter, seed=seed, machine=machine, folder=folder)
    except (ConfigError, TrainingDiverged, EnvironmentFault) as error:
        raise TrialStopped(str(error)) from error


def _trained_score(
    dataset: Dataset,
    config: ModelConfig,
    reporter: TrialReporter,
    *,
    seed: int,
    machine: Machine,
    folder: Path,
) -> tuple[float | None, int]:
    """Train in a folder for checkpoints, and score the best epoch."""
    training = prepare_training(dataset, config, seed, machine, teachers=())
    header = describe_training(training)
    network = untrained_network(header, dataset, seed)
    size = parameter_count(network)
    _, best = train_epochs(network, training, folder, reporter)
    network.load_state_dict(best.weights)
    return calibrate_model(network.to(training.device), header, dataset).header.validation_r, size

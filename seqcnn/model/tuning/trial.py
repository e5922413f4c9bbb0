"""One trial of a tuning: a training that reports its progress, and stops early if others were better."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback

from seqcnn.config.model import ModelConfig
from seqcnn.data.dataset import Dataset
from seqcnn.errors import ConfigError, EnvironmentFault, out_of_memory
from seqcnn.io.atomic import temporary_folder
from seqcnn.model.metrics import mean_over_targets
from seqcnn.model.network.regressor import parameter_count
from seqcnn.model.train import Machine, train_epochs, untrained_network
from seqcnn.model.training.calibrate import calibrate_model
from seqcnn.model.training.losses import TrainingDiverged
from seqcnn.model.training.setup import describe_training, prepare_training


class TrialStopped(Exception):
    """A trial that ends without a score, and why."""


class TrialReporter(Callback):
    """Reports the validation loss of every tenth of a training, and stops a worse or too slow trial.

    Of several folds only the first one is reported.
    """

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
    folds: Sequence[Dataset], config: ModelConfig, reporter: TrialReporter, *, seed: int, machine: Machine
) -> tuple[float | None, int]:
    """Train a model on each fold without keeping it.

    Returns
    -------
    Pearson r on validation rows, the mean over targets and folds, None if one is undefined; and the number of
    parameters.

    Raises
    ------
    TrialStopped
        If the reporter stops it, or the network cannot be trained with this configuration.
    """
    with untrainable():
        scores = [_fold_score(fold, config, reporter, seed=seed, machine=machine) for fold in folds]
    return mean_over_targets(r for r, _ in scores), scores[0][1]


@contextmanager
def untrainable() -> Iterator[None]:
    """Raise `TrialStopped` where the block finds that a configuration cannot be trained."""
    try:
        yield
    except (ConfigError, TrainingDiverged) as error:
        raise TrialStopped(str(error)) from error
    except EnvironmentFault as error:
        if not out_of_memory(error):
            raise
        raise TrialStopped(str(error)) from error


def _fold_score(
    dataset: Dataset, config: ModelConfig, reporter: TrialReporter, *, seed: int, machine: Machine
) -> tuple[float | None, int]:
    """Train on one fold; return the score of its best epoch, and the number of parameters."""
    training = prepare_training(dataset, config, seed, machine, teachers=())
    header = describe_training(training)
    network = untrained_network(header, dataset, seed)
    size = parameter_count(network)
    with temporary_folder() as folder:  # for checkpoints
        _, best = train_epochs(network, training, folder, reporter)
    network.load_state_dict(best.weights)
    return calibrate_model(network.to(training.device), header, dataset).header.validation_r, size

"""Lightning callbacks of training: history, best weights, progress messages, atomic checkpoints."""

from __future__ import annotations

import csv
import io
import logging
import math
import time
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.fabric.plugins.io import TorchCheckpointIO
from lightning.pytorch.callbacks import Callback, ModelCheckpoint

from seqcnn.errors import plural
from seqcnn.io.atomic import atomic_path
from seqcnn.plotting.formatting import duration

logger = logging.getLogger(__name__)

TIMED_BATCHES = 5
"""Batches from Lightning over which the speed is measured, to estimate the time of the training."""

CHECKPOINT_SECONDS = 1.0
"""Shortest time between two checkpoints, one of which takes 10 ms to write."""


class History(Callback):
    """The losses of every epoch, kept in the checkpoint so that a resumed run has them all."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Add one epoch."""
        metrics = {key: float(trainer.callback_metrics[key]) for key in ("train_loss", "val_loss")}
        self.rows.append({"epoch": trainer.current_epoch + 1, **metrics, "lr": _lr(trainer)})

    def write(self, path: Path) -> None:
        """Write the losses of every epoch as CSV."""
        with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(self.rows[0]))
            writer.writeheader()
            writer.writerows(self.rows)

    def state_dict(self) -> dict[str, Any]:
        """Return the state for a checkpoint."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the state of a checkpoint."""
        self.rows = list(state_dict["rows"])


class BestWeights(Callback):
    """A copy of the weights of the epoch with the lowest finite validation loss, kept in the checkpoint.

    Patience begins to count at the epoch `first_clean`, if there are last epochs without augmentation.
    """

    def __init__(self, patience: int | None, first_clean: int | None = None) -> None:
        self.patience, self.first_clean = patience, first_clean or 0
        self.loss, self.epoch = math.inf, 0
        self.weights: dict[str, torch.Tensor] = {}

    def on_train_start(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Stop a resumed run at once if its patience was exhausted already."""
        trainer.should_stop = self._exhausted(trainer.current_epoch)

    def on_validation_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Keep the weights if they are the best so far; stop when patience is exhausted."""
        loss = float(trainer.callback_metrics["val_loss"])
        if loss < self.loss:
            self.loss, self.epoch = loss, trainer.current_epoch + 1
            self.weights = {name: t.detach().clone() for name, t in pl_module.model.state_dict().items()}
        elif self._exhausted(trainer.current_epoch + 1):
            trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        """Return the state for a checkpoint."""
        return {"loss": self.loss, "epoch": self.epoch, "weights": self.weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the state of a checkpoint."""
        self.loss, self.epoch, self.weights = (state_dict[key] for key in ("loss", "epoch", "weights"))

    def _exhausted(self, done: int) -> bool:
        """Return whether none of the last `patience` of the `done` epochs improved the loss."""
        return self.patience is not None and done - max(self.epoch, self.first_clean) >= self.patience


class ProgressLogger(Callback):
    """Logs the estimated time of the training after a few steps, and the losses of every epoch."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.begin = self.first = 0.0
        self.done = self.timed = 0

    def on_train_start(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Start the clock."""
        self.begin = time.monotonic()

    def on_train_batch_end(self, trainer: lightning.Trainer, pl_module: Any, *_: Any) -> None:
        """Log the estimated time once, without the first, slower steps."""
        self.timed += 1
        if self.timed == 1:
            self.first, self.done = _time_now(pl_module), trainer.global_step
        elif self.timed == 1 + TIMED_BATCHES:
            left = self.steps - trainer.global_step
            seconds = (_time_now(pl_module) - self.first) / (trainer.global_step - self.done) * left
            if left > 0:
                logger.info("about %s for %s", duration(seconds), plural(left, "step"))

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Log one line per epoch if there is no progress bar."""
        if not trainer.progress_bar_callback:
            losses = ", ".join(
                f"{k} {float(trainer.callback_metrics[k]):.4f}" for k in ("train_loss", "val_loss")
            )
            done = f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}"
            logger.info("%s: %s (%s)", done, losses, duration(time.monotonic() - self.begin))


class LastCheckpoint(ModelCheckpoint):
    """Checkpoint of the last epoch; short epochs do not all have one."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            folder, "last", every_n_epochs=1, save_on_train_epoch_end=True, enable_version_counter=False
        )
        self.written = -math.inf

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Write the checkpoint, at most every `CHECKPOINT_SECONDS` but for the first and the last epoch.

        With several processes, which wait for each other, every epoch is written.
        """
        always = trainer.world_size > 1 or trainer.should_stop
        last = trainer.current_epoch + 1 == trainer.max_epochs
        if always or last or time.monotonic() - self.written > CHECKPOINT_SECONDS:
            super().on_train_epoch_end(trainer, pl_module)
            self.written = time.monotonic()


class AtomicCheckpointIO(TorchCheckpointIO):
    """Checkpoints that are written atomically, and read without executing pickled code."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write a checkpoint atomically."""
        content = io.BytesIO()  # torch reports a full disk as an internal error
        torch.save(checkpoint, content)
        with atomic_path(Path(path)) as temporary:
            temporary.write_bytes(content.getbuffer())

    def load_checkpoint(
        self, path: Any, map_location: Any = None, weights_only: bool | None = True
    ) -> dict[str, Any]:
        """Read a checkpoint; weights and plain values only."""
        return torch.load(path, map_location=map_location, weights_only=True)


def _lr(trainer: lightning.Trainer) -> float:
    """Return the current learning rate."""
    return float(trainer.optimizers[0].param_groups[0]["lr"])


def _time_now(pl_module: Any) -> float:
    """Return the time in s after the device has finished its work."""
    pl_module.losses.tolist()
    return time.monotonic()

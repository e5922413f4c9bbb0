"""A signal that asks to stop -> the state of the training, written between two batches.

A rerun goes on at the next batch, bit for bit as if nothing had happened.
"""

from __future__ import annotations

import copy
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback

ASKING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
"""Signals that ask to stop: a scheduler's, Ctrl-C, a closed terminal, Slurm's before the time is up."""


class PreemptionHandler(Callback):
    """Writes the training's state when a signal asks to stop, then lets the signal act as it would have."""

    def __init__(self, checkpoint: Path) -> None:
        self.checkpoint = checkpoint
        self.state: dict[str, Any] = {}
        self.asked: signal.Signals | None = None
        self.usual: dict[signal.Signals, Any] = {}

    def on_fit_start(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Note what the signals would do; Lightning has not changed it yet, and puts it back at the end."""
        self.usual = {number: signal.getsignal(number) for number in ASKING}

    def on_train_start(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Note signals from now on; other processes of `--devices` leave them to the first."""
        if threading.current_thread() is threading.main_thread():
            for number, handler in self.usual.items():
                if handler not in (signal.SIG_IGN, None):  # as under nohup; None is not Python's to put back
                    signal.signal(number, self._note if trainer.is_global_zero else signal.SIG_IGN)

    def on_train_batch_start(self, trainer: lightning.Trainer, *_: Any) -> None:
        """Stop if asked; before the last batch keep the state, as validation cannot be resumed."""
        if self.asked or trainer.is_last_batch:
            self.state = copy.deepcopy(trainer._checkpoint_connector.dump_checkpoint(weights_only=False))
        self.on_validation_batch_start(trainer)

    def on_validation_batch_start(self, trainer: lightning.Trainer, *_: Any) -> None:
        """Stop if asked."""
        if self.asked:
            trainer.strategy.checkpoint_io.save_checkpoint(self.state, self.checkpoint)
            self._pass_on(trainer, self.asked)

    def on_train_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Stop if asked; the checkpoint of the last epoch is there already."""
        if self.asked:
            self._pass_on(trainer, self.asked)

    def on_save_checkpoint(
        self, trainer: lightning.Trainer, pl_module: Any, checkpoint: dict[str, Any]
    ) -> None:
        """Let a state within an epoch look like the end of the one before: Lightning resumes that exactly.

        The data module leaves out the batches that are done.
        """
        for count in checkpoint["loops"]["fit_loop"]["epoch_progress"].values():
            count |= dict.fromkeys(count, count["processed"])

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Remember the signal until the batch is done."""
        self.asked = signal.Signals(number)

    def _pass_on(self, trainer: lightning.Trainer, number: signal.Signals) -> None:
        """Let the signal do what it would have done, to the other processes too."""
        others = getattr(trainer.strategy.launcher, "procs", [])
        while others:  # a thread of Lightning kills this process when one in the list is dead
            others.pop().kill()
        self.asked = None
        signal.signal(number, self.usual[number])
        signal.raise_signal(number)

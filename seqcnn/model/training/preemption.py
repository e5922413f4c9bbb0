"""Checkpoint on a termination signal: the state of the training is written between two batches.

The same call resumes at the next batch, with the same bits as without the interruption.
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

from seqcnn.stop_signals import available

TERMINATION_SIGNALS = available("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1")
"""Signals of a scheduler, Ctrl-C, a closed terminal, and of Slurm before the time limit."""


class PreemptionHandler(Callback):
    """Writes the state of the training on a termination signal, then calls the former handler."""

    def __init__(self, checkpoint: Path) -> None:
        self.checkpoint = checkpoint
        self.state: dict[str, Any] = {}
        self.signal: signal.Signals | None = None
        self.handlers: dict[signal.Signals, Any] = {}

    def on_fit_start(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Store the handlers of the signals, before Lightning replaces them."""
        self.handlers = {number: signal.getsignal(number) for number in TERMINATION_SIGNALS}

    def on_train_start(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Install the handlers; other processes of `--devices` leave signals to the first."""
        if threading.current_thread() is threading.main_thread():
            for number, handler in self.handlers.items():
                if handler not in (
                    signal.SIG_IGN,
                    None,
                ):  # nohup; not Python's
                    signal.signal(number, self._store if trainer.is_global_zero else signal.SIG_IGN)

    def on_train_batch_start(self, trainer: lightning.Trainer, *_: Any) -> None:
        """Stop on a signal; keep the state before the last batch, as validation cannot be resumed."""
        if self.signal or trainer.is_last_batch:
            self.state = copy.deepcopy(trainer._checkpoint_connector.dump_checkpoint(weights_only=False))
        self.on_validation_batch_start(trainer)

    def on_validation_batch_start(self, trainer: lightning.Trainer, *_: Any) -> None:
        """Stop on a signal."""
        if self.signal:
            trainer.strategy.checkpoint_io.save_checkpoint(self.state, self.checkpoint)
            self._pass_on(trainer, self.signal)

    def on_train_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Stop on a signal; the checkpoint of the last epoch is written already."""
        if self.signal:
            self._pass_on(trainer, self.signal)

    def on_save_checkpoint(
        self, trainer: lightning.Trainer, pl_module: Any, checkpoint: dict[str, Any]
    ) -> None:
        """Mark a state within an epoch as the end of the epoch before, which Lightning resumes exactly.

        The data module skips the batches that are done.
        """
        for count in checkpoint["loops"]["fit_loop"]["epoch_progress"].values():
            count |= dict.fromkeys(count, count["processed"])

    def _store(self, number: int, frame: FrameType | None) -> None:
        """Store the signal until the batch is done."""
        self.signal = signal.Signals(number)

    def _pass_on(self, trainer: lightning.Trainer, number: signal.Signals) -> None:
        """Raise the signal with its former handler, and kill the other processes."""
        others = getattr(trainer.strategy.launcher, "procs", [])
        while others:  # Lightning kills this process when one in the list is dead
            others.pop().kill()
        self.signal = None
        signal.signal(number, self.handlers[number])
        signal.raise_signal(number)

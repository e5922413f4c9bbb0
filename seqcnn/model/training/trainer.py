"""Training plan + machine -> Lightning's trainer, with its adverts silenced and its faults in one line."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.utilities.exceptions import MisconfigurationException

from seqcnn.config.model import TrainingPlan
from seqcnn.errors import EnvironmentFault, UsageError, out_of_memory
from seqcnn.log import shows_progress
from seqcnn.model.training.callbacks import AtomicCheckpointIO, LastCheckpoint

_CONNECTIONS = ("gloo", "NCCL")
"""What torch's words on a lost connection between processes hold."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a model is trained: device, processes, CPU threads and memory."""

    device: str = "auto"
    devices: int = 1
    """Number of GPUs, or of CPU processes, per node."""
    threads: int | None = None
    """CPU threads, all cores by default.  Another number gives other weights, as another seed does."""
    megabytes: float | None = None
    """MB of sequences that are held in memory; None holds all.  Fewer change the order of the rows."""
    tensorboard: bool = False
    """Also write TensorBoard logs beside the bundle."""
    nodes: int = 1
    """Number of nodes; above 1 `srun` starts one process per device of each node."""

    @property
    def world(self) -> int:
        """Number of devices of all nodes, which share the sequences of each step."""
        return self.devices * self.nodes

    @property
    def is_first(self) -> bool:
        """Whether this process writes files: not another task of `srun` on several nodes."""
        return self.nodes == 1 or os.environ.get("SLURM_PROCID", "0") == "0"


def make_trainer(
    plan: TrainingPlan, machine: Machine, *, device: torch.device, folder: Path, callbacks: list[Any]
) -> lightning.Trainer:
    """Set Lightning's trainer up: the newest checkpoint in `folder`, nothing guessed from the environment.

    Raises
    ------
    EnvironmentFault
        If the device, or as many of them as asked for, or TensorBoard is not there.
    UsageError
        If one numbered device and several devices are asked for at once.
    """
    if device.index is not None and machine.devices > 1:
        raise UsageError(f"--device {machine.device} is one device; use --device cuda with --devices")
    devices: Any = machine.devices if device.index is None or device.type == "cpu" else [device.index]
    return lightning.Trainer(
        accelerator={"cuda": "gpu"}.get(device.type, device.type),
        devices=devices,
        num_nodes=machine.nodes,
        strategy="ddp" if machine.world > 1 else "auto",
        precision=_precision(plan.precision, device),
        max_epochs=plan.epochs,
        reload_dataloaders_every_n_epochs=1,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        enable_progress_bar=shows_progress(sys.stderr),
        enable_model_summary=False,
        logger=_tensorboard(folder.parent) if machine.tensorboard else False,
        plugins=[AtomicCheckpointIO(), _processes(machine)],
        callbacks=[*callbacks, LastCheckpoint(folder)],
        log_every_n_steps=1,
    )


@contextmanager
def lightning_faults() -> Iterator[None]:
    """Silence Lightning's adverts and hints, and turn its refusals and exits into ours.

    Raises
    ------
    EnvironmentFault
        If memory runs out, another process of the training ends, or Lightning cannot use the machine.
    KeyboardInterrupt
        After SIGINT, instead of Lightning's exit with 1.
    """
    try:
        with _quiet_lightning():
            yield
    except SystemExit as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise
    except (RuntimeError, MemoryError) as error:
        if out_of_memory(error):
            remedy = "lower `batch_size`, use --device cpu, or give --memory"
            raise EnvironmentFault(f"training: out of memory; {remedy}") from error
        if any(name in str(error) for name in _CONNECTIONS):
            remedy = "the same command goes on from the last epoch"
            raise EnvironmentFault(f"training: another process of --devices ended; {remedy}") from error
        raise
    except MisconfigurationException as error:
        raise EnvironmentFault(f"training: {error}") from error


@contextmanager
def _quiet_lightning() -> Iterator[None]:
    """Silence Lightning's adverts and hints inside the block."""
    names = ("lightning.pytorch", "lightning.fabric", "lightning.pytorch.utilities.rank_zero")
    levels = [logging.getLogger(name).level for name in names]
    for name in names:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\..*")
            warnings.filterwarnings("ignore", r"Detected call of `lr_scheduler\.step")  # fp16 left a step out
            yield
    finally:
        for name, level in zip(names, levels, strict=True):
            logging.getLogger(name).setLevel(level)


def _processes(machine: Machine) -> ClusterEnvironment:
    """Return what starts the processes: Lightning itself, or `srun` on several nodes."""
    return SLURMEnvironment(auto_requeue=False) if machine.nodes > 1 else LightningEnvironment()


def _precision(name: str, device: torch.device) -> Any:
    """Return Lightning's name of a precision."""
    if name == "auto":
        fast = device.type == "cuda" and torch.cuda.is_bf16_supported()
        return "bf16-mixed" if fast else "32-true"
    return {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}[name]


def _tensorboard(folder: Path) -> Any:
    """Return a logger that writes to `folder`/tensorboard."""
    from lightning.pytorch.loggers import TensorBoardLogger

    try:
        return TensorBoardLogger(folder, name="tensorboard", version="")
    except ModuleNotFoundError as error:
        raise EnvironmentFault("tensorboard is not installed; pip install 'seqcnn[tensorboard]'") from error

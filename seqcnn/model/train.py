"""Dataset + model config -> bundle: fits one model from one seed and keeps its best epoch.

The run's state lies in a folder beside the bundle while it trains; a killed run goes on from there.
"""

from __future__ import annotations

import csv
import hashlib
import json
import logging
import shutil
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from lightning.fabric.plugins.environments import LightningEnvironment
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import ModelCheckpoint

from seqcnn.config import ModelConfig
from seqcnn.data.datamodule import Augmentation, SequenceDataModule, derive_seed, steps_per_epoch
from seqcnn.data.dataset import Dataset
from seqcnn.data.output import atomic_path
from seqcnn.data.splits import PARTS
from seqcnn.errors import ConfigError, EnvironmentFault
from seqcnn.model.bundle import build, save_bundle
from seqcnn.model.callbacks import BestWeights, History, Narrator, WholeCheckpoints
from seqcnn.model.device import describe, resolve_device, set_threads
from seqcnn.model.header import Header
from seqcnn.model.lightning_module import RegressorTraining
from seqcnn.model.metrics import METRICS
from seqcnn.model.predict import TrainedModel
from seqcnn.model.regressor import parameter_count

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a model is trained; changes the time, not the question."""

    device: str = "auto"
    devices: int = 1
    """Number of GPUs, or of CPU processes."""
    threads: int | None = None
    """CPU threads; all cores by default."""
    tensorboard: bool = False
    """Also write TensorBoard logs beside the bundle."""


def train(
    dataset: Dataset, config: ModelConfig, output: Path, *, seed: int = 1, machine: Machine | None = None
) -> TrainedModel:
    """Fit one model and write its bundle.

    Beside the bundle `output` are written `history.csv` (losses of every epoch) and `run.json`
    (time, device, number of parameters).

    Raises
    ------
    ConfigError
        If the config names no encoder, or its loss does not fit the targets.
    EnvironmentFault
        If the device is not there, or its memory is too small.
    """
    machine = machine or Machine()
    device, threads = resolve_device(machine.device), set_threads(machine.threads)
    header = _header(dataset, config, seed)
    torch.manual_seed(derive_seed(seed, 3))
    model = TrainedModel(build(header), header)
    model.regressor.scale_to(torch.from_numpy(dataset.targets[dataset.part("train")]))
    _announce(dataset, model, config, device, threads)
    begin = time.monotonic()
    history, best = _fit(dataset, model, config, seed=seed, output=output, machine=machine)
    seconds = time.monotonic() - begin
    model.regressor.load_state_dict(best.weights)
    trained = TrainedModel(model.regressor.to(device), header).eval()
    trained.header = header.model_copy(update={"metrics": _scores(trained, dataset)})
    run = {"seconds": round(seconds, 1), "device": describe(device), "threads": threads}
    run |= {"parameters": parameter_count(model), "epochs": len(history.rows), "best_epoch": best.epoch}
    _write_history(output.with_name("history.csv"), history)
    with atomic_path(output.with_name("run.json")) as temporary:
        temporary.write_text(json.dumps(run, indent=1) + "\n")
    save_bundle(output, trained.regressor, trained.header)
    shutil.rmtree(_state_folder(output), ignore_errors=True)
    return trained


def _fit(
    dataset: Dataset, model: TrainedModel, config: ModelConfig, *, seed: int, output: Path, machine: Machine
) -> tuple[History, BestWeights]:
    """Run Lightning's loop, from the last checkpoint if there is one."""
    plan = config.training
    rows = len(dataset.part("train"))
    batch_size = min(plan.batch_size, rows)
    steps = plan.epochs * steps_per_epoch(rows, batch_size * machine.devices)
    augmentation = Augmentation(plan.shift, plan.strand == "double", plan.mutate)
    data = SequenceDataModule(dataset, batch_size=batch_size, seed=seed, augmentation=augmentation)
    history, best = History(), BestWeights(plan.patience)
    folder = _state_folder(output)
    checkpoint = _resumable(folder, dataset, model.header)
    with _quiet_lightning(), _memory_faults():
        trainer = _trainer(plan, machine, folder, [history, best, Narrator(steps)])
        module = RegressorTraining(model.regressor, plan, seed=seed, steps=steps)
        trainer.fit(module, datamodule=data, ckpt_path=checkpoint)
    if trainer.interrupted:
        raise KeyboardInterrupt
    return history, best


def _trainer(plan: Any, machine: Machine, folder: Path, callbacks: list[Any]) -> lightning.Trainer:
    """Set Lightning's trainer up: one checkpoint an epoch, nothing guessed from the environment."""
    device = resolve_device(machine.device)
    devices: Any = [device.index] if device.index is not None else machine.devices
    newest = ModelCheckpoint(
        folder, "last", every_n_epochs=1, save_on_train_epoch_end=True, enable_version_counter=False
    )
    logs: Any = False
    if machine.tensorboard:
        from lightning.pytorch.loggers import TensorBoardLogger

        try:
            logs = TensorBoardLogger(folder.parent, name="tensorboard", version="")
        except ModuleNotFoundError as error:
            raise EnvironmentFault(
                "tensorboard is not installed; pip install 'seqcnn[tensorboard]'"
            ) from error
    return lightning.Trainer(
        accelerator={"cuda": "gpu"}.get(device.type, device.type),
        devices=devices if device.type != "cpu" else machine.devices,
        strategy="ddp" if machine.devices > 1 else "auto",
        precision=_precision(plan.precision, device),
        max_epochs=plan.epochs,
        gradient_clip_val=plan.clip,
        reload_dataloaders_every_n_epochs=1,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        enable_progress_bar=sys.stderr.isatty(),
        enable_model_summary=False,
        logger=logs,
        plugins=[WholeCheckpoints(), LightningEnvironment()],
        callbacks=[*callbacks, newest],
        log_every_n_steps=1,
    )


def _precision(name: str, device: torch.device) -> Any:
    """Return Lightning's name of a precision."""
    if name == "auto":
        fast = device.type == "cuda" and torch.cuda.is_bf16_supported()
        return "bf16-mixed" if fast else "32-true"
    return {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}[name]


def _header(dataset: Dataset, config: ModelConfig, seed: int) -> Header:
    """Describe the model that is about to be trained."""
    if config.encoder is None:
        raise ConfigError(f"baseline {config.baseline} is not trained by `train`; use `seqcnn baseline`")
    if config.training.loss == "poisson" and (np.nan_to_num(dataset.targets) < 0).any():
        raise ConfigError("loss poisson: a target is negative; expected counts, or choose mse or huber")
    return Header(
        seqcnn_version=version("seqcnn"),
        torch_version=str(torch.__version__),
        date=datetime.now(UTC).date().isoformat(),
        encoder=config.encoder,
        args=config.args,
        link="log" if config.training.loss == "poisson" else "identity",
        strand=config.training.strand,
        layout=dataset.layout,
        targets=tuple(dataset.target_names),
        units=tuple(dataset.units),
        training=config.training.model_dump() | {"seed": seed},
        training_set=dataset.digest(),
        inputs=dataset.provenance["inputs"],
        split=dataset.provenance["split"],
        counts={part: len(dataset.part(part)) for part in PARTS},
        metrics={},
    )


def _announce(
    dataset: Dataset, model: TrainedModel, config: ModelConfig, device: torch.device, threads: int
) -> None:
    """Say what is trained on what, and loudly when there is no GPU."""
    where = describe(device) + (f" ({threads} threads)" if device.type == "cpu" else "")
    what = f"{config.encoder} ({parameter_count(model):,} parameters, {config.training.epochs} epochs)"
    logger.info("training %s on %d sequences, on %s", what, len(dataset.part("train")), where)
    if device.type == "cpu":
        logger.warning("NO GPU is used: training runs on the CPU")


def _scores(model: TrainedModel, dataset: Dataset) -> dict[str, dict[str, dict[str, float | None]]]:
    """Score the model on validation and test rows, for the bundle's header."""
    scores: dict[str, dict[str, dict[str, float | None]]] = {}
    for part in ("val", "test"):
        at = dataset.part(part)
        y, y_hat = dataset.targets[at].astype(float), model.predict_rows(dataset.rows.take(at)).astype(float)
        for t, name in enumerate(dataset.target_names):
            measured = np.isfinite(y[:, t])
            values = {m: f(y[measured, t], y_hat[measured, t]) for m, f in METRICS.items() if measured.any()}
            finite = {m: float(v) if np.isfinite(v) else None for m, v in values.items()}
            scores.setdefault(part, {})[name] = finite
    return scores


def _state_folder(output: Path) -> Path:
    """Return the folder of a run's state."""
    return output.with_name(output.name + ".state")


def _resumable(folder: Path, dataset: Dataset, header: Header) -> Path | None:
    """Return the checkpoint of an interrupted run of exactly this training; sweep everything else away."""
    asked = {"model": header.model_dump(mode="json", exclude={"date"}), "val": dataset.digest("val")}
    fingerprint = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    mark, checkpoint = folder / "run", folder / "last.ckpt"
    if mark.is_file() and mark.read_text() == fingerprint and checkpoint.is_file():
        logger.warning("resuming the interrupted run in %s", folder)
        return checkpoint
    shutil.rmtree(folder, ignore_errors=True)
    with atomic_path(mark) as temporary:
        temporary.write_text(fingerprint)
    return None


def _write_history(path: Path, history: History) -> None:
    """Write the losses of every epoch."""
    with atomic_path(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(history.rows[0]))
        writer.writeheader()
        writer.writerows(history.rows)


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
            yield
    finally:
        for name, level in zip(names, levels, strict=True):
            logging.getLogger(name).setLevel(level)


@contextmanager
def _memory_faults() -> Iterator[None]:
    """Turn running out of memory, and Lightning's refusals, into one line."""
    try:
        yield
    except (torch.cuda.OutOfMemoryError, MemoryError) as error:
        raise EnvironmentFault("training: out of memory; lower `batch_size`, or use --device cpu") from error
    except MisconfigurationException as error:
        raise EnvironmentFault(f"training: {error}") from error

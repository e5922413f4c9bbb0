"""Dataset + model config -> bundle: fits one model from one seed and keeps its best epoch.

The run's state lies in a folder beside the bundle while it trains; a killed run goes on from there.
"""

from __future__ import annotations

import csv
import json
import logging
import shutil
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from seqcnn.config.model import ModelConfig, TrainingPlan
from seqcnn.data.batches.augmentation import Augmentation
from seqcnn.data.batches.disk_blocks import ShuffleBlocks
from seqcnn.data.batches.epoch_sampler import derive_seed, steps_per_epoch
from seqcnn.data.datamodule import SequenceDataModule
from seqcnn.data.dataset import Dataset
from seqcnn.data.split.splits import PARTS
from seqcnn.errors import ConfigError
from seqcnn.io.atomic import atomic_path
from seqcnn.model.inference.device import describe, resolve_device, set_threads, tune_malloc
from seqcnn.model.inference.trained_model import Model, load_model
from seqcnn.model.network.bundle import build, save_bundle
from seqcnn.model.network.header import Header
from seqcnn.model.network.regressor import SequenceRegressor, parameter_count
from seqcnn.model.training.calibrate import assess
from seqcnn.model.training.callbacks import BestWeights, History, ProgressLogger
from seqcnn.model.training.cuda_graphs import STEPS_TOGETHER
from seqcnn.model.training.distillation import Teachers, load_teachers
from seqcnn.model.training.lightning_module import RegressorTraining, TrainingDiverged, filter_weights
from seqcnn.model.training.preemption import Stopping
from seqcnn.model.training.run_state import (
    CHECKPOINT,
    fingerprint,
    is_resumable,
    start_anew,
    state_folder,
)
from seqcnn.model.training.trainer import Machine, lightning_faults, make_trainer

__all__ = ["Machine", "train"]

logger = logging.getLogger(__name__)


def train(
    dataset: Dataset,
    config: ModelConfig,
    output: Path,
    *,
    seed: int = 1,
    machine: Machine | None = None,
    teachers: Sequence[Path] = (),
) -> Model:
    """Fit one model and write its bundle.

    Beside the bundle `output` are written `history.csv` (losses of every epoch) and `run.json`
    (time, device, number of parameters).  `teachers` are the bundles of a distilled model's teachers.

    Raises
    ------
    ConfigError
        If the config names no encoder, its network is too large, its loss does not fit the targets, or `l1`
        finds no convolution.
    TrainingDiverged
        If the loss or a gradient became NaN or infinite.
    EnvironmentFault
        If the device is not there, or its memory is too small.
    """
    machine = machine or Machine()
    device, threads = resolve_device(machine.device), set_threads(machine.threads)
    tune_malloc()
    taught_by, lesson = load_teachers(teachers, dataset, config.teacher)
    blocks = _blocks(dataset, config.training.batch_size, machine)
    lesson |= {"shuffled_rows": blocks.size * blocks.in_memory} if blocks else {}
    header = _header(dataset, config, seed, lesson, threads=threads if device.type == "cpu" else None)
    network = _untrained(header, dataset, seed)
    parameters = parameter_count(network)
    _announce(dataset, config, parameters, device, threads)
    begin = time.monotonic()
    state = _state_of(output, header, dataset, machine)
    data = _data_module(dataset, config.training, seed, machine, device=device, blocks=blocks)
    history, best = _fit(
        network, data, config.training, taught_by, machine=machine, device=device, state=state
    )
    seconds = time.monotonic() - begin
    network.load_state_dict(best.weights)
    trained = assess(network.to(device), header, dataset)
    run = {"seconds": round(seconds, 1), "device": describe(device), "threads": threads}
    run |= {"parameters": parameters, "epochs": len(history.rows), "best_epoch": best.epoch}
    _write_history(output.with_name("history.csv"), history)
    with atomic_path(output.with_name("run.json")) as temporary:
        temporary.write_text(json.dumps(run, indent=1) + "\n")
    save_bundle(output, trained.regressor, trained.header)
    shutil.rmtree(state, ignore_errors=True)
    return trained


def train_once(
    dataset: Dataset, config: ModelConfig, output: Path, *, seed: int = 1, machine: Machine | None = None
) -> Model:
    """Return the model of exactly this training that `output` holds, or train it; as `train`."""
    if output.is_file():
        model = load_model(output, (machine or Machine()).device)
        asked = (dataset.digest(), config.encoder, config.args, config.training.model_dump() | {"seed": seed})
        header = model.header
        if (header.training_sha256, header.encoder, header.args, header.training) == asked:
            return model
    return train(dataset, config, output, seed=seed, machine=machine)


def _untrained(header: Header, dataset: Dataset, seed: int) -> SequenceRegressor:
    """Return the network with random weights, scaled to the training targets."""
    torch.manual_seed(derive_seed(seed, 3))
    network = cast(SequenceRegressor, build(header))
    if header.training["l1"] and not filter_weights(network):
        raise ConfigError(f"l1: encoder {header.encoder} has no convolution to make sparse; remove `l1`")
    network.scale_to(torch.from_numpy(dataset.targets[dataset.part("train")]))
    return network


def _state_of(output: Path, header: Header, dataset: Dataset, machine: Machine) -> Path:
    """Return the state folder of a training, ready to resume or empty."""
    folder, expected = state_folder(output), fingerprint(header, dataset, machine.devices)
    if is_resumable(folder, expected):
        logger.warning("resuming the interrupted run in %s", folder)
    else:
        start_anew(folder, expected)
    return folder


def _data_module(
    dataset: Dataset,
    plan: TrainingPlan,
    seed: int,
    machine: Machine,
    *,
    device: torch.device,
    blocks: ShuffleBlocks | None,
) -> SequenceDataModule:
    """Return the batches of a training."""
    steps_per_call = STEPS_TOGETHER if device.type == "cuda" and machine.devices == 1 else 1
    return SequenceDataModule(
        dataset,
        batch_size=min(plan.batch_size, len(dataset.part("train"))),
        seed=seed,
        augmentation=Augmentation(plan.max_shift, plan.strand == "double", plan.mutation_rate),
        steps_per_call=steps_per_call,
        blocks=blocks,
    )


def _fit(
    network: SequenceRegressor,
    data: SequenceDataModule,
    plan: TrainingPlan,
    teachers: Teachers,
    *,
    machine: Machine,
    device: torch.device,
    state: Path,
) -> tuple[History, BestWeights]:
    """Run Lightning's loop, from the last checkpoint if there is one."""
    rows, seed = len(data.rows["train"]), data.seed
    steps = plan.epochs * steps_per_epoch(rows, data.batch_size * machine.devices)
    history, best = History(), BestWeights(plan.patience)
    checkpoint = state / CHECKPOINT
    callbacks = [history, best, ProgressLogger(steps), Stopping(checkpoint)]
    with lightning_faults():
        trainer = make_trainer(plan, machine, device=device, folder=state, callbacks=callbacks)
        module = RegressorTraining(network, plan, data.encode, seed=seed, steps=steps, teachers=teachers)
        trainer.fit(module, datamodule=data, ckpt_path=checkpoint if checkpoint.is_file() else None)
    if not trainer.is_global_zero:
        raise SystemExit(0)  # the other processes of `--devices` leave scores and files to the first
    if not best.weights:
        raise TrainingDiverged("training: the validation loss was NaN or infinite in every epoch; lower `lr`")
    return history, best


def _blocks(dataset: Dataset, batch_size: int, machine: Machine) -> ShuffleBlocks | None:
    """Return how the rows of a dataset that stays on disk are shuffled; None if it is in memory."""
    if machine.megabytes is None or isinstance(dataset.rows.bases, np.ndarray):
        return None
    batch = min(batch_size, len(dataset.part("train"))) * machine.devices
    blocks = ShuffleBlocks.fit_memory(machine.megabytes, dataset.layout.length, batch)
    logger.info("sequences stay on disk: %d are shuffled at a time", blocks.size * blocks.in_memory)
    return blocks


def _header(
    dataset: Dataset, config: ModelConfig, seed: int, lesson: dict[str, Any], *, threads: int | None
) -> Header:
    """Describe the model that is about to be trained."""
    if config.encoder is None:
        raise ConfigError(f"baseline {config.baseline} is not trained by `train`; use `seqcnn baseline`")
    if config.training.loss == "poisson" and (np.nan_to_num(dataset.targets) < 0).any():
        raise ConfigError("loss poisson: a target is negative; expected counts, or choose mse or huber")
    return Header(
        seqcnn_version=version("seqcnn"),
        torch_version=str(torch.__version__),
        threads=threads,
        encoder=config.encoder,
        args=config.args,
        link="log" if config.training.loss == "poisson" else "identity",
        predicts_noise=config.training.loss == "gaussian",
        strand=config.training.strand,
        layout=dataset.layout,
        min_length=int(dataset.rows.insert_length[dataset.part("train")].min()),
        targets=tuple(dataset.target_names),
        units=tuple(dataset.units),
        training=config.training.model_dump() | {"seed": seed} | lesson,
        training_sha256=dataset.digest(),
        inputs=dataset.provenance["inputs"],
        split=dataset.provenance["split"],
        split_sizes={part: len(dataset.part(part)) for part in PARTS},
        metrics={},
    )


def _announce(
    dataset: Dataset, config: ModelConfig, parameters: int, device: torch.device, threads: int
) -> None:
    """Say what is trained on what, and loudly when there is no GPU."""
    where = describe(device) + (f" ({threads} threads)" if device.type == "cpu" else "")
    what = f"{config.encoder} ({parameters:,} parameters, {config.training.epochs} epochs)"
    logger.info("training %s on %d sequences, on %s", what, len(dataset.part("train")), where)
    if device.type == "cpu":
        logger.warning("NO GPU is used: training runs on the CPU")


def _write_history(path: Path, history: History) -> None:
    """Write the losses of every epoch."""
    with atomic_path(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(history.rows[0]))
        writer.writeheader()
        writer.writerows(history.rows)

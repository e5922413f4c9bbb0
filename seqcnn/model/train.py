"""Dataset + model configuration -> bundle: train one model from one seed, and keep its best epoch.

The state of an interrupted training lies in a folder beside the bundle, from which the same call resumes.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
from lightning.pytorch.callbacks import Callback

from seqcnn.config.model import ModelConfig
from seqcnn.data.batches.epoch_sampler import derive_seed
from seqcnn.data.dataset import Dataset
from seqcnn.data.split.validation import undivided_reason
from seqcnn.errors import ConfigError, place, plural
from seqcnn.io.atomic import refuse_outputs
from seqcnn.model.inference.device import describe
from seqcnn.model.inference.threads import thread_count
from seqcnn.model.inference.trained_model import LoadedModel, load_model
from seqcnn.model.network.bundle import build, encoder_args, save_bundle
from seqcnn.model.network.header import Header
from seqcnn.model.network.regressor import SequenceRegressor, parameter_count
from seqcnn.model.run_json import history_file, run_file, write_run
from seqcnn.model.training.calibrate import calibrate_model
from seqcnn.model.training.callbacks import BestWeights, History, ProgressLogger
from seqcnn.model.training.losses import START_LOG_VARIANCE, TrainingDiverged
from seqcnn.model.training.preemption import PreemptionHandler
from seqcnn.model.training.run_state import (
    CHECKPOINT,
    fingerprint,
    has_checkpoint,
    is_resumable,
    locked_state,
    start_anew,
    state_folder,
    wait_for_state,
)
from seqcnn.model.training.setup import (
    Training,
    config_args,
    data_module,
    describe_training,
    prepare_training,
)
from seqcnn.model.training.step import RegressorTraining, filter_weights
from seqcnn.model.training.trainer import Machine, lightning_faults, make_trainer
from seqcnn.model.transfer.pretrained import is_started_from

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
    purpose: str = "",
) -> LoadedModel:
    """Train one model and write its bundle; existing outputs are replaced.

    `history.csv` (losses of every epoch) and `run.json` (time, device, number of parameters) are written
    beside the bundle, see `seqcnn.model.run_json`.

    Parameters
    ----------
    dataset
        Training rows fit the weights, validation rows choose the epoch.
    config
        An encoder with its arguments and its training, and the bundle that it starts from.
    output
        The bundle, a `.safetensors` file.
    seed
        Random seed of weights, order of rows, augmentation and dropout.
    machine
        Device, threads and memory; by default a GPU if there is one.
    teachers
        Bundles of the teachers, for a configuration with a `teacher`.
    purpose
        What the model is for, for the log, such as `fold 2 of 5`; '' is the model of the user.

    Raises
    ------
    ConfigError
        If the config names no encoder, its network is too large, its loss does not fit the targets, or `l1`
        finds no convolution.
    TrainingDiverged
        If the loss or a gradient became NaN or infinite.
    EnvironmentFault
        If the device is not available, its memory is too small, or another process trains this bundle.
    """
    refuse_outputs(outputs_of(output), (dataset.path, *teachers, *_sources(config)), overwrite=True)
    _log_large(config, len(dataset.part("train")))
    training = prepare_training(dataset, config, seed, machine or Machine(), teachers=teachers)
    with locked_state(output, is_first=training.machine.is_first) as state:
        return _train(training, output, state, purpose)


def _train(training: Training, output: Path, state: Path, purpose: str) -> LoadedModel:
    """Train a model, or resume its training from the state folder, and write its bundle; see `train`."""
    dataset, seed = training.dataset, training.seed
    header = describe_training(training)
    network = untrained_network(header, dataset, seed)
    if training.pretrained:
        training.pretrained.log(header)
        training.pretrained.initialise(network, header)
    parameters = parameter_count(network)
    _log_start(training, parameters, purpose)
    begin = time.monotonic()
    _prepare_state(state, header, training)
    history, best = train_epochs(network, training, state, ProgressLogger(training.steps))
    seconds = time.monotonic() - begin
    network.load_state_dict(best.weights)
    network.requires_grad_()
    model = calibrate_model(network.to(training.device), header, dataset)
    history.write(history_file(output))
    write_run(
        output, seconds, describe(training.device), training.threads,
        parameters=parameters, epochs=len(history.rows), best_epoch=best.epoch,
    )  # fmt: skip
    save_bundle(output, model.regressor, model.header)
    shutil.rmtree(state, ignore_errors=True)
    return model


def outputs_of(bundle: Path) -> tuple[Path, Path, Path]:
    """Return the files that a training writes: the bundle, and those beside it."""
    return bundle, history_file(bundle), run_file(bundle)


def refuse_existing(
    dataset: Dataset,
    config: ModelConfig,
    output: Path,
    *,
    seed: int,
    machine: Machine,
    teachers: Sequence[Path] = (),
) -> None:
    """Raise `UsageError` if outputs of a training exist, unless it resumes an interrupted run there.

    Arguments are those of `train`.
    """
    if any(path.is_file() for path in outputs_of(output)):
        training = prepare_training(dataset, config, seed, machine, teachers=teachers)
        mark = fingerprint(describe_training(training), dataset, machine.world)
        refuse_outputs(outputs_of(output), (), overwrite=is_resumable(state_folder(output), mark))


def train_once(
    dataset: Dataset,
    config: ModelConfig,
    output: Path,
    *,
    seed: int = 1,
    machine: Machine | None = None,
    teachers: Sequence[Path] = (),
    purpose: str = "",
) -> LoadedModel:
    """Return the model in `output` if it has this data, configuration and seed, else train it; as `train`.

    Its number of threads may be another one, which changes the weights as another seed does.
    """
    machine = machine or Machine()
    if output.is_file():
        model = load_model(output, machine.device)
        if is_trained_as(model.header, dataset, config, seed):
            _log_other_threads(model, thread_count(machine.threads))
            return model
    return train(dataset, config, output, seed=seed, machine=machine, teachers=teachers, purpose=purpose)


def is_trained_as(header: Header, dataset: Dataset, config: ModelConfig, seed: int) -> bool:
    """Return whether a bundle is that of a training on these data, with this configuration and seed."""
    if (header.training_sha256, header.encoder) != (dataset.digest(), config.encoder):
        return False
    config = config.sized(len(dataset.part("train")))
    args = (encoder_args(header), config_args(config, dataset))
    plan = config.training_record | {"seed": seed}
    recorded = {key: value for key, value in header.training.items() if key != "sources"}
    return args[0] == args[1] and recorded == plan and is_started_from(header, config.pretrained)


def _sources(config: ModelConfig) -> list[Path | None]:
    """Return the files of the model that a training starts from."""
    return [config.pretrained.model, config.pretrained.dataset] if config.pretrained else []


def _log_other_threads(model: LoadedModel, threads: int) -> None:
    """Log that a finished model is used which was trained with another number of CPU threads."""
    if (used := model.header.threads) and used != threads:
        logger.warning(
            "%s: trained with %d CPU threads, not %d, which would give other weights, as another seed does; "
            "it is used",
            place(model.path or "model"), used, threads,
        )  # fmt: skip


def untrained_network(header: Header, dataset: Dataset, seed: int) -> SequenceRegressor:
    """Return the network with random weights, scaled to the training targets."""
    torch.manual_seed(derive_seed(seed, 3))
    network = cast(SequenceRegressor, build(header))
    if header.training["l1"] and not filter_weights(network):
        raise ConfigError(f"l1: encoder {header.encoder} has no convolution to make sparse; remove `l1`")
    network.scale_to(torch.from_numpy(dataset.targets[dataset.part("train")]))
    if header.training.get("teacher_spread"):
        torch.nn.init.constant_(network.head.bias[len(header.targets) :], START_LOG_VARIANCE)
    return network


def _prepare_state(folder: Path, header: Header, training: Training) -> None:
    """Keep the checkpoint of this training in the state folder if it was interrupted; else empty it."""
    mark = fingerprint(header, training.dataset, training.machine.world)
    if not training.machine.is_first:
        wait_for_state(folder, mark)
    elif is_resumable(folder, mark):
        logger.warning("resuming the interrupted run in %s", folder)
    else:
        if has_checkpoint(folder):
            logger.warning(
                "%s: interrupted run with other data, configuration, seed, versions, devices or number of "
                "threads, whose weights would differ; training starts at the first epoch",
                place(folder),
            )
        start_anew(folder, mark)


def train_epochs(
    network: SequenceRegressor, training: Training, state: Path, observer: Callback
) -> tuple[History, BestWeights]:
    """Run Lightning's loop, from the last checkpoint in `state` if there is one."""
    plan, machine, seed = training.config.training, training.machine, training.seed
    data = data_module(training)
    history, checkpoint = History(), state / CHECKPOINT
    best = BestWeights(plan.patience, plan.first_clean_epoch)
    callbacks: list[Any] = [history, best, observer, PreemptionHandler(checkpoint)]
    with lightning_faults():
        trainer = make_trainer(plan, machine, device=training.device, folder=state, callbacks=callbacks)
        module = RegressorTraining(
            network, plan, data.encode, seed=seed, steps=training.steps, teachers=training.teachers
        )
        trainer.fit(module, datamodule=data, ckpt_path=checkpoint if checkpoint.is_file() else None)
    if not trainer.is_global_zero:
        raise SystemExit(0)  # the other processes of `--devices` leave scores and files to the first
    if not best.weights:
        raise TrainingDiverged("training: the validation loss was NaN or infinite in every epoch; lower `lr`")
    return history, best


def _validation_text(dataset: Dataset) -> str:
    """Return what the validation rows are used for."""
    chosen, n = len(dataset.part("selection")), len(dataset.part("val"))
    if chosen < n:
        return f"{chosen} validation sequences choose the epoch, {n - chosen} others calibrate the intervals"
    if not dataset.keeps_calibration_rows:
        return f"{n} validation sequences choose the epoch"
    reason = undivided_reason(dataset.split, dataset.groups, dataset.targets)
    return (
        f"{plural(n, 'validation sequence')} choose the epoch and calibrate the intervals, which may be too "
        f"narrow; half of them are kept for calibration only if there are enough: {reason}"
    )


def _log_large(config: ModelConfig, rows: int) -> None:
    """Log what a configuration changes for many training sequences."""
    if config.large and config.is_large(rows):
        changes = config.large.args | config.large.training
        text = ", ".join(f"{name} {value}" for name, value in changes.items())
        logger.info("%s training sequences, at least %s: %s", f"{rows:,}", f"{config.large.rows:,}", text)


def _log_start(training: Training, parameters: int, purpose: str) -> None:
    """Log model, data and device."""
    config, device = training.config, training.device
    where = describe(device) + (f" ({plural(training.threads, 'thread')})" if device.type == "cpu" else "")
    if device.type == "cpu" and training.machine.device == "auto":
        where += ", as no GPU is available; `seqcnn doctor` explains why"
    what = f"{purpose}: {config.encoder}" if purpose else f"{config.encoder}"
    size = f"{parameters:,} parameters, {plural(config.training.epochs, 'epoch')}"
    rows = plural(training.train_rows, "sequence")
    logger.info("training %s, seed %d (%s) on %s, on %s", what, training.seed, size, rows, where)
    logger.info("%s", _validation_text(training.dataset))

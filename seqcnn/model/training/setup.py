"""What one training is made of: data, configuration, teachers and machine; and the header of its bundle."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seqcnn.config.arguments import resolved_args
from seqcnn.config.model import ModelConfig, TrainingPlan
from seqcnn.data.batches.augmentation import Augmentation
from seqcnn.data.batches.disk_blocks import ShuffleBlocks
from seqcnn.data.batches.epoch_sampler import steps_per_epoch
from seqcnn.data.datamodule import SequenceDataModule
from seqcnn.data.dataset import Dataset
from seqcnn.encoders import FEATURE_ENCODERS
from seqcnn.errors import ConfigError
from seqcnn.model.inference.device import resolve_device, set_threads, tune_malloc
from seqcnn.model.network.header import Header, checked_header
from seqcnn.model.training.calibrate import facts_of
from seqcnn.model.training.cuda_graphs import STEPS_PER_CALL
from seqcnn.model.training.distillation import Teachers, load_teachers
from seqcnn.model.training.losses import LOSSES
from seqcnn.model.training.trainer import Machine
from seqcnn.model.transfer.pretrained import PretrainedNetwork, load_pretrained
from seqcnn.sequence.random_changes import RandomChanges

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Training:
    """What one training is made of."""

    dataset: Dataset
    config: ModelConfig
    teachers: Teachers
    seed: int
    machine: Machine
    device: torch.device
    threads: int
    pretrained: PretrainedNetwork | None = None
    """Network that the training starts from; None for random weights."""
    blocks: ShuffleBlocks | None = None
    """How the rows of a dataset that stays on disk are shuffled; None if it is in memory."""

    @property
    def train_rows(self) -> int:
        """Number of training rows."""
        return len(self.dataset.part("train"))

    @property
    def batch_size(self) -> int:
        """Sequences per step and device; those of a step are shared among the devices."""
        return max(1, min(self.config.training.batch_size, self.train_rows) // self.machine.world)

    @property
    def steps(self) -> int:
        """Optimiser steps of all epochs."""
        rows = self.batch_size * self.machine.world
        return self.config.training.epochs * steps_per_epoch(self.train_rows, rows)


def prepare_training(
    dataset: Dataset, config: ModelConfig, seed: int, machine: Machine, *, teachers: Sequence[Path]
) -> Training:
    """Prepare the machine, and load the teachers and the network that the training starts from."""
    config = config.sized(len(dataset.part("train")))
    device, threads = resolve_device(machine.device), set_threads(machine.threads)
    tune_malloc()
    if (size := config.training.batch_size) % machine.world:
        fault = f"batch_size {size} is not a multiple of the {machine.world} devices that share it"
        raise ConfigError(f"--devices {machine.devices}: {fault}; change one of them")
    loaded = load_teachers(teachers, dataset, config.teacher)
    pretrained = load_pretrained(config, dataset, seed)
    training = Training(dataset, config, loaded, seed, machine, device, threads, pretrained)
    if machine.megabytes is None or isinstance(dataset.rows.bases, np.ndarray):
        return training
    batch = training.batch_size * machine.world
    blocks = ShuffleBlocks.fit_memory(machine.megabytes, dataset.layout.length, batch)
    logger.info("sequences stay on disk: %d are shuffled at a time", blocks.size * blocks.in_memory)
    return replace(training, blocks=blocks)


def describe_training(training: Training) -> Header:
    """Return the header of the model that is about to be trained."""
    dataset, config, blocks = training.dataset, training.config, training.blocks
    if config.encoder is None:
        raise ConfigError(f"baseline {config.baseline} is not trained by `train`; use `seqcnn baseline`")
    loss = LOSSES[config.training.loss]
    if loss.link == "log" and (np.nan_to_num(dataset.targets) < 0).any():
        expected = "expected counts, or choose mse or huber"
        raise ConfigError(f"loss {config.training.loss}: a target is negative; {expected}")
    plan = config.training_record | {"seed": training.seed} | training.teachers.provenance
    header = checked_header(
        **facts_of(dataset),
        threads=training.threads if training.device.type == "cpu" else None,
        encoder=config.encoder,
        args=config_args(config, dataset),
        feature_shape=feature_shape(config, dataset),
        link=loss.link,
        predicts_noise=loss.predicts_noise or training.teachers.spread,
        strand=config.training.strand,
        training=plan | ({"shuffled_rows": blocks.size * blocks.in_memory} if blocks else {}),
        metrics={},
    )
    if not (source := training.pretrained):
        return header
    return header.model_copy(update={"training": header.training | source.provenance(header)})


def feature_shape(config: ModelConfig, dataset: Dataset) -> tuple[int, int] | None:
    """Return positions and features (P, D) of the rows if a model takes features, else None.

    Raises
    ------
    ConfigError
        If the dataset has none, or the training changes sequences, which features do not follow.
    """
    if config.encoder not in FEATURE_ENCODERS:
        return None
    if (features := dataset.rows.features) is None:
        expected = "expected a dataset that was prepared with --features"
        raise ConfigError(f"encoder {config.encoder}: the dataset has no features; {expected}")
    if config.teacher:
        raise ConfigError(f"encoder {config.encoder}: has no teacher; remove `teacher`")
    plan = config.training
    if plan.strand == "double" or plan.max_shift or plan.mutation_rate or plan.augmentation:
        changes = "expected strand single, max_shift 0, mutation_rate 0 and no augmentation"
        raise ConfigError(f"encoder {config.encoder}: features are those of the sequence as given; {changes}")
    return features.shape[1], features.shape[2]


def config_args(config: ModelConfig, dataset: Dataset) -> dict[str, Any]:
    """Return all arguments of the encoder of a configuration; `dim` of features is that of the dataset."""
    encoder = str(config.encoder)
    if encoder not in FEATURE_ENCODERS or dataset.rows.features is None:
        return resolved_args(encoder, config.args)
    dim = dataset.rows.features.shape[2]
    if (given := config.args.get("dim", dim)) != dim:
        raise ConfigError(f"encoder {encoder}: dim {given} found; the dataset has {dim} features")
    return resolved_args(encoder, {**config.args, "dim": dim})


def data_module(training: Training) -> SequenceDataModule:
    """Return the batches of a training, several steps per call where steps are CUDA graphs."""
    plan = training.config.training
    one_gpu = training.device.type == "cuda" and training.machine.world == 1
    return SequenceDataModule(
        training.dataset,
        batch_size=training.batch_size,
        seed=training.seed,
        augmentation=augmentation_of(plan),
        steps_per_call=STEPS_PER_CALL if one_gpu else 1,
        blocks=training.blocks,
        features=training.config.encoder in FEATURE_ENCODERS,
    )


def augmentation_of(plan: TrainingPlan) -> Augmentation:
    """Return what a training changes at random in its sequences."""
    augmentation = Augmentation(plan.max_shift, plan.strand == "double", plan.mutation_rate)
    if not (section := plan.augmentation):
        return augmentation
    changes = RandomChanges(section.kinds, section.max_count, section.max_span)
    return replace(augmentation, changes=changes, first_clean_epoch=plan.first_clean_epoch)

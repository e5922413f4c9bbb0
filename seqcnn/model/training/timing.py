"""Estimate of the time of a training, from a few steps on random sequences."""

from __future__ import annotations

import time

import torch
from torch import Tensor

from seqcnn.config.model import ModelConfig
from seqcnn.data.dataset import Dataset
from seqcnn.model.network.bundle import build
from seqcnn.model.network.header import Header
from seqcnn.model.training.setup import describe_training, prepare_training
from seqcnn.model.training.trainer import Machine
from seqcnn.sequence.onehot import expand

TIMED_STEPS = 3
"""Steps that are timed, after a first one, which is slower."""


def training_seconds(
    dataset: Dataset, config: ModelConfig, machine: Machine, *, rows: int | None = None
) -> float:
    """Return the estimated time in s of one training, without teachers, that does not stop early.

    No random state changes.  With `rows`, steps of so few sequences are timed, which is fast and too high for
    small networks.
    """
    scratch = config.model_copy(update={"pretrained": None, "teacher": None})
    training = prepare_training(dataset, scratch, 0, machine, teachers=())
    header = describe_training(training)
    rows = min(rows or training.batch_size, training.batch_size)
    with torch.random.fork_rng(devices=[]):
        network = build(header).to(training.device).train()
        x = _random_input(header, rows).to(training.device)
        begin = 0.0
        for step in range(1 + TIMED_STEPS):
            begin = begin if step > 1 else time.monotonic()
            network.zero_grad()
            network(x).square().mean().backward()
            _wait(network)
    seconds = (time.monotonic() - begin) / TIMED_STEPS * training.steps
    return seconds * training.batch_size / rows


def _random_input(header: Header, rows: int) -> Tensor:
    """Return the input of a network for random sequences, or random features."""
    if header.feature_shape:
        positions, dim = header.feature_shape
        return torch.randn(rows, dim, positions)
    bases = 1 << torch.randint(4, (rows, header.layout.length), dtype=torch.uint8)
    return expand(bases, header.layout.ambiguity)


def _wait(network: torch.nn.Module) -> None:
    """Wait until the device has computed the gradients."""
    float(sum(p.grad.sum() for p in network.parameters() if p.grad is not None))

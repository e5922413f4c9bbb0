"""Laid-out rows -> what a network says of them, batch by batch.

Every batch is padded to one size, so that a prediction does not depend on its company.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from seqcnn.model.inference.predictions import Estimates
from seqcnn.model.inference.threads import in_threads
from seqcnn.model.network.header import Header
from seqcnn.model.network.ood import unlike
from seqcnn.model.network.regressor import Network
from seqcnn.sequence.onehot import expand
from seqcnn.sequence.strands import reverse_complement
from seqcnn.sequence.window import Rows

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH = 128
"""Sequences per forward pass on a CPU, in whose cache they stay; the last one is padded to it."""

GPU_BATCH = 256
"""As `BATCH`, on everything but a CPU."""


def batch_size(device: torch.device) -> int:
    """Return how many sequences a forward pass on a device takes."""
    return BATCH if device.type == "cpu" else GPU_BATCH


def estimate_rows(network: Network, header: Header, rows: Rows) -> Estimates:
    """Predict rows with every member of a network, over both strands if the header says so."""
    shape = (header.members, len(rows), len(header.targets))
    each = np.empty(shape, np.float32)
    noise = np.empty(shape, np.float32) if header.noise else None
    size = batch_size(next(network.parameters()).device)
    parts = [slice(start, start + size) for start in range(0, len(rows), size)]

    def estimate(part: slice) -> tuple[np.ndarray, np.ndarray | None]:
        """Predict one batch of the rows, (M, n, T), and its noise."""
        return _estimate_batch(network, header, rows.take(part))

    for part, (mean, sd) in zip(parts, of_batches(network, estimate, parts), strict=True):
        each[:, part] = mean
        if noise is not None:
            noise[:, part] = sd
    return Estimates(each, noise, unlike_training(network, header, rows))


def estimate_one_hot(network: Network, x: Tensor) -> np.ndarray:
    """Predict one-hot (n, 4, L) as it stands, float32 (n, T)."""
    device = next(network.parameters()).device

    def estimate(part: Tensor) -> np.ndarray:
        """Predict one batch, (n, 4, L) to (n, T)."""
        return Estimates(_first(network.estimate(_padded(part.to(device)))[0], len(part))).mean

    parts = [
        *of_batches(network, estimate, [part for part in torch.split(x, batch_size(device)) if len(part)])
    ]
    empty = np.empty((0, parts[0].shape[1] if parts else 0))
    return np.concatenate([empty, *parts]).astype(np.float32)


def unlike_training(network: Network, header: Header, rows: Rows) -> np.ndarray | None:
    """Tell which rows are unlike those of the training, bool (n,); None if the bundle does not know."""
    return unlike(network.profile.arrays(), header, rows) if header.novelty else None


def _estimate_batch(network: Network, header: Header, rows: Rows) -> tuple[np.ndarray, np.ndarray | None]:
    """Predict at most one batch of rows: (M, n, T), and the expected noise if the network says it."""
    device = next(network.parameters()).device
    strands = [rows, reverse_complement(rows)] if header.strand == "double" else [rows]
    packed = [_padded(torch.from_numpy(np.array(strand.bases)).to(device)) for strand in strands]
    found = [network.estimate(expand(bases, header.layout.ambiguity)) for bases in packed]
    mean = torch.stack([mean for mean, _ in found]).mean(0)
    noises = [noise for _, noise in found if noise is not None]
    return _first(mean, len(rows)), _first(torch.stack(noises).mean(0), len(rows)) if noises else None


def of_batches(
    network: Network, function: Callable[[Item], Result], batches: Sequence[Item]
) -> Iterator[Result]:
    """Yield what a function says of each batch, without gradients and dropout.

    On a CPU each batch is one thread's, so that no bit depends on the number of threads.
    """

    def evaluated(batch: Item) -> Result:
        """Return what the function says; inference mode is one thread's own."""
        with torch.inference_mode():
            return function(batch)

    training, threads = network.training, torch.get_num_threads()
    network.eval()
    try:
        if next(network.parameters()).device.type == "cpu":
            yield from in_threads(evaluated, batches, threads, start=partial(torch.set_num_threads, 1))
        else:
            yield from map(evaluated, batches)
    finally:
        torch.set_num_threads(threads)
        network.train(training)


def _padded(batch: Tensor) -> Tensor:
    """Fill a batch up to its full size with zeros."""
    missing = batch_size(batch.device) - len(batch)
    return torch.cat([batch, batch.new_zeros((missing, *batch.shape[1:]))]) if missing else batch


def _first(batch: Tensor, count: int) -> np.ndarray:
    """Return the first rows of a padded batch (M, N, T)."""
    rows: np.ndarray = batch[:, :count].cpu().numpy()
    return rows

"""Predict rows with a network, batch by batch.

Every batch is padded to one size, so that a prediction does not depend on the other sequences of its batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from seqcnn.errors import BundleError
from seqcnn.model.inference.predictions import Predictions
from seqcnn.model.inference.threads import in_threads
from seqcnn.model.layers.images import as_images
from seqcnn.model.network.header import Header, without_sequences
from seqcnn.model.network.kmer_baseline import KmerBaseline
from seqcnn.model.network.ood import out_of_distribution
from seqcnn.model.network.regressor import Network
from seqcnn.sequence.onehot import expand
from seqcnn.sequence.strands import reverse_complement
from seqcnn.sequence.window import Rows

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH = 128
"""Sequences per forward pass on a CPU, in whose cache they stay; the last batch is padded to it."""

GPU_BATCH = 256
"""Sequences per forward pass on all other devices."""


def batch_size(device: torch.device) -> int:
    """Return the number of sequences per forward pass on a device."""
    return BATCH if device.type == "cpu" else GPU_BATCH


def predict_members(
    network: Network | KmerBaseline, header: Header, rows: Rows, *, flag_ood: bool = True
) -> Predictions:
    """Predict rows with every member of a network, over both strands if the header says so.

    Without `flag_ood` out-of-distribution rows are not flagged, which saves time.
    """
    if isinstance(network, KmerBaseline):
        ood = out_of_distribution(network.profile.arrays(), header, rows) if flag_ood else None
        return Predictions(network.predict_rows(rows)[None], ood=ood)
    rows = _with_features(header, rows)
    shape = (header.members, len(rows), len(header.targets))
    members = np.empty(shape, np.float32)
    noise_sd = np.empty(shape, np.float32) if header.predicts_noise else None
    size = batch_size(network.device)
    parts = [slice(start, start + size) for start in range(0, len(rows), size)]

    def predict(part: slice) -> tuple[np.ndarray, np.ndarray | None]:
        """Predict one batch of the rows: mean (M, n, T) and noise SD (M, n, T)."""
        return _predict_batch(network, header, rows.take(part))

    for part, (mean, sd) in zip(parts, map_batches(network, predict, parts), strict=True):
        members[:, part] = mean
        if noise_sd is not None:
            noise_sd[:, part] = sd
    ood = out_of_distribution(network.profile.arrays(), header, rows) if flag_ood else None
    return Predictions(members, noise_sd, ood)


def predict_one_hot(network: Network, x: Tensor) -> np.ndarray:
    """Predict one-hot (n, 4, L) on the strand as given, float32 (n, T)."""
    device = network.device

    def predict(part: Tensor) -> np.ndarray:
        """Predict one batch, (n, 4, L) to (n, T)."""
        means, _ = network.predict_members(as_images(_padded(part.to(device)), network))
        return Predictions(_first(means, len(part))).mean

    batches = [part for part in torch.split(x, batch_size(device)) if len(part)]
    means = [*map_batches(network, predict, batches)]
    empty = np.empty((0, means[0].shape[1] if means else 0))
    return np.concatenate([empty, *means]).astype(np.float32)


def map_batches(
    network: Network, function: Callable[[Item], Result], batches: Sequence[Item]
) -> Iterator[Result]:
    """Yield function(batch) of each batch, in evaluation mode and without gradients.

    On a CPU each batch is computed by one thread, so that no bit depends on the number of threads.
    """

    def infer(batch: Item) -> Result:
        """Apply the function; inference mode belongs to a thread."""
        with torch.inference_mode():
            return function(batch)

    training, threads = network.training, torch.get_num_threads()
    network.eval()
    try:
        if network.device.type == "cpu":
            yield from in_threads(infer, batches, threads, start=partial(torch.set_num_threads, 1))
        else:
            yield from map(infer, batches)
    finally:
        torch.set_num_threads(threads)
        network.train(training)


def _predict_batch(network: Network, header: Header, rows: Rows) -> tuple[np.ndarray, np.ndarray | None]:
    """Predict at most one batch of rows: mean (M, n, T), and noise SD (M, n, T) or None."""
    device = network.device
    if rows.features is not None and header.feature_shape:
        features = _padded(torch.from_numpy(rows.features).to(device)).transpose(1, 2)
        mean, sd = network.predict_members(features)
        return _first(mean, len(rows)), None if sd is None else _first(sd, len(rows))
    strands = [rows, reverse_complement(rows)] if header.strand == "double" else [rows]
    packed = [_padded(torch.from_numpy(np.array(strand.bases)).to(device)) for strand in strands]
    batches = [expand(bases, header.layout.ambiguity) for bases in packed]
    outputs = [network.predict_members(as_images(x, network)) for x in batches]
    mean = torch.stack([mean for mean, _ in outputs]).mean(0)  # (M, N, T), over the strands
    noise = [sd for _, sd in outputs if sd is not None]
    return _first(mean, len(rows)), _first(torch.stack(noise).mean(0), len(rows)) if noise else None


def _with_features(header: Header, rows: Rows) -> Rows:
    """Return the rows; raise `BundleError` if a network takes features that they do not have."""
    if header.feature_shape is None:
        return rows
    features = np.empty((0, *header.feature_shape), np.float32) if not len(rows) else rows.features
    if features is None:
        raise BundleError(without_sequences(header))
    if features.shape[1:] != header.feature_shape:
        shapes = f"{features.shape[1:]} found; the model was trained on {header.feature_shape}"
        raise BundleError(f"features: {shapes} positions and features; expected the same embedding")
    return replace(rows, features=features)


def _padded(batch: Tensor) -> Tensor:
    """Fill a batch up to its full size with zeros."""
    missing = batch_size(batch.device) - len(batch)
    return torch.cat([batch, batch.new_zeros((missing, *batch.shape[1:]))]) if missing else batch


def _first(batch: Tensor, count: int) -> np.ndarray:
    """Return the first `count` rows of a padded batch (M, N, T)."""
    return batch[:, :count].cpu().numpy()

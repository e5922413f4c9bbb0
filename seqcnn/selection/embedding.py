"""Features of sequences in which distances are measured: last hidden layer of the networks, or k-mers."""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np
import torch

from seqcnn.errors import UsageError, place
from seqcnn.model.inference.batches import batch_size, map_batches
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.kmer_baseline import KmerBaseline
from seqcnn.sequence.kmers import kmer_counts
from seqcnn.sequence.strands import reverse_complement
from seqcnn.sequence.window import Rows

Space = Literal["network", "kmers"]
"""Where distances are measured."""

K = 4
"""Length in bp of the k-mers."""


def embed(model: LoadedModel, rows: Rows, space: Space = "network") -> np.ndarray:
    """Return the features of sequences.

    Parameters
    ----------
    model
        A trained model, whose strands say whether both strands are equal.
    rows
        N sequences.
    space
        `network`: outputs of the last hidden layer of every member; `kmers`: frequencies of 4-mers.

    Returns
    -------
    float32 (N, D), the mean of both strands for models of double-stranded assays.

    Raises
    ------
    UsageError
        If the space is `network` and the model has no hidden layer: a baseline, or an imported model.
    """
    if space == "network" and not has_hidden_layer(model):
        where = place(model.path or "model")
        raise UsageError(f"{where}: has no hidden layer that seqcnn knows; use --space kmers")
    features = kmer_features if space == "kmers" else partial(network_features, model)
    strands = [rows, reverse_complement(rows)] if model.header.strand == "double" else [rows]
    return np.asarray(sum(map(features, strands)) / np.float32(len(strands)))


def kmer_features(rows: Rows) -> np.ndarray:
    """Return the frequency of each 4-mer in each sequence, float32 (N, 256); ambiguous ones have none."""
    return kmer_counts(rows, K) / np.maximum(rows.insert_length - K + 1, 1)[:, None].astype(np.float32)


def network_features(model: LoadedModel, rows: Rows) -> np.ndarray:
    """Return the last hidden layer of every member for the strand as given, float32 (N, M D)."""
    network = model.regressor
    size = batch_size(network.device)

    def hidden(part: Rows) -> np.ndarray:
        """Return the features of one batch."""
        x = part.one_hot(model.header.layout.ambiguity, network.device)  # (n, 4, L)
        return torch.cat([member.encoder(x) for member in network.members], 1).cpu().numpy()  # (n, M D)

    parts = [rows.take(slice(start, start + size)) for start in range(0, len(rows), size)]
    return np.concatenate(list(map_batches(network, hidden, parts)))


def has_hidden_layer(model: LoadedModel) -> bool:
    """Return whether a model is a network with a layer of features before its output."""
    network = model.network
    return not isinstance(network, KmerBaseline) and not network.members[0].encoder.IS_COMPLETE

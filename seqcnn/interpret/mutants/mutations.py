"""Single-base mutations of sequences, and their predictions by any model.

Convolutional encoders compute only what a mutation changes, see `features`; for all others the mutants are
predicted in full.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from seqcnn.interpret.mutants.layers import one_hot_mutants
from seqcnn.interpret.mutants.span import Reference
from seqcnn.model.inference.batches import map_batches, predict_members
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.regressor import SequenceRegressor
from seqcnn.sequence.onehot import PACKED_BASES
from seqcnn.sequence.strands import insert_mask, reverse_complement
from seqcnn.sequence.window import Rows

BATCH = 80
"""Maximum number of mutants of a sequence to compute together, whose features stay in the CPU's cache."""

LOCAL_BATCH = 240
"""The same, if the features are those of few positions up to the last layers."""

BATCHES = 4
"""Maximum number of batches of one sequence that one thread computes in turn, with one reference."""


@dataclass(frozen=True, slots=True)
class Mutations:
    """Single-base mutations, sorted by their sequence."""

    row: np.ndarray
    """int64 (n,), number of the sequence."""
    base: np.ndarray
    """int64 (n,), number of the new base in `ALPHABET`."""
    position: np.ndarray
    """int64 (n,), position in the window."""

    def __len__(self) -> int:
        return len(self.row)

    def take(self, index: np.ndarray | slice) -> Mutations:
        """Return some of the mutations."""
        return Mutations(self.row[index], self.base[index], self.position[index])


def every_mutation(rows: Rows) -> Mutations:
    """Return all single-base mutations of the inserts of sequences; an ambiguous base has four."""
    mutable = insert_mask(rows)[:, None] & (rows.bases[:, None] != PACKED_BASES[:, None])  # (N, 4, L)
    row, position, base = np.nonzero(mutable.transpose(0, 2, 1))
    return Mutations(row, base, position)


def mutated(rows: Rows, mutations: Mutations) -> Rows:
    """Return the mutants, one row each."""
    mutants = rows.take(mutations.row)
    mutants.bases[np.arange(len(mutations)), mutations.position] = PACKED_BASES[mutations.base]
    return mutants


def predict_mutants(model: LoadedModel, rows: Rows, mutations: Mutations, target: int) -> np.ndarray:
    """Predict one target of mutants with every network of a model.

    Parameters
    ----------
    model
        Any trained model; predictions are means over both strands for a double-stranded assay.
    rows
        Sequences in its window.
    mutations
        n mutations of their inserts.
    target
        Index of the target.

    Returns
    -------
    float64 (networks, n), in the units of the target.
    """
    if not model.has_local_layers:
        predictions = predict_members(model.network, model.header, mutated(rows, mutations), flag_ood=False)
        return predictions.members[:, :, target].astype(np.float64)
    forward = _predict_strand(model, rows, mutations, target)
    if model.header.strand != "double":
        return forward
    last = (2 * rows.start + rows.insert_length - 1)[mutations.row]
    mirrored = replace(mutations, base=3 - mutations.base, position=last - mutations.position)
    return (forward + _predict_strand(model, reverse_complement(rows), mirrored, target)) / 2


def _predict_strand(model: LoadedModel, rows: Rows, mutations: Mutations, target: int) -> np.ndarray:
    """Predict mutants of the strand as given; return what `predict_mutants` does."""
    network = model.regressor

    def predict(part: Mutations) -> np.ndarray:
        """Predict mutants of one sequence, (networks, n)."""
        x = rows.take(part.row[:1]).one_hot(model.header.layout.ambiguity, network.device)
        return np.stack([_predict(member, x, part, target) for member in network.members])

    means = map_batches(network, predict, [*_parts(mutations)])
    return np.concatenate([np.empty((len(network.members), 0)), *means], axis=1)


def _parts(mutations: Mutations) -> Iterator[Mutations]:
    """Yield mutations of one sequence, at most `BATCHES` batches of them."""
    bounds = np.flatnonzero(np.diff(mutations.row, prepend=-1, append=-1))
    for start, stop in pairwise(bounds.tolist()):
        for first in range(start, stop, BATCH * BATCHES):
            yield mutations.take(slice(first, min(first + BATCH * BATCHES, stop)))


def _predict(member: SequenceRegressor, x: Tensor, mutations: Mutations, target: int) -> np.ndarray:
    """Predict mutants of one-hot (1, 4, L) by one network, float64 (n,)."""
    reference, predictions = Reference(), []
    start = 0
    while start < len(mutations):
        size = BATCH if reference.is_mixed or not start else LOCAL_BATCH
        part = mutations.take(slice(start, start + size))
        start += size
        base, position = torch.from_numpy(part.base), torch.from_numpy(part.position)
        features = one_hot_mutants(x, base, position, reference.rewind())
        mean = member.predict_members(features)[0]  # type: ignore[arg-type]  # which it takes for a batch
        predictions.append(mean[0, :, target].cpu().double().numpy())
    return np.concatenate(predictions)

"""Epistasis of pairs of changes: the effect of a double mutant minus the effects of its single mutants.

With f the prediction, x the sequence, a a change at position i and b one at position j > i,

    epistasis = f(x with a and b) - f(x with a) - f(x with b) + f(x).

Every double mutant is predicted exactly.  The idea of a map of all pairs of nucleotides is that of Tomaz da
Silva et al. 2024 (doi:10.1101/2024.07.27.605418), who compare predicted probabilities of nucleotides of a
language model; here it is applied to the prediction itself.

Shapes: M networks, P positions that are changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from seqcnn.interpret.dependency.fast_pairs import fast_epistasis
from seqcnn.interpret.mutants.mutations import Mutations, mutated, predict_mutants
from seqcnn.model.inference.batches import predict_members
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.sequence.onehot import PACKED_BASES
from seqcnn.sequence.strands import reverse_complement
from seqcnn.sequence.window import Rows


def epistasis(
    model: LoadedModel, row: Rows, positions: range, *, target: int, report: Callable[[int], None]
) -> np.ndarray:
    """Return the epistasis of every pair of changes of one sequence.

    Parameters
    ----------
    model
        Any trained model; predictions are means over both strands for a double-stranded assay.
    row
        One sequence in the window of the model.
    positions
        Positions of the window to change, all in the insert.
    target
        Index of the target.
    report
        Called with the number of positions that are done.

    Returns
    -------
    float32 (M, P, 4, P, 4), in the units of the target, of each network: element (m, i, a, j, b) is that of
    base a at position i and base b at position j > i.  It is 0 for bases of the sequence, and for i >= j.
    """
    if not model.is_convolutional:
        return _predicted(model, row, positions, target=target, report=report)
    if model.header.strand != "double":
        return fast_epistasis(model, row, positions, target=target, report=report)
    values = fast_epistasis(model, row, positions, target=target, report=lambda _: None)
    last = int(2 * row.start[0] + row.insert_length[0] - 1)
    mirrored = range(last - positions.stop + 1, last - positions.start + 1)
    reverse = fast_epistasis(model, reverse_complement(row), mirrored, target=target, report=report)
    # Reversing positions and bases gives (m, j, b, i, a): the second position comes first.
    values += reverse[:, ::-1, ::-1, ::-1, ::-1].transpose(0, 3, 4, 1, 2)
    values /= 2
    return values


def _predicted(
    model: LoadedModel, row: Rows, positions: range, *, target: int, report: Callable[[int], None]
) -> np.ndarray:
    """Predict every mutant; return what `epistasis` does."""
    column, base = np.nonzero(row.bases[0, positions.start : positions.stop, None] != PACKED_BASES)
    of_row = np.zeros(len(base), np.int64)
    single_changes = Mutations(
        of_row, base, column + positions.start
    )  # (S,), in the order of their positions
    reference = predict_members(model.network, model.header, row, flag_ood=False).members[
        :, :, target
    ]  # (M, 1)
    single = predict_mutants(model, row, single_changes, target)  # (M, S)
    values = np.zeros((len(reference), len(positions), 4, len(positions), 4), np.float32)
    for i in range(len(positions)):
        mine, later = np.flatnonzero(column == i), np.flatnonzero(column > i)
        first, second = np.repeat(mine, len(later)), np.tile(later, len(mine))  # single changes of each pair
        mutants = mutated(row, single_changes.take(mine))
        changes = replace(single_changes.take(second), row=np.repeat(np.arange(len(mine)), len(later)))
        double = predict_mutants(model, mutants, changes, target)
        change = double - single[:, first] - single[:, second] + reference
        values[:, column[first], base[first], column[second], base[second]] = change
        report(1)
    return values

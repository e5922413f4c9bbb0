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
    """Predict every mutant in full; return what `epistasis` does."""
    base, column = np.nonzero(row.bases[0, positions.start : positions.stop] != PACKED_BASES[:, None])
    order = np.argsort(column, kind="stable")
    base, column = base[order], column[order]  # (S,), single changes in the order of their positions
    window = column + positions.start
    reference = _members(model, row, target)  # (M, 1)
    single = _members(model, _mutants(row, [(base, window)]), target)  # (M, S)
    values = np.zeros((len(reference), len(positions), 4, len(positions), 4), np.float32)
    for i in range(len(positions)):
        mine, later = np.flatnonzero(column == i), np.flatnonzero(column > i)
        first, second = np.repeat(mine, len(later)), np.tile(later, len(mine))  # single changes of each pair
        edits = [(base[index], window[index]) for index in (first, second)]
        double = _members(model, _mutants(row, edits), target)
        change = double - single[:, first] - single[:, second] + reference
        values[:, column[first], base[first], column[second], base[second]] = change
        report(1)
    return values


def _members(model: LoadedModel, rows: Rows, target: int) -> np.ndarray:
    """Predict one target of rows with every network, float64 (M, n)."""
    predictions = predict_members(model.network, model.header, rows, flag_ood=False)
    return predictions.members[:, :, target].astype(np.float64)


def _mutants(row: Rows, edits: list[tuple[np.ndarray, np.ndarray]]) -> Rows:
    """Return mutants of one sequence; an edit has the base and the window's position for each mutant."""
    n = len(edits[0][0])
    bases = row.bases.repeat(n, axis=0)
    for base, position in edits:
        bases[np.arange(n), position] = PACKED_BASES[base]
    return replace(row, bases=bases, start=row.start.repeat(n), insert_length=row.insert_length.repeat(n))

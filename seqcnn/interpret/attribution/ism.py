"""In-silico saturation mutagenesis (ISM): the prediction with each base at each position.

Every single-base mutant of the insert is predicted exactly.  Flanks and padding of the window are not mutated
and have the prediction of the sequence itself.  An ambiguous base (N, R, ...) is replaced by each of the
four bases.  Convolutional encoders recompute only what a mutation changes: `cnn` as in `fast_ism`, others as
in `seqcnn.interpret.mutants`; the remaining encoders predict every mutant in full.
"""

from __future__ import annotations

import numpy as np

from seqcnn.interpret.attribution.fast_ism import mutant_effects
from seqcnn.interpret.mutants.mutations import every_mutation, predict_mutants
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.sequence.onehot import PACKED_BASES
from seqcnn.sequence.strands import average_strands, insert_mask
from seqcnn.sequence.window import Rows

MAX_BASES = 10_000_000
"""Maximum number of bases of mutants to hold in memory."""


def ism(model: LoadedModel, rows: Rows, *, target: int = 0) -> np.ndarray:
    """Predict every single-base mutant of each sequence.

    Parameters
    ----------
    model
        Any trained model; the mean is predicted for an ensemble, and over both strands for a
        double-stranded assay.
    rows
        N sequences in the window of the model.
    target
        Index of the target.

    Returns
    -------
    float32 (N, 4, L), in the units of the target: the prediction with base `ALPHABET[b]` at position i
    of row n; for the base of the sequence and outside the insert the prediction of the sequence itself.
    """
    reference = model.predict_rows(rows)[:, target, None, None].astype(np.float64)
    if not model.is_convolutional:
        return _predict_mutants(model, rows, target, reference)
    double = model.header.strand == "double"
    changes = average_strands(lambda part: mutant_effects(model, part, target), rows, double=double)
    mutable = insert_mask(rows)[:, None] & (rows.bases[:, None] != PACKED_BASES[:, None])
    return np.where(mutable, reference + changes, reference).astype(np.float32)


def _predict_mutants(model: LoadedModel, rows: Rows, target: int, reference: np.ndarray) -> np.ndarray:
    """Predict every mutant of every row, `MAX_BASES` of the mutants at a time; return what `ism` does."""
    length = rows.bases.shape[1]
    y_hat = np.broadcast_to(reference, (len(rows), 4, length)).astype(np.float32)
    count = max(1, MAX_BASES // (3 * length**2))
    for start in range(0, len(rows), count):
        part = rows.take(slice(start, start + count))
        mutations = every_mutation(part)
        means = predict_mutants(model, part, mutations, target).mean(0)
        y_hat[start + mutations.row, mutations.base, mutations.position] = means
    return y_hat

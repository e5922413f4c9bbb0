"""In-silico saturation mutagenesis (ISM): the prediction with each base at each position.

Every single-base mutant of the insert is predicted exactly.  Flanks and padding of the window are not mutated
and have the prediction of the sequence itself.  An ambiguous base (N, R, ...) is replaced by each of the
four bases.  For the convolutional encoder only what a mutation changes is recomputed, see `fast_ism`; for
other encoders every mutant is predicted in full.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seqcnn.interpret.attribution.fast_ism import mutant_effects
from seqcnn.model.inference.batches import predict_members
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.header import Header
from seqcnn.model.network.kmer_baseline import KmerBaseline
from seqcnn.model.network.regressor import Network
from seqcnn.sequence.onehot import PACKED_BASES
from seqcnn.sequence.strands import average_strands, insert_mask
from seqcnn.sequence.window import Rows


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
    """Predict every mutant of every row in full; return what `ism` does."""
    y_hat = np.broadcast_to(reference, (len(rows), 4, rows.bases.shape[1])).astype(np.float32)
    for number in range(len(rows)):
        _fill(y_hat[number], model.network, model.header, rows.take(np.array([number])), target)
    return y_hat


def _fill(y_hat: np.ndarray, network: Network | KmerBaseline, header: Header, row: Rows, target: int) -> None:
    """Write the predictions of the mutants of one row into (4, L)."""
    inside = insert_mask(row)[0]
    base, position = np.nonzero(inside & (row.bases != PACKED_BASES[:, None]))
    bases = row.bases.repeat(len(base), axis=0)
    bases[np.arange(len(base)), position] = PACKED_BASES[base]
    start, size = (np.repeat(column, len(base)) for column in (row.start, row.insert_length))
    mutants = replace(row, bases=bases, start=start, insert_length=size)
    y_hat[base, position] = predict_members(network, header, mutants, flag_ood=False).mean[:, target]

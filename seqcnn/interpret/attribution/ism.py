"""In-silico mutagenesis (ISM): what a model predicts with each base at each position.

Every single-base mutant of the insert is predicted, exactly; flanks and padding of the window are
never mutated and carry the prediction of the sequence as it is.  An ambiguous base (N, R, ...) is
replaced by each of the four.  For the convolutional encoder only what a mutation can
change is computed again, see `fast_ism`; other encoders predict every mutant in full.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seqcnn.encoders.cnn import CNNEncoder
from seqcnn.interpret.attribution.fast_ism import mutant_effects
from seqcnn.model.inference.batches import predict_members
from seqcnn.model.inference.trained_model import Model
from seqcnn.model.network.header import Header
from seqcnn.model.network.regressor import Network
from seqcnn.sequence.onehot import PACKED_BASES
from seqcnn.sequence.strands import average_strands, insert_mask
from seqcnn.sequence.window import Rows


def ism(model: Model, rows: Rows, *, target: int = 0) -> np.ndarray:
    """Predict every single-base mutant.

    Parameters
    ----------
    model
        Any trained model; of an ensemble the mean is predicted, of a double-stranded assay the
        mean of both strands.
    rows
        N sequences laid into the model's window.
    target
        Number of the target, from 0.

    Returns
    -------
    float32 (N, 4, L), in the units of the target: the prediction with base `ALPHABET[b]` at position i
    of row n; where that base is there already, or i is outside the insert, that of the sequence as it is.
    """
    reference = model.predict_rows(rows)[:, target, None, None].astype(np.float64)
    if not isinstance(model.regressor.members[0].encoder, CNNEncoder):
        return _one_by_one(model, rows, target, reference)
    double = model.header.strand == "double"
    changes = average_strands(lambda part: mutant_effects(model, part, target), rows, double=double)
    mutable = insert_mask(rows)[:, None] & (rows.bases[:, None] != PACKED_BASES[:, None])
    return np.where(mutable, reference + changes, reference).astype(np.float32)


def _one_by_one(model: Model, rows: Rows, target: int, reference: np.ndarray) -> np.ndarray:
    """Predict every mutant of every row in full; as `ism`."""
    found = np.broadcast_to(reference, (len(rows), 4, rows.bases.shape[1])).astype(np.float32)
    for number in range(len(rows)):
        _fill(found[number], model.regressor, model.header, rows.take(np.array([number])), target)
    return found


def _fill(found: np.ndarray, network: Network, header: Header, row: Rows, target: int) -> None:
    """Put the predictions of one row's mutants into (4, L)."""
    inside = insert_mask(row)[0]
    base, position = np.nonzero(inside & (row.bases != PACKED_BASES[:, None]))
    bases = row.bases.repeat(len(base), axis=0)
    bases[np.arange(len(base)), position] = PACKED_BASES[base]
    start, size = (np.repeat(column, len(base)) for column in (row.start, row.insert_length))
    mutants = replace(row, bases=bases, start=start, insert_length=size)
    found[base, position] = predict_members(network, header, mutants, flag_ood=False).mean[:, target]

"""Choose a batch: where the networks disagree, far from the measured sequences and from one another."""

from __future__ import annotations

import numpy as np

from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.selection.embedding import Space, embed
from seqcnn.selection.lcmd import Batch, lcmd
from seqcnn.sequence.window import Rows


def choose_batch(
    model: LoadedModel,
    candidates: Rows,
    library: Rows,
    number: int,
    *,
    target: int = 0,
    space: Space = "network",
) -> Batch:
    """Choose the candidates whose measurement is expected to teach a model most.

    Parameters
    ----------
    model
        A trained model; the SD of the members of an ensemble weights the candidates.
    candidates
        N sequences to choose from.
    library
        Measured sequences, at least one.
    number
        Number of candidates to choose, 1 to N.
    target
        Index of the target of the SD.
    space
        Features in which distances are measured; each is divided by its SD in the library.

    Returns
    -------
    The choice of `seqcnn.selection.lcmd.lcmd`, with squared distances times the variance over the members.

    Raises
    ------
    UsageError
        If the model has no such features.
    """
    known, features = (embed(model, rows, space).astype(float) for rows in (library, candidates))
    scale = known.std(0)
    scale[scale == 0] = 1
    variance = disagreement(model, candidates, target)
    return lcmd(features / scale, known / scale, number, weights=None if variance is None else variance)


def disagreement(model: LoadedModel, rows: Rows, target: int) -> np.ndarray | None:
    """Return the variance over the members of an ensemble, float64 (N,); None for a single model."""
    members = model.predict_members(rows, flag_ood=False).members[:, :, target]  # (M, N)
    return members.var(0, ddof=1, dtype=np.float64) if len(members) > 1 else None

"""Similarity of held-out sequences to the training sequences of a split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqcnn.data.similarity.masking import masked_codes
from seqcnn.data.similarity.search import nearest_reference


def leakage(inserts: Sequence[bytes], split: np.ndarray, memory: int | None = None) -> dict[str, Any]:
    """Find the most similar training sequence of every held-out one.

    Parameters
    ----------
    inserts
        N packed sequences.
    split
        str (N,): 'train', 'val' or 'test'.
    memory
        Bytes that the process may use, see `nearest_reference`.

    Returns
    -------
    `max_train_identity`, `nearest_train_row` and `recurring_fraction`, (N,) each, as in `Dataset`.
    """
    codes, _ = masked_codes(inserts, memory)
    train = split == "train"
    nearest = nearest_reference(codes, ~train, train, memory)
    return {
        "max_train_identity": nearest.identity,
        "nearest_train_row": nearest.row.astype(np.int32),
        "recurring_fraction": nearest.recurring,
    }

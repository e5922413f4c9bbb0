"""Similarity of held-out sequences to the training sequences of a split."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqcnn.data.similarity.masking import comparable
from seqcnn.data.similarity.search import nearest


def leakage(inserts: Sequence[bytes], split: np.ndarray) -> dict[str, Any]:
    """Find the most similar training sequence of every other one.

    Returns
    -------
    `identity`, float32 (N,), and `nearest`, int32 (N,), as `Dataset` holds them.
    """
    codes, _ = comparable(inserts)
    train = split == "train"
    identity, row = nearest(codes, ~train, train, progress=sys.stderr.isatty())
    return {"identity": identity, "nearest": row.astype(np.int32)}

"""Rows -> counts of k-mers: composition without positions."""

from __future__ import annotations

import numpy as np

from seqcnn.data.layout import Rows

CODE = np.full(16, -1, np.int64)
"""Packed base -> 0..3, -1 for padding and ambiguous bases."""
CODE[[1, 2, 4, 8]] = range(4)


def kmer_counts(rows: Rows, k: int) -> np.ndarray:
    """Count the k-mers of each insert, flanks left out.

    Returns
    -------
    float32 (N, 4**k), k-mers in alphabetical order; one that holds an ambiguous base is not counted.
    """
    n, length = rows.bases.shape
    at = np.arange(length)
    inside = (at >= rows.start[:, None]) & (at < (rows.start + rows.size)[:, None])
    code = np.where(inside, CODE[rows.bases], -1)
    words = length - k + 1
    if words < 1:
        return np.zeros((n, 4**k), np.float32)
    valid = np.all([code[:, i : i + words] >= 0 for i in range(k)], axis=0)
    index = sum(code[:, i : i + words] * 4 ** (k - 1 - i) for i in range(k))
    index = index + 4**k * np.arange(n)[:, None]
    return np.bincount(index[valid], minlength=n * 4**k).reshape(n, 4**k).astype(np.float32)


def gc_content(rows: Rows) -> np.ndarray:
    """Return the GC fraction of each insert's unambiguous bases, float32 (N, 1)."""
    counts = kmer_counts(rows, 1)
    gc: np.ndarray = (counts[:, 1] + counts[:, 2])[:, None] / counts.sum(1, keepdims=True).clip(min=1)
    return gc

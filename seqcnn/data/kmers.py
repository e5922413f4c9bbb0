"""Rows -> counts of k-mers: composition without positions."""

from __future__ import annotations

import numpy as np

from seqcnn.data.layout import Rows

CODE = np.full(16, -1, np.int64)
"""Packed base -> 0..3, -1 for padding and ambiguous bases."""
CODE[[1, 2, 4, 8]] = range(4)


def kmer_index(rows: Rows, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Number the k-mer at each position of each insert, flanks left out.

    Returns
    -------
    int64 (N, L - k + 1), its place in alphabetical order; and bool, whether it has no ambiguous base.
    """
    n, length = rows.bases.shape
    at, words = np.arange(length), max(length - k + 1, 0)
    inside = (at >= rows.start[:, None]) & (at < (rows.start + rows.size)[:, None])
    code = np.where(inside, CODE[rows.bases], -1)
    index, valid = np.zeros((n, words), np.int64), np.ones((n, words), bool)
    for i in range(k if words else 0):
        base = code[:, i : i + words]
        index, valid = index * 4 + np.maximum(base, 0), valid & (base >= 0)
    return index, valid


def kmer_counts(rows: Rows, k: int) -> np.ndarray:
    """Count the k-mers of each insert, flanks left out.

    Returns
    -------
    float32 (N, 4**k), k-mers in alphabetical order; one that holds an ambiguous base is not counted.
    """
    index, valid = kmer_index(rows, k)
    index = index + 4**k * np.arange(len(rows))[:, None]
    return np.bincount(index[valid], minlength=len(rows) * 4**k).reshape(-1, 4**k).astype(np.float32)


def gc_content(rows: Rows) -> np.ndarray:
    """Return the GC fraction of each insert's unambiguous bases, float32 (N, 1)."""
    counts = kmer_counts(rows, 1)
    gc: np.ndarray = (counts[:, 1] + counts[:, 2])[:, None] / counts.sum(1, keepdims=True).clip(min=1)
    return gc

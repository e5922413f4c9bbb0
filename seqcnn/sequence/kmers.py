"""k-mer counts and GC content of inserts."""

from __future__ import annotations

import numpy as np

from seqcnn.sequence.onehot import BASE_INDEX, NO_INDEX
from seqcnn.sequence.strands import insert_mask
from seqcnn.sequence.window import Rows


def kmer_index(rows: Rows, k: int) -> np.ndarray:
    """Return the index of the k-mer at each position of the windows; flanks are excluded.

    Returns
    -------
    Unsigned (N, L - k + 1): rank of the k-mer in alphabetical order, or 4**k where it holds an ambiguous
    base or a base outside the insert.
    """
    n, length = rows.bases.shape
    code = np.frombuffer(bytearray(rows.bases).translate(BASE_INDEX) + bytes(k - 1), np.uint8)
    if (rows.insert_length < length).any():
        code[: n * length][~insert_mask(rows).ravel()] = NO_INDEX
    # all rows are concatenated, so that each step is one operation on a long array
    index = np.zeros(n * length, np.min_scalar_type(4**k))
    unknown = np.zeros(n * length, bool)
    for i in range(k):
        index *= 4
        index += code[i : i + n * length] & 3
        unknown |= code[i : i + n * length] == NO_INDEX
    index[unknown] = 4**k
    return index.reshape(n, length)[:, : max(length - k + 1, 0)]


def kmer_counts(rows: Rows, k: int) -> np.ndarray:
    """Count the k-mers of each insert; flanks are excluded.

    Returns
    -------
    float32 (N, 4**k), k-mers in alphabetical order; those with an ambiguous base are not counted.
    """
    kinds = 4**k + 1
    index = kmer_index(rows, k).astype(np.int64)
    index += kinds * np.arange(len(rows))[:, None]
    counts = np.bincount(index.ravel(), minlength=len(rows) * kinds).reshape(-1, kinds)
    return counts[:, : 4**k].astype(np.float32)


def gc_content(rows: Rows) -> np.ndarray:
    """Return the fraction of G and C among the unambiguous bases of each insert, float32 (N, 1)."""
    counts = kmer_counts(rows, 1)
    return (counts[:, 1] + counts[:, 2])[:, None] / counts.sum(1, keepdims=True).clip(min=1)

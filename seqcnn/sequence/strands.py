"""Reverse complements of the inserts of windows, and values per base brought back to the forward strand.

Only the insert is reverse-complemented: flanks and padding keep their places.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from seqcnn.sequence.complement import COMPLEMENTS
from seqcnn.sequence.window import Rows


def insert_mask(rows: Rows) -> np.ndarray:
    """Return which positions of the windows belong to the inserts, bool (N, L)."""
    offset = np.arange(rows.bases.shape[1], dtype=np.int32) - rows.start[:, None]
    return (offset >= 0) & (offset < rows.insert_length[:, None])


def reverse_complement(rows: Rows) -> Rows:
    """Return windows with every insert replaced by its reverse complement."""
    bases = np.take_along_axis(rows.bases, _mirrored(rows), axis=1)
    return replace(rows, bases=np.where(insert_mask(rows), COMPLEMENTS[bases], bases))


def unreverse(values: np.ndarray, rows: Rows) -> np.ndarray:
    """Map values per base of `reverse_complement(rows)`, (N, 4, L), to the bases of `rows`."""
    mirrored = np.take_along_axis(values, _mirrored(rows)[:, None], axis=2)
    return np.where(insert_mask(rows)[:, None], mirrored[:, ::-1], mirrored)


def average_strands(calculate: Callable[[Rows], np.ndarray], rows: Rows, *, double: bool) -> np.ndarray:
    """Compute values per base, (N, 4, L), on the forward strand, or their mean over both strands."""
    values = calculate(rows)
    return (values + unreverse(calculate(reverse_complement(rows)), rows)) / 2 if double else values


def _mirrored(rows: Rows) -> np.ndarray:
    """Return the position of each base after the insert is reversed, (N, L)."""
    position = np.arange(rows.bases.shape[1])[None]
    last = (2 * rows.start + rows.insert_length - 1)[:, None]
    return np.where(insert_mask(rows), last - position, position)

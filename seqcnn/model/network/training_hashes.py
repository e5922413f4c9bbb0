"""Hashes of the training sequences in a bundle, by which rows of the training are recognised.

A hash has 64 bits: 0.8 MB per 100,000 sequences, from which no sequence can be read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import numpy as np

from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.window import Rows

MAX_HASHED = 1_000_000
"""Training sequences above which a bundle has no hashes."""

_BLOCK = 4096  # rows that are read at a time


def training_hashes(rows: Rows) -> np.ndarray | None:
    """Return the ascending hashes of the inserts of training rows, int64 (n,); None for too many rows."""
    if len(rows) > MAX_HASHED:
        return None
    return np.unique(_hashes(_inserts(rows)))


def are_training_rows(rows: Rows, hashes: np.ndarray, *, double: bool) -> np.ndarray:
    """Return which rows have the insert of a training row, bool (n,); with `double` on either strand."""
    known = np.isin(_hashes(_inserts(rows)), hashes)
    if double:
        known |= np.isin(_hashes(map(reverse_complement, _inserts(rows))), hashes)
    return known


def _inserts(rows: Rows) -> Iterator[bytes]:
    """Yield the packed inserts, of which few are read at a time."""
    for start in range(0, len(rows), _BLOCK):
        yield from rows.take(slice(start, start + _BLOCK)).inserts()


def _hashes(inserts: Iterable[bytes]) -> np.ndarray:
    """Return the hash of each insert, int64 (n,)."""
    digests = b"".join(hashlib.blake2b(insert, digest_size=8).digest() for insert in inserts)
    return np.frombuffer(digests, "<i8").astype(np.int64)

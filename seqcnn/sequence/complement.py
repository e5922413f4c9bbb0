"""Complement table of packed bases, and the reverse complement of a sequence."""

from __future__ import annotations

import numpy as np

from seqcnn.sequence.onehot import INVALID

COMPLEMENT = bytes(int(f"{value:04b}"[::-1], 2) if value < 16 else INVALID for value in range(256))
"""`bytes.translate` table from packed bases to their complements."""

COMPLEMENTS = np.frombuffer(COMPLEMENT, np.uint8)
"""`COMPLEMENT` as an array: `COMPLEMENTS[packed]` holds the complements of packed bases."""


def reverse_complement(packed: bytes) -> bytes:
    """Return the packed bases of the other strand, 5' to 3'."""
    return packed[::-1].translate(COMPLEMENT)

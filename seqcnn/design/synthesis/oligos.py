"""Designs between their neighbours, and what a constraint tells about them.

Packed bases are one byte per base (`seqcnn.sequence.onehot`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

Context = tuple[bytes, bytes]
"""Packed bases 5' and 3' of a design."""


@dataclass(frozen=True, slots=True)
class Oligos:
    """N designs of one length between their neighbours."""

    designs: np.ndarray
    """Packed bases, uint8 (N, L)."""
    ordered_context: Context = (b"", b"")
    """What is ordered with the designs: adapters, and flanks if they are ordered."""
    construct: Context = (b"", b"")
    """The flanks of the construct."""

    @property
    def ordered(self) -> np.ndarray:
        """The ordered sequences, uint8 (N, L of the order)."""
        return self._between(*self.ordered_context)

    @property
    def contexts(self) -> tuple[Context, Context]:
        """The molecules in which junctions are checked: the order, and the construct."""
        return self.ordered_context, self.construct

    def junctions(self, reach: int) -> Iterator[np.ndarray]:
        """Yield the designs with up to `reach` bases of their neighbours, in each different context."""
        for left, right in {(a[max(len(a) - reach, 0) :], b[:reach]) for a, b in self.contexts}:
            yield self._between(left, right)

    def _between(self, left: bytes, right: bytes) -> np.ndarray:
        """Return the designs between two sequences."""
        sides = [
            np.broadcast_to(np.frombuffer(side, np.uint8), (len(self.designs), len(side)))
            for side in (left, right)
        ]
        return np.concatenate([sides[0], self.designs, sides[1]], axis=1)


class Check(Protocol):
    """One constraint."""

    @property
    def name(self) -> str:
        """Name in tables and messages."""

    @property
    def limit(self) -> str:
        """The limit as text."""

    def violations(self, oligos: Oligos) -> np.ndarray:
        """Return by how much each design violates the constraint, float64 (N,); 0 if it satisfies it."""

    def values(self, oligos: Oligos) -> np.ndarray:
        """Return the quantity that is limited, float64 (N,)."""

    def margins(self, oligos: Oligos) -> np.ndarray:
        """Return how far designs are from the limit, float64 (N,), in bases; 0 is at the limit."""

"""Motifs that a model has learned: base frequencies, sites, and effects on the prediction."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from seqcnn.sequence.onehot import ALPHABET

PSEUDOCOUNT = 1.0
"""Added to the counts at each position, shared equally by the four bases."""


@dataclass(frozen=True, slots=True)
class LearnedMotif:
    """The motif of a filter or of a pattern of attributions."""

    name: str
    kind: str
    """`filter` or `pattern`."""
    frequencies: np.ndarray
    """float64 (4, width), rows in the order of the alphabet; columns add up to 1."""
    row: np.ndarray
    """(S,), row of the sample of each site."""
    start: np.ndarray
    """(S,), 0-based position of the first base of each site in its insert."""
    effects: np.ndarray = field(default_factory=lambda: np.empty(0))
    """(E,), prediction with minus without the motif, in the units of the target; empty if not measured."""

    @property
    def width(self) -> int:
        """Width in bp."""
        return int(self.frequencies.shape[1])

    @property
    def bits(self) -> np.ndarray:
        """Information content of each position in bits, (width,), 0 to 2."""
        return information(self.frequencies)

    @property
    def consensus(self) -> str:
        """Most frequent bases: upper case above 1 bit, n below 0.25 bits."""
        letters = [ALPHABET[base] for base in self.frequencies.argmax(0)]
        cases = zip(letters, self.bits, strict=True)
        return "".join("n" if b < 0.25 else letter if b > 1 else letter.lower() for letter, b in cases)

    def with_effects(self, effects: np.ndarray) -> LearnedMotif:
        """Return the motif with its effects."""
        return replace(self, effects=effects)


def frequencies(counts: np.ndarray) -> np.ndarray:
    """Return base frequencies (4, width) from counts, with pseudocounts."""
    padded = counts + PSEUDOCOUNT / len(ALPHABET)
    return np.asarray(padded / padded.sum(0))


def information(shares: np.ndarray) -> np.ndarray:
    """Return the information content of base frequencies (4, width) (bits), (width,)."""
    logs = np.log2(np.where(shares > 0, shares, 1))
    return np.asarray(2 + (shares * logs).sum(0))


def informative_columns(shares: np.ndarray, min_bits: float = 0.25) -> slice:
    """Return the columns from the first to the last with at least `min_bits`; all if there are none."""
    informative = np.flatnonzero(information(shares) >= min_bits)
    if len(informative):
        return slice(int(informative[0]), int(informative[-1]) + 1)
    return slice(0, shares.shape[1])

"""Motifs that were found: base frequencies, sites, and what they do to the prediction."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from seqcnn.sequence.onehot import ALPHABET

PSEUDOCOUNT = 1.0
"""Added to the counts at each position, shared equally by the four bases."""


@dataclass(frozen=True, slots=True)
class FoundMotif:
    """A filter's or a pattern's motif."""

    name: str
    kind: str
    """`filter` or `pattern`."""
    frequencies: np.ndarray
    """float64 (4, width), rows in the order of the alphabet; columns add up to 1."""
    row: np.ndarray
    """(S,), the row of the sample that each site is in."""
    start: np.ndarray
    """(S,), 0-based position in its insert of each site's first base."""
    effects: np.ndarray
    """(E,), what it adds to each prediction that was looked at, in the units of the target."""

    @property
    def width(self) -> int:
        """Width in bp."""
        return int(self.frequencies.shape[1])

    @property
    def bits(self) -> np.ndarray:
        """Information at each position in bits, (width,); 2 where one base is certain."""
        return information(self.frequencies)

    @property
    def consensus(self) -> str:
        """Letters of the commonest bases: upper case above 1 bit, n below 0.25 bits."""
        letters = [ALPHABET[base] for base in self.frequencies.argmax(0)]
        cases = zip(letters, self.bits, strict=True)
        return "".join("n" if b < 0.25 else letter if b > 1 else letter.lower() for letter, b in cases)

    def with_effects(self, effects: np.ndarray) -> FoundMotif:
        """Return the motif with its effects."""
        return replace(self, effects=effects)


def no_effects() -> np.ndarray:
    """Return the effects of a motif that nobody has looked at."""
    return np.empty(0)


def frequencies(counts: np.ndarray) -> np.ndarray:
    """Return base frequencies (4, width) from counts, with pseudocounts."""
    padded = counts + PSEUDOCOUNT / len(ALPHABET)
    found: np.ndarray = padded / padded.sum(0)
    return found


def information(shares: np.ndarray) -> np.ndarray:
    """Return the information of base frequencies (4, width) in bits a position, against equal bases."""
    logs = np.log2(np.where(shares > 0, shares, 1))
    found: np.ndarray = 2 + (shares * logs).sum(0)
    return found


def trimmed(shares: np.ndarray, least: float = 0.25) -> slice:
    """Return the columns from the first to the last that hold at least `least` bits, or all of them."""
    held = np.flatnonzero(information(shares) >= least)
    return slice(int(held[0]), int(held[-1]) + 1) if len(held) else slice(0, shares.shape[1])

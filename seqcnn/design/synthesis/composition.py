"""Length and GC content of the ordered sequence, GC content of its windows, and homopolymers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from seqcnn.design.synthesis.oligos import Oligos
from seqcnn.sequence.onehot import pack, unpack

_STRONG = pack("S")[0]  # G or C
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class OrderLength:
    """Length of the ordered sequence, bp."""

    low: int
    high: int
    name = "order_length"

    @property
    def limit(self) -> str:
        """The range."""
        return f"{self.low}-{self.high}"

    def violations(self, oligos: Oligos) -> np.ndarray:
        """Return the number of bases too few or too many, float64 (N,)."""
        return np.maximum(-self.margins(oligos), 0)

    def values(self, oligos: Oligos) -> np.ndarray:
        """Return the length, float64 (N,)."""
        return np.full(len(oligos.designs), float(oligos.ordered.shape[1]))

    def margins(self, oligos: Oligos) -> np.ndarray:
        """Return the number of bases to the nearer limit, float64 (N,)."""
        values = self.values(oligos)
        return np.minimum(values - self.low, self.high - values)


@dataclass(frozen=True, slots=True)
class GcContent:
    """GC fraction of the ordered sequence."""

    low: float
    high: float
    name = "gc"

    @property
    def limit(self) -> str:
        """The range."""
        return f"{self.low:g}-{self.high:g}"

    def violations(self, oligos: Oligos) -> np.ndarray:
        """Return the number of bases to change, float64 (N,)."""
        return np.maximum(-self.margins(oligos), 0)

    def values(self, oligos: Oligos) -> np.ndarray:
        """Return the GC fraction, float64 (N,)."""
        return np.asarray(_is_strong(oligos).mean(1))

    def margins(self, oligos: Oligos) -> np.ndarray:
        """Return the number of bases to the nearer limit, float64 (N,)."""
        strong = _is_strong(oligos)
        return _margins(strong.sum(1), strong.shape[1], self.low, self.high)


@dataclass(frozen=True, slots=True)
class GcWindows:
    """GC fraction of each window of the ordered sequence; none if the sequence is shorter than a window."""

    width: int
    low: float
    high: float
    name = "gc_window"

    @property
    def limit(self) -> str:
        """The width of the windows and the range."""
        return f"{self.width}:{self.low:g}-{self.high:g}"

    def violations(self, oligos: Oligos) -> np.ndarray:
        """Return the number of bases to change in the worst window, float64 (N,)."""
        return np.maximum(-self.margins(oligos), 0)

    def values(self, oligos: Oligos) -> np.ndarray:
        """Return the GC fraction of the window nearest to a limit, float64 (N,); NaN without windows."""
        counts = self._counts(oligos)
        if not counts.shape[1]:
            return np.full(len(counts), np.nan)
        nearest = _margins(counts, self.width, self.low, self.high).argmin(1)
        return counts[np.arange(len(counts)), nearest] / self.width

    def margins(self, oligos: Oligos) -> np.ndarray:
        """Return the number of bases to a limit in the window nearest to it, float64 (N,)."""
        counts = self._counts(oligos)
        if not counts.shape[1]:
            return np.full(len(counts), np.inf)
        return np.asarray(_margins(counts, self.width, self.low, self.high).min(1))

    def _counts(self, oligos: Oligos) -> np.ndarray:
        """Return the number of G and C per window, int (N, windows)."""
        strong = _is_strong(oligos)
        total = np.concatenate([np.zeros((len(strong), 1), int), strong.cumsum(1)], axis=1)
        return np.asarray(total[:, self.width :] - total[:, : -self.width])


@dataclass(frozen=True, slots=True)
class Homopolymers:
    """Longest run of one base, across the junctions to the neighbours."""

    longest: int
    """Longest run, bp."""
    bases: str = "ACGT"
    """Bases to which the limit applies."""

    @property
    def name(self) -> str:
        """`homopolymer`, with the bases if they are not all."""
        return "homopolymer" if self.bases == "ACGT" else f"homopolymer_{self.bases.lower()}"

    @property
    def limit(self) -> str:
        """The longest run."""
        return f"{self.longest}"

    def violations(self, oligos: Oligos) -> np.ndarray:
        """Return the number of excess bases, float64 (N,)."""
        letters = pack(self.bases)
        counts = [count_long_runs(o, self.longest, letters) for o in oligos.junctions(self.longest)]
        return np.max(counts, axis=0).astype(float)

    def values(self, oligos: Oligos) -> np.ndarray:
        """Return the longest run that a base of the design is part of, float64 (N,)."""
        texts = [unpack(row.tobytes()) for row in oligos.designs]
        return np.array([self._longest_run(text, oligos) for text in texts], float)

    def margins(self, oligos: Oligos) -> np.ndarray:
        """Return by how many bases the longest run may grow, float64 (N,)."""
        return self.longest - self.values(oligos)

    def _longest_run(self, design: str, oligos: Oligos) -> int:
        """Return the length of the longest run of one design in any context."""
        longest = 0
        for left, right in oligos.contexts:
            stop = 0
            for base, run in groupby(unpack(left) + design + unpack(right)):
                start, stop = stop, stop + len(list(run))
                if base in self.bases and stop > len(left) and start < len(left) + len(design):
                    longest = max(longest, stop - start)
        return longest


def count_long_runs(packed: np.ndarray, longest: int, letters: bytes) -> np.ndarray:
    """Count the windows of `longest` + 1 equal bases, one of `letters`, in packed sequences, int (N,)."""
    n_windows = packed.shape[1] - longest
    if n_windows < 1:
        return np.zeros(len(packed), np.int64)
    equal_next = np.concatenate(
        [packed[:, 1:] == packed[:, :-1], np.zeros((len(packed), 1), bool)], axis=1
    )  # (N, L): whether a base equals the next one
    uniform = np.all([equal_next[:, i : i + n_windows] for i in range(longest)], axis=0)  # (N, windows)
    limited = np.isin(packed[:, :n_windows], list(letters))
    return np.asarray((uniform & limited).sum(1))


def _is_strong(oligos: Oligos) -> np.ndarray:
    """Return whether each base of the ordered sequences is G or C, bool (N, L of the order)."""
    return (oligos.ordered & ~np.uint8(_STRONG)) == 0


def _margins(count: np.ndarray, length: int, low: float, high: float) -> np.ndarray:
    """Return by how many bases counts of G and C are within the limits, float64; negative if outside."""
    lowest, highest = np.ceil(low * length - _ROUNDING), np.floor(high * length + _ROUNDING)
    return np.asarray(np.minimum(count - lowest, highest - count))

"""What models say of sequences: a prediction, how unsure it is, and whether to trust it at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Estimates:
    """Predictions of n sequences by M networks."""

    each: np.ndarray
    """float32 (M, n, T), in the units of the targets."""
    noise: np.ndarray | None = None
    """float32 (M, n, T), the SD of a measurement that each network expects; None if it does not say."""
    unlike: np.ndarray | None = None
    """bool (n,), whether a sequence is unlike those of the training; None if that is not known."""

    @property
    def mean(self) -> np.ndarray:
        """The prediction, float64 (n, T)."""
        mean: np.ndarray = self.each.mean(0, dtype=np.float64)
        return mean

    @property
    def spread(self) -> np.ndarray | None:
        """How unsure it is, float64 (n, T): SD over the networks, and expected noise; None if nobody says."""
        between = self.each.var(0, ddof=1, dtype=np.float64) if len(self.each) > 1 else 0.0
        if self.noise is None:
            return np.sqrt(between) if len(self.each) > 1 else None
        spread: np.ndarray = np.sqrt(between + np.square(self.noise, dtype=np.float64).mean(0))
        return spread


def join(found: Sequence[Estimates]) -> Estimates:
    """Put the estimates of several models side by side; a sequence is unlike if it is so to one of them."""
    if len(found) == 1:
        return found[0]
    noises = [e.noise if e.noise is not None else np.zeros_like(e.each) for e in found]
    unlikes = [e.unlike for e in found if e.unlike is not None]
    return Estimates(
        np.concatenate([e.each for e in found]),
        np.concatenate(noises) if any(e.noise is not None for e in found) else None,
        np.logical_or.reduce(unlikes) if unlikes else None,
    )

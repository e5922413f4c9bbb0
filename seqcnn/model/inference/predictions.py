"""Predictions of a model with their uncertainty and the out-of-distribution flag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from seqcnn.sequence.onehot import PACKED_BASES
from seqcnn.sequence.strands import insert_mask
from seqcnn.sequence.window import Rows

MAX_AMBIGUOUS = 0.1
"""Largest fraction of ambiguous bases (N, R, ...) in a sequence that has a prediction."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predictions of n sequences and T targets by the M members of a model."""

    members: np.ndarray
    """float32 (M, n, T), in the units of the targets."""
    noise_sd: np.ndarray | None = None
    """float32 (M, n, T), standard deviation of the noise that each member predicts; None if it does not."""
    ood: np.ndarray | None = None
    """bool (n,), whether a sequence is out of distribution; None if that was not computed."""

    @property
    def mean(self) -> np.ndarray:
        """Mean over the members, float64 (n, T)."""
        return self.members.mean(0, dtype=np.float64)

    @property
    def sd(self) -> np.ndarray | None:
        """Standard deviation, float64 (n, T): of the members, with the mean predicted noise variance added.

        None for one member that predicts no noise.
        """
        between = self.members.var(0, ddof=1, dtype=np.float64) if len(self.members) > 1 else 0.0
        if self.noise_sd is None:
            return np.sqrt(between) if len(self.members) > 1 else None
        return np.asarray(np.sqrt(between + np.square(self.noise_sd, dtype=np.float64).mean(0)))


def too_ambiguous(rows: Rows) -> np.ndarray:
    """Return of which inserts more than `MAX_AMBIGUOUS` is ambiguous, bool (n,)."""
    count = (insert_mask(rows) & ~np.isin(np.asarray(rows.bases), PACKED_BASES)).sum(axis=1)
    return np.asarray(count > MAX_AMBIGUOUS * rows.insert_length)


def mask_ambiguous(predictions: Predictions, rows: Rows) -> Predictions:
    """Return predictions with NaN for rows that are `too_ambiguous`, and for those that are not finite."""
    if not (masked := too_ambiguous(rows) | ~np.isfinite(predictions.members).all(axis=(0, 2))).any():
        return predictions
    noise_sd = predictions.noise_sd
    return replace(
        predictions,
        members=np.where(masked[:, None], np.float32(np.nan), predictions.members),
        noise_sd=None if noise_sd is None else np.where(masked[:, None], np.float32(np.nan), noise_sd),
    )


def stack_members(parts: Sequence[Predictions]) -> Predictions:
    """Combine the predictions of several models for the same sequences; `ood` if it is so for one of them."""
    if len(parts) == 1:
        return parts[0]
    flags = [part.ood for part in parts if part.ood is not None]
    noise = [part.noise_sd if part.noise_sd is not None else np.zeros_like(part.members) for part in parts]
    return Predictions(
        np.concatenate([part.members for part in parts]),
        np.concatenate(noise) if any(part.noise_sd is not None for part in parts) else None,
        np.logical_or.reduce(flags) if flags else None,
    )


def concatenate(parts: Sequence[Predictions]) -> Predictions:
    """Combine the predictions of one model for consecutive sequences."""
    flags = [part.ood for part in parts if part.ood is not None]
    noise = [part.noise_sd for part in parts if part.noise_sd is not None]
    return Predictions(
        np.concatenate([part.members for part in parts], axis=1),
        np.concatenate(noise, axis=1) if noise else None,
        np.concatenate(flags) if flags else None,
    )

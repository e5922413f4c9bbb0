"""Candidates with their predictions, on the scale of `seqcnn predict`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from seqcnn.model.inference.original_scale import table_values, transforms_of
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.selection.candidates import Candidates


@dataclass(frozen=True, slots=True)
class PredictedCandidates:
    """N candidates and the predictions of one target."""

    candidates: Candidates
    mean: np.ndarray
    """float64 (N,), on the original scale of a transformed target."""
    sd: np.ndarray
    """float64 (N,), SD over the members of an ensemble, without predicted noise; NaN for a single model."""
    ood: np.ndarray | None
    """bool (N,), whether a candidate is out of distribution; None if the model has no thresholds."""

    def __len__(self) -> int:
        return len(self.candidates)

    @classmethod
    def of(cls, model: LoadedModel, candidates: Candidates, target: int) -> PredictedCandidates:
        """Predict candidates."""
        predictions = model.predict_members(candidates.sample.rows)
        values = table_values(replace(predictions, noise_sd=None), None, transforms_of(model.header))
        mean = values[""][:, target]
        sd = values["_sd"][:, target] if "_sd" in values else np.full(len(mean), np.nan)
        return cls(candidates, mean, sd, predictions.ood)

    def in_range(self, low: float | None, high: float | None) -> np.ndarray:
        """Return which candidates are predicted from `low` to `high`, bool (N,); None is no bound."""
        low, high = -np.inf if low is None else low, np.inf if high is None else high
        return (self.mean >= low) & (self.mean <= high)

    def take(self, selected: np.ndarray) -> PredictedCandidates:
        """Return some of the candidates."""
        ood = None if self.ood is None else self.ood[selected]
        return PredictedCandidates(
            self.candidates.take(selected), self.mean[selected], self.sd[selected], ood
        )

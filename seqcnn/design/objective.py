"""What a design must reach, and the score of a candidate: predicted value, SD, out-of-distribution excess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from seqcnn.design.constraints import Constraints
from seqcnn.model.inference.trained_model import Model
from seqcnn.sequence.window import Rows

Goal = Literal["maximize", "minimize", "to"]


@dataclass(frozen=True, slots=True)
class Objective:
    """A wanted prediction."""

    goal: Goal = "maximize"
    value: float = 0.0
    """What is wanted, if `goal` is `to`."""
    target: int = 0
    minus: int | None = None
    """If given, the wanted quantity is `target` minus this target."""
    caution: float = 1.0
    """How many standard deviations over an ensemble's members are taken off the score."""
    allow_unlike: bool = False
    """Whether sequences unlike those of the training may be designed."""

    def quantity(self, each: np.ndarray) -> np.ndarray:
        """Return the wanted quantity from predictions (M, N, T), float64 (M, N)."""
        values = each[:, :, self.target].astype(np.float64)
        return values if self.minus is None else values - each[:, :, self.minus]

    def score(self, each: np.ndarray) -> np.ndarray:
        """Return how good sequences are, float64 (N,), higher is better; see `caution`."""
        values = self.quantity(each)
        doubt = values.std(0, ddof=1) if len(values) > 1 else 0.0
        mean = values.mean(0)
        worth = {"maximize": mean, "minimize": -mean, "to": -np.abs(mean - self.value)}[self.goal]
        found: np.ndarray = worth - self.caution * doubt
        return found


@dataclass(frozen=True, slots=True)
class Judged:
    """Candidates and what is said of them."""

    codes: np.ndarray
    """uint8 (N, L)."""
    missed: np.ndarray
    """float64 (N,), by how much demands are missed; those of the model's experience included."""
    score: np.ndarray
    """float64 (N,), higher is better."""

    def order(self) -> np.ndarray:
        """Return the row numbers from the best to the worst: demands come before the score."""
        return np.lexsort((-self.score, self.missed))

    def take(self, at: np.ndarray) -> Judged:
        """Return some of the candidates, in that order."""
        return Judged(self.codes[at], self.missed[at], self.score[at])


@dataclass(frozen=True, slots=True)
class Judge:
    """A model with an objective and constraints: judges candidates of one length."""

    model: Model
    objective: Objective
    constraints: Constraints

    def __call__(self, codes: np.ndarray) -> Judged:
        """Judge candidates, uint8 (N, L)."""
        rows = rows_of(self.model, codes)
        missed = self.constraints.missed(codes) + self._foreign(rows)
        return Judged(
            codes, missed, self.objective.score(self.model.predict_members(rows, flag_ood=False).members)
        )

    def _foreign(self, rows: Rows) -> np.ndarray:
        """Return by which share of the limit sequences are too far from those of the training, (N,)."""
        header = self.model.header
        if header.ood is None or self.objective.allow_unlike:
            return np.zeros(len(rows))
        far = self.model.regressor.profile.distances(rows, double=header.strand == "double")
        limits = np.maximum([header.ood.distance, header.ood.surprisal], 1e-9)
        excess: np.ndarray = np.maximum(far / limits - 1, 0).sum(1)
        return excess


def rows_of(model: Model, codes: np.ndarray) -> Rows:
    """Lay candidates of one length, uint8 (N, L), into the window of a model."""
    layout = model.header.layout
    bits = np.left_shift(1, codes).astype(np.uint8)
    template, start, size = layout.place(bits[0].tobytes())
    bases = np.repeat(np.frombuffer(template, np.uint8)[None], len(codes), axis=0)
    bases[:, start : start + size] = bits
    return Rows(bases, np.full(len(codes), start, np.int32), np.full(len(codes), size, np.int32))

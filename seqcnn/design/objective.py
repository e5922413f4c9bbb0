"""The objective of a design, and the score of candidates: predicted value, its SD, constraint violations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from seqcnn.design.constraints import Constraints
from seqcnn.design.pareto import pareto_order
from seqcnn.design.synthesis.tally import Tally
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.sequence.window import Rows

Goal = Literal["maximize", "minimize", "to"]

OOD = "out_of_distribution"
"""Name of the constraint that designs are like the training sequences."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A wanted prediction."""

    goal: Goal = "maximize"
    value: float = 0.0
    """Prediction to reach if `goal` is `to`, in the units of the target."""
    target: int = 0
    """Index of the target."""
    minus: int | None = None
    """Index of a target to subtract from `target`; None if there is none."""
    risk_aversion: float = 1.0
    """Number of standard deviations over the members of an ensemble to subtract from the score."""
    allow_ood: bool = False
    """Whether out-of-distribution sequences may be designed."""

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """Itself alone, as `Goals.objectives`."""
        return (self,)

    def quantity(self, members: np.ndarray) -> np.ndarray:
        """Return the wanted quantity from the predictions of each member (M, N, T), float64 (M, N)."""
        values = members[:, :, self.target].astype(np.float64)
        return values if self.minus is None else values - members[:, :, self.minus]

    def score(self, members: np.ndarray) -> np.ndarray:
        """Return the score of sequences from the predictions of each member (M, N, T), float64 (N,).

        Higher is better: the mean over the members on the scale of the goal, minus `risk_aversion` SDs
        (a lower confidence bound).
        """
        values = self.quantity(members)
        sd = values.std(0, ddof=1) if len(values) > 1 else 0.0
        mean = values.mean(0)
        benefit = {"maximize": mean, "minimize": -mean, "to": -np.abs(mean - self.value)}[self.goal]
        return np.asarray(benefit - self.risk_aversion * sd)


@dataclass(frozen=True, slots=True)
class Goals:
    """Several objectives at once, two or more, all with one setting on out-of-distribution sequences."""

    objectives: tuple[Objective, ...]

    @property
    def allow_ood(self) -> bool:
        """Whether out-of-distribution sequences may be designed."""
        return self.objectives[0].allow_ood

    def quantity(self, members: np.ndarray) -> np.ndarray:
        """Return the quantity of the first objective, float64 (M, N)."""
        return self.objectives[0].quantity(members)

    def score(self, members: np.ndarray) -> np.ndarray:
        """Return the score of each objective, float64 (N, K)."""
        return np.stack([objective.score(members) for objective in self.objectives], axis=1)


@dataclass(frozen=True, slots=True)
class Scored:
    """N candidates with their constraint violations and scores."""

    codes: np.ndarray
    """uint8 (N, L), index of each base in the alphabet."""
    violations: np.ndarray
    """float64 (N,), amount by which constraints are violated; includes the out-of-distribution excess."""
    score: np.ndarray
    """float64 (N,), or (N, K) with K goals; higher is better."""

    def order(self) -> np.ndarray:
        """Return the row numbers from best to worst: by ascending violations, then by descending score.

        With several goals, those without violations are in Pareto order.
        """
        if self.score.ndim == 1:
            return np.lexsort((-self.score, self.violations))
        order = np.argsort(self.violations, kind="stable")
        valid = order[self.violations[order] == 0]
        return np.concatenate([valid[pareto_order(self.score[valid])], order[len(valid) :]])

    def take(self, rows: np.ndarray) -> Scored:
        """Return some of the candidates, in that order."""
        return Scored(self.codes[rows], self.violations[rows], self.score[rows])


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores candidates of one length with a model, an objective and constraints."""

    model: LoadedModel
    objective: Objective | Goals
    constraints: Constraints
    tally: Tally = field(default_factory=Tally)
    """Counts of the candidates that were scored."""

    def __call__(self, codes: np.ndarray) -> Scored:
        """Score candidates, uint8 (N, L), and count what they violate."""
        rows = rows_of(self.model, codes)
        violations = self.violations(codes, rows)
        self.tally.add(violations)
        predictions = self.model.predict_members(rows, flag_ood=False)
        total = np.sum(list(violations.values()), axis=0)
        return Scored(codes, total, self.objective.score(predictions.members))

    def violations(self, codes: np.ndarray, rows: Rows) -> dict[str, np.ndarray]:
        """Return by how much candidates, also given as rows, violate each constraint, float64 (N,)."""
        return {**self.constraints.violations(codes), OOD: self._ood_excess(rows)}

    def _ood_excess(self, rows: Rows) -> np.ndarray:
        """Return by which share rows exceed the limits of the out-of-distribution flag, float64 (N,)."""
        header = self.model.header
        if header.ood is None or self.objective.allow_ood:
            return np.zeros(len(rows))
        distances = self.model.network.profile.distances(rows, double=header.strand == "double")  # (N, 2)
        limits = np.maximum([header.ood.distance, header.ood.surprisal], 1e-9)
        return np.asarray(np.maximum(distances / limits - 1, 0).sum(1))


def rows_of(model: LoadedModel, codes: np.ndarray) -> Rows:
    """Place candidates of one length, uint8 (N, L), in the window of a model."""
    layout = model.header.layout
    packed = np.left_shift(1, codes).astype(np.uint8)
    template, start, length = layout.place(packed[0].tobytes())
    bases = np.repeat(np.frombuffer(template, np.uint8)[None], len(codes), axis=0)
    bases[:, start : start + length] = packed
    return Rows(bases, np.full(len(codes), start, np.int32), np.full(len(codes), length, np.int32))

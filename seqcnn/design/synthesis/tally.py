"""How many candidates each constraint rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(slots=True)
class Tally:
    """Counts of the candidates of a search."""

    candidates: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """Constraint -> candidates that violate it."""
    rejected_alone: Counter[str] = field(default_factory=Counter)
    """Constraint -> candidates that violate no other one."""

    def add(self, violations: Mapping[str, np.ndarray]) -> None:
        """Count N candidates from their violations of each constraint, float64 (N,)."""
        violated = np.array([amount > 0 for amount in violations.values()])  # (constraints, N)
        self.candidates += violated.shape[1]
        only = violated.sum(0) == 1
        for name, row in zip(violations, violated, strict=True):
            self.rejected[name] += int(row.sum())
            self.rejected_alone[name] += int((row & only).sum())

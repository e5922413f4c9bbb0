"""One dataset and the models that were fitted to it and scored, as the report needs them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqcnn.config.option_keys import in_keys
from seqcnn.data.dataset import Dataset
from seqcnn.evaluation.score import Score, score_of
from seqcnn.evaluation.strata import Stratum

if TYPE_CHECKING:
    from seqcnn.model.network.header import Header

MAX_TARGETS = 8
"""Targets in a report; the metrics files hold all of them."""


@dataclass(frozen=True, slots=True)
class Member:
    """One fitted and scored model."""

    model: str
    name: str
    """`seed1`, ..., `ensemble` or `fit`."""
    metrics: dict[str, Any]
    """Part of the split -> target -> scores of `evaluate`; `leaked` and `clean` are subsets of test."""
    y_hat: np.ndarray
    """float64 (N, T), in the order of the dataset."""
    strata: dict[str, list[dict[str, Any]]]
    """Target -> scores of the strata of test rows, in the order of `Run.strata`."""
    contrasts: dict[str, dict[str, Any]]
    """Name of a contrast of test rows -> its scores."""
    sd: np.ndarray | None
    """float64 (N, T), standard deviation of each prediction, if the table has one."""
    run: dict[str, Any]
    """Content of run.json: time, device, size; empty for an ensemble."""
    history: dict[str, np.ndarray]
    """Column of history.csv -> one value per epoch; empty for baselines and ensembles."""
    header: Header | None
    bundle_bytes: int | None

    @property
    def is_baseline(self) -> bool:
        """Whether this is a baseline without deep learning."""
        return self.name == "fit"

    @property
    def label(self) -> str:
        """The name in the report."""
        return self.model if self.is_baseline else f"{self.model}, {self.name.replace('seed', 'seed ')}"

    def score(self, part: str, target: str, metric: str) -> Score:
        """Return one score."""
        return score_of(self.metrics[part][target], metric)

    def ceiling(self, part: str, target: str) -> dict[str, float] | None:
        """Return the noise ceiling from replicates, None if there are none."""
        ceiling: dict[str, float] | None = self.metrics[part][target]["ceiling"]
        return ceiling


@dataclass(frozen=True, slots=True)
class Run:
    """One dataset and every model that was scored on it, best validation score first."""

    name: str
    dataset: Dataset
    members: list[Member]
    strata: dict[str, list[Stratum]] = field(default_factory=dict)
    """Target -> strata of its test rows."""
    curve: dict[str, Any] | None = None
    """Content of learning_curve.json, if there is one."""
    controls: dict[str, Any] | None = None
    """Content of controls.json, if there is one."""
    folds: list[dict[str, Any]] = field(default_factory=list)
    """Content of cross_validation/<model>/metrics.json, one per model."""
    biology: Path | None = None
    """Folder with the results of the `biology` section, if there is one."""

    @property
    def best(self) -> Member:
        """The member with the best validation score."""
        return self.members[0]

    @property
    def config(self) -> str:
        """Name of the pipeline configuration that the run was made with; '' if it was made with options."""
        return str(self.dataset.provenance.get("config", ""))

    def advice(self, text: str) -> str:
        """Return a text on options of `fit`; of a run of the pipeline, on the keys of the same meaning."""
        return in_keys(text) if self.config else text

    @property
    def targets(self) -> list[str]:
        """The targets in the report."""
        return self.dataset.target_names[:MAX_TARGETS]

    def best_for(self, target: str, *, baseline: bool | None = None) -> Member | None:
        """Return the best member by the validation score of one target; None if none has one.

        Only baselines, or only networks, if `baseline` is given.
        """
        kind = [m for m in self.members if baseline in (None, m.is_baseline)]
        scores = [(m.score("val", target, "pearson").value, m) for m in kind]
        return max(((r, m) for r, m in scores if r is not None), key=lambda pair: pair[0], default=(0, None))[
            1
        ]

    def best_of(self, *, baseline: bool) -> Member | None:
        """Return the best baseline, or the best network, by validation score."""
        return next((m for m in self.members if m.is_baseline == baseline), None)

    def member(self, model: str, name: str) -> Member | None:
        """Return the member of these names."""
        return next((m for m in self.members if (m.model, m.name) == (model, name)), None)

    def per_model(self) -> list[Member]:
        """Return the best member of each model."""
        best: dict[str, Member] = {}
        for member in self.members:
            best.setdefault(member.model, member)
        return list(best.values())

    def measured(self, part: str, target: int) -> np.ndarray:
        """Return the rows of a part of the split in which a target was measured."""
        rows = self.dataset.part(part)
        return np.asarray(rows[np.isfinite(self.dataset.targets[rows, target])])

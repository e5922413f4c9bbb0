"""A run's folder -> the dataset and every scored model, ordered by validation score.

A *member* is one fit: `seed1`, `seed2`, ... and their `ensemble` for an encoder, `fit` for a baseline.
Members are ordered, and the best one is chosen, by their validation scores, never by test scores.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqcnn.data.dataset import Dataset, load_dataset
from seqcnn.errors import TableError, UsageError, place, show
from seqcnn.evaluation.score import Score, score_of
from seqcnn.evaluation.strata import Stratum, strata
from seqcnn.io.json_file import read_json
from seqcnn.report.run.validate import (
    check_parts,
    check_strata,
    read_controls,
    read_curve,
    read_folds,
    read_history,
)

if TYPE_CHECKING:
    from seqcnn.model.inference.prediction_table import PredictionTable
    from seqcnn.model.network.header import Header

MEMBER = re.compile(r"seed(\d+)|ensemble|fit")
"""Names of members' folders."""

CROSS_VALIDATION = "cross_validation"
"""Folder of a run that holds its cross-validations."""

BIOLOGY = "biology"
"""Folder of a run with one folder per command of the pipeline's `biology` section."""

RENAMED_BIOLOGY = "probe"
"""Former name of that folder."""

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
    def targets(self) -> list[str]:
        """The targets in the report."""
        return self.dataset.target_names[:MAX_TARGETS]

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


def collect(
    folder: Path,
    *,
    dataset: Dataset | None = None,
    tables: Mapping[Path, PredictionTable] | None = None,
) -> Run:
    """Read the folder of a run; folders without a scored model are skipped.

    Parameters
    ----------
    folder
        Results of the pipeline or of `seqcnn fit`.
    dataset
        Content of its `dataset.h5`, if it is in memory already.
    tables
        Folder of a member -> its predictions, for those that are in memory already.

    Raises
    ------
    UsageError
        If there is no such folder, or no scored model in it.
    TableError
        If a file in it is damaged, or does not belong to the dataset.
    """
    if not folder.is_dir():
        raise UsageError(
            f"{place(folder)}: No such folder; expected the results of the pipeline or of `seqcnn fit`"
        )
    dataset = load_dataset(folder / "dataset.h5") if dataset is None else dataset
    subsets = strata(dataset, MAX_TARGETS)
    members = [
        _read_member(path, dataset, subsets, (tables or {}).get(path)) for path in _member_folders(folder)
    ]
    if not members:
        raise UsageError(
            f"{place(folder)}: no scored model; expected <model>/<seed>/metrics.json from `seqcnn evaluate`"
        )
    members.sort(key=lambda member: _rank(member, dataset.target_names))
    curve = read_curve(path, dataset) if (path := folder / "learning_curve.json").is_file() else None
    controls = _controls(path, dataset, members) if (path := folder / "controls.json").is_file() else None
    folds = [read_folds(path, dataset) for path in sorted(folder.glob(f"{CROSS_VALIDATION}/*/metrics.json"))]
    return Run(folder.resolve().name, dataset, members, subsets, curve, controls, folds, _biology(folder))


def validation_score(member: Member, targets: list[str]) -> float | None:
    """Return the mean over the targets of Pearson's r of validation rows, None if one is undefined."""
    values = [member.score("val", target, "pearson").value for target in targets]
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if len(defined) == len(values) else None


def _member_folders(folder: Path) -> list[Path]:
    """Return the folders of a run's scored members."""
    scored = [path.parent for path in sorted(folder.glob("*/*/metrics.json"))]
    return [
        path
        for path in scored
        if path.parent.name != CROSS_VALIDATION
        and MEMBER.fullmatch(path.name)
        and (path / "predictions.tsv").is_file()
    ]


def _biology(folder: Path) -> Path | None:
    """Return the folder with the results of the `biology` section; refuse it under its old name."""
    if (folder / BIOLOGY).is_dir():
        return folder / BIOLOGY
    if (folder / RENAMED_BIOLOGY).is_dir():
        old = place(folder / RENAMED_BIOLOGY)
        raise UsageError(f"{old}: this folder is now called {BIOLOGY!r}; rename it")
    return None


def _rank(member: Member, targets: list[str]) -> tuple[float, float, str, int, str]:
    """Return the sort key: validation r, then validation error, then name and seed."""
    r = validation_score(member, targets)
    errors = [member.score("val", target, "rmse").value for target in targets]
    error = sum(math.inf if e is None else e for e in errors)
    seed = MEMBER.fullmatch(member.name)
    number = int(seed[1]) if seed and seed[1] else -1
    return (math.inf if r is None else -r, error, member.model, number, member.name)


def _read_member(
    folder: Path, dataset: Dataset, subsets: dict[str, list[Stratum]], table: PredictionTable | None
) -> Member:
    """Read one member; `table` holds its predictions if they are in memory already."""
    from seqcnn.model.inference.prediction_table import PredictionTable
    from seqcnn.model.network.bundle import read_header

    bundle, run_file, history = (folder / name for name in ("model.safetensors", "run.json", "history.csv"))
    path = folder / "metrics.json"
    metrics, run = read_json(path), read_json(run_file) if run_file.is_file() else {}
    if table is None:
        table = PredictionTable.read(folder / "predictions.tsv", dataset.ids, dataset.target_names)
    return Member(
        model=folder.parent.name,
        name=folder.name,
        metrics=check_parts(metrics, path, dataset),
        strata=check_strata(metrics, path, subsets),
        y_hat=table.mean,
        sd=table.sd,
        run=run,
        history=read_history(history, run) if history.is_file() else {},
        header=read_header(bundle) if bundle.is_file() else None,
        bundle_bytes=bundle.stat().st_size if bundle.is_file() else None,
    )


def _controls(path: Path, dataset: Dataset, members: list[Member]) -> dict[str, Any]:
    """Read the scores of controls, and check that they are of a member of this run."""
    controls = read_controls(path, dataset)
    if not any((m.model, m.name) == (controls["model"], controls["member"]) for m in members):
        name = show(f"{controls['model']}/{controls['member']}")
        raise TableError(
            f"{place(path)}: controls of {name}, which has no scores here; "
            "run `seqcnn controls` again, or remove it"
        )
    return controls

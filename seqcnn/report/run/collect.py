"""A run's folder -> the dataset and every scored model, ordered by validation score.

A *member* is one fit: `seed1`, `seed2`, ... and their `ensemble` for an encoder, `fit` for a baseline.
Members are ordered, and the best one is chosen, by their validation scores, never by test scores.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqcnn.data.dataset import IN_MEMORY_MB, Dataset, load_dataset
from seqcnn.errors import TableError, UsageError, place, show
from seqcnn.evaluation.contrasts import Contrast, contrasts
from seqcnn.evaluation.strata import Stratum, strata
from seqcnn.io.json_file import read_json
from seqcnn.io.regular_file import has_file, has_folder
from seqcnn.io.tsv import refuse_cut
from seqcnn.model.metrics import mean_over_targets
from seqcnn.report.run.members import MAX_TARGETS, Member, Run
from seqcnn.report.run.validate import (
    check_contrasts,
    check_parts,
    check_strata,
    read_controls,
    read_curve,
    read_folds,
    read_history,
    read_run,
)

if TYPE_CHECKING:
    from seqcnn.model.inference.prediction_table import PredictionTable

MEMBER = re.compile(r"seed(\d+)|ensemble|fit")
"""Names of members' folders."""

MEMBER_FILES = ("metrics.json", "predictions.tsv", "run.json", "history.csv", "model.safetensors")
"""Files of a member that are read; only the first two must be there."""

CROSS_VALIDATION = "cross_validation"
"""Folder of a run that holds its cross-validations."""

_RUN_FILES = ("dataset.h5", "learning_curve.json", "controls.json")

BIOLOGY = "biology"
"""Folder of a run with one folder per command of the pipeline's `biology` section."""

RENAMED_BIOLOGY = "probe"
"""Former name of that folder."""


@dataclass(frozen=True, slots=True)
class Subsets:
    """Parts of the test rows that metrics files must score."""

    strata: dict[str, list[Stratum]]
    contrasts: list[Contrast]


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
        If a file in it is damaged, does not belong to the dataset, is a pipe, or is a link that leads out of
        the folder (which may be a link itself).
    """
    if not folder.is_dir():
        fault = "is a file" if folder.exists() else "No such folder"
        raise UsageError(f"{place(folder)}: {fault}; expected the results of the pipeline or of `seqcnn fit`")
    if dataset is None:
        has_file(folder / "dataset.h5", folder)
        dataset = load_dataset(folder / "dataset.h5", megabytes=IN_MEMORY_MB)
    subsets = Subsets(strata(dataset, MAX_TARGETS), contrasts(dataset))
    members = [
        _read_member(path, dataset, subsets, (tables or {}).get(path)) for path in _member_folders(folder)
    ]
    if not members:
        raise UsageError(
            f"{place(folder)}: no scored model; expected <model>/<seed>/metrics.json from `seqcnn evaluate`"
        )
    members.sort(key=lambda member: _rank(member, dataset.target_names))
    curve = read_curve(path, dataset) if has_file(path := folder / "learning_curve.json", folder) else None
    controls = (
        _controls(path, dataset, members) if has_file(path := folder / "controls.json", folder) else None
    )
    folds = [read_folds(path, dataset) for path in _fold_scores(folder)]
    return Run(
        folder.resolve().name, dataset, members, subsets.strata, curve, controls, folds, _biology(folder)
    )


def validation_score(member: Member, targets: list[str]) -> float | None:
    """Return the mean over the targets of Pearson's r of validation rows, None if one is undefined."""
    return mean_over_targets(member.score("val", target, "pearson").value for target in targets)


def _member_folders(folder: Path) -> list[Path]:
    """Return the folders of a run's scored members."""
    named = [p for p in sorted(folder.glob("*/*")) if MEMBER.fullmatch(p.name)]
    inside = [p for p in named if p.parent.name != CROSS_VALIDATION and has_folder(p, folder)]
    members = [path for path in inside if has_file(path / MEMBER_FILES[0], folder)]
    for path in members:
        for name in MEMBER_FILES:
            has_file(path / name, folder)
    return [path for path in members if (path / "predictions.tsv").is_file()]


def _fold_scores(folder: Path) -> list[Path]:
    """Return the scores of a run's cross-validations."""
    if not has_folder(folder / CROSS_VALIDATION, folder):
        return []
    folders = [path for path in sorted(folder.glob(f"{CROSS_VALIDATION}/*")) if has_folder(path, folder)]
    return [path / "metrics.json" for path in folders if has_file(path / "metrics.json", folder)]


def files_of_run(folder: Path) -> list[Path]:
    """Return the files of a run's folder that the report may read."""
    patterns = (*_RUN_FILES, *(f"*/*/{name}" for name in MEMBER_FILES), f"{BIOLOGY}/**/*")
    return [path for pattern in patterns for path in folder.glob(pattern) if path.is_file()]


def _biology(folder: Path) -> Path | None:
    """Return the folder with the results of the `biology` section; refuse it under its old name."""
    if has_folder(folder / BIOLOGY, folder):
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


def _read_member(folder: Path, dataset: Dataset, subsets: Subsets, table: PredictionTable | None) -> Member:
    """Read one member; `table` holds its predictions if they are in memory already."""
    from seqcnn.model.inference.prediction_table import PredictionTable
    from seqcnn.model.network.bundle import read_header

    path, predictions, run_file, history, bundle = (folder / name for name in MEMBER_FILES)
    metrics, run = read_json(path), read_run(run_file) if run_file.is_file() else {}
    if table is None:
        refuse_cut(predictions)
        table = PredictionTable.read(predictions, dataset.ids, dataset.target_names, dataset.transforms)
    return Member(
        model=folder.parent.name,
        name=folder.name,
        metrics=check_parts(metrics, path, dataset),
        strata=check_strata(metrics, path, subsets.strata),
        contrasts=check_contrasts(metrics, path, subsets.contrasts),
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

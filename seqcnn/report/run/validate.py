"""The files of a run's folder -> plain values, checked against the dataset that they must belong to."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.data.audit import leakage_subsets
from seqcnn.data.dataset import Dataset
from seqcnn.errors import TableError, place, show
from seqcnn.evaluation.evaluate import scored_parts
from seqcnn.evaluation.strata import STRATUM_METRICS, Stratum
from seqcnn.io.atomic import environment_faults
from seqcnn.io.json_file import read_json
from seqcnn.model.metrics import METRICS

RENAMED_KEYS = {"test_apart": "test_by_leakage"}
"""Key of an older version -> its name now."""

CONTROLS = ("shuffled_bases", "shuffled_dinucleotides", "shuffled_targets")
"""The controls of controls.json, in the order in which they are shown."""

_HISTORY_COLUMNS = ("epoch", "train_loss", "val_loss", "lr")
_MAX_NUMBER = 1e300  # no score is larger; JSON can hold infinite numbers


def check_parts(metrics: dict[str, Any], path: Path, dataset: Dataset) -> dict[str, Any]:
    """Check that metrics score exactly the rows of this dataset.

    Returns
    -------
    Part of the split -> target -> scores; `leaked`, `segment` and `clean` are subsets of test.

    Raises
    ------
    TableError
        If they do not, or the file has a key of an older version.
    """
    if old := next((key for key in RENAMED_KEYS if key in metrics), None):
        raise TableError(
            f"{place(path)}: '{old}' is now called '{RENAMED_KEYS[old]}'; run `seqcnn evaluate` again"
        )
    rows = scored_parts(dataset) | leakage_subsets(dataset)
    try:
        parts = {**metrics["parts"], **metrics["test_by_leakage"]}
    except (KeyError, TypeError):
        parts = {}
    for part, numbers in rows.items():
        counts = np.isfinite(dataset.targets[numbers]).sum(0)
        for target, n in zip(dataset.target_names, counts, strict=True):
            try:
                scores = parts[part][target]
                valid = _are_scores(scores) and scores["n"] == n and _is_ceiling(scores["ceiling"])
            except (KeyError, TypeError):
                valid = False
            if not valid:
                raise TableError(
                    f"{place(path)}: does not score the {n} {part} rows of target {show(target)} in "
                    "dataset.h5; run `seqcnn evaluate` again"
                )
    return parts


def check_strata(
    metrics: dict[str, Any], path: Path, strata: Mapping[str, Sequence[Stratum]]
) -> dict[str, list[dict[str, Any]]]:
    """Check that metrics score exactly these strata.

    Returns
    -------
    Target -> scores, one dictionary per stratum.
    """
    for target, expected in strata.items():
        try:
            scores = metrics["strata"][target]
            valid = [(s["by"], s["stratum"], s["n"]) for s in scores] == [
                (s.by, s.name, len(s.rows)) for s in expected
            ] and all(_are_scores(s, STRATUM_METRICS) and _is_number(s["mean_error"]) for s in scores)
        except (KeyError, TypeError):
            valid = False
        if not valid:
            raise TableError(
                f"{place(path)}: does not score the strata of target {show(target)} in dataset.h5; "
                "run `seqcnn evaluate` again"
            )
    return {target: metrics["strata"][target] for target in strata}


def read_curve(path: Path, dataset: Dataset) -> dict[str, Any]:
    """Read a learning curve, and check that it scores the targets of the dataset."""
    curve = read_json(path)
    try:
        valid = all(
            _is_number(point["n"]) and _are_scores(point["test"][target], ["pearson"])
            for point in curve["points"]
            for target in dataset.target_names
        )
    except (KeyError, TypeError):
        valid = False
    if not valid:
        raise TableError(
            f"{place(path)}: not a learning curve of the targets in dataset.h5; "
            "run `seqcnn learning-curve` again, or remove it"
        )
    return curve


def read_controls(path: Path, dataset: Dataset) -> dict[str, Any]:
    """Read the scores of controls, and check that they score the targets of the dataset."""
    controls = read_json(path)
    try:
        valid = isinstance(controls["model"], str) and isinstance(controls["member"], str)
        for scores in (controls["controls"][name] for name in CONTROLS):
            valid &= all(_are_scores(scores[target], ["pearson"]) for target in dataset.target_names)
    except (KeyError, TypeError):
        valid = False
    if not valid:
        raise TableError(
            f"{place(path)}: no controls of the targets in dataset.h5; "
            "run `seqcnn controls` again, or remove it"
        )
    return controls


def read_folds(path: Path, dataset: Dataset) -> dict[str, Any]:
    """Read the scores of a cross-validation, and check that they score rows of the dataset."""
    folds = read_json(path)
    counts = np.isfinite(dataset.targets).sum(0)
    try:
        valid = isinstance(folds["model"], str) and folds["folds"] == len(folds["by_fold"])
        valid &= isinstance(folds["verdict"], str) and isinstance(folds["untested"], int)
        for target, n in zip(dataset.target_names, counts, strict=True):
            valid &= _are_scores(folds["scores"][target], ["pearson"])
            valid &= 0 <= n - folds["scores"][target]["n"] <= folds["untested"]
            for r in (fold[target]["pearson"] for fold in folds["by_fold"]):
                valid &= r is None or _is_number(r)
    except (KeyError, TypeError):
        valid = False
    if not valid:
        raise TableError(
            f"{place(path)}: no cross-validation of the rows in dataset.h5; "
            "run `seqcnn cross-validate` again, or remove the folder"
        )
    return folds


def read_history(path: Path, run: dict[str, Any]) -> dict[str, np.ndarray]:
    """Read the losses of every epoch; `run` is the content of run.json."""
    try:
        with environment_faults(path), path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        values = {key: np.array([float(row[key]) for row in rows]) for key in _HISTORY_COLUMNS}
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise TableError(
            f"{place(path)}: expected the columns {', '.join(_HISTORY_COLUMNS)} of numbers"
        ) from error
    if len(rows) != run.get("epochs", len(rows)):
        raise TableError(f"{place(path)}: {len(rows)} epochs; run.json says {run['epochs']}; train it again")
    return values


def _are_scores(value: Any, names: Iterable[str] = METRICS) -> bool:
    """Return whether a value has the form of the scores of one target."""
    try:
        return type(value["n"]) is int and all(
            value[name][key] is None or _is_number(value[name][key])
            for name in names
            for key in ("value", "low", "high")
        )
    except (KeyError, TypeError):
        return False


def _is_ceiling(value: Any) -> bool:
    """Return whether a value has the form of a noise ceiling, or is None."""
    return value is None or all(
        _is_number(value[name]) for name in ("replicate_r", "reliability", "attainable_r")
    )


def _is_number(value: Any) -> bool:
    """Return whether a value of JSON is a finite number."""
    return type(value) in (int, float) and abs(value) < _MAX_NUMBER

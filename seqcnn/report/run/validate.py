"""The files of a run's folder -> plain values, checked against the dataset that they must belong to."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.data.audit import leakage_mask
from seqcnn.data.dataset import Dataset
from seqcnn.data.split.splits import PARTS
from seqcnn.errors import TableError, place, show
from seqcnn.evaluation.strata import STRATUM_METRICS, Stratum
from seqcnn.io.atomic import environment_faults
from seqcnn.model.metrics import METRICS

CONTROLS = ("shuffled_bases", "shuffled_dinucleotides", "shuffled_targets")
"""The controls of controls.json, in the order in which they are shown."""

_HISTORY = ("epoch", "train_loss", "val_loss", "lr")  # columns of history.csv
_LARGEST = 1e300  # no score is larger; JSON can hold infinite numbers


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    TableError
        If the file holds something else.
    EnvironmentFault
        If it may not, or cannot, be read.
    """
    with environment_faults(path):
        content = path.read_bytes()
    try:
        values = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise TableError(f"{place(path)}: not JSON, or damaged; write it again") from error
    if not isinstance(values, dict):
        raise TableError(f"{place(path)}: a JSON object is expected; write it again")
    return values


def parts_of(metrics: dict[str, Any], path: Path, dataset: Dataset) -> dict[str, Any]:
    """Check that metrics score exactly the rows of this dataset.

    Returns
    -------
    Part of the split -> target -> scores; `leakage_mask` and `clean` are parts of test.
    """
    test, leaked = dataset.part("test"), leakage_mask(dataset)
    rows = {part: dataset.part(part) for part in PARTS}
    rows |= {"leaked": test[leaked], "clean": test[~leaked]} if leaked.any() else {}
    try:
        parts = {**metrics["parts"], **metrics["test_apart"]}
    except (KeyError, TypeError):
        parts = {}
    for part, at in rows.items():
        counts = np.isfinite(dataset.targets[at]).sum(0)
        for target, n in zip(dataset.target_names, counts, strict=True):
            try:
                found = parts[part][target]
                fits = _are_scores(found) and found["n"] == n and _is_ceiling(found["ceiling"])
            except (KeyError, TypeError):
                fits = False
            if not fits:
                raise TableError(
                    f"{place(path)}: does not score the {n} {part} rows of target {show(target)} in "
                    "dataset.h5; run `seqcnn evaluate` again"
                )
    return parts


def strata_of(
    metrics: dict[str, Any], path: Path, strata: Mapping[str, Sequence[Stratum]]
) -> dict[str, list[dict[str, Any]]]:
    """Check that metrics score exactly these strata.

    Returns
    -------
    Target -> scores, a dictionary a stratum.
    """
    for target, expected in strata.items():
        try:
            found = metrics["strata"][target]
            fits = [(s["by"], s["stratum"], s["n"]) for s in found] == [
                (s.by, s.name, len(s.rows)) for s in expected
            ] and all(_are_scores(s, STRATUM_METRICS) and _is_number(s["mean_error"]) for s in found)
        except (KeyError, TypeError):
            fits = False
        if not fits:
            raise TableError(
                f"{place(path)}: does not score the strata of target {show(target)} in dataset.h5; "
                "run `seqcnn evaluate` again"
            )
    return {target: metrics["strata"][target] for target in strata}


def read_curve(path: Path, dataset: Dataset) -> dict[str, Any]:
    """Read a learning curve, and check that it is of these targets."""
    curve = read_json(path)
    try:
        fits = all(
            _is_number(point["n"]) and _are_scores(point["test"][target], ["pearson"])
            for point in curve["points"]
            for target in dataset.target_names
        )
    except (KeyError, TypeError):
        fits = False
    if not fits:
        raise TableError(
            f"{place(path)}: not a learning curve of the targets in dataset.h5; "
            "run `seqcnn learning-curve` again, or remove it"
        )
    return curve


def read_controls(path: Path, dataset: Dataset) -> dict[str, Any]:
    """Read the scores of controls, and check that they are of these targets."""
    controls = read_json(path)
    try:
        fits = isinstance(controls["model"], str) and isinstance(controls["member"], str)
        for found in (controls["controls"][name] for name in CONTROLS):
            fits &= all(_are_scores(found[target], ["pearson"]) for target in dataset.target_names)
    except (KeyError, TypeError):
        fits = False
    if not fits:
        raise TableError(
            f"{place(path)}: no controls of the targets in dataset.h5; "
            "run `seqcnn controls` again, or remove it"
        )
    return controls


def read_folds(path: Path, dataset: Dataset) -> dict[str, Any]:
    """Read the scores of a cross-validation, and check that they are of the rows of this dataset."""
    folds = read_json(path)
    counts = np.isfinite(dataset.targets).sum(0)
    try:
        fits = isinstance(folds["model"], str) and folds["folds"] == len(folds["by_fold"])
        for target, n in zip(dataset.target_names, counts, strict=True):
            fits &= _are_scores(folds["scores"][target], ["pearson"]) and folds["scores"][target]["n"] == n
            for r in (fold[target]["pearson"] for fold in folds["by_fold"]):
                fits &= r is None or _is_number(r)
    except (KeyError, TypeError):
        fits = False
    if not fits:
        raise TableError(
            f"{place(path)}: no cross-validation of the rows in dataset.h5; "
            "run `seqcnn cross-validate` again, or remove the folder"
        )
    return folds


def read_history(path: Path, run: dict[str, Any]) -> dict[str, np.ndarray]:
    """Read the losses of every epoch; `run` is what run.json says."""
    try:
        with environment_faults(path), path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        values = {key: np.array([float(row[key]) for row in rows]) for key in _HISTORY}
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise TableError(f"{place(path)}: expected the columns {', '.join(_HISTORY)} of numbers") from error
    if len(rows) != run.get("epochs", len(rows)):
        raise TableError(f"{place(path)}: {len(rows)} epochs; run.json says {run['epochs']}; train it again")
    return values


def _are_scores(found: Any, names: Iterable[str] = METRICS) -> bool:
    """Tell whether something is the scores of one target, with a value and an interval for each metric."""
    try:
        return type(found["n"]) is int and all(
            found[name][key] is None or _is_number(found[name][key])
            for name in names
            for key in ("value", "low", "high")
        )
    except (KeyError, TypeError):
        return False


def _is_ceiling(found: Any) -> bool:
    """Tell whether something is the agreement of replicates, or None."""
    return found is None or all(
        _is_number(found[name]) for name in ("replicate_r", "reliability", "attainable_r")
    )


def _is_number(value: Any) -> bool:
    """Tell whether a value of JSON is a finite number."""
    return type(value) in (int, float) and abs(value) < _LARGEST

"""The files of a run's folder -> plain values, checked against the dataset that they must belong to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.data.audit import leakage_subsets
from seqcnn.data.dataset import Dataset
from seqcnn.errors import TableError, place, plural, show
from seqcnn.evaluation.contrasts import Contrast
from seqcnn.evaluation.evaluate import scored_parts
from seqcnn.evaluation.strata import STRATUM_METRICS, Stratum
from seqcnn.io.json_file import read_json
from seqcnn.io.tsv import Row, limited, read_rows
from seqcnn.model.metrics import METRICS

RENAMED_KEYS = {"test_apart": "test_by_leakage"}
"""Key of an older version -> its name now."""

CONTROLS = ("shuffled_bases", "shuffled_dinucleotides", "shuffled_targets")
"""The controls of controls.json, in the order in which they are shown."""

_HISTORY_COLUMNS = ("epoch", "train_loss", "val_loss", "lr")
_RUN_NUMBERS = ("seconds", "parameters", "epochs", "best_epoch", "threads")
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


def check_contrasts(
    metrics: dict[str, Any], path: Path, contrasts: Sequence[Contrast]
) -> dict[str, dict[str, Any]]:
    """Check that metrics score exactly these contrasts, or, of an earlier version, none."""
    scores = metrics.get("contrasts", {})
    try:
        valid = not scores or {name: x["n"] for name, x in scores.items()} == {
            c.name: len(c.rows) for c in contrasts
        }
        valid = valid and all(_are_scores(x, ["pearson"]) for x in scores.values())
    except (AttributeError, KeyError, TypeError):
        valid = False
    if not valid:
        raise TableError(
            f"{place(path)}: does not score the contrasts of dataset.h5; run `seqcnn evaluate` again"
        )
    return dict(scores)


def read_curve(path: Path, dataset: Dataset) -> dict[str, Any]:
    """Read a learning curve, and check that it scores the targets of the dataset."""
    curve = read_json(path)
    try:
        valid = bool(curve["points"]) and all(
            type(point["n"]) is int and point["n"] > 0 and _are_scores(point["test"][target], ["pearson"])
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
    counts = np.isfinite(dataset.targets).sum(0).tolist()
    try:
        valid = isinstance(folds["model"], str) and folds["folds"] == len(folds["by_fold"])
        valid = valid and isinstance(folds["verdict"], str) and type(folds["untested"]) is int
        for target, n in zip(dataset.target_names, counts, strict=True):
            scores = folds["scores"][target]
            valid = valid and _are_scores(scores, ["pearson"]) and 0 <= n - scores["n"] <= folds["untested"]
            for r in (fold[target]["pearson"] for fold in folds["by_fold"]):
                valid = valid and (r is None or _is_number(r))
    except (KeyError, TypeError):
        valid = False
    if not valid:
        raise TableError(
            f"{place(path)}: no cross-validation of the rows in dataset.h5; "
            "run `seqcnn cross-validate` again, or remove the folder"
        )
    return folds


def read_run(path: Path) -> dict[str, Any]:
    """Read run.json; raise `TableError` if a value is not of its type."""
    run = read_json(path)
    wrong = [key for key in _RUN_NUMBERS if run.get(key) is not None and not _is_count(run[key])]
    wrong += [key for key in ("device",) if not isinstance(run.get(key, ""), str)]
    if wrong:
        raise TableError(f"{place(path)}: {show(run[wrong[0]], 40)} in {wrong[0]}; train it again")
    return run


def read_history(path: Path, run: dict[str, Any]) -> dict[str, np.ndarray]:
    """Read the losses of every epoch; `run` is the content of run.json.

    Raises
    ------
    TableError
        If a row is cut or not of numbers, or the epochs are not those of the run, in order.
    """
    rows = limited(read_rows(path, *_HISTORY_COLUMNS, delimiter=","))
    expected = run.get("epochs")
    if [row.whole("epoch") for row in rows] != list(range(1, len(rows) + 1)):
        raise TableError(f"{place(path)}: epochs are missing or out of order; train it again")
    if expected not in (None, len(rows)):
        raise TableError(
            f"{place(path)}: {plural(len(rows), 'epoch')}; run.json says {expected}; train it again"
        )
    losses = {name: [_loss(row, name) for row in rows] for name in ("train_loss", "val_loss")}
    values = {"epoch": range(1, len(rows) + 1), "lr": [row.known("lr", low=0) for row in rows], **losses}
    return {name: np.array(column, dtype=np.float64) for name, column in values.items()}


def _loss(row: Row, column: str) -> float:
    """Return a loss; that of an epoch that diverged is NaN."""
    return math.nan if row[column] in ("nan", "inf") else row.known(column)


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


def _is_count(value: Any) -> bool:
    """Return whether a value of JSON is a finite number of at least 0."""
    return _is_number(value) and value >= 0


def _is_number(value: Any) -> bool:
    """Return whether a value of JSON is a finite number."""
    return type(value) in (int, float) and abs(value) < _MAX_NUMBER

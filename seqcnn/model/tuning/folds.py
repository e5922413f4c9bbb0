"""Rows that score a trial: the validation rows or, if they are few, folds of training and validation rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.data.split.splits import SplitInput, SplitPlan, split_rows

MIN_SCORED_ROWS = 500
"""Validation rows below which folds score a trial: the best score on few rows is mostly chance."""

FOLDS = 5
"""Number of cross-validation folds."""


def scoring_datasets(dataset: Dataset) -> list[Dataset]:
    """Return the datasets without test rows, on each of which a trial trains one network.

    That is one with the validation rows as they are, or one for each fold of whole clusters.  Rows that
    calibrate intervals are in no fold, so that they choose nothing.
    """
    train, selection = dataset.part("train"), dataset.part("selection")
    clusters = len(np.unique(dataset.groups[np.concatenate([train, selection])]))
    by_parts = dataset.provenance.get("split_unit") == "parts"
    if len(selection) >= MIN_SCORED_ROWS or by_parts or clusters < FOLDS:
        return [dataset.take(np.flatnonzero(dataset.split != "test"))]
    rows = dataset.take(np.sort(np.concatenate([train, selection])))
    keys = SplitInput([str(group) for group in rows.groups], [])
    return [_fold(rows, keys, number) for number in range(FOLDS)]


def _fold(rows: Dataset, keys: SplitInput, number: int) -> Dataset:
    """Return the dataset with one fold as validation rows."""
    split = split_rows(SplitPlan("kfold", folds=FOLDS, fold=number), keys)
    return replace(rows, split=np.where(split == "test", "val", "train"), keeps_calibration_rows=False)

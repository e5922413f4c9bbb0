"""Score a trained network, calibrate its prediction intervals, and set its out-of-distribution thresholds."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from seqcnn.data.dataset import Dataset
from seqcnn.data.split.splits import PARTS
from seqcnn.model.inference.conformal import calibrate
from seqcnn.model.inference.coverage import coverage_of_fifths
from seqcnn.model.inference.predictions import Predictions
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.metrics import METRICS
from seqcnn.model.network.header import Calibration, Header
from seqcnn.model.network.kmer_baseline import KmerBaseline
from seqcnn.model.network.ood import calibrate_ood
from seqcnn.model.network.regressor import Network

Scores = dict[str, dict[str, float | None]]


def calibrate_model(network: Network | KmerBaseline, header: Header, dataset: Dataset) -> LoadedModel:
    """Score a network on selection and test rows; calibrate its intervals and OOD flags on validation rows.

    Intervals are calibrated on the validation rows that chose nothing, if there are any.
    """
    double, val = header.strand == "double", dataset.rows.select(dataset.part("val"))
    network.profile.fit(dataset.rows.select(dataset.part("train")), double=double)
    model = LoadedModel(network, header).eval()
    apart = dataset.has_calibration_rows
    rows = {part: dataset.part(part) for part in ("selection", "test", *(["calibration"] if apart else []))}
    y_hat = {part: model.predict_members(dataset.rows.select(rows[part])) for part in rows}
    calibrating = "calibration" if apart else "selection"
    calibrated = calibration(dataset, rows[calibrating], y_hat[calibrating])
    columns = dataset.targets[rows["test"]].astype(float).T
    measured = dict(zip(dataset.target_names, columns, strict=True))
    model.header = header.model_copy(
        update={
            "metrics": {
                "val" if part == "selection" else part: scores(dataset, rows[part], y_hat[part].mean)
                for part in ("selection", "test")
                if len(rows[part])
            },
            "calibration": calibrated,
            "coverage": coverage_of_fifths(measured, y_hat["test"], calibrated),
            "calibrated_on": "calibration" if apart else "validation",
            "split_sizes": split_sizes(dataset),
            "ood": calibrate_ood(network.profile.distances(val, double=double)),
        }
    )
    return model


def facts_of(dataset: Dataset) -> dict[str, Any]:
    """Return the fields of a header that describe the dataset of a training, and the versions."""
    return {
        "seqcnn_version": version("seqcnn"),
        "torch_version": str(torch.__version__),
        "layout": dataset.layout,
        "min_length": int(dataset.rows.insert_length[dataset.part("train")].min()),
        "targets": tuple(dataset.target_names),
        "units": tuple(dataset.units),
        "transforms": dataset.transforms,
        "training_sha256": dataset.digest(),
        "inputs": dataset.provenance["inputs"],
        "split": dataset.provenance["split"],
        "split_sizes": split_sizes(dataset),
    }


def split_sizes(dataset: Dataset) -> dict[str, int]:
    """Return the number of rows in each part, and of the validation rows that are kept for calibration."""
    parts = (*PARTS, "calibration") if dataset.has_calibration_rows else PARTS
    return {part: len(dataset.part(part)) for part in parts}


def scores(dataset: Dataset, rows: np.ndarray, y_hat: np.ndarray) -> Scores:
    """Score the predictions (n, T) of some rows: target -> metric -> value, None where it is undefined."""
    values: Scores = {}
    for t, name in enumerate(dataset.target_names):
        y = dataset.targets[rows, t].astype(float)
        measured = np.isfinite(y)
        columns = (y[measured], y_hat[measured, t])
        values[name] = {m: f.score(*columns) for m, f in METRICS.items() if measured.any()}
    return values


def calibration(dataset: Dataset, rows: np.ndarray, predictions: Predictions) -> dict[str, Calibration]:
    """Calibrate the intervals of every target that was measured in some held-out rows."""
    count, mean, sd = len(dataset.target_names), predictions.mean, predictions.sd
    columns = [None if sd is None else sd[:, t] for t in range(count)]
    calibrations = {
        name: calibrate(dataset.targets[rows, t].astype(float), mean[:, t], columns[t], targets=count)
        for t, name in enumerate(dataset.target_names)
    }
    return {name: result for name, result in calibrations.items() if result}

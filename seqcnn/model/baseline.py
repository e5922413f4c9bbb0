"""Comparators without deep learning: what a mean, GC content or k-mer counts explain already.

A fitted baseline is a bundle as a network is, which `predict` opens; see
`seqcnn.model.network.kmer_baseline`.
"""

from __future__ import annotations

import io
import logging
import re
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from seqcnn.config.model import ModelConfig, check_model_args
from seqcnn.data.dataset import Dataset
from seqcnn.errors import ConfigError, TableError, show
from seqcnn.io.atomic import refuse_outputs
from seqcnn.model.inference.device import set_threads
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.bundle import save_bundle, unfitted_baseline
from seqcnn.model.network.header import checked_header
from seqcnn.model.network.kmer_baseline import LinearBaseline, TreeBaseline, features
from seqcnn.model.predict import predict_dataset
from seqcnn.model.run_json import run_file, write_run
from seqcnn.model.training.calibrate import calibrate_model, facts_of
from seqcnn.progress import Progress, track

logger = logging.getLogger(__name__)

MAX_TREES = 500
"""Maximum number of trees of boosting."""

RIDGE_ALPHAS = np.logspace(-2, 5, 15)
"""Penalties among which the validation rows choose."""


class Linear(NamedTuple):
    """Fit of one target: coefficients (F,) and intercept."""

    coefficients: np.ndarray
    intercept: float


class Trees(NamedTuple):
    """Fit of one target: nodes of each tree, as scikit-learn stores them, and the value that they add to."""

    trees: list[np.ndarray]
    intercept: float


def fit_baseline(
    dataset: Dataset,
    config: ModelConfig,
    output: Path,
    *,
    threads: int | None = None,
    overwrite: bool = False,
) -> LoadedModel:
    """Fit a comparator on the training rows, and write its bundle or its predictions of all rows.

    Parameters
    ----------
    dataset
        The training rows fit, the validation rows choose the ridge's penalty and calibrate intervals.
    config
        A model config that names a baseline; `args: {k: 4}` is the longest k-mer.
    output
        The bundle if the name ends in `.safetensors`, else the table of predictions; `run.json` with the time
        is written beside it, see `seqcnn.model.run_json`.
    overwrite
        Whether existing outputs are overwritten; else they are refused.

    Returns
    -------
    The fitted model, calibrated.
    """
    from sklearn import ensemble  # noqa: F401  loads its OpenMP, which `set_threads` limits

    refuse_outputs((output, run_file(output)), (dataset.path,), overwrite=overwrite)
    if config.baseline is None:
        raise ConfigError(f"encoder {config.encoder} is no baseline; use `seqcnn train`")
    check_model_args(config, config.baseline)
    threads, begin = set_threads(threads), time.monotonic()
    x = features(config.baseline, dataset.rows, _longest(config))
    fits = [FITS[config.baseline](x, dataset, t) for t in range(len(dataset.target_names))]
    model = _calibrated(dataset, config, fits)
    seconds = time.monotonic() - begin
    write_run(output, seconds, "CPU", threads, parameters=None)
    try:
        if output.suffix == ".safetensors":
            save_bundle(output, model.network, model.header)
            model.path = output
        else:
            predict_dataset(dataset, model, output)
    except BaseException:
        run_file(output).unlink(missing_ok=True)
        raise
    logger.info("%s fitted in %.1f s", config.baseline, seconds)
    return model


def _calibrated(dataset: Dataset, config: ModelConfig, fits: Sequence[Any]) -> LoadedModel:
    """Return the model of the fits of all targets, with scores, intervals and thresholds."""
    args: dict[str, int] = {"k": _longest(config)} if config.baseline in ("ridge", "boosting") else {}
    if isinstance(fits[0], Trees):
        args["trees"] = max(1, *(len(fitted.trees) for fitted in fits))
        args["nodes"] = max((len(tree) for fitted in fits for tree in fitted.trees), default=1)
    header = checked_header(
        **facts_of(dataset), encoder=str(config.baseline), args=args, link="identity", strand="single",
        training={}, metrics={},
    )  # fmt: skip
    baseline = unfitted_baseline(header)
    for t, fitted in enumerate(fits):
        if isinstance(baseline, TreeBaseline):
            _copy_trees(baseline, t, fitted)
        elif isinstance(baseline, LinearBaseline):
            baseline.coefficients[t] = torch.from_numpy(np.asarray(fitted.coefficients, np.float64))
            baseline.intercept[t] = fitted.intercept
    return calibrate_model(baseline, header, dataset)


def _copy_trees(baseline: TreeBaseline, t: int, fitted: Trees) -> None:
    """Copy the trees of one target into a baseline; a tree that is missing has one leaf of value 0."""
    baseline.intercept[t] = fitted.intercept
    for number, nodes in enumerate(fitted.trees):
        leaf, itself = nodes["is_leaf"].astype(bool), np.arange(len(nodes))
        columns = {
            "feature": np.where(leaf, 0, nodes["feature_idx"]),
            "threshold": np.where(leaf, 0, nodes["num_threshold"]),
            "left": np.where(leaf, itself, nodes["left"]),
            "right": np.where(leaf, itself, nodes["right"]),
            "value": np.where(leaf, nodes["value"], 0),
        }
        for name, column in columns.items():
            buffer = baseline.get_buffer(name)
            buffer[t, number, : len(nodes)] = torch.from_numpy(column).to(buffer.dtype)


def _longest(config: ModelConfig) -> int:
    """Return the length of the longest k-mer, bp."""
    return int(config.args.get("k", 4))


def _measured(dataset: Dataset, target: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that train and those that choose: measured, of weight > 0; without any, the first."""
    counts = np.isfinite(dataset.targets[:, target]) & (dataset.weights > 0)
    train, val = (part_rows[counts[part_rows]] for part_rows in map(dataset.part, ("train", "selection")))
    if not len(train):
        name = show(dataset.target_names[target])
        raise TableError(f"target {name}: measured in no training row; at least one is expected")
    return train, val if len(val) else train


def _fit_mean(x: np.ndarray, dataset: Dataset, target: int) -> Linear:
    """Predict the mean of the training rows."""
    train, _ = _measured(dataset, target)
    mean = np.average(dataset.targets[train, target], weights=dataset.weights[train])
    return Linear(np.zeros(x.shape[1]), float(mean))


def _fit_ridge(x: np.ndarray, dataset: Dataset, target: int) -> Linear:
    """Ridge regression on standardised features; the penalty with the lowest validation error."""
    from scipy.linalg import LinAlgWarning
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train, val = _measured(dataset, target)
    y, weights = dataset.targets[:, target], dataset.weights
    fits = []
    for alpha in track(RIDGE_ALPHAS, "fitting ridge", "penalties"):
        model = make_pipeline(StandardScaler(), Ridge(alpha))
        with warnings.catch_warnings():  # counts of k-mers and of those within them are collinear
            warnings.simplefilter("ignore", LinAlgWarning)
            model.fit(x[train], y[train], ridge__sample_weight=weights[train])
        errors = (model.predict(x[val]) - y[val]) ** 2
        fits.append((float(np.average(errors, weights=weights[val])), alpha, model))
    scaler, ridge = (step for _, step in min(fits, key=lambda fitted: fitted[:2])[2].steps)
    coefficients = ridge.coef_.astype(np.float64) / scaler.scale_
    return Linear(coefficients, float(ridge.intercept_ - scaler.mean_ @ coefficients))


def _fit_boosting(x: np.ndarray, dataset: Dataset, target: int) -> Trees:
    """Histogram gradient boosting; stops when the validation rows no longer gain."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    train, val = _measured(dataset, target)
    y, weights = dataset.targets[:, target], dataset.weights
    model = HistGradientBoostingRegressor(
        max_iter=MAX_TREES, learning_rate=0.05, early_stopping=True, n_iter_no_change=20, random_state=0,
        verbose=2,
    )  # fmt: skip
    progress = Progress("fitting boosting, at most", MAX_TREES, "trees")
    with progress, redirect_stdout(_TreeCounter(progress)):
        model.fit(
            x[train], y[train], sample_weight=weights[train],
            X_val=x[val], y_val=y[val], sample_weight_val=weights[val],
        )  # fmt: skip
    trees = [predictor.nodes for (predictor,) in model._predictors]  # scikit-learn has no public export
    return Trees(trees, float(model._baseline_prediction.item()))


class _TreeCounter(io.TextIOBase):
    """Counts the trees that scikit-learn reports, `[12/500] ...`; it calls no function after a tree."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def write(self, text: str) -> int:
        """Count the trees in a text."""
        if trees := len(re.findall(r"\[\d+/\d+\]", text)):
            self.progress.update(trees)
        return len(text)


FITS: dict[str, Callable[[np.ndarray, Dataset, int], Linear | Trees]] = {
    "mean": _fit_mean,
    "gc": _fit_ridge,
    "ridge": _fit_ridge,
    "boosting": _fit_boosting,
}
"""The only registry of baselines' fits; its keys are those that `ModelConfig` knows."""

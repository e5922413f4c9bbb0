"""Comparators without deep learning: what a mean, GC content or k-mer counts explain already."""

from __future__ import annotations

import io
import logging
import re
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

from seqcnn.config.model import ModelConfig, check_model_args
from seqcnn.data.dataset import Dataset
from seqcnn.errors import ConfigError, TableError, show
from seqcnn.io.atomic import refuse_outputs
from seqcnn.model.inference.device import set_threads
from seqcnn.model.inference.prediction_table import write_predictions
from seqcnn.model.run_json import write_run
from seqcnn.progress import Progress, track
from seqcnn.sequence.kmers import gc_content, kmer_counts
from seqcnn.sequence.window import Rows

logger = logging.getLogger(__name__)

MAX_TREES = 500
"""Maximum number of trees of boosting."""

RIDGE_ALPHAS = np.logspace(-2, 5, 15)
"""Penalties among which the validation rows choose."""


def fit_baseline(
    dataset: Dataset,
    config: ModelConfig,
    output: Path,
    *,
    threads: int | None = None,
    overwrite: bool = False,
) -> np.ndarray:
    """Fit a comparator on the training rows and write its predictions of all rows.

    Parameters
    ----------
    dataset
        The training rows fit, the validation rows choose the ridge's penalty.
    config
        A model config that names a baseline; `args: {k: 4}` is the longest k-mer.
    output
        Where the predictions go; `run.json` with the time is written beside it.
    overwrite
        Whether existing outputs are overwritten; else they are refused.

    Returns
    -------
    float32 (N, T), in the units of the targets.
    """
    from sklearn import ensemble  # noqa: F401  loads its OpenMP, which `set_threads` limits

    refuse_outputs((output,), (dataset.path,), overwrite=overwrite)
    if config.baseline is None:
        raise ConfigError(f"encoder {config.encoder} is no baseline; use `seqcnn train`")
    check_model_args(config, config.baseline)
    threads = set_threads(threads)
    begin = time.monotonic()
    fit = FITS[config.baseline]
    features = _features(config, dataset.rows)
    columns = [fit(features, dataset, t) for t in range(len(dataset.target_names))]
    y_hat = np.stack(columns, axis=1).astype(np.float32)
    seconds = time.monotonic() - begin
    write_run(output, seconds, "CPU", threads, parameters=None)
    write_predictions(output, dataset.ids, y_hat[None], dataset.target_names)
    logger.info("%s fitted in %.1f s", config.baseline, seconds)
    return y_hat


def _features(config: ModelConfig, rows: Rows) -> np.ndarray:
    """Return what a baseline sees of a sequence, float32 (N, features)."""
    if config.baseline == "gc":
        return gc_content(rows)
    if config.baseline == "mean":
        return np.zeros((len(rows), 1), np.float32)
    longest = int(config.args.get("k", 4))
    return np.concatenate([kmer_counts(rows, k) for k in range(1, longest + 1)], axis=1)


def _measured(dataset: Dataset, target: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that train and those that choose: measured, of weight > 0; without any, the first."""
    counts = np.isfinite(dataset.targets[:, target]) & (dataset.weights > 0)
    train, val = (part_rows[counts[part_rows]] for part_rows in map(dataset.part, ("train", "selection")))
    if not len(train):
        name = show(dataset.target_names[target])
        raise TableError(f"target {name}: measured in no training row; at least one is expected")
    return train, val if len(val) else train


def _fit_mean(features: np.ndarray, dataset: Dataset, target: int) -> np.ndarray:
    """Predict the mean of the training rows."""
    train, _ = _measured(dataset, target)
    mean = np.average(dataset.targets[train, target], weights=dataset.weights[train])
    return np.full(len(dataset), mean)


def _fit_ridge(features: np.ndarray, dataset: Dataset, target: int) -> np.ndarray:
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
            model.fit(features[train], y[train], ridge__sample_weight=weights[train])
        errors = (model.predict(features[val]) - y[val]) ** 2
        fits.append((float(np.average(errors, weights=weights[val])), alpha, model))
    return np.asarray(min(fits, key=lambda fitted: fitted[:2])[2].predict(features))


def _fit_boosting(features: np.ndarray, dataset: Dataset, target: int) -> np.ndarray:
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
            features[train], y[train], sample_weight=weights[train],
            X_val=features[val], y_val=y[val], sample_weight_val=weights[val],
        )  # fmt: skip
    return np.asarray(model.predict(features))


class _TreeCounter(io.TextIOBase):
    """Counts the trees that scikit-learn reports, `[12/500] ...`; it calls no function after a tree."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def write(self, text: str) -> int:
        """Count the trees in a text."""
        if trees := len(re.findall(r"\[\d+/\d+\]", text)):
            self.progress.update(trees)
        return len(text)


FITS: dict[str, Callable[[np.ndarray, Dataset, int], np.ndarray]] = {
    "mean": _fit_mean,
    "gc": _fit_ridge,
    "ridge": _fit_ridge,
    "boosting": _fit_boosting,
}
"""The only registry of baselines' fits; its keys are those that `ModelConfig` knows."""

"""Dataset + model config -> learning_curve.json: the test score against the number of training sequences.

A power law, r(n) = c - a n^-b, is fitted to the test scores of models that were trained on 1/16, 1/8,
1/4, 1/2 and all of the training clusters, and extrapolated to twice the data.
"""

from __future__ import annotations

import logging
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.config.model import ModelConfig
from seqcnn.data.dataset import Dataset
from seqcnn.errors import TableError, plural
from seqcnn.evaluation.evaluate import evaluate
from seqcnn.evaluation.score import logged_r
from seqcnn.io.atomic import refuse_outputs
from seqcnn.io.json_file import write_json
from seqcnn.model.training.trainer import Machine
from seqcnn.progress import track

logger = logging.getLogger(__name__)

FRACTIONS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Fractions of the training clusters that are trained on."""

MIN_TRAINING_ROWS = 50
"""Training sequences below which a fraction is left out."""

MIN_POINTS = 3
"""Points of a curve: as many as the power law has parameters."""

MIN_TEST_ROWS = 100
"""Test rows below which the curve is not extrapolated."""

_MAX_EPOCH_FACTOR = 8  # small fractions get more epochs, to take as many steps; at most so many times more
_CLEAR_GAIN = 0.02  # gain in r with twice the data above which more data are recommended
_SMALL_GAIN = 0.005  # gain in r below which more data hardly help
_MAX_MISFIT = 0.03  # distance of the fitted curve from the last r above which it is rejected
_MIN_SHOWN_GAIN = 0.01  # smaller gains do not show in two decimals


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """r(n) = c - a n^-b."""

    a: float
    b: float
    c: float

    def __call__(self, n: Any) -> Any:
        """Return r at n training sequences."""
        return self.c - self.a * np.asarray(n, float) ** -self.b


def learning_curve(
    dataset: Dataset,
    config: ModelConfig,
    output: Path,
    *,
    seed: int = 1,
    machine: Machine | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Train on growing fractions of the training clusters, score each model on the test rows, write JSON.

    An interrupted run resumes with the fraction that it was training on.  Otherwise an existing output is
    refused unless `overwrite` is True.

    Returns
    -------
    `{"model", "points": [{"n", "epochs", "test": {target: scores of `evaluate`}}]}`.

    Raises
    ------
    TableError
        If fewer than three fractions have at least `MIN_TRAINING_ROWS` sequences.
    """
    state, points = output.with_name(output.name + ".state"), []
    refuse_outputs((output,), (dataset.path,), overwrite=overwrite or state.exists())
    subsets = [subsample_training(dataset, fraction, seed) for fraction in FRACTIONS]
    subsets = [subset for subset in subsets if len(subset.part("train")) >= MIN_TRAINING_ROWS]
    if len(subsets) < MIN_POINTS:
        raise TableError(
            f"learning curve: {len(dataset.part('train'))} training sequences; at least "
            f"{4 * MIN_TRAINING_ROWS} are expected, for three fractions of {MIN_TRAINING_ROWS} and more"
        )
    for subset in track(subsets, "learning curve", "fractions"):
        points.append(_point(subset, len(dataset.part("train")), config, state, seed=seed, machine=machine))
        scores = ", ".join(f"{t} {logged_r(s)}" for t, s in points[-1]["test"].items())
        logger.info("%d training sequences: test r %s", points[-1]["n"], scores)
    curve = {"model": str(config.encoder), "points": points}
    write_json(output, curve)
    shutil.rmtree(state)
    for target in dataset.target_names:
        limit = max_r(points[-1]["test"][target]["ceiling"])
        logger.info("%s: would more data help? %s", target, more_data_verdict(curve, target, limit=limit))
    return curve


def subsample_training(dataset: Dataset, fraction: float, seed: int) -> Dataset:
    """Return the dataset with a fraction of its training clusters; smaller subsets lie within larger ones."""
    train = dataset.part("train")
    clusters, cluster = np.unique(dataset.groups[train], return_inverse=True)
    rank = np.random.default_rng(seed).permutation(len(clusters))
    kept = train[rank[cluster] < round(fraction * len(clusters))]
    return dataset.take(np.sort(np.concatenate([kept, np.flatnonzero(dataset.split != "train")])))


def max_r(ceiling: dict[str, float] | None) -> float:
    """Return the noise ceiling of r, 1 without replicates."""
    return ceiling["attainable_r"] if ceiling else 1.0


def fit_power_law(n: np.ndarray, r: np.ndarray, *, limit: float = 1.0) -> PowerLaw | None:
    """Fit r(n) = c - a n^-b by least squares, weighted by n, with c between the best r and `limit`.

    Returns
    -------
    None if it does not fit, or misses the last point.
    """
    from scipy.optimize import OptimizeWarning, curve_fit

    if len(n) < MIN_POINTS or not np.isfinite(r).all():
        return None
    max_c = max(limit, r.max() + 1e-9)
    start = (max(r[-1] - r[0], 0.01) * n[0] ** 0.5, 0.5, min(r.max() + 0.02, max_c))
    bounds = ([0, 0.05, r.max()], [np.inf, 3, max_c])
    sigma = (n / n[-1]) ** -0.5
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)
            (a, b, c), _ = curve_fit(
                lambda x, a, b, c: c - a * x**-b, n, r, start, sigma=sigma, bounds=bounds
            )
    except (RuntimeError, ValueError):
        return None
    law = PowerLaw(float(a), float(b), float(c))
    return law if abs(law(n[-1]) - r[-1]) <= _MAX_MISFIT else None


def curve_points(curve: dict[str, Any], target: str) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers of training sequences and Pearson r on test rows, NaN where not defined."""
    r = [point["test"][target]["pearson"]["value"] for point in curve["points"]]
    return np.array([p["n"] for p in curve["points"]], float), np.array(r, float)


def more_data_verdict(curve: dict[str, Any], target: str, *, limit: float = 1.0) -> str:
    """Return a sentence on the gain in r with twice the training data; `limit` is the noise ceiling.

    It is not known with few test rows, without intervals, or if a gain is predicted although the intervals of
    the first and the last point overlap.
    """
    n, r = curve_points(curve, target)
    first, last = (curve["points"][i]["test"][target] for i in (0, -1))
    if last["n"] < MIN_TEST_ROWS:
        rows = plural(last["n"], "test row")
        return f"Not known: r on {rows} is too uncertain; at least {MIN_TEST_ROWS} are expected."
    law = fit_power_law(n, r, limit=limit)
    if law is None:
        return f"Not known: the scores do not follow a power law{_last_increase(n, r)}."
    gain = min(float(law(2 * n[-1]) - law(n[-1])), max(limit - r[-1], 0.0))
    answer = "Yes" if gain >= _CLEAR_GAIN else "Slightly" if gain >= _SMALL_GAIN else "Hardly"
    if answer != "Hardly" and (fault := _indistinct(first["pearson"], last["pearson"])):
        return f"Not known: {fault}."
    change = f"to about {r[-1] + gain:.2f}" if gain >= _MIN_SHOWN_GAIN else f"by less than {_MIN_SHOWN_GAIN}"
    return (
        f"{answer}: twice the training data ({2 * n[-1]:,.0f} sequences) is predicted to raise "
        f"r from {r[-1]:.2f} {change}; {_asymptote(law.c, limit)}."
    )


def _indistinct(first: dict[str, Any], last: dict[str, Any]) -> str:
    """Return why r of the last point of a curve is not clearly above that of the first; '' if it is."""
    if first["high"] is None or last["low"] is None:
        return "r of the first or the last point has no interval"
    if first["high"] < last["low"]:
        return ""
    texts = [f"{x['value']:.2f} ({x['low']:.2f} to {x['high']:.2f})" for x in (first, last)]
    return f"the 95% intervals of the first and the last point overlap: r = {texts[0]} and {texts[1]}"


def _last_increase(n: np.ndarray, r: np.ndarray) -> str:
    """Return the last step of a curve that is still increasing clearly, as the end of a sentence."""
    if not r[-1] - r[-2] >= _CLEAR_GAIN:
        return ""
    return (
        f", but r was still increasing: from {r[-2]:.2f} with {n[-2]:,.0f} training sequences "
        f"to {r[-1]:.2f} with {n[-1]:,.0f}"
    )


def _asymptote(c: float, limit: float) -> str:
    """Return the asymptote of the curve, or the noise ceiling if that is lower."""
    if round(c, 2) < round(limit, 2):
        return f"the fitted curve approaches {c:.2f}"
    return f"the noise ceiling is {limit:.2f}" if limit < 1 else "the fitted curve has no limit below 1"


def _point(
    subset: Dataset, all_rows: int, config: ModelConfig, state: Path, *, seed: int, machine: Machine | None
) -> dict[str, Any]:
    """Train on one subset, unless its bundle exists already, and score."""
    from seqcnn.model.train import train_once

    rows = len(subset.part("train"))
    epochs = min(round(config.training.epochs * all_rows / rows), _MAX_EPOCH_FACTOR * config.training.epochs)
    plan = config.model_copy(update={"training": config.training.model_copy(update={"epochs": epochs})})
    bundle = state / str(rows) / "model.safetensors"
    model = train_once(subset, plan, bundle, seed=seed, machine=machine)
    scores = evaluate(subset, model.predict_rows(subset.rows))["parts"]["test"]
    return {"n": rows, "epochs": epochs, "test": scores}

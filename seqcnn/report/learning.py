"""Dataset + model config -> learning_curve.json: the score against the number of training sequences.

Answers "would more data help?" with a power law, r(n) = c - a n^-b, fitted to the test scores of models
that were trained on 1/16, 1/8, 1/4, 1/2 and all of the training clusters.
"""

from __future__ import annotations

import json
import logging
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.config import ModelConfig
from seqcnn.data.dataset import Dataset
from seqcnn.data.output import atomic_path
from seqcnn.errors import TableError
from seqcnn.model.trainer import Machine
from seqcnn.report.evaluate import evaluate

logger = logging.getLogger(__name__)

FRACTIONS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Parts of the training clusters that are trained on."""

FEWEST = 50
"""Training sequences below which a part is left out."""

_MOST_EPOCHS = 8  # times the epochs of all data that a small part is passed over, to take as many steps
_CLEAR, _SMALL = 0.02, 0.005  # gain in r by twice the data that is worth it, and that is next to nothing


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
    dataset: Dataset, config: ModelConfig, output: Path, *, seed: int = 1, machine: Machine | None = None
) -> dict[str, Any]:
    """Train on growing parts of the training clusters, score each model on the test rows, and write JSON.

    A killed run goes on with the part that it was at.

    Returns
    -------
    `{"model", "points": [{"n", "epochs", "test": {target: scores of `evaluate`}}]}`.

    Raises
    ------
    TableError
        If fewer than three parts have at least `FEWEST` sequences.
    """
    parts = [part for f in FRACTIONS if len((part := thin(dataset, f, seed)).part("train")) >= FEWEST]
    if len(parts) < 3:
        raise TableError(
            f"learning curve: {len(dataset.part('train'))} training sequences; "
            f"at least {4 * FEWEST} are expected, for three parts of {FEWEST} and more"
        )
    state, points = output.with_name(output.name + ".state"), []
    for part in parts:
        points.append(_point(part, len(dataset.part("train")), config, state, seed=seed, machine=machine))
        shown = ", ".join(f"{t} {s['pearson']['value'] or 0:.3f}" for t, s in points[-1]["test"].items())
        logger.info("%d training sequences: test r %s", points[-1]["n"], shown)
    curve = {"model": str(config.encoder), "points": points}
    with atomic_path(output) as temporary:
        temporary.write_text(json.dumps(curve, indent=1, allow_nan=False) + "\n")
    shutil.rmtree(state)
    for target in dataset.target_names:
        logger.info("%s: would more data help? %s", target, would_more_help(curve, target))
    return curve


def thin(dataset: Dataset, fraction: float, seed: int) -> Dataset:
    """Return the dataset with a part of its training clusters; a smaller part lies within a larger one."""
    train = dataset.part("train")
    clusters, member = np.unique(dataset.groups[train], return_inverse=True)
    rank = np.random.default_rng(seed).permutation(len(clusters))
    kept = train[rank[member] < round(fraction * len(clusters))]
    return dataset.take(np.sort(np.concatenate([kept, np.flatnonzero(dataset.split != "train")])))


def fit_power_law(n: np.ndarray, r: np.ndarray) -> PowerLaw | None:
    """Fit r(n) = c - a n^-b by least squares with c between the best r and 1; None if it does not fit."""
    from scipy.optimize import OptimizeWarning, curve_fit

    if len(n) < 3 or not np.isfinite(r).all():
        return None
    first = (max(r[-1] - r[0], 0.01) * n[0] ** 0.5, 0.5, min(r.max() + 0.02, 1.0))
    bounds = ([0, 0.05, r.max()], [np.inf, 3, max(1.0, r.max() + 1e-9)])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)
            (a, b, c), _ = curve_fit(lambda x, a, b, c: c - a * x**-b, n, r, first, bounds=bounds)
    except (RuntimeError, ValueError):
        return None
    return PowerLaw(float(a), float(b), float(c))


def curve_of(curve: dict[str, Any], target: str) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers of training sequences and Pearson r on test rows, NaN where not defined."""
    r = [point["test"][target]["pearson"]["value"] for point in curve["points"]]
    return np.array([p["n"] for p in curve["points"]], float), np.array(r, float)


def would_more_help(curve: dict[str, Any], target: str) -> str:
    """Answer in words whether more data would help."""
    n, r = curve_of(curve, target)
    law = fit_power_law(n, r)
    if law is None:
        return "The scores do not follow a power law, so what more data would bring cannot be said."
    gain = float(law(2 * n[-1]) - law(n[-1]))
    answer = "Yes" if gain >= _CLEAR else "A little" if gain >= _SMALL else "Hardly"
    return (
        f"{answer}: twice the training data ({2 * n[-1]:,.0f} sequences) would raise "
        f"r from {law(n[-1]):.3f} to about {law(2 * n[-1]):.3f}; the curve heads for {law.c:.2f}."
    )


def _point(
    part: Dataset, all_rows: int, config: ModelConfig, state: Path, *, seed: int, machine: Machine | None
) -> dict[str, Any]:
    """Train on one part, unless it is done already, and score."""
    from seqcnn.model.train import train_once

    rows = len(part.part("train"))
    epochs = min(round(config.training.epochs * all_rows / rows), _MOST_EPOCHS * config.training.epochs)
    plan = config.model_copy(update={"training": config.training.model_copy(update={"epochs": epochs})})
    bundle = state / str(rows) / "model.safetensors"
    model = train_once(part, plan, bundle, seed=seed, machine=machine)
    scores = evaluate(part, model.predict_rows(part.rows))["parts"]["test"]
    return {"n": rows, "epochs": epochs, "test": scores}

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

from seqcnn.config.model import ModelConfig
from seqcnn.data.dataset import Dataset
from seqcnn.errors import TableError
from seqcnn.evaluation.evaluate import evaluate
from seqcnn.io.atomic import atomic_path
from seqcnn.model.training.trainer import Machine

logger = logging.getLogger(__name__)

FRACTIONS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Parts of the training clusters that are trained on."""

FEWEST = 50
"""Training sequences below which a part is left out."""

_MOST_EPOCHS = 8  # times the epochs of all data that a small part is passed over, to take as many steps
_CLEAR, _SMALL = 0.02, 0.005  # gain in r by twice the data that is worth it, and that is next to nothing
_MISSED = 0.03  # distance from a power law to the last r from which on it does not fit
_SHOWN = 0.01  # gain that two decimals show


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
        limit = limit_of(points[-1]["test"][target]["ceiling"])
        logger.info("%s: would more data help? %s", target, would_more_help(curve, target, limit=limit))
    return curve


def thin(dataset: Dataset, fraction: float, seed: int) -> Dataset:
    """Return the dataset with a part of its training clusters; a smaller part lies within a larger one."""
    train = dataset.part("train")
    clusters, member = np.unique(dataset.groups[train], return_inverse=True)
    rank = np.random.default_rng(seed).permutation(len(clusters))
    kept = train[rank[member] < round(fraction * len(clusters))]
    return dataset.take(np.sort(np.concatenate([kept, np.flatnonzero(dataset.split != "train")])))


def limit_of(ceiling: dict[str, float] | None) -> float:
    """Return the best r that the replicates allow, 1 without replicates."""
    return ceiling["attainable_r"] if ceiling else 1.0


def fit_power_law(n: np.ndarray, r: np.ndarray, *, limit: float = 1.0) -> PowerLaw | None:
    """Fit r(n) = c - a n^-b by least squares, weighted by n, with c between the best r and `limit`.

    Returns
    -------
    None if it does not fit, or misses the last point.
    """
    from scipy.optimize import OptimizeWarning, curve_fit

    if len(n) < 3 or not np.isfinite(r).all():
        return None
    most = max(limit, r.max() + 1e-9)
    first = (max(r[-1] - r[0], 0.01) * n[0] ** 0.5, 0.5, min(r.max() + 0.02, most))
    bounds = ([0, 0.05, r.max()], [np.inf, 3, most])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)
            (a, b, c), _ = curve_fit(
                lambda x, a, b, c: c - a * x**-b, n, r, first, sigma=(n / n[-1]) ** -0.5, bounds=bounds
            )
    except (RuntimeError, ValueError):
        return None
    law = PowerLaw(float(a), float(b), float(c))
    return law if abs(law(n[-1]) - r[-1]) <= _MISSED else None


def curve_of(curve: dict[str, Any], target: str) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers of training sequences and Pearson r on test rows, NaN where not defined."""
    r = [point["test"][target]["pearson"]["value"] for point in curve["points"]]
    return np.array([p["n"] for p in curve["points"]], float), np.array(r, float)


def would_more_help(curve: dict[str, Any], target: str, *, limit: float = 1.0) -> str:
    """Answer in words whether more data would help, `limit` being the best r that can be reached."""
    n, r = curve_of(curve, target)
    law = fit_power_law(n, r, limit=limit)
    if law is None:
        rising = f", but r was still rising: from {r[-2]:.2f} with {n[-2]:,.0f} training sequences "
        rising = f"{rising}to {r[-1]:.2f} with {n[-1]:,.0f}" if r[-1] - r[-2] >= _CLEAR else ""
        return f"What more data would bring cannot be said, as the scores do not follow a power law{rising}."
    gain = min(float(law(2 * n[-1]) - law(n[-1])), max(limit - r[-1], 0.0))
    answer = "Yes" if gain >= _CLEAR else "A little" if gain >= _SMALL else "Hardly"
    change = f"to about {r[-1] + gain:.2f}" if gain >= _SHOWN else f"by less than {_SHOWN}"
    return (
        f"{answer}: twice the training data ({2 * n[-1]:,.0f} sequences) would raise "
        f"r from {r[-1]:.2f} {change}; {_end(law.c, limit)}."
    )


def _end(c: float, limit: float) -> str:
    """Say where the curve ends, if it does before it comes to the limit."""
    if round(c, 2) < round(limit, 2):
        return f"the curve heads for {c:.2f}"
    return f"the replicates allow {limit:.2f} at most" if limit < 1 else "the curve's end is not in sight"


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

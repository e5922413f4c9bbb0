"""Predictions + dataset -> metrics: every score with its bootstrap interval, its n and its ceiling."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.data.audit import leakage_mask
from seqcnn.data.dataset import Dataset
from seqcnn.data.split.splits import PARTS
from seqcnn.evaluation.resampling import (
    FEWEST,
    LARGE,
    LEVEL,
    RESAMPLES,
    bounds,
    draws,
    effective_clusters,
    influence,
)
from seqcnn.evaluation.strata import STRATUM_METRICS, Stratum, strata
from seqcnn.io.atomic import atomic_path
from seqcnn.model.metrics import METRICS, pearson

_CHUNK = 400_000  # rows of all the resamples that are scored at a time


def evaluate(
    dataset: Dataset, y_hat: np.ndarray, *, seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, Any]:
    """Score predictions of every row of a dataset.

    Parameters
    ----------
    dataset
        The measurements and the split.
    y_hat
        Predictions (N, T), in the order of the dataset.
    seed
        Of the bootstrap.
    resamples
        Number of bootstrap resamples.

    Returns
    -------
    `{"split": words, "level": 0.95, "parts": {part: {target: {"n", "ceiling", metric: {"value", "low",
    "high"}}}}, "test_apart": {"leaked": ..., "clean": ...}, "strata": {target: [{"by", "stratum", "n",
    "pearson", "rmse", "mean_error"}]}}`: `test_apart` as `parts`, of the test rows that are and are not
    alike a training sequence; `strata` of test rows, an error being predicted minus measured.  Undefined
    values are None.
    """

    def score(at: np.ndarray) -> dict[str, Any]:
        """Score some rows."""
        return {
            target: _score(dataset, y_hat, at, t, seed=seed, resamples=resamples)
            for t, target in enumerate(dataset.target_names)
        }

    test, leaked = dataset.part("test"), leakage_mask(dataset)
    return {
        "split": dataset.provenance["split"],
        "level": LEVEL,
        "parts": {part: score(dataset.part(part)) for part in PARTS},
        "test_apart": {"leaked": score(test[leaked]), "clean": score(test[~leaked])} if leaked.any() else {},
        "strata": {
            target: [_score_stratum(dataset, y_hat, s, t, seed=seed, resamples=resamples) for s in parts]
            for t, (target, parts) in enumerate(strata(dataset).items())
        },
    }


def _score(
    dataset: Dataset, y_hat: np.ndarray, at: np.ndarray, t: int, *, seed: int, resamples: int
) -> dict[str, Any]:
    """Score one target on the measured ones of some rows."""
    rows = at[np.isfinite(dataset.targets[at, t])]
    y, guess = dataset.targets[rows, t].astype(np.float64), y_hat[rows, t].astype(np.float64)
    scores = intervals(y, guess, dataset.groups[rows], seed=seed, resamples=_affordable(rows, resamples))
    return {"n": len(rows), "ceiling": replicate_ceiling(dataset.replicates[rows, t]), **scores}


def _score_stratum(
    dataset: Dataset, y_hat: np.ndarray, stratum: Stratum, t: int, *, seed: int, resamples: int
) -> dict[str, Any]:
    """Score one target on the rows of one stratum."""
    rows, count = stratum.rows, _affordable(stratum.rows, resamples)
    y, guess = dataset.targets[rows, t].astype(np.float64), y_hat[rows, t].astype(np.float64)
    scores = intervals(y, guess, dataset.groups[rows], seed=seed, resamples=count, metrics=STRATUM_METRICS)
    names = {"by": stratum.by, "stratum": stratum.name, "n": len(rows)}
    return {**names, **scores, "mean_error": float((guess - y).mean())}


def _affordable(rows: np.ndarray, resamples: int) -> int:
    """Return the number of resamples for some rows, fewer for many."""
    return resamples if len(rows) <= LARGE else max(2, resamples // 5)


def intervals(
    y: np.ndarray,
    y_hat: np.ndarray,
    groups: np.ndarray,
    *,
    seed: int,
    resamples: int,
    metrics: Iterable[str] = METRICS,
) -> dict[str, dict[str, float | None]]:
    """Return metrics, each with its bootstrap interval; whole groups, at least `FEWEST`, are resampled."""
    chosen = {name: METRICS[name] for name in metrics}
    values = {name: _defined(metric(y, y_hat)) if len(y) > 1 else None for name, metric in chosen.items()}
    _, cluster = np.unique(groups, return_inverse=True)
    count = int(cluster.max(initial=-1)) + 1
    found: dict[str, list[np.ndarray]] = {name: [np.empty(0)] for name in chosen}
    chunk = max(1, _CHUNK // max(1, len(y)))
    for drawn in draws(count, resamples=resamples if count >= FEWEST else 0, seed=seed, chunk=chunk):
        times = drawn[:, cluster]
        for name, metric in chosen.items():
            found[name].append(metric.resampled(y, y_hat, times))
    clusters = effective_clusters(influence(y, y_hat), cluster) if count >= FEWEST else count
    return {
        name: {"value": value, **_bounds(np.concatenate(found[name]), clusters)}
        for name, value in values.items()
    }


def replicate_ceiling(replicates: np.ndarray) -> dict[str, float] | None:
    """Return the agreement of replicates and the best r that a perfect model could reach.

    Parameters
    ----------
    replicates
        Measurements (N, R), NaN = not measured; columns that are all NaN do not count.

    Returns
    -------
    `replicate_r`, the mean Pearson r between two replicates; `reliability` of their mean by the
    Spearman-Brown formula R r / (1 + (R - 1) r); `attainable_r`, its square root; and `n`.  None
    with fewer than two replicates or when they do not agree at all.
    """
    columns = replicates[:, np.isfinite(replicates).any(0)].astype(np.float64)
    whole = columns[np.isfinite(columns).all(1)]
    count = whole.shape[1]
    if count < 2 or len(whole) < 3:
        return None
    r = np.mean([pearson(whole[:, i], whole[:, j]) for i in range(count) for j in range(i)])
    if not r > 0:
        return None
    reliability = count * r / (1 + (count - 1) * r)
    numbers = {
        "replicate_r": r,
        "reliability": reliability,
        "attainable_r": reliability**0.5,
        "n": len(whole),
    }
    return {name: float(value) for name, value in numbers.items()}


def write_metrics(path: Path, metrics: dict[str, Any]) -> None:
    """Write metrics as JSON, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(metrics, indent=1, allow_nan=False) + "\n")


def _bounds(scores: np.ndarray, clusters: float) -> dict[str, float | None]:
    """Return the bounds of the interval, None where too few resamples are defined."""
    finite = scores[np.isfinite(scores)]
    if len(finite) < max(2, len(scores) // 2):
        return {"low": None, "high": None}
    return dict(zip(("low", "high"), bounds(finite, clusters), strict=True))


def _defined(value: float) -> float | None:
    """Return None for NaN, which JSON does not have."""
    return float(value) if np.isfinite(value) else None

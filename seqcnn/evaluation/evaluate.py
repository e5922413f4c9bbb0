"""Predictions + dataset -> metrics: every score with its bootstrap interval, n and noise ceiling."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.data.assay.noise_ceiling import no_ceiling_reason, noise_ceiling, scored_replicates
from seqcnn.data.audit import leakage_subsets
from seqcnn.data.dataset import Dataset
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.split.splits import PARTS
from seqcnn.errors import place, plural, show
from seqcnn.evaluation.contrasts import Contrast, contrasts
from seqcnn.evaluation.resampling import (
    CONFIDENCE_LEVEL,
    MANY_ROWS,
    MIN_CLUSTERS,
    N_RESAMPLES,
    bootstrap_interval,
    effective_clusters,
    influence,
    resample_counts,
)
from seqcnn.evaluation.score import logged_r
from seqcnn.evaluation.strata import STRATUM_METRICS, Stratum, strata
from seqcnn.io.atomic import refuse_outputs
from seqcnn.io.json_file import write_json
from seqcnn.model.inference.prediction_table import PredictionTable
from seqcnn.model.metrics import METRICS
from seqcnn.progress import Progress

logger = logging.getLogger(__name__)

_MAX_SHOWN_TARGETS = 5  # in the line of the log

_CHUNK_ROWS = 400_000
"""Rows of all resamples that are scored at a time."""


def evaluate_file(
    dataset: Dataset,
    predictions: Path,
    output: Path,
    *,
    form: SequenceFormat | None = None,
    overwrite: bool = False,
) -> PredictionTable:
    """Score a table of predictions of every row of a dataset, and write the metrics as JSON.

    `form` is how the table is written.

    Returns
    -------
    The predictions, so that a caller need not read them again.

    Raises
    ------
    TableError
        If the table does not have all rows and targets.
    UsageError
        If the output is one of the inputs, or exists and `overwrite` is False.
    """
    refuse_outputs((output,), (dataset.path, predictions), overwrite=overwrite)
    table = PredictionTable.read(predictions, dataset.ids, dataset.target_names, dataset.transforms, form)
    metrics = evaluate(dataset, table.mean)
    write_json(output, metrics)
    logger.info("%s: %s", place(output), _summary(metrics))
    _log_missing_ceilings(dataset)
    if dataset.transforms:
        units = zip(dataset.target_names, dataset.units, strict=True)
        scales = [unit for name, unit in units if name in dataset.transforms]
        logger.info("scores are on the transformed scale: %s", ", ".join(map(show, scales)))
    return table


def _summary(metrics: dict[str, Any]) -> str:
    """Return the Pearson r of each target on test rows, with its interval and the number of rows."""
    texts, by_target = [], metrics["parts"]["test"]
    for target, scores in list(by_target.items())[:_MAX_SHOWN_TARGETS]:
        r, n = scores["pearson"], plural(scores["n"], "row")
        value = f"r {'is' if r['value'] is None else '='} {logged_r(scores)}"
        bounds = "" if r["low"] is None else f" ({r['low']:.3f} to {r['high']:.3f})"
        texts.append(f"{show(target)[1:-1]}: {value}{bounds} on {n}")
    more = len(by_target) - len(texts)
    return f"test scores: {'; '.join(texts)}{f'; and {more} more' if more else ''}"


def _log_missing_ceilings(dataset: Dataset) -> None:
    """Log why replicates of the test rows give no noise ceiling, for each target that has replicates."""
    test = dataset.part("test")
    for t, target in enumerate(dataset.target_names):
        if not np.isfinite(dataset.replicates[:, t]).any():
            continue
        if reason := no_ceiling_reason(scored_replicates(dataset, test, t)):
            logger.info("%s: no noise ceiling of the test rows: %s", show(target), reason)


def evaluate(
    dataset: Dataset, y_hat: np.ndarray, *, seed: int = 0, resamples: int = N_RESAMPLES
) -> dict[str, Any]:
    """Score predictions of every row of a dataset.

    Parameters
    ----------
    dataset
        Measurements and split.
    y_hat
        Predictions (N, T), in the order of the dataset.
    seed
        Random seed of the bootstrap.
    resamples
        Number of bootstrap resamples.

    Returns
    -------
    `{"split": text, "level": 0.95, "parts": {part: {target: {"n", "ceiling", metric: {"value", "low",
    "high"}}}}, "test_by_leakage": {"leaked", "segment", "clean"}, "strata": {target: [{"by", "stratum", "n",
    "pearson", "rmse", "mean_error"}]}, "contrasts": {name: {"n", "pearson"}}}`.  `test_by_leakage` has the
    form of `parts`, for test rows with a relative in training, with only a recurring segment, and with
    neither; it is empty if all have neither.  `strata` are of test rows, an error being predicted minus
    measured; so are `contrasts`, differences within clusters of similar sequences and between targets.
    Undefined values are None.
    """

    bootstrap = {"seed": seed, "resamples": resamples}
    parts, by_leakage, by_target = scored_parts(dataset), leakage_subsets(dataset), strata(dataset)
    differences = contrasts(dataset)
    count = len(dataset.target_names) * len([*parts, *by_leakage]) + sum(map(len, by_target.values()))
    count += len(differences)
    with Progress("scoring", count, "scores") as progress:

        def score(rows: np.ndarray) -> dict[str, Any]:
            """Score some rows."""
            return {
                target: _score(dataset, y_hat, rows, t, **bootstrap)
                for t, target in enumerate(progress.track(dataset.target_names))
            }

        return {
            "split": dataset.provenance["split"],
            "level": CONFIDENCE_LEVEL,
            "parts": {part: score(rows) for part, rows in parts.items()},
            "test_by_leakage": {name: score(rows) for name, rows in by_leakage.items()},
            "strata": {
                target: [_score_stratum(dataset, y_hat, s, t, **bootstrap) for s in progress.track(subsets)]
                for t, (target, subsets) in enumerate(by_target.items())
            },
            "contrasts": {
                c.name: _score_contrast(dataset, y_hat, c, **bootstrap) for c in progress.track(differences)
            },
        }


def scored_parts(dataset: Dataset) -> dict[str, np.ndarray]:
    """Return part of the split -> its rows that are scored; of `val` those that choose the model."""
    return {part: dataset.part("selection" if part == "val" else part) for part in PARTS}


def _score(
    dataset: Dataset, y_hat: np.ndarray, rows: np.ndarray, t: int, *, seed: int, resamples: int
) -> dict[str, Any]:
    """Score target number `t` on the measured ones of some rows."""
    ceiling = noise_ceiling(scored_replicates(dataset, rows, t))
    rows = rows[np.isfinite(dataset.targets[rows, t])]
    y, y_hat = _columns(dataset, y_hat, rows, t)
    scores = bootstrap_scores(y, y_hat, dataset.groups[rows], seed=seed, resamples=resamples)
    return {"n": len(rows), "ceiling": ceiling, **scores}


def _score_stratum(
    dataset: Dataset, y_hat: np.ndarray, stratum: Stratum, t: int, *, seed: int, resamples: int
) -> dict[str, Any]:
    """Score target number `t` on the rows of one stratum."""
    y, y_hat = _columns(dataset, y_hat, stratum.rows, t)
    groups, names = dataset.groups[stratum.rows], {"by": stratum.by, "stratum": stratum.name, "n": len(y)}
    scores = bootstrap_scores(y, y_hat, groups, seed=seed, resamples=resamples, metrics=STRATUM_METRICS)
    return {**names, **scores, "mean_error": float((y_hat - y).mean())}


def _score_contrast(
    dataset: Dataset, y_hat: np.ndarray, contrast: Contrast, *, seed: int, resamples: int
) -> dict[str, Any]:
    """Score the differences of one contrast."""
    y, differences = contrast.of(dataset.targets), contrast.of(y_hat)
    scores = bootstrap_scores(
        y, differences, contrast.groups, seed=seed, resamples=resamples, metrics=("pearson",)
    )
    return {"n": len(y), **scores}


def _columns(dataset: Dataset, y_hat: np.ndarray, rows: np.ndarray, t: int) -> tuple[np.ndarray, np.ndarray]:
    """Return measured and predicted values of target number `t` on some rows, float64 (n,)."""
    return dataset.targets[rows, t].astype(np.float64), y_hat[rows, t].astype(np.float64)


def bootstrap_scores(
    y: np.ndarray,
    y_hat: np.ndarray,
    groups: np.ndarray,
    *,
    seed: int,
    resamples: int,
    metrics: Iterable[str] = METRICS,
) -> dict[str, dict[str, float | None]]:
    """Return metrics with intervals from resamples of whole groups.

    Parameters
    ----------
    y, y_hat, groups
        Measurements, predictions and cluster of each row, (n,).
    seed, resamples
        Random seed and number of resamples; a fifth of them for more than `MANY_ROWS` rows.
    metrics
        Names of metrics.

    Returns
    -------
    Metric -> `value`, `low` and `high`; there is no interval for fewer than `MIN_CLUSTERS` groups, and no
    correlation for fewer than `MIN_CORRELATION_ROWS` rows.
    """
    chosen = {name: METRICS[name] for name in metrics}
    values = {name: metric.score(y, y_hat) if len(y) > 1 else None for name, metric in chosen.items()}
    _, cluster = np.unique(groups, return_inverse=True)
    count = int(cluster.max(initial=-1)) + 1
    resamples = resamples if len(y) <= MANY_ROWS else max(2, resamples // 5)
    resampled: dict[str, list[np.ndarray]] = {name: [np.empty(0)] for name in chosen}
    chunk = max(1, _CHUNK_ROWS // max(1, len(y)))
    resamples = resamples if count >= MIN_CLUSTERS else 0
    for counts in resample_counts(count, resamples=resamples, seed=seed, chunk=chunk):
        times = counts[:, cluster]  # (B, n): how often each row occurs in each resample
        for name, metric in chosen.items():
            resampled[name].append(metric.resampled(y, y_hat, times))
    clusters = effective_clusters(influence(y, y_hat), cluster) if count >= MIN_CLUSTERS else count
    return {
        name: {"value": value, **_bounds(np.concatenate(resampled[name]), clusters, value)}
        for name, value in values.items()
    }


def _bounds(scores: np.ndarray, clusters: float, value: float | None) -> dict[str, float | None]:
    """Return the bounds of the interval, None where the score or too many resamples are undefined."""
    finite = scores[np.isfinite(scores)]
    if value is None or len(finite) < max(2, len(scores) // 2):
        return {"low": None, "high": None}
    return dict(zip(("low", "high"), bootstrap_interval(finite, clusters), strict=True))

"""Dataset + model config -> a prediction of every row by a model that saw nothing of its cluster.

The clusters are dealt into folds; each fold is tested once by a model that the others trained, all but the
next one, which chose its epoch.  The models together are one bundle, calibrated on the held-out errors
of all rows (cross-conformal; Vovk 2015, doi:10.1007/s10472-013-9368-4).
"""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.config.model import ModelConfig
from seqcnn.data.dataset import Dataset
from seqcnn.data.split.splits import SplitInput, SplitPlan, split_rows
from seqcnn.errors import ConfigError, TableError
from seqcnn.evaluation.evaluate import evaluate
from seqcnn.io.atomic import atomic_path
from seqcnn.model.baseline import fit_baseline
from seqcnn.model.ensemble import join_networks
from seqcnn.model.inference.prediction_table import write_predictions
from seqcnn.model.inference.predictions import Predictions, concatenate
from seqcnn.model.inference.trained_model import Model
from seqcnn.model.network.bundle import save_bundle
from seqcnn.model.network.ood import calibrate_ood
from seqcnn.model.train import train_once
from seqcnn.model.training.calibrate import calibration, scores
from seqcnn.model.training.trainer import Machine

logger = logging.getLogger(__name__)


def cross_validate(
    dataset: Dataset,
    config: ModelConfig,
    output: Path,
    *,
    folds: int = 5,
    seed: int = 1,
    machine: Machine | None = None,
) -> dict[str, Any]:
    """Cross-validate one model, and write `out_of_fold.tsv`, `metrics.json` and, of networks, a bundle.

    A killed run goes on with the fold that it was at.

    Parameters
    ----------
    dataset
        Its clusters are kept together; its own split does not matter.
    config
        An encoder or a baseline, without a teacher.
    output
        The folder; its name is the model's in the report.
    folds
        At least 3.
    seed
        Of the folds, and of each network.

    Returns
    -------
    `{"model", "folds", "scores": {target: scores of `evaluate` over all rows}, "by_fold": [{target: {"n",
    "pearson"}}]}`.

    Raises
    ------
    ConfigError
        If the model needs teachers.
    TableError
        If there are fewer clusters than folds.
    """
    if config.teacher:
        raise ConfigError("cross-validate: a model with a teacher cannot be cross-validated")
    parts = [fold_of(dataset, folds, k, seed) for k in range(folds)]
    state = output.with_name(output.name + ".state")
    found = [_fit(part, config, state / f"fold{k}", seed, machine) for k, part in enumerate(parts)]
    y_hat = np.empty(dataset.targets.shape, np.float32)
    for part, (held_out, _) in zip(parts, found, strict=True):
        y_hat[part.part("test")] = held_out.mean
    metrics = _metrics(dataset, output.name, y_hat, [part.part("test") for part in parts])
    if models := [model for _, model in found if model]:
        bundle = _unite(dataset, models, parts, [predictions for predictions, _ in found])
        save_bundle(output / "model.safetensors", bundle.regressor, bundle.header)
    write_predictions(output / "out_of_fold.tsv", dataset.ids, y_hat[None], dataset.target_names)
    with atomic_path(output / "metrics.json") as temporary:
        temporary.write_text(json.dumps(metrics, indent=1, allow_nan=False) + "\n")
    shutil.rmtree(state)
    for target, score in metrics["scores"].items():
        logger.info("%s: out-of-fold r %.3f, n = %d", target, score["pearson"]["value"] or 0, score["n"])
    return metrics


def fold_of(dataset: Dataset, folds: int, fold: int, seed: int) -> Dataset:
    """Return the dataset split so that one fold tests, the next one validates, and the others train."""
    clusters = len(np.unique(dataset.groups))
    if clusters < folds:
        raise TableError(f"cross-validate: {clusters} clusters of sequences; at least {folds} are expected")
    keys = [str(group) for group in dataset.groups]
    plan = SplitPlan("kfold", folds=folds, fold=fold, seed=seed)
    split = split_rows(plan, SplitInput(keys, [""] * len(keys)))
    unknown = np.where(split == "train", np.nan, 0).astype(np.float32)
    nobody = np.full(len(dataset), -1, np.int32)
    words = {"split": f"fold {fold + 1} of {folds}, by clusters (seed {seed})"}
    provenance = dataset.provenance | words
    return replace(
        dataset, split=split, max_train_identity=unknown, nearest_train_row=nobody, provenance=provenance
    )


def _fit(
    part: Dataset, config: ModelConfig, folder: Path, seed: int, machine: Machine | None
) -> tuple[Predictions, Model | None]:
    """Fit one fold's model, and predict its test rows."""
    at = part.part("test")
    if config.baseline:
        return Predictions(fit_baseline(part, config, folder / "predictions.tsv")[None, at]), None
    model = train_once(part, config, folder / "model.safetensors", seed=seed, machine=machine)
    return model.predict_members(part.rows.take(at)), model


def _metrics(dataset: Dataset, model: str, y_hat: np.ndarray, folds: list[np.ndarray]) -> dict[str, Any]:
    """Score the predictions of all rows, and of each fold."""
    everything = replace(
        dataset,
        split=np.full(len(dataset), "test"),
        max_train_identity=np.zeros(len(dataset), np.float32),
        nearest_train_row=np.full(len(dataset), -1, np.int32),
    )
    by_fold = [
        {
            target: {"n": int(np.isfinite(dataset.targets[at, t]).sum()), "pearson": score.get("pearson")}
            for t, (target, score) in enumerate(scores(dataset, at, y_hat[at].astype(float)).items())
        }
        for at in folds
    ]
    return {
        "model": model,
        "folds": len(folds),
        "scores": evaluate(everything, y_hat)["parts"]["test"],
        "by_fold": by_fold,
    }


def _unite(dataset: Dataset, models: list[Model], parts: list[Dataset], held_out: list[Predictions]) -> Model:
    """Make one model of those of all folds, calibrated on what each predicts of the fold it did not see."""
    network, header = join_networks([model.regressor for model in models], [model.header for model in models])
    at = np.concatenate([part.part("test") for part in parts])
    predictions = concatenate(held_out)
    double = header.strand == "double"
    distances = [
        model.regressor.profile.distances(part.rows.take(part.part("test")), double=double)
        for model, part in zip(models, parts, strict=True)
    ]
    network.profile.fit(dataset.rows, double=double)
    changes = {
        "training_sha256": replace(dataset, split=np.full(len(dataset), "train")).digest(),
        "min_length": int(dataset.rows.insert_length.min()),
        "split": f"cross-validated in {len(parts)} folds of clusters",
        "split_sizes": {"train": len(dataset), "val": 0, "test": 0},
        "metrics": {"out_of_fold": scores(dataset, at, predictions.mean)},
        "calibration": calibration(dataset, at, predictions),
        "ood": calibrate_ood(np.concatenate(distances)),
    }
    return Model(network, header.model_copy(update=changes)).eval()

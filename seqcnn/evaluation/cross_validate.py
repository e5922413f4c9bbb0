"""Dataset + model config -> out-of-fold predictions, and one bundle of all models.

Folds consist of whole clusters, or of rows that share no part with the training rows where the dataset is
split by parts.  Each fold is predicted by a model that was trained on the others, except for the next fold,
which is its validation set.  A cluster of most rows is in training in every fold, and rows that mix parts of
several folds are never tested: they have no out-of-fold prediction, and their number is stated.  The models
form one bundle, calibrated on the out-of-fold errors (cross-conformal; Vovk 2015,
doi:10.1007/s10472-013-9368-4).
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.config.model import ModelConfig
from seqcnn.data.audit import verdict
from seqcnn.data.check import refuse_small_parts
from seqcnn.data.dataset import Dataset
from seqcnn.data.split.leakage import leakage
from seqcnn.data.split.parts import part_numbers
from seqcnn.data.split.splits import UNTESTED, SplitInput, SplitPlan, split_rows
from seqcnn.errors import ConfigError, TableError, counted
from seqcnn.evaluation.evaluate import evaluate
from seqcnn.evaluation.score import logged_r
from seqcnn.io.atomic import refuse_file, refuse_outputs
from seqcnn.io.json_file import write_json
from seqcnn.model.baseline import fit_baseline
from seqcnn.model.ensemble import join_networks
from seqcnn.model.inference.original_scale import scale_names
from seqcnn.model.inference.prediction_table import write_predictions
from seqcnn.model.inference.predictions import Predictions, concatenate
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.bundle import save_bundle
from seqcnn.model.network.ood import calibrate_ood
from seqcnn.model.train import train_once
from seqcnn.model.training.calibrate import calibration, scores
from seqcnn.model.training.trainer import Machine
from seqcnn.progress import track

logger = logging.getLogger(__name__)


FILES = ("model.safetensors", "out_of_fold.tsv", "metrics.json")
"""Names of the results in the output folder."""


def cross_validate(
    dataset: Dataset,
    config: ModelConfig,
    output: Path,
    *,
    folds: int = 5,
    seed: int = 1,
    machine: Machine | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Cross-validate one model; write `out_of_fold.tsv`, `metrics.json` and, for networks, a bundle.

    An interrupted run resumes with the fold that it was training.

    Parameters
    ----------
    dataset
        Its clusters, or parts, are kept together; its own split is not used.
    config
        An encoder or a baseline, without a teacher.
    output
        Folder; its name is the name of the model in the report.
    folds
        Number of folds, at least 3.
    seed
        Random seed of the folds and of each network.
    overwrite
        Whether existing results are overwritten; else they are refused, unless a run was interrupted there.

    Returns
    -------
    `{"model", "folds", "scores": {target: scores of `evaluate` over all tested rows}, "by_fold": [{target:
    {"n", "pearson"}}], "untested": number of rows that no fold tests, "verdict": sentence on leakage between
    folds, "by_leakage": as `test_by_leakage` of `evaluate`}`.

    Raises
    ------
    ConfigError
        If the model is distilled from a teacher.
    UsageError
        If `output` is a file, or results exist and `overwrite` is False.
    TableError
        If there are fewer clusters than folds, or too few rows in a fold.
    """
    if config.teacher:
        raise ConfigError("cross-validate: a model with a teacher cannot be cross-validated")
    state = output.with_name(output.name + ".state")
    refuse_file(output)
    refuse_outputs((output / name for name in FILES), (dataset.path,), overwrite=overwrite or state.exists())
    splits = fold_splits(dataset, folds, seed)
    fits = [
        _fit(split, config, state / f"fold{k}", seed, machine)
        for k, split in enumerate(track(splits, "cross-validating", "folds"))
    ]
    y_hat = np.full(dataset.targets.shape, np.nan, np.float32)
    for split, (held_out, _) in zip(splits, fits, strict=True):
        y_hat[split.part("test")] = held_out.mean
    metrics = _metrics(dataset, output.name, y_hat, splits)
    if models := [model for _, model in fits if model]:
        bundle = _unite(dataset, models, splits, [predictions for predictions, _ in fits])
        save_bundle(output / "model.safetensors", bundle.regressor, bundle.header)
    tested = _tested(splits)
    ids = [dataset.ids[i] for i in tested]
    write_predictions(
        output / "out_of_fold.tsv",
        ids,
        y_hat[None, tested],
        scale_names(dataset.target_names, dataset.transforms),
    )
    write_json(output / "metrics.json", metrics)
    shutil.rmtree(state)
    _log(metrics)
    return metrics


def fold_splits(dataset: Dataset, folds: int, seed: int) -> list[Dataset]:
    """Return, for each fold, the dataset with that fold as test set, the next one as validation set."""
    by_parts = dataset.provenance.get("split_unit") == "parts"
    parts = part_numbers(dataset.rows.inserts()) if by_parts else None
    if parts is None and (clusters := len(np.unique(dataset.groups))) < folds:
        raise TableError(f"cross-validate: {clusters} clusters of sequences; at least {folds} are expected")
    keys = [str(group) for group in dataset.groups]
    return [_fold_split(dataset, SplitInput(keys, [], parts=parts), folds, k, seed) for k in range(folds)]


def _fold_split(dataset: Dataset, rows: SplitInput, folds: int, fold: int, seed: int) -> Dataset:
    """Return the dataset with one fold as test set; rows that mix parts are in no part of the split."""
    split = split_rows(SplitPlan("kfold", folds=folds, fold=fold, seed=seed), rows)
    refuse_small_parts(split, f"cross-validate: fold {fold + 1} of {folds}")
    by = "clusters" if rows.parts is None else "parts"
    name = f"fold {fold + 1} of {folds}, by {by} (seed {seed})"
    return replace(
        dataset,
        split=split,
        **leakage(dataset.rows.inserts(), split),
        provenance=dataset.provenance | {"split": name},
        keeps_calibration_rows=False,  # the out-of-fold errors calibrate the intervals
    )


def _tested(splits: list[Dataset]) -> np.ndarray:
    """Return the rows that are tested by a fold, in the order of the dataset."""
    return np.unique(np.concatenate([split.part("test") for split in splits]))


def _log(metrics: dict[str, Any]) -> None:
    """Log the rows without a prediction, the verdict, and the scores."""
    if metrics["untested"]:
        logger.warning("%s tested by no fold: %s", counted(metrics["untested"], "rows are"), UNTESTED)
    logger.info("%s", metrics["verdict"])
    for target, score in metrics["scores"].items():
        logger.info("%s: out-of-fold r %s, n = %d", target, logged_r(score), score["n"])


def _fit(
    split: Dataset, config: ModelConfig, folder: Path, seed: int, machine: Machine | None
) -> tuple[Predictions, LoadedModel | None]:
    """Fit the model of one fold, and predict its test rows."""
    test = split.part("test")
    if config.baseline:
        threads, bundle = machine.threads if machine else None, folder / "model.safetensors"
        fitted = fit_baseline(split, config, bundle, threads=threads, overwrite=True)
        return fitted.predict_members(split.rows.take(test), flag_ood=False), None
    bundle, purpose = folder / "model.safetensors", split.provenance["split"].partition(",")[0]
    model = train_once(split, config, bundle, seed=seed, machine=machine, purpose=purpose)
    return model.predict_members(split.rows.take(test)), model


def _metrics(dataset: Dataset, model: str, y_hat: np.ndarray, splits: list[Dataset]) -> dict[str, Any]:
    """Score the predictions of all tested rows, and of each fold, and audit the folds."""
    tested = _tested(splits)
    all_as_test = _as_test(dataset, splits).take(tested)
    by_fold = [
        {
            target: {"n": int(np.isfinite(dataset.targets[rows, t]).sum()), "pearson": score.get("pearson")}
            for t, (target, score) in enumerate(scores(dataset, rows, y_hat[rows].astype(float)).items())
        }
        for rows in (split.part("test") for split in splits)
    ]
    metrics = evaluate(all_as_test, y_hat[tested])
    return {
        "model": model,
        "folds": len(splits),
        "untested": len(dataset) - len(tested),
        "scores": metrics["parts"]["test"],
        "by_fold": by_fold,
        "verdict": verdict(all_as_test).replace("This split", "This set of folds", 1),
        "by_leakage": metrics["test_by_leakage"],
    }


def _as_test(dataset: Dataset, splits: list[Dataset]) -> Dataset:
    """Return all rows as test rows, each with its similarity to the training rows of its fold."""
    columns = {
        name: getattr(splits[0], name).copy()
        for name in ("max_train_identity", "nearest_train_row", "recurring_fraction")
    }
    for split in splits:
        rows = split.part("test")
        for name, values in columns.items():
            values[rows] = getattr(split, name)[rows]
    return replace(dataset, split=np.full(len(dataset), "test"), **columns)


def _unite(
    dataset: Dataset, models: list[LoadedModel], splits: list[Dataset], held_out: list[Predictions]
) -> LoadedModel:
    """Return one model of those of all folds, calibrated on the out-of-fold errors."""
    network, header = join_networks([model.regressor for model in models], [model.header for model in models])
    rows = np.concatenate([split.part("test") for split in splits])
    predictions = concatenate(held_out)
    double = header.strand == "double"
    distances = [
        model.regressor.profile.distances(split.rows.take(split.part("test")), double=double)
        for model, split in zip(models, splits, strict=True)
    ]
    network.profile.fit(dataset.rows, double=double)
    changes = {
        "training_sha256": replace(dataset, split=np.full(len(dataset), "train")).digest(),
        "min_length": int(dataset.rows.insert_length.min()),
        "split": f"cross-validated: {splits[0].provenance['split']} and the others",
        "split_sizes": {"train": len(dataset), "val": 0, "test": 0},
        "metrics": {"out_of_fold": scores(dataset, rows, predictions.mean)},
        "calibration": calibration(dataset, rows, predictions),
        "calibrated_on": "out_of_fold",
        "ood": calibrate_ood(np.concatenate(distances)),
    }
    return LoadedModel(network, header.model_copy(update=changes)).eval()

"""Train several models on one dataset, score them, and write one report: what `seqcnn fit` does.

`train_models` only trains; `fit_folder` also writes what the pipeline writes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from seqcnn.api.fit_inputs import DATASET, refuse_other_model, refuse_other_run, refuse_run
from seqcnn.config.fit_plan import DISTILLED, TUNED, FitPlan, tuned_networks
from seqcnn.config.model import ModelConfig
from seqcnn.data.dataset import Dataset
from seqcnn.data.library_size import few_scored_rows
from seqcnn.errors import place
from seqcnn.evaluation.controls import controls
from seqcnn.evaluation.evaluate import evaluate_file
from seqcnn.model.baseline import fit_baseline
from seqcnn.model.default_model import BASELINE_MEMBER
from seqcnn.model.ensemble import ensemble
from seqcnn.model.inference.device import describe, resolve_device
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.bundle import read_header
from seqcnn.model.predict import predict_dataset
from seqcnn.model.train import Machine, is_trained_as, train_once
from seqcnn.model.training.setup import feature_shape
from seqcnn.model.training.timing import training_seconds
from seqcnn.model.tune import resolved_config, tune
from seqcnn.model.tuning.space import changed
from seqcnn.plotting.formatting import duration
from seqcnn.report.content.summary import conclusion
from seqcnn.report.report import write_report
from seqcnn.report.run.collect import collect

logger = logging.getLogger(__name__)

BUNDLE = "model.safetensors"
"""Name of the file of a trained model."""


def fit_folder(
    dataset: Dataset,
    plan: FitPlan,
    output: Path,
    *,
    machine: Machine | None = None,
    figures: bool = True,
) -> LoadedModel:
    """Train the models of a plan on a dataset, score them, and write the report.

    Writes `dataset.h5`, a folder per member of the plan (bundle, predictions, metrics), and `report.html`
    with its folder of `figures` into `output`.  The dataset stays in memory, and each table of
    predictions is parsed once.

    Returns
    -------
    The network with the best validation score, as an ensemble if there are several seeds; a baseline if no
    network was trained.

    Raises
    ------
    UsageError
        If `output` is a file or holds a finished run, or files of another one.
    """
    refuse_run(output)
    refuse_other_run(dataset, plan, output)
    for config in plan.networks.values():
        feature_shape(config.model_copy(update={"teacher": None}), dataset)
    dataset.save(output / DATASET)
    plan = search(dataset, plan, output / "tuning", machine=machine)
    models = train_models(dataset, plan, output, machine=machine)
    models |= fit_baselines(dataset, plan, output, machine=machine)
    for path, model in models.items():
        predict_dataset(dataset, model, path.with_name("predictions.tsv"))
    tables = {
        folder: evaluate_file(dataset, folder / "predictions.tsv", folder / "metrics.json", overwrite=True)
        for folder in (output / member for member in plan.members)
    }
    if plan.networks:
        controls(dataset, next(iter(models)), output / "controls.json", machine=machine, overwrite=True)
    run = collect(output, dataset=dataset, tables=tables)
    write_report(run, output / "report.html", figures=figures)
    for line in conclusion(run):
        logger.info("%s", line)
    bundle, page = output / run.best.model / run.best.name / BUNDLE, output / "report.html"
    logger.info("model with the best validation score: %s; report: %s", place(bundle), place(page))
    return best_model(plan, models)


def search(dataset: Dataset, plan: FitPlan, folder: Path, *, machine: Machine | None = None) -> FitPlan:
    """Return a plan with the configuration that its search found, if it has one; see `seqcnn.model.tune`.

    The network that the search starts from is left out if no other configuration was better.
    """
    if plan.hours is None:
        return plan
    machine = machine or Machine()
    logger.info("fit: %s", plan)
    config = tune(dataset, folder, configs=plan.starts, hours=plan.hours, seed=plan.seeds[0], machine=machine)
    untuned = config.model_copy(update={"tuning": None})
    others = {
        name: other
        for name, other in plan.networks.items()
        if name not in (TUNED, DISTILLED) and changed(resolved_config(other, dataset), {}) != untuned
    }
    return replace(plan, networks=tuned_networks(config, plan) | others)


def train_models(
    dataset: Dataset, plan: FitPlan, output: Path, *, machine: Machine | None = None
) -> dict[Path, LoadedModel]:
    """Train every network of a plan from every seed, and join the seeds of each in an ensemble.

    Models that an interrupted fit finished are kept.

    Returns
    -------
    Path of the bundle in `output` -> its model.
    """
    machine = machine or Machine()
    bundles = {name: _bundles(plan, output, name) for name in plan.networks}
    for name, paths in bundles.items():
        if name not in (TUNED, DISTILLED):  # a search that resumes may find another configuration
            _refuse_other_models(paths, dataset, plan.networks[name])
    _announce(dataset, plan, machine)
    models: dict[Path, LoadedModel] = {}
    for name, paths in bundles.items():
        config = plan.networks[name]
        teachers = list(bundles[config.teacher.model].values()) if config.teacher else []
        for seed, path in paths.items():
            models[path] = train_once(dataset, config, path, seed=seed, machine=machine, teachers=teachers)
        if len(paths) > 1:
            path = output / name / "ensemble" / BUNDLE
            models[path] = ensemble(dataset, list(paths.values()), path, overwrite=True)
    for path, model in models.items():
        model.path = path
    return models


def _bundles(plan: FitPlan, output: Path, network: str) -> dict[int, Path]:
    """Return the bundle of each seed of a network."""
    return {seed: output / network / f"seed{seed}" / BUNDLE for seed in plan.seeds_of(network)}


def _refuse_other_models(bundles: Mapping[int, Path], dataset: Dataset, config: ModelConfig) -> None:
    """Raise `UsageError` for bundles that an interrupted fit did not train with this configuration."""
    for seed, path in bundles.items():
        if path.is_file():
            refuse_other_model(path, same=is_trained_as(read_header(path), dataset, config, seed))


def fit_baselines(
    dataset: Dataset,
    plan: FitPlan,
    output: Path,
    *,
    machine: Machine | None = None,
    named: bool = False,
) -> dict[Path, LoadedModel]:
    """Fit the baselines of a plan, or only those that were asked for by name.

    Returns
    -------
    Path of the bundle in `output` -> its model.
    """
    threads = machine.threads if machine else None
    names = plan.named_baselines if named else plan.baselines
    paths = {output / name / BASELINE_MEMBER / BUNDLE: plan.baselines[name] for name in names}
    return {
        path: fit_baseline(dataset, config, path, threads=threads, overwrite=True)
        for path, config in paths.items()
    }


def best_model(plan: FitPlan, models: Mapping[Path, LoadedModel]) -> LoadedModel:
    """Return the model with the best validation score.

    That is an ensemble, else a network; without networks a baseline that was asked for by name.
    """
    folders = [Path(name, plan.members_of(name)[-1]) for name in plan.networks]
    folders = folders or [Path(name, BASELINE_MEMBER) for name in plan.named_baselines]
    candidates = [model for path, model in models.items() if Path(*path.parts[-3:-1]) in folders]
    return max(candidates, key=lambda model: _or_lowest(model.header.validation_r))


def warn_of_few_rows(dataset: Dataset) -> None:
    """Log targets with so few validation or test rows that their scores are imprecise."""
    for line in few_scored_rows(dataset):
        logger.warning("%s", line)


def _announce(dataset: Dataset, plan: FitPlan, machine: Machine) -> None:
    """Log what is trained, and how long it takes, from a few timed steps of each network."""
    warn_of_few_rows(dataset)
    if not plan.networks:
        logger.info("fit: %s; seconds to minutes", plan)
        return
    seconds = sum(
        training_seconds(dataset, config, machine) * len(plan.seeds_of(name))
        for name, config in plan.networks.items()
    )
    minutes = duration(seconds)
    where = describe(resolve_device(machine.device))
    logger.info("fit: %s; about %s for the networks on %s", plan, minutes, where)


def _or_lowest(score: float | None) -> float:
    """Return a score, or minus infinity if it is undefined."""
    return -np.inf if score is None else score

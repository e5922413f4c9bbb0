"""Fit a model to sequences and measurements, without Snakemake and configuration files.

`fit_folder` and `fit_files` also write what the pipeline writes: predictions, metrics and the report.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqcnn.api.model import Model
from seqcnn.config.model import ModelConfig, check_model_args
from seqcnn.config.recipes import recipe
from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.dataset import Dataset
from seqcnn.data.prepare import prepare
from seqcnn.errors import UsageError, place
from seqcnn.evaluation.controls import controls
from seqcnn.evaluation.evaluate import evaluate_file
from seqcnn.model.baseline import fit_baseline
from seqcnn.model.inference.trained_model import Model as LoadedModel
from seqcnn.model.predict import predict_dataset
from seqcnn.model.train import Machine, train
from seqcnn.report.content.summary import conclusion
from seqcnn.report.report import write_report
from seqcnn.report.run.collect import collect
from seqcnn.schema import validate

logger = logging.getLogger(__name__)

BASELINES = ("mean", "gc", "ridge", "boosting")
"""Baselines in the report of `fit_folder`."""


def fit_files(
    inputs: Inputs,
    plan: DataPlan,
    config: ModelConfig,
    output: Path,
    *,
    seed: int = 1,
    machine: Machine | None = None,
) -> LoadedModel:
    """Read sequences and targets, and train on them; as `fit_folder`."""
    _refuse(config, output)
    return _fit_folder(prepare(inputs, plan), config, output, seed, machine)


def fit_folder(
    dataset: Dataset, config: ModelConfig, output: Path, *, seed: int = 1, machine: Machine | None = None
) -> LoadedModel:
    """Train one model and the baselines on a dataset, score them, and write the report.

    Writes `dataset.h5`, `<model>/seed<seed>/` (bundle, predictions, metrics), one folder per baseline, and
    `report.html` into `output`.  The dataset stays in memory, and each table of predictions is parsed once.

    Raises
    ------
    UsageError
        If `output` holds a finished run already, or the model is a baseline or needs teachers.
    """
    _refuse(config, output)
    return _fit_folder(dataset, config, output, seed, machine)


def _refuse(config: ModelConfig, output: Path) -> None:
    """Raise `UsageError` for a model that `fit` cannot train, or a folder that holds a finished run."""
    if (output / "report.html").exists():
        raise UsageError(f"{place(output)}: holds a finished run; name another folder with -o, or remove it")
    if config.baseline:
        raise UsageError(f"fit: expected an encoder, found the baseline {config.baseline}, fitted anyway")
    if config.teacher:
        raise UsageError("fit: trains one model alone; use the pipeline, or `seqcnn train --teacher`")


def _fit_folder(
    dataset: Dataset, config: ModelConfig, output: Path, seed: int, machine: Machine | None
) -> LoadedModel:
    """Train, predict, score and report; the data stay in memory."""
    dataset.save(output / "dataset.h5")
    member = output / str(config.encoder) / f"seed{seed}"
    model = train(dataset, config, bundle := member / "model.safetensors", seed=seed, machine=machine)
    model.path = bundle
    predict_dataset(dataset, model, member / "predictions.tsv")
    folders = [member, *(_fit_baseline(dataset, name, output) for name in BASELINES)]
    tables = {
        folder: evaluate_file(dataset, folder / "predictions.tsv", folder / "metrics.json")
        for folder in folders
    }
    controls(dataset, bundle, output / "controls.json", machine=machine)
    run = collect(output, dataset=dataset, tables=tables)
    write_report(run, output / "report.html")
    for line in conclusion(run):
        logger.info("%s", line)
    return model


def _fit_baseline(dataset: Dataset, name: str, output: Path) -> Path:
    """Fit a baseline, and return the folder with its predictions."""
    folder = output / name / "fit"
    fit_baseline(dataset, ModelConfig.model_validate({"baseline": name}), folder / "predictions.tsv")
    return folder


def fit(
    sequences: Sequence[Any] | str | Path,
    targets: Any,
    encoder: str = "cnn",
    *,
    output: str | Path | None = None,
    seed: int = 1,
    split: Sequence[str] | None = None,
    **training: Any,
) -> Model:
    """Train a model in a notebook.

    Parameters
    ----------
    sequences
        List of DNA sequences (`str`, or Biopython `Seq` or `SeqRecord`), or the path of a FASTA.
    targets
        For a list: array (N,) or (N, T), Series or DataFrame, NaN = not measured, in the order of the
        sequences; two pandas objects are paired by their indexes.  For a path: the path of the targets'
        table.
    encoder
        A name of `seqcnn.encoders.ENCODERS`.
    output
        Folder for bundle, predictions, metrics and report; without it only the model is returned.
    seed
        Of the weights, the order of the batches, and the split.
    split
        'train', 'val' or 'test' for every sequence; by default a tenth tests and a tenth validates.
    **training
        Fields of `seqcnn.config.model.TrainingPlan`, such as `epochs=20`.

    Returns
    -------
    The trained model; `model.header.metrics` has its scores on validation and test rows.

    Examples
    --------
    >>> import pandas as pd, seqcnn
    >>> table = pd.read_table("library.tsv")
    >>> model = seqcnn.fit(table["sequence"], table["activity"], epochs=1)
    >>> model.targets
    ['activity']
    """
    from tempfile import TemporaryDirectory

    from seqcnn.data.from_arrays import dataset_from_arrays

    plan = recipe(encoder) | training
    config = validate(ModelConfig, {"encoder": encoder, "training": plan}, "fit")
    check_model_args(config, "fit")
    if isinstance(sequences, str | Path):
        dataset = prepare(Inputs(Path(sequences), Path(targets)), DataPlan())
    else:
        dataset = dataset_from_arrays(sequences, targets, split=split, seed=seed)
    if output is not None:
        return Model.of(fit_folder(dataset, config, Path(output), seed=seed))
    with TemporaryDirectory() as folder:
        return Model.of(train(dataset, config, Path(folder) / "model.safetensors", seed=seed))

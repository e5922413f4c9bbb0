"""Fit a model to sequences and measurements, without Snakemake and configuration files.

`fit_folder` and `fit_files` also write what the pipeline writes: predictions, metrics and the report.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from seqcnn.api.frames import file_path, genome_path, sequence_column
from seqcnn.api.model import Model
from seqcnn.config.model import ModelConfig, check_model_args
from seqcnn.config.recipes import recipe
from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.dataset import Dataset
from seqcnn.data.prepare import prepare
from seqcnn.data.split.splits import SplitPlan
from seqcnn.errors import TableError, UsageError, listed, place, show
from seqcnn.evaluation.controls import controls
from seqcnn.evaluation.evaluate import evaluate_file
from seqcnn.io.atomic import refuse_file, refuse_outputs, temporary_folder
from seqcnn.model.baseline import fit_baseline
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.predict import predict_dataset
from seqcnn.model.train import Machine, train
from seqcnn.report.content.summary import conclusion
from seqcnn.report.report import write_report
from seqcnn.report.run.collect import MEMBER_FILES, collect
from seqcnn.schema import Count, Seed, checks_arguments, validate
from seqcnn.sequence.window import Align

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
    _refuse_inputs(inputs, config, output, seed)
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
        If `output` is a file or holds a finished run, or the model is a baseline or needs teachers.
    """
    _refuse(config, output)
    return _fit_folder(dataset, config, output, seed, machine)


def _refuse(config: ModelConfig, output: Path) -> None:
    """Raise `UsageError` for a model `fit` cannot train, a file, or a folder that holds a finished run."""
    refuse_file(output)
    if (output / "report.html").exists():
        raise UsageError(f"{place(output)}: holds a finished run; name another folder with -o, or remove it")
    if config.baseline:
        remedy = "expected an encoder, beside which all baselines are fitted"
        raise UsageError(f"fit: the baseline {config.baseline} found; {remedy}")
    if config.teacher:
        raise UsageError("fit: trains one model alone; use the pipeline, or `seqcnn train --teacher`")


def _refuse_inputs(inputs: Inputs, config: ModelConfig, output: Path, seed: int) -> None:
    """Raise `UsageError` if a file that `fit` will write is one of its inputs."""
    members = [f"{config.encoder}/seed{seed}", *(f"{name}/fit" for name in BASELINES)]
    names = [f"{member}/{name}" for member in members for name in MEMBER_FILES]
    paths = [output / name for name in ("dataset.h5", "controls.json", "report.html", *names)]
    refuse_outputs(paths, (inputs.sequences, inputs.targets, inputs.genome), overwrite=True)


def _fit_folder(
    dataset: Dataset, config: ModelConfig, output: Path, seed: int, machine: Machine | None
) -> LoadedModel:
    """Train, predict, score and report; the data stay in memory, old files are replaced."""
    dataset.save(output / "dataset.h5")
    member = output / str(config.encoder) / f"seed{seed}"
    model = train(dataset, config, bundle := member / "model.safetensors", seed=seed, machine=machine)
    model.path = bundle
    predict_dataset(dataset, model, member / "predictions.tsv")
    folders = [member, *(_fit_baseline(dataset, name, output) for name in BASELINES)]
    tables = {
        folder: evaluate_file(dataset, folder / "predictions.tsv", folder / "metrics.json", overwrite=True)
        for folder in folders
    }
    controls(dataset, bundle, output / "controls.json", machine=machine, overwrite=True)
    run = collect(output, dataset=dataset, tables=tables)
    write_report(run, output / "report.html")
    for line in conclusion(run):
        logger.info("%s", line)
    return model


def _fit_baseline(dataset: Dataset, name: str, output: Path) -> Path:
    """Fit a baseline, and return the folder with its predictions."""
    folder = output / name / "fit"
    config = ModelConfig.model_validate({"baseline": name})
    fit_baseline(dataset, config, folder / "predictions.tsv", overwrite=True)
    return folder


@checks_arguments
def fit(
    sequences: Any,
    targets: Any,
    encoder: str = "cnn",
    *,
    target: str | Sequence[str] | None = None,
    group: Any = None,
    weights: Any = None,
    replicates: Any = None,
    align: Align = "left",
    split: Any = None,
    genome: str | Path | None = None,
    seed: Seed = 1,
    device: str = "auto",
    threads: Count | None = None,
    output: str | Path | None = None,
    **training: Any,
) -> Model:
    """Train a model in a notebook.

    Parameters
    ----------
    sequences
        List, array or Series of DNA (`str`, or Biopython `Seq` or `SeqRecord`); a DataFrame with a column of
        sequences; or the path of a FASTA, table or BED.
    targets
        Measurements of the sequences: array (N,) or (N, T), Series or DataFrame, NaN = not measured; pandas
        objects are paired by their indexes.  For a DataFrame also names of its columns; for a path, the path
        of the table of targets.
    encoder
        A name of `seqcnn.encoders.ENCODERS`.
    target
        Target columns of the table of a path.
    group
        Labels of the sequences; rows of one label stay in the same part of the split.
    weights
        Weights of the rows in the loss, 0 or more.
    replicates
        Replicate measurements (N, R) of the only target, whose noise bounds the scores.
    align
        Alignment of shorter sequences: `left`, `right` or `center`.
    split
        'train', 'val' or 'test' for every sequence; by default a tenth tests and a tenth validates.
    genome
        Genome (FASTA) of the positions of a BED file.
    seed
        Of the weights, the order of the batches, and the split.
    device
        `cpu`, `cuda`, `cuda:N`, `mps`, or `auto`.
    threads
        Number of CPU threads; all cores by default.
    output
        Folder for bundle, predictions, metrics and report; without it only the model is returned.
    **training
        Fields of `seqcnn.config.model.TrainingPlan`, such as `epochs=20`.

    Returns
    -------
    The trained model; `model.header.metrics` has its scores on validation and test rows.

    Raises
    ------
    SequenceError, TableError
        If a sequence is missing or not DNA, or values do not belong to the sequences.
    ConfigError
        If the encoder or a training field is unknown or out of bounds.

    Notes
    -----
    `group`, `weights`, `replicates` and `split` are names of columns if `sequences` is a path or a DataFrame;
    otherwise one value per sequence.

    Examples
    --------
    >>> import pandas as pd, seqcnn
    >>> table = pd.read_table("library.tsv")
    >>> model = seqcnn.fit(table, "activity", group="family", epochs=1)
    >>> model.targets
    ['activity']
    """
    config = validate(ModelConfig, {"encoder": encoder, "training": recipe(encoder) | training}, "fit")
    check_model_args(config, "fit")
    columns = {"group": group, "weights": weights, "replicates": replicates, "split": split}
    if isinstance(sequences, str | Path):
        inputs = Inputs(file_path(sequences), _table_path(targets), genome_path(sequences, genome))
        if output is not None:
            _refuse_inputs(inputs, config, Path(output), seed)
        dataset = prepare(inputs, _plan(target, align, seed, **columns))
    else:
        if target is not None:
            raise UsageError("target: names columns of a file; pass the measurements as `targets`")
        genome_path(sequences, genome)
        dataset = _dataset(sequences, targets, align, seed, **columns)
    machine = Machine(device, threads=threads)
    if output is not None:
        return Model.of(fit_folder(dataset, config, Path(output), seed=seed, machine=machine))
    with temporary_folder() as folder:
        bundle = folder / "model.safetensors"
        return Model.of(train(dataset, config, bundle, seed=seed, machine=machine))


def _dataset(sequences: Any, targets: Any, align: Align, seed: int, **columns: Any) -> Dataset:
    """Make a dataset from sequences in memory; names are columns of a DataFrame."""
    from seqcnn.data.from_arrays import dataset_from_arrays

    if isinstance(sequences, pd.DataFrame):
        table, names = sequences, {"targets": targets, **columns}
        columns = {name: _of_table(table, value, name) for name, value in names.items()}
        sequences, targets = table[sequence_column(table)], columns.pop("targets")
    columns["groups"] = columns.pop("group")
    return dataset_from_arrays(sequences, targets, align=align, seed=seed, **columns)


def _of_table(table: pd.DataFrame, value: Any, what: str) -> Any:
    """Return the columns of a table that `value` names; a value that is no name as it is."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        return value
    if missing := [show(name) for name in names if name not in table]:
        raise TableError(f"{what}: no column {listed(missing)} in the table of sequences")
    return table[value] if isinstance(value, str) else table[list(names)]


def _are_names(value: Any) -> bool:
    """Return whether this is a list of names, or None."""
    return value is None or (isinstance(value, list | tuple) and all(isinstance(name, str) for name in value))


def _table_path(targets: Any) -> Path:
    """Return the path of the table of targets of sequences in a file."""
    if not isinstance(targets, str | Path):
        fault = f"targets: {type(targets).__name__} found"
        raise UsageError(f"{fault}; expected the path of a table, as the sequences are in a file")
    return Path(targets)


def _plan(
    target: str | Sequence[str] | None, align: Align, seed: int, *, group: Any, weights: Any,
    replicates: Any, split: Any,
) -> DataPlan:  # fmt: skip
    """Return the plan of the data of a file, from names of its columns."""
    targets = (target,) if isinstance(target, str) else tuple(target or ())
    for name, value in {"group": group, "weights": weights, "split": split}.items():
        if not isinstance(value, str | None):
            raise UsageError(
                f"{name}: {type(value).__name__} found; expected the name of a column of the file"
            )
    if not _are_names(replicates):
        fault = f"replicates: {type(replicates).__name__} found"
        raise UsageError(f"{fault}; expected a list of names of columns of the file")
    if replicates is not None and len(targets) != 1:
        raise UsageError("replicates: belong to one target; name it with `target`")
    return DataPlan(
        targets=targets,
        group=group,
        weight=weights,
        replicates={targets[0]: tuple(replicates)} if replicates is not None else {},
        align=align,
        split=SplitPlan("column" if split else "auto", split, seed=seed),
    )

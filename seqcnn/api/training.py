"""Fit models to sequences and measurements in Python, without Snakemake and configuration files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqcnn.api.data.keys import refuse_unknown_keys
from seqcnn.api.data.source import file_inputs, read_data
from seqcnn.api.fit_folder import (
    best_model,
    fit_baselines,
    fit_folder,
    search,
    train_models,
    warn_of_few_rows,
)
from seqcnn.api.fit_inputs import refuse_inputs
from seqcnn.api.model import Model
from seqcnn.api.public import public
from seqcnn.config.fit_plan import FitPlan, PresetName, fit_plan
from seqcnn.config.model import (
    Freeze,
    ModelConfig,
    Pretrained,
    TrainingPlan,
    check_model_args,
    pretrained_from,
)
from seqcnn.config.recipes import DEFAULT_NETWORK, recipe
from seqcnn.data.assay.plan import Aggregate
from seqcnn.data.readers.id_cut import IdUntil
from seqcnn.data.transform import TransformName
from seqcnn.errors import UsageError
from seqcnn.io.atomic import temporary_folder
from seqcnn.model.train import Machine
from seqcnn.model.transfer.transfer_config import transfer_plan
from seqcnn.schema import Count, Seed, validate
from seqcnn.sequence.window import Align


@public
def fit(
    sequences: Any,
    targets: Any = None,
    encoder: str | None = None,
    *,
    preset: PresetName = "standard",
    configs: Sequence[str] | None = None,
    seeds: Sequence[Seed] | None = None,
    seed: Seed | None = None,
    hours: float | None = None,
    target: str | Sequence[str] | None = None,
    group: Any = None,
    weights: Any = None,
    replicates: Any = None,
    aggregate: Aggregate | None = None,
    replicate_column: str | None = None,
    id_until: IdUntil | None = None,
    transform: TransformName = "none",
    align: Align = "left",
    split: Any = None,
    genome: str | Path | None = None,
    features: Any = None,
    from_model: str | Path | None = None,
    freeze: Freeze | None = None,
    from_dataset: str | Path | None = None,
    device: str = "auto",
    threads: Count | None = None,
    output: str | Path | None = None,
    **keys: Any,
) -> Model:
    """Train models in a notebook, as `seqcnn fit` does.

    Parameters
    ----------
    sequences
        List, array or Series of DNA (`str`, or Biopython `Seq` or `SeqRecord`); a DataFrame with a column of
        sequences; or the path of a FASTA, table or BED.
    targets
        Measurements of the sequences: array (N,) or (N, T), Series or DataFrame, NaN = not measured; pandas
        objects are paired by their indexes.  For a DataFrame also names of its columns; for a path, the path
        of the table of targets, None if it is the same file.  For others None predicts the mean of
        `replicates`.
    encoder
        A name of `seqcnn.encoders.ENCODERS`: the network, unless `configs` names others; by default `cnn`, or
        that of `from_model`.
    preset
        `standard`: three seeds of each network, joined in an ensemble; `fast`: one seed.  With `output` also
        baselines: mean, GC content and k-mer ridge, and with `standard` k-mer boosting.  `best` is `standard`
        after a search for the configuration with the best validation score (`pip install "seqcnn[tune]"`).
    configs
        Model configurations: names of encoders, baselines or files in `configs/models/`, or YAML files.
    seeds
        Random seeds of the networks; by default those of the preset.
    seed
        One random seed of weights, batches and split: one network is trained and returned, no ensemble.
    hours
        Time limit of the search of the preset `best`, by default 0.5; it starts from the networks of
        `configs`, without them from all shipped ones.
    target
        Target columns of the table of a path, or of a DataFrame.
    group
        Labels of the sequences; rows of one label stay in the same part of the split.
    weights
        Weights of the rows in the loss, 0 or more.
    replicates
        Replicate measurements (N, R) of the only target, whose noise bounds the scores.  For a path or a
        DataFrame names of columns, or with several targets such a mapping: `{"k562": ["r1", "r2"]}`.
    aggregate
        `mean` or `median` of the rows of a sequence, its barcodes or replicates, in a file or a DataFrame.
    replicate_column
        Column with the replicate of each row that `aggregate` reads.
    id_until
        Cut the ids of both files at their first `blank`, `pipe` or `colon`, or before a `strand` such as (+).
    transform
        `log2`, `log10`, `log1p` or `rank-normal` of the measurements, fitted on training rows; predictions
        are on the original scale, scores on the transformed one.
    align
        Alignment of shorter sequences: `left`, `right` or `center`.
    split
        'train', 'val' or 'test' for every sequence; by default a tenth tests and a tenth validates.
    genome
        Genome (FASTA) of the positions of a BED file.
    features
        Features of the sequences, such as embeddings of a foundation model, for the encoder `features`: array
        or DataFrame (N, D) or (N, positions, D); or the path of an .npz or .h5 file with an array per id.
    from_model
        Bundle whose weights the networks start from (transfer learning), with its architecture.  The output
        layer is kept for the same targets, else it is new.
    freeze
        With `from_model`: `none` trains all layers, `stem` all but the first, `encoder` the output layer.
    from_dataset
        With `from_model`: its dataset (.h5), to find validation and test sequences that are similar to the
        sequences that it was trained on.
    device
        `cpu`, `cuda`, `cuda:N`, `mps`, or `auto`.
    threads
        Number of CPU threads; all cores by default.
    output
        Folder for bundles, predictions, metrics and report; without it only the model is returned.
    **keys
        Other options of data that are read from a path or a DataFrame, under the name of the option or of
        the key of `data` in a configuration: `id`, `sequence_column`, `sheet`, `decimal`, `thousands`,
        `encoding`, `missing`, `pivot`, `match_ids`, `id_until`, `unit` (`{"activity": "log2"}`), `category`,
        `weight_by`, `length`, `crop`, `flank5`, `flank3`, `ambiguity`, `chromosome_prefix`, `memory`.  And
        fields of `seqcnn.config.model.TrainingPlan` for all networks, such as `epochs=20`, `loss="huber"`.

    Returns
    -------
    The ensemble, or with one seed the network; of several configurations that with the best validation score;
    without networks in `configs` the best baseline.
    `model.header.metrics` has its scores on validation and test rows.

    Raises
    ------
    SequenceError, TableError
        If a sequence is missing or not DNA, or values do not belong to the sequences.
    ConfigError
        If a configuration, the encoder or a keyword is unknown or out of bounds.
    UsageError
        If arguments contradict each other, or `output` holds a finished run.

    Notes
    -----
    `group`, `weights`, `replicates` and `split` are names of columns if `sequences` is a path or a DataFrame;
    otherwise one value per sequence.  The split is drawn with the seed `seed`, or 1.

    Examples
    --------
    >>> import seqcnn
    >>> options = {"preset": "fast", "epochs": 1}
    >>> model = seqcnn.fit("library.tsv", target="activity", group="family", length=40, **options)
    >>> model.header.layout.length
    40
    >>> import pandas as pd
    >>> table = pd.read_table("library.tsv")
    >>> model = seqcnn.fit(table, "activity", group="family", **options)
    >>> model.targets
    ['activity']
    """
    training = {name: value for name, value in keys.items() if name in TrainingPlan.model_fields}
    refuse_unknown_keys(keys, fit, TrainingPlan.model_fields)
    plan = _models(
        encoder, preset, configs, seeds, seed, hours, training,
        _pretrained(from_model, freeze, from_dataset),
    )  # fmt: skip
    if output is not None and isinstance(sequences, str | Path):
        inputs = file_inputs(sequences, targets, genome=genome, features=features)
        refuse_inputs(inputs, plan, Path(output))
    dataset = read_data(
        sequences, targets, target=target, group=group, weights=weights, replicates=replicates,
        aggregate=aggregate, replicate_column=replicate_column, id_until=id_until, transform=transform,
        align=align, split=split, genome=genome, features=features, seed=1 if seed is None else seed,
        **{name: value for name, value in keys.items() if name not in training},
    )  # fmt: skip
    machine = Machine(device, threads=threads)
    if output is not None:
        return Model.of(fit_folder(dataset, plan, Path(output), machine=machine))
    with temporary_folder() as folder:
        if plan.networks:
            plan = search(dataset, plan, folder / "tuning", machine=machine)
            plan = replace(plan, baselines={})  # scores are read from a folder only
            models = train_models(dataset, plan, folder, machine=machine)
        else:
            warn_of_few_rows(dataset)
            models = fit_baselines(dataset, plan, folder, machine=machine, named=True)
        model = Model.of(best_model(plan, models))
    model.path = None
    return model


def _pretrained(
    model: str | Path | None, freeze: Freeze | None, dataset: str | Path | None
) -> Pretrained | None:
    """Return the source of a transfer; None without `from_model`, whose other arguments are then refused."""
    for name, value in (("freeze", freeze), ("from_dataset", dataset)):
        if model is None and value is not None:
            raise UsageError(f"{name}: needs from_model, the bundle whose weights are taken")
    return None if model is None else pretrained_from(model, freeze, dataset, "from_model")


def _models(
    encoder: str | None,
    preset: PresetName,
    configs: Sequence[str] | None,
    seeds: Sequence[int] | None,
    seed: int | None,
    hours: float | None,
    training: dict[str, Any],
    pretrained: Pretrained | None,
) -> FitPlan:
    """Return the models of a fit; refuse arguments that contradict each other."""
    if seed is not None and seeds is not None:
        raise UsageError("seed and seeds: expected one of them")
    chosen = seeds if seed is None else (seed,)
    settings: dict[str, Any] = {"seeds": chosen, "training": training, "hours": hours}
    if encoder is not None and configs is not None:
        raise UsageError("encoder and configs: expected one of them")
    if pretrained:
        return transfer_plan(pretrained, preset, configs=configs or (), encoder=encoder, **settings)
    if configs is not None:
        return fit_plan(preset, configs=configs, **settings)
    if preset == "best" and encoder is None:
        return fit_plan(preset, **settings)
    encoder = encoder or DEFAULT_NETWORK
    config = validate(ModelConfig, {"encoder": encoder, "training": recipe(encoder)}, "fit")
    check_model_args(config, "fit")
    return fit_plan(preset, configs=[(encoder, config)], **settings)

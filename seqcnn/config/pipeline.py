"""Pipeline configurations: files, columns, split, models and seeds of one run, as YAML.

YAML holds what changes the result; the output and the machine are options of the command line.  Unknown
keys are refused with the nearest known one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from seqcnn.config.arguments import FEATURE_ENCODER_NAMES
from seqcnn.config.model import NAME, File, ModelConfig, load_model_config, members_fault, name_fault
from seqcnn.config.recipes import MODELS, model_files, refuse_retired
from seqcnn.data.assay.plan import DataPlan
from seqcnn.errors import ConfigError, did_you_mean, place, show
from seqcnn.io.yaml import read_yaml
from seqcnn.schema import Strict, validate

Seed = Annotated[int, Field(ge=0, lt=2**31)]


Options = dict[str, bool | int | float | str | tuple[str, ...]]
"""Options of a command, without dashes."""


class BiologyConfig(Strict):
    """Commands that the pipeline runs on a trained model, each with its options; `{}` for none."""

    model: Annotated[str, Field(pattern=NAME)] | None = None
    """One of `models`; null is the first network.  Its ensemble is used if there are several seeds."""
    attribute: Options | None = None
    motifs: Options | None = None
    marginalize: Options | None = None
    dependencies: Options | None = None
    variants: Options | None = None
    saturate: Options | None = None
    scan: Options | None = None
    design: Options | None = None
    next: Options | None = None


class PipelineConfig(Strict):
    """One run of the pipeline: results/<name>."""

    name: Annotated[str, Field(pattern=NAME)]
    """Name of the run, and of its folder results/<name>."""
    sequences: File
    """FASTA file, table with a column of sequences, or intervals."""
    targets: File
    """Table of measurements; a file without it names a table of both as `sequences`."""
    genome: File | None = None
    """FASTA file from which the sequences of intervals are read."""
    features: File | None = None
    """Features of the sequences by id (.npz or .h5), for the encoder `features`."""
    fetch: Annotated[str, Field(pattern=NAME)] | None = None
    """Name of a public dataset; the pipeline then makes `sequences` and `targets` with `seqcnn fetch`."""
    data: DataPlan = DataPlan()
    """What is read from the inputs, and how it is split."""
    models: tuple[Annotated[str, Field(pattern=NAME)], ...] = Field(("cnn",), min_length=1)
    """Names of files configs/models/<name>.yaml, or of model configurations of the package."""
    seeds: tuple[Seed, ...] = Field((1,), min_length=1)
    """One model is trained from each seed; with several, their ensemble is scored too."""
    more_seeds: dict[str, tuple[Seed, ...]] = Field(default_factory=dict)
    """Model -> further seeds of this model alone."""
    learning_curve: Annotated[str, Field(pattern=NAME)] | None = None
    """Model whose score against the number of training sequences the report shows."""
    cross_validate: tuple[Annotated[str, Field(pattern=NAME)], ...] = ()
    """Models to cross-validate: every row is predicted by a model trained without its cluster."""
    folds: int = Field(5, ge=3, le=100)
    """Number of cross-validation folds."""
    shards: int = Field(1, ge=1, le=1000)
    """Number of jobs of each table of predictions, and of `variants` and `scan` of `biology`."""
    biology: BiologyConfig | None = None
    """Interpretation, variants, scans, designs and the next batch with one trained model; null for none."""

    @model_validator(mode="after")
    def _distinct(self) -> PipelineConfig:
        for key, values in (("models", self.models), ("seeds", self.seeds)):
            if len(set(values)) < len(values):
                raise ValueError(f"{key}: duplicate entry")
        faults = [("models", name_fault(name)) for name in self.models]
        faults += [("seeds", members_fault(seeds_of(self, name))) for name in self.models]
        for key, fault in faults:
            if fault:
                raise ValueError(f"{key}: {fault}")
        return self

    @model_validator(mode="after")
    def _fetched(self) -> PipelineConfig:
        """Refuse other outputs of `fetch` than its two files: Snakemake removes the outputs of a rule."""
        folder = self.sequences.parent
        expected = (folder / "sequences.fa", folder / "targets.tsv")
        outside = folder.is_absolute() or ".." in folder.parts or not folder.parts
        if self.fetch and (outside or (self.sequences, self.targets) != expected):
            raise ValueError(
                "with `fetch`, expected sequences: FOLDER/sequences.fa, targets: FOLDER/targets.tsv"
            )
        return self


def seeds_of(config: PipelineConfig, model: str) -> tuple[int, ...]:
    """Return the seeds of one model of a pipeline, each once."""
    return tuple(dict.fromkeys(config.seeds + config.more_seeds.get(model, ())))


def load_pipeline(path: Path) -> PipelineConfig:
    """Read and check a pipeline configuration; `load_models` checks the models that it names.

    Raises
    ------
    ConfigError
        If the file is no valid configuration.
    """
    return pipeline_of(read_yaml(path), path)


def pipeline_of(values: Mapping[str, Any], path: object) -> PipelineConfig:
    """Return the configuration with these values; raise `ConfigError`, which names `path`, for others."""
    given = {"targets": values["sequences"]} if "sequences" in values else {}
    config: PipelineConfig = validate(PipelineConfig, given | dict(values), path)
    return config


def load_models(config: PipelineConfig, folder: Path = MODELS) -> dict[str, ModelConfig]:
    """Read and check every model that a pipeline names: its file in `folder`, else that of the package."""
    files = model_files(folder)
    for name in config.models:
        if name not in files:
            refuse_retired(name, "models")
            hint = did_you_mean(name, files) or f"; known: {', '.join(sorted(files))}"
            raise ConfigError(f"models: {show(name)} found; expected a file {folder}/NAME.yaml{hint}")
    models = {name: load_model_config(files[name]) for name in config.models}
    plain = [name for name, model in models.items() if model.encoder and not model.teacher]
    expected = f"expected an encoder of `models` without a teacher: {', '.join(plain) or 'there is none'}"
    if config.learning_curve and config.learning_curve not in plain:
        raise ConfigError(f"learning_curve: {show(config.learning_curve)} found; {expected}")
    for name in config.cross_validate:
        if name not in models or models[name].teacher:
            raise ConfigError(
                f"cross_validate: {show(name)} found; expected one of `models`, without a teacher"
            )
    networks = [name for name, model in models.items() if model.encoder]
    if config.biology and (config.biology.model or "") not in (*networks, ""):
        expected = f"expected an encoder of `models`: {', '.join(networks) or 'there is none'}"
        raise ConfigError(f"biology.model: {show(config.biology.model)} found; {expected}")
    if config.biology and not networks:
        raise ConfigError("biology: expected a network in `models`, found baselines only")
    for name, model in models.items():
        if model.encoder in FEATURE_ENCODER_NAMES and not config.features:
            raise ConfigError(f"models: {show(name)} takes features; add their file: `features: FILE`")
        if model.teacher and model.teacher.model not in plain:
            found = f"teacher {show(model.teacher.model)} found"
            raise ConfigError(f"{place(files[name])}: {found}; {expected}")
    return models

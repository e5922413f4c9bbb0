"""Configs: YAML in, frozen objects out; the only place that says what is valid.

A pipeline config names the files, the columns, the split, the models and the seeds; a model config
names an encoder or a baseline, its arguments and its training.  YAML holds what changes the result;
paths and the machine are flags.  Unknown keys are refused with the nearest known one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from seqcnn.config.arguments import BASELINE_ARGS, args_schema
from seqcnn.data.assay.plan import DataPlan
from seqcnn.errors import ConfigError, did_you_mean, place, show
from seqcnn.io.yaml import read_yaml
from seqcnn.schema import Strict, validate

NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"

Seed = Annotated[int, Field(ge=0, lt=2**31)]


def plain_path(path: Path) -> Path:
    """Refuse a path that a command line would take for an option, or Snakemake for a pattern."""
    if str(path).startswith("-") or set(str(path)) & set("{}") or not str(path).isprintable():
        raise ValueError("expected a path without braces and control characters, not starting with '-'")
    return path


File = Annotated[Path, AfterValidator(plain_path)]


class TrainingPlan(Strict):
    """How one model is fitted."""

    epochs: int = Field(20, ge=1, le=100_000)
    batch_size: int = Field(64, ge=1, le=1_000_000)
    lr: float = Field(3e-3, gt=0, le=10)
    """Peak learning rate of the one-cycle schedule."""
    weight_decay: float = Field(0.05, ge=0, le=10)
    l1: float = Field(0.0, ge=0, le=10)
    """Weight, in the loss, of the sum of the absolute weights of all convolutions: makes filters sparse."""
    warmup_fraction: float = Field(0.3, gt=0, lt=1)
    """Part of the steps in which the learning rate rises."""
    grad_clip: float = Field(1.0, gt=0)
    """Largest norm of the gradient."""
    loss: Literal["mse", "huber", "poisson", "gaussian"] = "mse"
    """`gaussian` also learns how noisy each measurement is (negative log-likelihood)."""
    patience: int | None = Field(None, ge=1)
    """Stop after so many epochs without a better validation loss; null trains them all."""
    strand: Literal["single", "double"] = "single"
    """`double` trains on both strands and averages them: right for enhancers, wrong for RNA assays."""
    max_shift: int = Field(0, ge=0, le=1000)
    """Largest random shift of the window in training, bp; filled from the real flanks."""
    mutation_rate: float = Field(0.0, ge=0, lt=1)
    """Part of the bases of a training sequence that are replaced by random ones."""
    precision: Literal["auto", "32", "bf16", "16"] = "auto"
    """`auto` is bf16 mixed precision on a GPU that has it, else 32 bits."""


class Teacher(Strict):
    """The model that teaches another one."""

    model: Annotated[str, Field(pattern=NAME)]
    """Name of a model of the same pipeline; its seeds, as an ensemble, are the teachers."""
    weight: float = Field(0.7, gt=0, le=1)
    """Part of the target that is their mean prediction."""


class ModelConfig(Strict):
    """One model: an encoder of `ENCODERS` or one of `BASELINES`, its arguments and its training."""

    encoder: str | None = None
    baseline: Literal["mean", "gc", "ridge", "boosting"] | None = None
    args: dict[str, Any] = Field(default_factory=dict)
    training: TrainingPlan = TrainingPlan()
    teacher: Teacher | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> ModelConfig:
        if (self.encoder is None) == (self.baseline is None):
            raise ValueError("name either an encoder or a baseline")
        if self.baseline and self.teacher:
            raise ValueError("a baseline has no teacher")
        return self


Options = dict[str, bool | int | float | str | tuple[str, ...]]
"""Options of a command, without dashes."""


class BiologyConfig(Strict):
    """Commands that the pipeline runs on a trained model, each with its options; `{}` for none."""

    model: Annotated[str, Field(pattern=NAME)] | None = None
    """One of `models`; null is the first network.  Its ensemble is used if there are several seeds."""
    attribute: Options | None = None
    motifs: Options | None = None
    marginalize: Options | None = None
    variants: Options | None = None
    saturate: Options | None = None
    scan: Options | None = None
    design: Options | None = None


class PipelineConfig(Strict):
    """One run of the pipeline: results/<name>."""

    name: Annotated[str, Field(pattern=NAME)]
    sequences: File
    targets: File
    genome: File | None = None
    fetch: Annotated[str, Field(pattern=NAME)] | None = None
    """Name of a public dataset; the pipeline then makes `sequences` and `targets` with `seqcnn fetch`."""
    data: DataPlan = DataPlan()
    models: tuple[Annotated[str, Field(pattern=NAME)], ...] = Field(("cnn",), min_length=1)
    """Names of files configs/models/<name>.yaml."""
    seeds: tuple[Seed, ...] = Field((1,), min_length=1)
    """One model is trained from each seed; with several, their ensemble is scored too."""
    more_seeds: dict[str, tuple[Seed, ...]] = Field(default_factory=dict)
    """Model -> further seeds of this model alone."""
    learning_curve: Annotated[str, Field(pattern=NAME)] | None = None
    """Model whose score against the number of training sequences the report shows."""

    cross_validate: tuple[Annotated[str, Field(pattern=NAME)], ...] = ()
    """Models of which every row is predicted by one that did not see its cluster."""
    folds: int = Field(5, ge=3, le=100)
    """Parts that test in turn in a cross-validation."""
    biology: BiologyConfig | None = None
    """Interpretation, variants, scans and designs with one trained model; null for none."""

    @model_validator(mode="after")
    def _distinct(self) -> PipelineConfig:
        for key, values in (("models", self.models), ("seeds", self.seeds)):
            if len(set(values)) < len(values):
                raise ValueError(f"{key}: the same entry stands twice")
        return self

    @model_validator(mode="after")
    def _fetched(self) -> PipelineConfig:
        """Let `fetch` make its own two files only: Snakemake removes what a rule is to make."""
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
    """Read and check a pipeline config; `load_models` checks the models that it names.

    Raises
    ------
    ConfigError
        If the file cannot be understood.
    """
    config: PipelineConfig = validate(PipelineConfig, read_yaml(path), path)
    return config


def load_model_config(path: Path) -> ModelConfig:
    """Read and check a model config.

    Raises
    ------
    ConfigError
        If the file cannot be understood, or names arguments that the model does not have.
    """
    config: ModelConfig = validate(ModelConfig, read_yaml(path), path)
    check_model_args(config, path)
    return config


def check_model_args(config: ModelConfig, path: object) -> None:
    """Check the arguments of an encoder against its keyword-only signature, or of a baseline."""
    schema = BASELINE_ARGS[config.baseline] if config.baseline else args_schema(str(config.encoder), path)
    validate(schema, config.args, f"{place(path)}: args")


def load_models(config: PipelineConfig, folder: Path = Path("configs/models")) -> dict[str, ModelConfig]:
    """Read and check the config of every model that a pipeline names."""
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    for name in config.models:
        if name not in known and (hint := did_you_mean(name, known)):
            raise ConfigError(f"models: {show(name)} found{hint}")
    models = {name: load_model_config(folder / f"{name}.yaml") for name in config.models}
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
        if model.teacher and model.teacher.model not in plain:
            found = f"teacher {show(model.teacher.model)} found"
            raise ConfigError(f"{place(folder / f'{name}.yaml')}: {found}; {expected}")
    return models

"""Model configurations: an encoder or a baseline, its arguments and its training, as YAML."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from seqcnn.config.arguments import BASELINE_ARGS, args_schema
from seqcnn.errors import ConfigError, place, plural, show
from seqcnn.io.yaml import read_yaml
from seqcnn.schema import Strict, validate
from seqcnn.sequence.random_changes import CHANGES, Change

NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"
"""Pattern of the name of a run or a model: a plain file name."""

MAX_MEMBERS = 100
"""Largest number of networks of an ensemble, and so of seeds of a model."""

RUN_OUTPUTS = (
    "dataset.h5",
    "controls.json",
    "learning_curve.json",
    "cross_validation",
    "biology",
    "tuning",
    "report.html",
    "report_figures",
)
"""Names in the folder of a run beside the folders of its models."""


def plain_path(path: Path) -> Path:
    """Refuse a path that a command line would take for an option, or Snakemake for a pattern."""
    if str(path).startswith("-") or set(str(path)) & set("{}") or not str(path).isprintable():
        raise ValueError("expected a path without braces and control characters, not starting with '-'")
    return path


File = Annotated[Path, AfterValidator(plain_path)]


def name_fault(name: str) -> str:
    """Return why a model may not have a name, which is that of its folder; '' if it may."""
    if name.casefold() in RUN_OUTPUTS:
        return f"{show(name)} found, which is the name of another output of a run; rename the model"
    return ""


def members_fault(members: Sequence[object]) -> str:
    """Return why an ensemble may not have so many members, or seeds; '' if it may."""
    if len(members) > MAX_MEMBERS:
        return f"{len(members)} found; an ensemble has at most {MAX_MEMBERS}"
    return ""


SPREAD_LOSSES = ("mse", "huber")
"""Losses beside which a network can learn the spread of its teachers."""


def _each_once(kinds: tuple[Change, ...]) -> tuple[Change, ...]:
    """Refuse a kind that is there twice."""
    if repeated := [kind for kind in kinds if kinds.count(kind) > 1]:
        raise ValueError(f"{show(repeated[0])} is there twice; name each kind once")
    return kinds


class AugmentationPlan(Strict):
    """Random changes of the training sequences, of EvoAug's kind, and last epochs without them."""

    kinds: Annotated[tuple[Change, ...], Field(min_length=1), AfterValidator(_each_once)] = CHANGES
    """Kinds of changes; leave `translocation` out where the position of an element matters."""
    max_count: int = Field(2, ge=1, le=len(CHANGES))
    """Largest number of changes per sequence and step, each of another kind; often there are fewer."""
    max_span: float = Field(0.1, gt=0, le=0.5)
    """Longest deletion or insertion, and fraction of the bases that a mutation replaces, of the length."""
    clean_fraction: float = Field(0.2, ge=0, le=1)
    """Fraction of the epochs, the last ones, that train on the sequences as they are: also without
    `max_shift` and `mutation_rate`.  The learning rate is small by then."""


class TrainingPlan(Strict):
    """Training of one model."""

    epochs: int = Field(20, ge=1, le=100_000)
    """Passes over the training sequences."""
    batch_size: int = Field(64, ge=1, le=1_000_000)
    """Sequences per training step."""
    lr: float = Field(3e-3, gt=0, le=10)
    """Peak learning rate of the one-cycle schedule."""
    weight_decay: float = Field(0.05, ge=0, le=10)
    """Weight decay of AdamW."""
    l1: float = Field(0.0, ge=0, le=10)
    """Weight in the loss of the L1 norm of all convolution weights: makes filters sparse."""
    warmup_fraction: float = Field(0.3, gt=0, lt=1)
    """Fraction of the steps in which the learning rate rises."""
    grad_clip: float = Field(1.0, gt=0)
    """Maximum gradient norm."""
    loss: Literal["mse", "huber", "poisson", "gaussian"] = "mse"
    """`gaussian` also predicts the noise of each measurement (negative log-likelihood)."""
    patience: int | None = Field(None, ge=1, le=100_000)
    """Epochs without a lower validation loss after which training stops; null trains all epochs."""
    strand: Literal["single", "double"] = "single"
    """`double` trains on both strands and averages their predictions: for enhancers, not for RNA assays."""
    max_shift: int = Field(0, ge=0, le=1000)
    """Maximum random shift of the window in training, bp; filled with the flanks."""
    mutation_rate: float = Field(0.0, ge=0, lt=1)
    """Fraction of the bases of a training sequence that are replaced by random ones."""
    augmentation: AugmentationPlan | None = None
    """Random deletions, insertions, translocations and mutations in training; null for none."""
    precision: Literal["auto", "32", "bf16", "16"] = "auto"
    """`auto` is bf16 mixed precision on a GPU that has it, else 32 bits."""

    @property
    def first_clean_epoch(self) -> int | None:
        """The epoch, from 0, from which on sequences are as they are; None without `augmentation`."""
        if self.augmentation is None:
            return None
        return self.epochs - round(self.epochs * self.augmentation.clean_fraction)


class Teacher(Strict):
    """Configuration of distillation: the teacher of a model."""

    model: Annotated[str, Field(pattern=NAME)]
    """Name of a model of the same pipeline; its seeds, as an ensemble, are the teachers."""
    weight: float = Field(0.7, gt=0, le=1)
    """Weight of their mean prediction in the target; the rest is the measurement."""
    spread: bool = False
    """Whether the model also learns the SD of the teachers' predictions, and predicts it as its own."""


MAX_TRIALS = 1_000_000
"""Largest number of trials of a search."""


class Tuning(Strict):
    """The search that chose a configuration."""

    trials: int = Field(ge=1, le=MAX_TRIALS)
    """Number of configurations that were tried, in this search and those that chose what it starts from."""
    pearson: float = Field(ge=-1, le=1)
    """Pearson r on validation rows of the best one, the mean of the targets and folds."""
    folds: int = Field(1, ge=1, le=100)
    """Number of folds of training and validation rows that were scored; 1: the validation rows."""

    def __str__(self) -> str:
        """Return the search in words."""
        trials = plural(self.trials, "configuration")
        rows = "validation rows" if self.folds == 1 else f"{self.folds} folds of training and validation rows"
        return f"best of {trials} by r on {rows}, {self.pearson:.3f}"


Freeze = Literal["none", "stem", "encoder"]
"""Layers of a pretrained network that are not trained: none, the first, or all but the output layer."""


class Pretrained(Strict):
    """Configuration of transfer learning: the bundle whose weights a network starts from."""

    model: File
    """Bundle of one network, or of an ensemble, whose networks the seeds take in turn."""
    freeze: Freeze = "none"
    """Layers that are not trained."""
    dataset: File | None = None
    """Dataset of the bundle, whose training rows are compared with the rows that validate and test."""


def pretrained_from(
    model: Path | str, freeze: str | None, dataset: Path | str | None, option: str
) -> Pretrained:
    """Return the source of a transfer; `option` has its name in messages."""
    values = {"model": str(model), "freeze": freeze or "none", "dataset": dataset and str(dataset)}
    pretrained: Pretrained = validate(Pretrained, values, option)
    return pretrained


class Large(Strict):
    """Changes of a configuration for many training sequences."""

    rows: int = Field(ge=1, le=10**9)
    """Number of training sequences from which on they apply."""
    args: dict[str, Any] = Field(default_factory=dict)
    """Arguments of the encoder, in place of those of the configuration."""
    training: dict[str, Any] = Field(default_factory=dict)
    """Fields of the training, in place of those of the configuration."""


class ModelConfig(Strict):
    """One model: an encoder of `ENCODERS` or one of `BASELINES`, its arguments and its training."""

    encoder: str | None = None
    """Name of an encoder; a configuration has either an encoder or a baseline."""
    baseline: Literal["mean", "gc", "ridge", "boosting"] | None = None
    """Name of a baseline."""
    args: dict[str, Any] = Field(default_factory=dict)
    """Arguments of the encoder or baseline."""
    training: TrainingPlan = TrainingPlan()
    """Training of the network."""
    large: Large | None = None
    """What differs for many training sequences; null for nothing."""
    teacher: Teacher | None = None
    """Model from which the network is distilled; null for none."""
    pretrained: Pretrained | None = None
    """Bundle from whose weights the training starts; null for random weights."""
    tuning: Tuning | None = None
    """Written by `seqcnn tune`."""

    def is_large(self, rows: int) -> bool:
        """Return whether the section `large` applies to a number of training sequences."""
        return self.large is not None and rows >= self.large.rows and self.pretrained is None

    def sized(self, rows: int) -> ModelConfig:
        """Return the configuration for a number of training sequences, without a section `large`.

        One that starts from the weights of a bundle has the arguments of that network.
        """
        if (large := self.large) is None or not self.is_large(rows):
            return self.model_copy(update={"large": None})
        plan = TrainingPlan.model_validate(self.training.model_dump() | large.training)
        return self.model_copy(update={"args": self.args | large.args, "training": plan, "large": None})

    @property
    def training_record(self) -> dict[str, Any]:
        """The training, and the search that chose it, as a bundle records them, without those not used."""
        sections = {"augmentation": self.training.augmentation, "tuning": self.tuning}
        used = {name: section.model_dump(mode="json") for name, section in sections.items() if section}
        return self.training.model_dump(exclude={"augmentation"}) | used

    @model_validator(mode="after")
    def _one_kind(self) -> ModelConfig:
        if (self.encoder is None) == (self.baseline is None):
            raise ValueError("name either an encoder or a baseline")
        if self.baseline and self.teacher:
            raise ValueError("a baseline has no teacher")
        if self.teacher and self.teacher.spread and self.training.loss not in SPREAD_LOSSES:
            raise ValueError(f"teacher.spread needs the loss {' or '.join(SPREAD_LOSSES)}")
        if self.baseline and self.large:
            raise ValueError("a baseline is the same for all numbers of sequences; remove `large`")
        if self.baseline and self.pretrained:
            raise ValueError("a baseline does not start from the weights of a network")
        return self


def load_model_config(path: Path) -> ModelConfig:
    """Read and check a model configuration.

    Raises
    ------
    ConfigError
        If the file is no valid configuration, or names unknown arguments.
    """
    values = read_yaml(path)
    if "sequences" in values:
        raise ConfigError(
            f"{place(path)}: a pipeline configuration; expected a model configuration "
            "(`--data-config` takes the `data` section of a pipeline)"
        )
    config: ModelConfig = validate(ModelConfig, values, path)
    check_model_args(config, path)
    return config


def check_model_args(config: ModelConfig, path: object) -> None:
    """Check the arguments of an encoder against its keyword-only signature, or of a baseline; and `large`."""
    schema = BASELINE_ARGS[config.baseline] if config.baseline else args_schema(str(config.encoder), path)
    validate(schema, config.args, f"{place(path)}: args")
    if config.large:
        validate(schema, config.args | config.large.args, f"{place(path)}: large.args")
        plan = config.training.model_dump() | config.large.training
        validate(TrainingPlan, plan, f"{place(path)}: large.training")

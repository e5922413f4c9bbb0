"""The search space of a model: changes of its configuration, derived from the schema of its encoder.

Sizes are halved or doubled (odd ones stay odd), dropout rates vary from 0 to 0.6, and every choice and every
switch is tried.  Learning rate, weight decay, number of epochs, random mutations and strands of the training
vary with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Literal, get_args, get_origin

from seqcnn.config.arguments import FEATURE_ENCODER_NAMES, args_schema, resolved_args
from seqcnn.config.model import ModelConfig, TrainingPlan

SCALES = (0.5, 1.0, 2.0)
"""Factors of sizes and of the number of epochs."""

MAX_RATE = 0.6
"""Largest dropout rate."""

NOT_OF_FEATURES = ("args.dim", "training.mutation_rate", "training.strand")
"""Parameters that do not vary in models of features, whose size is given, as are their sequences."""

_DIGITS = 3  # significant digits of suggested numbers


@dataclass(frozen=True, slots=True)
class Options:
    """A parameter with some values; `start` is that of the configuration."""

    values: tuple[Any, ...]
    start: Any

    def suggest(self, trial: Any, name: str) -> Any:
        """Ask a trial for a value."""
        return trial.suggest_categorical(name, self.values)

    def redraw(self, random: Random) -> Any:
        """Return a random value."""
        return random.choice(self.values)


@dataclass(frozen=True, slots=True)
class Interval:
    """A parameter between two numbers; `start` is the value of the configuration."""

    low: float
    high: float
    start: float
    log: bool = False

    def suggest(self, trial: Any, name: str) -> float:
        """Ask a trial for a number."""
        value = trial.suggest_float(name, self.low, self.high, log=self.log)
        return value if value == self.start else float(f"{value:.{_DIGITS}g}")

    def redraw(self, random: Random) -> float:
        """Return a random number."""
        if self.log:
            return self.low * (self.high / self.low) ** random.random()
        return random.uniform(self.low, self.high)


Space = dict[str, Options | Interval]


def search_space(config: ModelConfig) -> Space:
    """Return the parameters that vary around a configuration, `args.<name>` and `training.<name>`."""
    encoder, plan = str(config.encoder), config.training
    fields = args_schema(encoder, "model").model_fields
    args = resolved_args(encoder, config.args)
    space = {f"args.{name}": _dimension(value, fields[name].annotation) for name, value in args.items()}
    space |= {
        "training.lr": Interval(plan.lr / 4, plan.lr * 3, plan.lr, log=True),
        "training.weight_decay": _decay(plan.weight_decay),
        "training.epochs": Options(SCALES, 1.0),
        "training.mutation_rate": Interval(0.0, max(0.15, plan.mutation_rate), plan.mutation_rate),
        "training.strand": Options(("single", "double"), plan.strand),
    }
    left_out = NOT_OF_FEATURES if encoder in FEATURE_ENCODER_NAMES else ()
    return {name: dimension for name, dimension in space.items() if name not in left_out}


def changed(config: ModelConfig, values: Mapping[str, Any]) -> ModelConfig:
    """Return a configuration with the values of its search space, which no search has chosen yet."""
    args = resolved_args(str(config.encoder), config.args)
    plan = config.training.model_dump()
    for name, value in values.items():
        section, _, key = name.partition(".")
        target = args if section == "args" else plan
        target[key] = _scaled(target[key], value) if _is_size(target[key]) else value
    update = {"args": args, "training": TrainingPlan.model_validate(plan), "tuning": None}
    return config.model_copy(update=update)


def _dimension(value: Any, annotation: Any) -> Options | Interval:
    """Return the parameter of one argument of an encoder."""
    if isinstance(value, bool):
        return Options((False, True), value)
    if _is_size(value):
        return Options(SCALES, 1.0)
    if get_origin(annotation) is Literal:
        return Options(get_args(annotation), value)
    return Interval(0.0, max(MAX_RATE, value), value)


def _decay(weight_decay: float) -> Interval:
    """Return the parameter of a weight decay."""
    return Interval(min(1e-4, weight_decay) or 1e-6, max(0.5, weight_decay), weight_decay or 1e-6, log=True)


def _is_size(value: Any) -> bool:
    """Return whether a value is a whole number, or a list of whole numbers."""
    if isinstance(value, list | tuple):
        return all(map(_is_size, value))
    return isinstance(value, int) and not isinstance(value, bool)


def _scaled(size: Any, factor: float) -> Any:
    """Return a size, or each of a list, times a factor, at least 1."""
    if isinstance(size, list | tuple):
        return [_scaled(part, factor) for part in size]
    scaled = max(1, round(size * factor))
    return scaled + (size % 2 if scaled % 2 == 0 else 0)  # an odd kernel stays odd

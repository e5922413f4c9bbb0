"""What `seqcnn fit` trains: the networks and baselines by name, and the seeds of each network.

A preset is a number of seeds and a set of baselines; `best` also searches for a configuration.  Named models
are trained, or the search starts from them, instead of the default network; the baselines of the preset are
fitted in every case, as comparison.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from seqcnn.config.arguments import FEATURE_ENCODER_NAMES
from seqcnn.config.model import (
    NAME,
    SPREAD_LOSSES,
    ModelConfig,
    Teacher,
    TrainingPlan,
    members_fault,
    name_fault,
)
from seqcnn.config.recipes import DEFAULT_NETWORK, named_config, network_configs, with_changes
from seqcnn.errors import UsageError, listed, show
from seqcnn.schema import validate

TUNED = "tuned"
"""Name of the network whose configuration is searched for."""

DISTILLED = "tuned_distilled"
"""Name of the network that learns the predictions of the ensemble of `TUNED`."""

TUNING_HOURS = 0.5
"""Time limit of the search of the preset `best`."""

MAX_HOURS = 10_000
"""Largest time limit of a search, more than a year."""

PresetName = Literal["standard", "fast", "best"]


@dataclass(frozen=True, slots=True)
class Preset:
    """Seeds and baselines of a fit."""

    seeds: tuple[int, ...]
    baselines: tuple[str, ...]


PRESETS: dict[PresetName, Preset] = {
    "standard": Preset((1, 2, 3), ("mean", "gc", "ridge", "boosting")),
    "fast": Preset((1,), ("mean", "gc", "ridge")),
    "best": Preset((1, 2, 3), ("mean", "gc", "ridge", "boosting")),
}


@dataclass(frozen=True, slots=True)
class FitPlan:
    """The models of one fit."""

    networks: Mapping[str, ModelConfig]
    """Name, which is that of the folder, -> configuration with an encoder."""
    baselines: Mapping[str, ModelConfig]
    seeds: tuple[int, ...]
    """One model of each network is trained per seed; several are joined in an ensemble."""
    named_baselines: tuple[str, ...] = ()
    """Baselines that were asked for by name."""
    hours: float | None = None
    """Time limit of the search for the configuration of the network `TUNED`; None: there is no search."""
    starts: Mapping[str, ModelConfig] = field(default_factory=dict)
    """Configurations that the search starts from."""

    def seeds_of(self, network: str) -> tuple[int, ...]:
        """Return the seeds of a network; one that has a teacher is trained once."""
        return self.seeds[:1] if self.networks[network].teacher else self.seeds

    def members_of(self, network: str) -> list[str]:
        """Return the members of a network, such as `seed1`, the last of which is to be used."""
        seeds = self.seeds_of(network)
        return [f"seed{seed}" for seed in seeds] + (["ensemble"] if len(seeds) > 1 else [])

    @property
    def members(self) -> list[str]:
        """Folders of the models, such as `cnn/seed1`, `cnn/ensemble` and `ridge/fit`."""
        networks = [f"{network}/{name}" for network in self.networks for name in self.members_of(network)]
        return [*networks, *(f"{name}/fit" for name in self.baselines)]

    def __str__(self) -> str:
        """Return the models in words."""
        seeds = ", ".join(map(str, self.seeds))
        of_each = f"seeds {seeds} and their ensemble" if len(self.seeds) > 1 else f"seed {seeds}"
        parts = [f"search for a configuration, up to {self.hours:g} h"] if self.hours else []
        students = [name for name, config in self.networks.items() if config.teacher]
        networks = [name for name in self.networks if name not in students]
        parts += [f"{', '.join(networks)} ({of_each})"] if networks else []
        parts += [f"{name} (one network from the ensemble of {TUNED})" for name in students]
        parts += [f"baselines {', '.join(self.baselines)}"] if self.baselines else []
        return "; ".join(parts)


def fit_plan(
    preset: PresetName = "standard",
    *,
    configs: Sequence[str | tuple[str, ModelConfig]] = (),
    seeds: Sequence[int] | None = None,
    training: Mapping[str, Any] | None = None,
    hours: float | None = None,
) -> FitPlan:
    """Return the models of a fit.

    Parameters
    ----------
    preset
        A key of `PRESETS`.
    configs
        Model configurations: names or YAML files as of `named_config`, or pairs of a name and a
        configuration; without any the default network.
    seeds
        Random seeds of the networks; None are those of the preset.
    training
        Fields of `TrainingPlan` that replace those of all networks.
    hours
        Time limit of the search of the preset `best`, which starts from the networks of `configs`, by default
        from all shipped ones.

    Raises
    ------
    UsageError
        If `hours` is given for another preset or is not in (0, `MAX_HOURS`], a name or a seed occurs twice, a
        model needs teachers or has the name of another output, or there are more seeds than `MAX_MEMBERS`.
    ConfigError
        If a configuration is unknown or invalid.
    """
    chosen = PRESETS[preset]
    named = [_named(config) for config in configs or (DEFAULT_NETWORK,)]
    seeds = chosen.seeds if seeds is None else tuple(seeds)
    baselines = {name: ModelConfig.model_validate({"baseline": name}) for name in chosen.baselines}
    _refuse_unusable(named, seeds, baselines)
    if training and not any(config.encoder for _, config in named):
        given = listed([f"--{name}" for name in training])
        raise UsageError(f"{given}: only baselines are fitted; name a network in --configs")
    plan = FitPlan(
        {name: _trained(config, training or {}) for name, config in named if config.encoder},
        baselines | {name: config for name, config in named if config.baseline},
        tuple(seeds),
        tuple(name for name, config in named if config.baseline),
    )
    if preset != "best":
        if hours is not None:
            raise UsageError("--hours: without a search; expected --preset best")
        return plan
    if hours is not None and not 0 < hours <= MAX_HOURS:
        raise UsageError(f"--hours: {show(hours)} found; expected a number above 0, at most {MAX_HOURS:,}")
    starts = plan.networks if configs else network_configs()
    starts = {name: _trained(config, training or {}) for name, config in starts.items()}
    return _with_search(plan, starts, TUNING_HOURS if hours is None else hours)


def _with_search(plan: FitPlan, starts: Mapping[str, ModelConfig], hours: float) -> FitPlan:
    """Return a plan with a network `TUNED`, beside the first start of its search."""
    if not starts:
        raise UsageError("--configs: only baselines; --preset best searches for a network")
    if clash := [name for name in (TUNED, DISTILLED) if name in starts]:
        raise UsageError(f"--configs: {clash[0]} is the name of a network of the search; rename its file")
    name, first = next(iter(starts.items()))
    return replace(plan, networks=tuned_networks(first, plan) | {name: first}, starts=starts, hours=hours)


def tuned_networks(config: ModelConfig, plan: FitPlan) -> dict[str, ModelConfig]:
    """Return the network of a search, and if possible one that learns the mean and SD of its ensemble."""
    has_spread = len(plan.seeds) > 1 and config.training.loss in SPREAD_LOSSES
    if not has_spread or config.encoder in FEATURE_ENCODER_NAMES:
        return {TUNED: config}
    teacher = Teacher(model=TUNED, spread=True)
    return {TUNED: config, DISTILLED: config.model_copy(update={"teacher": teacher})}


def search_starts(configs: Sequence[str], training: Mapping[str, Any]) -> dict[str, ModelConfig]:
    """Return the configurations that `seqcnn tune` starts from; arguments and errors as those of `fit_plan`.

    Baselines and models with teachers are refused by the search itself.
    """
    named = [_named(config) for config in configs] or [*network_configs().items()]
    _refuse_repeated("--configs", [name for name, _ in named])
    return {name: _trained(config, training) for name, config in named}


def _refuse_repeated(what: str, values: Sequence[str]) -> None:
    """Raise `UsageError` for a value that is given twice."""
    if repeated := [value for value in values if values.count(value) > 1]:
        raise UsageError(f"{what}: {show(repeated[0])} is there twice; name each once")


def _refuse_unusable(
    named: Sequence[tuple[str, ModelConfig]], seeds: Sequence[int], baselines: Mapping[str, ModelConfig]
) -> None:
    """Raise `UsageError` for models and seeds that cannot be trained together, or beside the baselines."""
    _refuse_repeated("--configs", [name for name, _ in named])
    _refuse_repeated("--seeds", [*map(str, seeds)])
    if students := [name for name, config in named if config.teacher]:
        raise UsageError(
            f"fit: {show(students[0])} needs teachers; use the pipeline, or `seqcnn train --teacher`"
        )
    if not seeds:
        raise UsageError("--seeds: none given; expected at least one")
    if fault := members_fault(seeds):
        raise UsageError(f"--seeds: {fault}")
    if clash := [name for name, config in named if config.encoder and name in baselines]:
        fault = f"{show(clash[0])} is a network, and its folder that of the baseline {clash[0]}"
        raise UsageError(f"--configs: {fault}; rename its file")


def _named(config: str | tuple[str, ModelConfig]) -> tuple[str, ModelConfig]:
    """Return the name of a configuration, which must be a plain one, and the configuration."""
    if isinstance(config, str):
        name, model = Path(config).stem, named_config(config, option="--configs")
    else:
        name, model = config
    if not re.fullmatch(NAME, name):
        expected = "expected letters, digits, '.', '_' and '-', as it names a folder"
        raise UsageError(f"--configs: name {show(name)} found; {expected}")
    if fault := name_fault(name):
        raise UsageError(f"--configs: {fault}")
    return name, model


def _trained(config: ModelConfig, training: Mapping[str, Any]) -> ModelConfig:
    """Return a configuration with some fields of its training replaced."""
    plan = validate(TrainingPlan, config.training.model_dump() | {**training}, "fit")
    return with_changes(config, {name: getattr(plan, name) for name in training})

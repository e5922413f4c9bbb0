"""Model configurations by name: those of configs/models/, which the wheel includes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqcnn.config.arguments import BASELINE_ARGS, FEATURE_ENCODER_NAMES
from seqcnn.config.model import ModelConfig, check_model_args, load_model_config
from seqcnn.errors import ConfigError, did_you_mean, show
from seqcnn.io.yaml import read_yaml

DEFAULT_NETWORK = "cnn"

RETIRED_MODELS = {"cnn_wide": "rnn or legnet for tens of thousands of sequences, else cnn"}
"""Name of a model that the package no longer has -> what to use instead."""

MODELS = Path("configs/models")
"""Folder with one YAML file per model, in the current folder as in a clone of the repository."""


def shipped_models() -> Path:
    """Return the folder of the model configurations that come with the package."""
    installed = Path(__file__).parent / "models"
    return installed if installed.is_dir() else Path(__file__).parents[2] / MODELS


def model_files(folder: Path = MODELS) -> dict[str, Path]:
    """Return the file of each model configuration: those of `folder`, then those of the package, by name."""
    files = (path for place in (shipped_models(), folder) for path in sorted(place.glob("*.yaml")))
    return {path.stem: path for path in files}


def known_models(folder: Path = MODELS) -> list[str]:
    """Return the names that `named_config` knows, sorted."""
    from seqcnn.encoders import ALL_ENCODERS

    return sorted({*model_files(folder), *ALL_ENCODERS, *BASELINE_ARGS})


def network_configs(folder: Path = MODELS) -> dict[str, ModelConfig]:
    """Return the configurations of networks of sequences that need no teacher, the default first, by name."""
    names = sorted(model_files(folder), key=lambda name: (name != DEFAULT_NETWORK, name))
    configs = {name: named_config(name, folder=folder) for name in names}
    others = {None, *FEATURE_ENCODER_NAMES}
    return {n: config for n, config in configs.items() if config.encoder not in others and not config.teacher}


def named_config(
    name: str,
    *,
    epochs: int | None = None,
    strand: str | None = None,
    folder: Path = MODELS,
    option: str = "--config",
) -> ModelConfig:
    """Return the model configuration of a YAML file, or of a name.

    Parameters
    ----------
    name
        Path of a YAML file; else a file `folder`/<name>.yaml, a model that comes with the package, an
        encoder or a baseline, whichever is found first.
    epochs, strand
        Replace the number of epochs, and the strand, of the configuration.
    folder
        Folder of configurations.
    option
        Option that has the name, for messages.

    Raises
    ------
    ConfigError
        If the name is unknown, or the file is not a model configuration.
    """
    config = _found(name, folder, option)
    check_model_args(config, name)
    return with_training(config, epochs=epochs, strand=strand)


def with_training(config: ModelConfig, **values: Any) -> ModelConfig:
    """Return a configuration with these fields of its training, apart from those that are None."""
    return with_changes(config, {name: value for name, value in values.items() if value is not None})


def with_changes(config: ModelConfig, changes: Mapping[str, Any]) -> ModelConfig:
    """Return a configuration with some fields of its training replaced, for any number of sequences."""
    update: dict[str, Any] = {"training": config.training.model_copy(update=changes)}
    if config.large:
        others = {name: value for name, value in config.large.training.items() if name not in changes}
        update["large"] = config.large.model_copy(update={"training": others})
    return config.model_copy(update=update)


def refuse_retired(name: str, option: str) -> None:
    """Raise `ConfigError` for a model that the package no longer has, with what to use instead.

    `option` is the option or key that has the name, for the message.
    """
    if instead := RETIRED_MODELS.get(name):
        raise ConfigError(f"{option}: {show(name)} is no longer a model of the package; use {instead}")


def recipe(encoder: str) -> dict[str, Any]:
    """Return the training section of the shipped configuration of an encoder; {} if there is none."""
    path = shipped_models() / f"{encoder}.yaml"
    section: dict[str, Any] = read_yaml(path).get("training", {}) if path.is_file() else {}
    return section


def _found(name: str, folder: Path, option: str) -> ModelConfig:
    """Read the file with this name, or return the defaults of an encoder or a baseline."""
    from seqcnn.encoders import ALL_ENCODERS

    is_path = Path(name).suffix in (".yaml", ".yml") or "/" in name
    if path := Path(name) if is_path else model_files(folder).get(name):
        return load_model_config(path)
    if name in ALL_ENCODERS:
        return ModelConfig(encoder=name)
    if name in BASELINE_ARGS:
        return ModelConfig.model_validate({"baseline": name})
    refuse_retired(name, option)
    known = known_models(folder)
    hint = did_you_mean(name, known)
    raise ConfigError(
        f"{option}: {show(name)} found; expected a YAML file, or one of {', '.join(known)}{hint}"
    )

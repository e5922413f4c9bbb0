"""The configuration of a model that starts from a bundle: architecture and training of the bundle.

The learning rate is that of the source: a lower one gains little and may lose more, see
benchmarks/accuracy/transfer.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from seqcnn.config.fit_plan import FitPlan, PresetName, fit_plan
from seqcnn.config.model import ModelConfig, Pretrained, TrainingPlan
from seqcnn.config.recipes import named_config, with_training
from seqcnn.errors import ConfigError, UsageError, place, show
from seqcnn.model.network.bundle import encoder_args, load_network
from seqcnn.model.network.header import Header
from seqcnn.model.transfer.pretrained import refuse_other_architecture


def transfer_config(
    pretrained: Pretrained,
    name: str | None = None,
    *,
    epochs: int | None = None,
    strand: str | None = None,
) -> ModelConfig:
    """Return the configuration of a model that starts from a bundle.

    Parameters
    ----------
    pretrained
        The bundle, and the layers that are frozen.
    name
        A model configuration, as of `named_config`, whose training is used as it is; None is the training of
        the bundle.
    epochs, strand
        Replace the number of epochs, and the strand.

    Raises
    ------
    ConfigError
        If the configuration has another architecture, or starts from weights already.
    """
    header = load_network(pretrained.model)[1]
    config = configuration_of(header) if name is None else named_config(name)
    return with_training(with_pretrained(config, header, pretrained), epochs=epochs, strand=strand)


def transfer_plan(
    pretrained: Pretrained,
    preset: PresetName = "standard",
    *,
    configs: Sequence[str] = (),
    encoder: str | None = None,
    seeds: Sequence[int] | None = None,
    training: Mapping[str, Any] | None = None,
    hours: float | None = None,
) -> FitPlan:
    """Return the models of a fit whose networks start from a bundle; as `fit_plan` and `transfer_config`.

    `encoder` is None, or that of the bundle.  The preset `best` is refused: it searches for an architecture.
    """
    if preset == "best":
        source = f"{place(pretrained.model)} has an architecture already"
        raise UsageError(f"preset best: searches for an architecture, and {source}; use another preset")
    header = load_network(pretrained.model)[1]
    if encoder not in (None, header.encoder):
        raise ConfigError(f"encoder: {show(encoder)} found; {place(pretrained.model)} is a {header.encoder}")
    own = (header.encoder, configuration_of(header))
    given: Sequence[str | tuple[str, ModelConfig]] = configs or [own]
    plan = fit_plan(preset, configs=given, seeds=seeds, training=training, hours=hours)
    if not plan.networks:
        raise ConfigError(f"configs: no network found; {place(pretrained.model)} is the source of networks")
    networks = {name: with_pretrained(config, header, pretrained) for name, config in plan.networks.items()}
    return replace(plan, networks=networks)


def configuration_of(header: Header) -> ModelConfig:
    """Return the architecture and the training of a bundle."""
    fields = {name: value for name, value in header.training.items() if name in TrainingPlan.model_fields}
    plan = TrainingPlan.model_validate(fields)
    return ModelConfig(encoder=header.encoder, args=encoder_args(header), training=plan)


def with_pretrained(config: ModelConfig, header: Header, pretrained: Pretrained) -> ModelConfig:
    """Return a configuration that starts from a bundle, which must have its architecture."""
    if config.pretrained:
        raise ConfigError(
            f"model config: starts from {show(config.pretrained.model)} (`pretrained`), and "
            f"{place(pretrained.model)} was given too; expected one of them"
        )
    refuse_other_architecture(config, header, pretrained.model)
    return config.model_copy(update={"pretrained": pretrained})

"""What the options of the command line and its config files say together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqcnn.config.pipeline import (
    RECIPES,
    ModelConfig,
    TrainingPlan,
    check_model_args,
    load_model_config,
    load_pipeline,
)
from seqcnn.data.assay.plan import DataPlan
from seqcnn.errors import UsageError


def model_config(path: Path | None, encoder: str, epochs: int | None) -> ModelConfig:
    """Return the model config of a command line: a file, or an encoder with its defaults."""
    training = TrainingPlan(**RECIPES.get(encoder, {}))
    config = load_model_config(path) if path else ModelConfig(encoder=encoder, training=training)
    check_model_args(config, path or "--encoder")
    if epochs is None:
        return config
    return config.model_copy(update={"training": config.training.model_copy(update={"epochs": epochs})})


def data_plan(path: Path | None, options: Mapping[str, Any]) -> DataPlan:
    """Return how to read the data: the `data` section of a config, then the command line's options."""
    plan = load_pipeline(path).data if path else DataPlan()
    given = {key: value for key, value in options.items() if value not in (None, ())}
    targets = given.pop("targets_", plan.targets)
    changes: dict[str, Any] = {"targets": targets, "missing": (*plan.missing, *given.pop("missing", ()))}
    if column := given.pop("split", None):
        changes["split"] = replace(plan.split, method="column", column=column)
    if columns := given.pop("replicates", None):
        if len(targets) != 1:
            raise UsageError("--replicates belongs to one target; name it with --target, or use --config")
        changes["replicates"] = {targets[0]: tuple(columns.split(","))}
    return replace(plan, **changes, **given)

"""Settings and versions of the models of a run, from the headers of their bundles."""

from __future__ import annotations

import json
from typing import Any

from seqcnn.report.run.members import Member, Run

ALL = "all models"
"""Heading of the settings that all models share."""

_NAMES = ("encoder", "args", "link", "strand", "training", "layout", "base_order", "targets", "units")
_MORE = ("split", "split_sizes", "training_sha256", "inputs", "threads", "seqcnn_version", "torch_version")

Settings = list[tuple[str, str]]
"""Names of settings, and their values as text."""


def configurations(run: Run) -> list[tuple[str, Settings]]:
    """Return the settings of each model, one fit per model; the last ones are those that all models share."""
    by_model: dict[str, Settings] = {}
    for member in run.members:
        if member.header and member.model not in by_model:
            by_model[member.model] = [(key, _text(value)) for key, value in _settings(member)]
    if len(by_model) < 2:
        return list(by_model.items())
    first, *others = by_model.values()
    shared = [setting for setting in first if all(setting in settings for settings in others)]
    own = [(model, [s for s in settings if s not in shared]) for model, settings in by_model.items()]
    return [*own, (ALL, shared)]


def _settings(member: Member) -> list[tuple[str, Any]]:
    """Return the settings in a bundle's header, encoder first."""
    header = member.header.model_dump(mode="json") if member.header else {}
    return [
        ("bundle", f"{member.model}/{member.name}"),
        *((name, header[name]) for name in (*_NAMES, *_MORE)),
    ]


def _text(value: object) -> str:
    """Return a setting in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_text(item)}" for key, item in value.items()) or "defaults"
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(item) for item in value)
    if value is None or value == "":
        return "none"
    return value if isinstance(value, str) else json.dumps(value)

"""Frozen, strict schemas, and their errors in one line: key, value found, nearest known key."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from seqcnn.errors import ConfigError, did_you_mean, listed, place, show

RENAMED_KEYS = {
    "probe": "biology",
    "widths": "kernel_sizes",
    "pools": "pool_sizes",
    "dense": "hidden",
    "both_strands": "rc_tied_filters",
    "word": "kernel_size",
    "stride": "pool_size",
    "shift": "max_shift",
    "mutate": "mutation_rate",
    "clip": "grad_clip",
    "warmup": "warmup_fraction",
    "share": "weight",
}
"""Old name of a key -> its name now, which the error about an unknown key reports."""


MAX_TEXT = 2000
"""Characters of a text in a header."""


class Strict(BaseModel):
    """Base of all configs: frozen, unknown keys refused, no silent conversion of text to numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def validate(schema: Any, values: Mapping[str, Any], path: object) -> Any:
    """Return the object of a schema with these values; raise `ConfigError` with all errors in one line."""
    try:
        return TypeAdapter(schema).validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        raise ConfigError(f"{place(path)}: {faults(error, schema)}") from error


def faults(error: ValidationError, schema: Any) -> str:
    """Return the errors of a validation in one line."""
    return listed([_fault(fault, schema) for fault in error.errors()])


def _fault(fault: Mapping[str, Any], schema: Any) -> str:
    """Return the description of one error: key, value found, value expected."""
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        known = _known_keys(schema, fault["loc"][:-1])
        if (new := RENAMED_KEYS.get(str(fault["loc"][-1]))) in known:
            return f"key {show(key)} is now called {show(new)}"
        hint = did_you_mean(str(fault["loc"][-1]), known)
        return f"unknown key {show(key)}{hint or '; known: ' + (', '.join(known) or 'none')}"
    if fault["type"] in ("missing", "missing_argument"):
        return f"key {show(key)} is missing"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{key}: {show(fault['input'])} found; {message}" if key else message


def _known_keys(schema: Any, location: tuple[Any, ...]) -> list[str]:
    """Return the keys of the nested schema at `location`."""
    for part in location:
        hints = getattr(schema, "model_fields", None) or getattr(schema, "__dataclass_fields__", {})
        if part not in hints:
            return []
        field = hints[part]
        schema = (
            field.annotation
            if hasattr(field, "annotation")
            else inspect.get_annotations(schema, eval_str=True)[part]
        )
        nested = [kind for kind in get_args(schema) if hasattr(kind, "model_fields")]  # of X | None
        schema = nested[0] if nested else schema
    return list(getattr(schema, "model_fields", None) or getattr(schema, "__dataclass_fields__", {}))

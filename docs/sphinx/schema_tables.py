"""The keys of a configuration as a table, read from the class that checks them.

The meaning of a key is the text below its field in the source.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import fields, is_dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, TypeAdapter

from seqcnn.config.arguments import args_schema


def table(schema: type) -> str:
    """Return the keys of a class as a Markdown table: key, values, default, meaning."""
    properties = TypeAdapter(schema).json_schema(by_alias=False)["properties"]
    meaning, defaults = meanings(schema), default_values(schema)
    rows = ["| key | values | default | meaning |", "|---|---|---|---|"]
    for key, described in properties.items():
        cells = (f"`{key}`", values(described), defaults.get(key, "required"), meaning.get(key, ""))
        rows.append("| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells) + " |")
    return "\n".join(rows)


def meanings(schema: type) -> dict[str, str]:
    """Return the text below each field of a class."""
    if not schema.__module__.startswith("seqcnn.") or schema.__qualname__.endswith(" arguments"):
        return {}  # made from a signature
    body = ast.parse(textwrap.dedent(inspect.getsource(schema))).body[0].body
    texts = {}
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            texts[field.target.id] = " ".join(text.value.value.split())
    return texts


def default_values(schema: type) -> dict[str, str]:
    """Return the default of each field that has one; that of a section is shown as a dash."""
    if is_dataclass(schema):
        instance = schema()
        pairs = [(field.name, getattr(instance, field.name)) for field in fields(schema)]
    else:
        optional = ((name, field) for name, field in schema.model_fields.items() if not field.is_required())
        pairs = [(name, field.get_default(call_default_factory=True)) for name, field in optional]
    return {name: shown(value) for name, value in pairs}


def shown(value: Any) -> str:
    """Return a default as YAML has it."""
    if isinstance(value, BaseModel) or is_dataclass(value):
        return "-"
    words = {None: "null", True: "true", False: "false", "": "empty"}
    if isinstance(value, bool | str | None) and value in words:
        return f"`{words[value]}`"
    return f"`{list(value) if isinstance(value, tuple) else value}`"


def values(described: dict[str, Any]) -> str:
    """Return what a key takes, from its JSON schema."""
    if options := described.get("anyOf"):
        return " or ".join(dict.fromkeys(values(option) for option in options))
    if choices := described.get("enum"):
        return ", ".join(f"`{choice}`" for choice in choices)
    if reference := described.get("$ref"):
        return f"section, `{reference.rpartition('/')[2]}`"
    kind = described.get("type", "any")
    if kind == "array":
        return f"list of {values(described.get('items') or described['prefixItems'][0])}"
    bounds = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}
    limits = (f"{word} {described[key]:,}" for key, word in bounds.items() if key in described)
    names = {"object": "mapping", "string": "text", "boolean": "true or false"}
    return " ".join([names.get(kind, kind), *limits])


def named_schema(name: str) -> type:
    """Return a class such as `seqcnn.config.model.TrainingPlan`, or the schema of `encoder NAME`."""
    kind, _, encoder = name.partition(" ")
    module, _, schema = kind.rpartition(".")
    return args_schema(encoder, "docs") if encoder else getattr(import_module(module), schema)

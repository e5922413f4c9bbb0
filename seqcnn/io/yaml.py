"""Safe reading of a YAML mapping: no anchors, tags, templates, duplicate keys or YAML 1.1 scalars.

Scalars have the types of JSON: `no`, `010` and `1:30` are text.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, ClassVar

import yaml

from seqcnn.errors import ConfigError, EnvironmentFault, place, show
from seqcnn.io.regular_file import require_file

MAX_BYTES = 1_000_000
MAX_DEPTH = 20

_SCALARS = {
    "null": re.compile(r"^(null|~|)$"),
    "bool": re.compile(r"^(true|false)$"),
    "int": re.compile(r"^-?(0|[1-9][0-9]*)$"),
    "float": re.compile(r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$"),
}


class _Loader(yaml.SafeLoader):
    """Safe YAML loader without anchors, tags, duplicate keys, deep nesting or YAML 1.1 scalars."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {}  # type: ignore[misc]

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse anchors, aliases, tags and deep nesting."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(problem="an anchor or alias", problem_mark=event.start_mark)
        if getattr(event, "tag", None):
            raise yaml.MarkedYAMLError(problem="a tag", problem_mark=event.start_mark)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem="too deeply nested values", problem_mark=event.start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse a repeated key in one mapping."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key that is not text", problem_mark=key.start_mark)
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"key {show(key.value)} twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


for _name, _pattern in _SCALARS.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", _pattern, None)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping safely.

    Raises
    ------
    ConfigError
        If the file is not a mapping, too large, or has anchors, tags, templates or repeated keys.
    UsageError
        If there is no such file.
    EnvironmentFault
        If it cannot be read.
    """
    require_file(path, "expected a YAML config")
    try:
        loaded = yaml.load(_text(path), _Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ConfigError(f"{place(path)}, line {line}: {error.problem}; expected plain YAML") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{place(path)}: {show(error)}; expected YAML text in UTF-8") from error
    loaded = {} if loaded is None else loaded
    if not isinstance(loaded, dict) or not all(isinstance(key, str) for key in loaded):
        raise ConfigError(f"{place(path)}: expected a mapping of keys to values")
    if template := [key for key in loaded if key.startswith("__")]:
        raise ConfigError(f"{place(path)}: key {show(template[0])}: templates are not run; remove it")
    return loaded


def _text(path: Path) -> str:
    """Return the text of a file of at most `MAX_BYTES`."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise EnvironmentFault(f"{place(path)}: {error.strerror}; expected a readable YAML config") from error
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{place(path)}: larger than {MAX_BYTES} bytes; expected a YAML config")
    return content.decode("utf-8-sig")

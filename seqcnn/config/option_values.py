"""Options with their values in messages, such as `--missing n.d. --missing ND`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

_QUOTED = "'[^']*'"

_VALUES = {
    "--missing": rf"{_QUOTED}|[^\s']*[^\s',;)]",
    "--decimal": "[,.]",
    "--thousands": "[,.]|blank|''\"'\"''",
    "--replicates": r"'[^']*[=,][^']*'|[^\s']*[=,][^\s']*[^\s',;)]",
}
"""Option -> its value, as `shlex.quote` writes it."""

_RUNS = [re.compile(rf"(?<![\w-]){o} (?:{v})(?: {o} (?:{v}))*(?!\w)") for o, v in _VALUES.items()]


def replace_values(text: str, form: Callable[[str, list[str]], str]) -> str:
    """Return a text in which `form(option, values)` stands for each of these options with its values.

    >>> replace_values("--missing n.d. --missing 'n a', or --decimal ,", lambda option, values: f"{values}")
    "['n.d.', 'n a'], or [',']"
    """
    for run in _RUNS:
        text = run.sub(lambda match: _replaced(match[0], form), text)
    return text


def columns_of_targets(values: list[str]) -> dict[str, list[str]]:
    """Return the columns of replicates of each target, of `HepG2=rep1,rep2`; without a name, of TARGET."""
    pairs = [value.rpartition("=") for value in values]
    return {target or "TARGET": columns.split(",") for target, _, columns in pairs}


def _replaced(run: str, form: Callable[[str, list[str]], str]) -> str:
    """Return what stands for an option and its values."""
    option, *words = shlex.split(run)
    return form(option, [word for word in words if word != option])

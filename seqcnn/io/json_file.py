"""JSON files: metrics, controls, learning curves and `run.json`."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from seqcnn.errors import TableError, place
from seqcnn.io.atomic import atomic_path, environment_faults

MAX_DIGITS = 18
"""Most digits of an integer."""


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write an object as JSON, whole or not at all; numbers must be finite."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(values, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    TableError
        If the file holds something else, or a number that a float cannot hold.
    EnvironmentFault
        If the file cannot be read.
    """
    with environment_faults(path):
        content = path.read_bytes()
    try:
        values = json.loads(content, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise TableError(f"{place(path)}: not JSON, or damaged; write it again") from error
    if not isinstance(values, dict):
        raise TableError(f"{place(path)}: a JSON object is expected; write it again")
    return values


def _whole(text: str) -> int:
    """Return an integer; raise `ValueError` for one of over 18 digits, which fits no column."""
    if len(text) > MAX_DIGITS + 1:  # with its sign
        raise ValueError("integer")
    return int(text)


def _finite(text: str) -> float:
    """Return a number; raise `ValueError` for one that is NaN, infinite, or too large for a float."""
    if not math.isfinite(value := float(text)):
        raise ValueError("number")
    return value

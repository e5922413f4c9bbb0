"""JSON files: metrics, controls, learning curves and `run.json`; and strict parsing of untrusted JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from seqcnn.errors import TableError, place
from seqcnn.io.atomic import atomic_path, environment_faults

MAX_BYTES = 500_000_000
"""Largest JSON file that is read: about the metrics of 10,000 targets in 50 strata."""

_MAX_INTEGER = 1 << 63


def parse_json(text: str | bytes) -> Any:
    """Return the value of an untrusted JSON text.

    Raises
    ------
    ValueError
        If the text is no JSON (NaN and Infinity are none), is nested too deeply, has a key twice, or a number
        that is not finite in 64 bits.
    """
    try:
        return json.loads(
            text, parse_int=_integer, parse_float=_finite, parse_constant=_finite, object_pairs_hook=_object
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _integer(digits: str) -> int:
    """Return an integer of 64 bits, sign included."""
    if len(digits) > 20 or abs(int(digits)) >= _MAX_INTEGER:
        raise ValueError(f"an integer of {len(digits)} digits")
    return int(digits)


def _finite(digits: str) -> float:
    """Return a finite number."""
    if not math.isfinite(number := float(digits)):
        raise ValueError(f"{digits[:20]} is not finite")
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, each key of which occurs once."""
    if len(values := dict(pairs)) < len(pairs):
        raise ValueError("a key occurs twice")
    return values


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write an object as JSON, whole or not at all; numbers must be finite."""
    with atomic_path(path) as temporary:
        temporary.write_text(
            json.dumps(values, indent=1, allow_nan=False) + "\n", encoding="utf-8", newline="\n"
        )


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    TableError
        If the file holds something else, or a number that a float cannot hold.
    EnvironmentFault
        If the file cannot be read.
    """
    with environment_faults(path), path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise TableError(f"{place(path)}: larger than {MAX_BYTES:,} bytes; write it again")
    try:
        values = parse_json(content)
    except ValueError as error:
        raise TableError(f"{place(path)}: not JSON, or damaged ({error}); write it again") from error
    if not isinstance(values, dict):
        raise TableError(f"{place(path)}: a JSON object is expected; write it again")
    return values

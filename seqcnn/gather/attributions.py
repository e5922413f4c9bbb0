"""Join the parts of an attributions file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.interpret.attribution.attribution_file import Attributions, load_attributions
from seqcnn.io.shard.part import Part
from seqcnn.io.shard.part_file import not_a_part, ordered, parse_part


@dataclass(frozen=True)
class _AttributionsPart:
    """A part of an attributions file."""

    path: Path
    part: Part
    attributions: Attributions


def gather_attributions(paths: Sequence[Path], output: Path) -> None:
    """Join the parts of an attributions file; see `seqcnn.gather.gather.gather`."""
    parts = ordered([_load(path) for path in paths])
    joined([part.attributions for part in parts]).save(output)


def joined(parts: Sequence[Attributions]) -> Attributions:
    """Return the attributions of all parts, in their order."""
    first = parts[0]
    header = {name: value for name, value in first.header.items() if name != "part"}
    names = [field.name for field in fields(Attributions) if field.name not in ("ids", "header")]
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    whole = replace(first, ids=[name for part in parts for name in part.ids], header=header, **arrays)
    whole.header["completeness"] = _completeness(parts, whole.prediction)
    return whole


def _completeness(parts: Sequence[Attributions], prediction: np.ndarray) -> dict[str, Any] | None:
    """Return the largest error of all parts, and the SD of all predictions; None for `ism`."""
    completeness = [part.header["completeness"] for part in parts]
    errors = [values["max_error"] for values in completeness if values]
    return {"max_error": max(errors), "prediction_sd": float(prediction.std())} if errors else None


def _load(path: Path) -> _AttributionsPart:
    """Read a part."""
    attributions = load_attributions(path, is_part=True)
    try:
        return _AttributionsPart(path, parse_part(attributions.header.get("part", "")), attributions)
    except ValueError as error:
        raise not_a_part(path) from error

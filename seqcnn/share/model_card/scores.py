"""Test scores of a model: those of `metrics.json`, with intervals, else those of the header."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from seqcnn.errors import UsageError, place, show
from seqcnn.io.json_file import read_json
from seqcnn.model.metrics import METRICS
from seqcnn.model.network.header import Header
from seqcnn.schema import Strict

_TOLERANCE = 1e-3
"""Largest difference of r in a file of metrics and in the header, which round differently."""

_Number = Annotated[float, Field(ge=-1e300, le=1e300)] | None


class Value(Strict):
    """A score with the bounds of its 95 % interval, None where undefined."""

    value: _Number
    low: _Number = None
    high: _Number = None


class TargetScores(Strict):
    """Test scores of one target."""

    values: dict[str, Value]
    """Metric -> score."""
    n: Annotated[int, Field(ge=0, le=10**12)] | None = None
    """Number of measured test rows; None if not recorded."""
    attainable_r: Annotated[float, Field(ge=0, le=1)] | None = None
    """The r of a perfect model, from replicates."""
    by_leakage: dict[str, float | None] = Field(default_factory=dict)
    """Subset of the test rows -> Pearson r."""


def scores_of(header: Header, metrics: Path | None) -> dict[str, TargetScores]:
    """Return target -> test scores; from the header without a file of metrics.

    Raises
    ------
    UsageError
        If the file is not of `seqcnn evaluate`, or of another model.
    """
    recorded = header.metrics.get("test", {}) or header.metrics.get("out_of_fold", {})
    if metrics is None:
        return {
            target: TargetScores(values={name: Value(value=value) for name, value in scores.items()})
            for target, scores in recorded.items()
        }
    content = read_json(metrics)
    try:
        scores = {target: _target_scores(content, target) for target in header.targets}
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        expected = f"expected the metrics that `seqcnn evaluate` writes, with {show(header.targets[0])}"
        raise UsageError(f"{place(metrics)}: no test scores found; {expected}") from error
    for target, of_header in recorded.items():
        given, own = scores[target].values["pearson"].value, of_header.get("pearson")
        if given is not None and own is not None and not math.isclose(given, own, abs_tol=_TOLERANCE):
            fault = f"{show(target)} has r = {given:.4f}, the model {own:.4f}"
            raise UsageError(f"{place(metrics)}: {fault}; expected the metrics of this model")
    return scores


def _target_scores(content: dict[str, Any], target: str) -> TargetScores:
    """Return the test scores of one target from the content of a file of metrics."""
    scores = content["parts"]["test"][target]
    ceiling = scores["ceiling"]
    values = {
        "values": {name: scores[name] for name in METRICS if name in scores},
        "n": scores["n"],
        "attainable_r": ceiling and ceiling["attainable_r"],
        "by_leakage": {
            subset: of_target[target]["pearson"]["value"]
            for subset, of_target in content["test_by_leakage"].items()
        },
    }
    result: TargetScores = TypeAdapter(TargetScores).validate_python(values)
    return result

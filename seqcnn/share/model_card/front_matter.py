"""The YAML block at the top of a card, which Hugging Face reads: licence, tags and scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from seqcnn.errors import printable
from seqcnn.model.metrics import METRICS
from seqcnn.share.model_card.scores import TargetScores

TAGS = ("seqcnn", "biology", "genomics", "dna", "gene-regulation", "mpra")

_TYPES = {"pearson": "pearsonr", "spearman": "spearmanr", "r2": "r_squared", "rmse": "rmse", "mae": "mae"}
"""Metric -> its name on the hub."""


def front_matter(name: str, license: str, scores: Mapping[str, TargetScores]) -> str:
    """Return the block between its lines of dashes; `license` is '' if none was stated."""
    values: dict[str, Any] = {"library_name": "seqcnn", "tags": list(TAGS)}
    if license:
        values = {"license": license} | values
    if results := [_result(target, of_target) for target, of_target in scores.items()]:
        values["model-index"] = [{"name": printable(name), "results": results}]
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{text}---\n"


def _result(target: str, scores: TargetScores) -> dict[str, Any]:
    """Return the scores of one target."""
    metrics = [
        {"type": _TYPES.get(name, name), "name": metric.label, "value": round(score.value, 4)}
        for name, metric in METRICS.items()
        if (score := scores.values.get(name)) and score.value is not None
    ]
    return {
        "task": {"type": "regression", "name": printable(f"{target} from DNA sequence")},
        "dataset": {"type": "test", "name": "test rows of the split"},
        "metrics": metrics,
    }

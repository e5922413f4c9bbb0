"""Types of numbers that the layers of a model of Keras compute with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LOW_PRECISION = ("float16", "bfloat16", "mixed_float16", "mixed_bfloat16")
"""Policies of Keras with fewer digits than float32, with which an import computes."""


def low_precisions(config: Any) -> set[str]:
    """Return the policies of `LOW_PRECISION` that a model, or a layer in it, has."""
    if isinstance(config, list):
        return set().union(*map(low_precisions, config))
    if not isinstance(config, Mapping):
        return set()
    policy = config.get("dtype")
    if isinstance(policy, Mapping) and isinstance(policy.get("config"), Mapping):
        policy = policy["config"].get("name")
    own = {policy} if isinstance(policy, str) and policy in LOW_PRECISION else set()
    return own.union(*map(low_precisions, config.values()))

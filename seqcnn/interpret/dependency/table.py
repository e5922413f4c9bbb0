"""Dependency maps -> a table with a row per pair of positions."""

from __future__ import annotations

import numpy as np

from seqcnn.interpret.dependency.dependency_map import DependencyMap
from seqcnn.io.table_output import Column
from seqcnn.sequence.onehot import ALPHABET

_BEFORE = (
    "id", "position_1", "position_2", "ref_1", "alt_1", "ref_2", "alt_2", "effect_1", "effect_2", "epistasis",
)  # fmt: skip
_AFTER = ("mean_absolute", "attribution_1", "attribution_2")


def column_names(n_networks: int) -> list[str]:
    """Return the names of the columns; the SD is that of several networks."""
    return [*_BEFORE, *(["epistasis_sd"] if n_networks > 1 else []), *_AFTER]


def column_types(n_networks: int) -> list[Column]:
    """Return the columns of a table without rows."""
    texts = {"id", "ref_1", "alt_1", "ref_2", "alt_2"}
    return [[] if name in texts else np.empty(0) for name in column_names(n_networks)]


def columns(dependencies: DependencyMap) -> list[Column]:
    """Return the rows of one sequence as columns: all pairs of positions i < j, in their order."""
    i, j = np.triu_indices(len(dependencies.bases), 1)
    first, second = dependencies.alt[:, i, j]
    letters = np.array(list(dependencies.bases))
    heights = dependencies.heights.sum(0)
    sd = [] if dependencies.sd is None else [dependencies.sd[i, j]]
    return [
        [dependencies.name] * len(i),
        (i + dependencies.first).astype(float),
        (j + dependencies.first).astype(float),
        letters[i].tolist(), [ALPHABET[base] for base in first],
        letters[j].tolist(), [ALPHABET[base] for base in second],
        dependencies.effects[first, i], dependencies.effects[second, j],
        dependencies.epistasis[i, j], *sd, dependencies.mean_absolute[i, j],
        heights[i], heights[j],
    ]  # fmt: skip

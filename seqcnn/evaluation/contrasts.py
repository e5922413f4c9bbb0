"""Contrasts of the test rows: differences between similar sequences, and between targets.

A model can rank unlike sequences well and still miss what a variant changes, or how two cell types differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from seqcnn.data.dataset import Dataset

MIN_CONTRAST_ROWS = 20
"""Rows below which a contrast is not scored."""

MAX_PAIRED_TARGETS = 4
"""Targets whose pairwise differences are scored, the first ones of a dataset."""


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """Differences of the measurements of some test rows."""

    name: str
    """Such as `growth, within clusters` or `leaf - root`."""
    rows: np.ndarray
    """Row numbers in the dataset, all of them measured."""
    target: int
    subtracted: int | None
    """Number of the target that is subtracted; None: the mean of the row's cluster is."""
    groups: np.ndarray
    """Cluster (n,) of each row."""

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return the differences (n,) of measurements or predictions (N, T), float64."""
        column = values[self.rows, self.target].astype(np.float64)
        if self.subtracted is not None:
            return column - values[self.rows, self.subtracted]
        _, cluster, count = np.unique(self.groups, return_inverse=True, return_counts=True)
        return np.asarray(column - (np.bincount(cluster, column) / count)[cluster])


def contrasts(dataset: Dataset) -> list[Contrast]:
    """Return the contrasts of the test rows that have enough rows.

    Differences within clusters of similar sequences (variants of one parent, one family) are those from the
    mean of the cluster's test rows.
    """
    test = dataset.part("test")
    measured = np.isfinite(dataset.targets[test])
    all_contrasts = [_within_clusters(dataset, test[measured[:, t]], t) for t in range(measured.shape[1])]
    for a, b in combinations(range(min(measured.shape[1], MAX_PAIRED_TARGETS)), 2):
        rows = test[measured[:, a] & measured[:, b]]
        name = f"{dataset.target_names[a]} - {dataset.target_names[b]}"
        all_contrasts.append(Contrast(name, rows, a, b, dataset.groups[rows]))
    return [contrast for contrast in all_contrasts if len(contrast.rows) >= MIN_CONTRAST_ROWS]


def _within_clusters(dataset: Dataset, rows: np.ndarray, t: int) -> Contrast:
    """Return the differences within clusters, of the rows whose cluster has at least two."""
    _, cluster, count = np.unique(dataset.groups[rows], return_inverse=True, return_counts=True)
    rows = rows[count[cluster] > 1]
    name = f"{dataset.target_names[t]}, within clusters"
    return Contrast(name, rows, t, None, dataset.groups[rows])

"""Validation rows that choose a model, and those that calibrate its prediction intervals.

Errors of rows that chose the epoch and the model are too small, so intervals that are calibrated on them
are too narrow.  Half of a large validation part, whole clusters, is therefore kept for calibration only.
"""

from __future__ import annotations

import hashlib

import numpy as np

MIN_DIVIDED_ROWS = 70
"""Measured validation rows of a target, below which the same rows choose the model and calibrate it."""

MIN_DIVIDED_CLUSTERS = 20
"""Clusters of validation rows below which they are not divided."""

MAX_DIVIDED_CLUSTER = 0.25
"""Fraction of the validation rows in one cluster above which they are not divided."""

UNDIVIDED = (
    f"with at least {MIN_DIVIDED_ROWS} validation rows in {MIN_DIVIDED_CLUSTERS} clusters, none of more than "
    f"{MAX_DIVIDED_CLUSTER:.0%} of them, half would be kept for the calibration"
)
"""What a validation part that is not divided lacks."""


def divide_validation(
    split: np.ndarray, groups: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that choose a model, and those that calibrate its intervals.

    Clusters are taken in the order of a hash of their number, so the rows depend on the dataset only.

    Parameters
    ----------
    split
        Part of the split of each row, str (N,).
    groups
        Cluster of each row, int (N,).
    targets
        Measurements (N, T), NaN = not measured.

    Returns
    -------
    Numbers of the rows, in ascending order.  All validation rows twice if they are too few to be divided.
    """
    rows = np.flatnonzero(split == "val")
    clusters, cluster, sizes = np.unique(groups[rows], return_inverse=True, return_counts=True)
    if not _is_divisible(sizes, np.isfinite(targets[rows]).sum(0)):
        return rows, rows
    order = np.argsort([hashlib.sha256(str(number).encode()).digest() for number in clusters.tolist()])
    middle = np.empty(len(clusters))  # position of the middle of each cluster in the row of all clusters
    middle[order] = np.cumsum(sizes[order]) - sizes[order] / 2
    calibrates = (middle < len(rows) / 2)[cluster]
    return rows[~calibrates], rows[calibrates]


def _is_divisible(sizes: np.ndarray, measured: np.ndarray) -> bool:
    """Return whether clusters of these sizes, with this number of measured rows per target, are enough."""
    total, fewest = int(sizes.sum()), int(measured[measured > 0].min(initial=MIN_DIVIDED_ROWS))
    if min(total, fewest) < MIN_DIVIDED_ROWS or len(sizes) < MIN_DIVIDED_CLUSTERS:
        return False
    return bool(sizes.max() <= MAX_DIVIDED_CLUSTER * total)

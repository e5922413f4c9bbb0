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
    if _lacking(sizes, np.isfinite(targets[rows]).sum(0)):
        return rows, rows
    order = np.argsort([hashlib.sha256(str(number).encode()).digest() for number in clusters.tolist()])
    middle = np.empty(len(clusters))  # position of the middle of each cluster in the row of all clusters
    middle[order] = np.cumsum(sizes[order]) - sizes[order] / 2
    calibrates = (middle < len(rows) / 2)[cluster]
    return rows[~calibrates], rows[calibrates]


def undivided_reason(split: np.ndarray, groups: np.ndarray, targets: np.ndarray) -> str:
    """Return which conditions of a division the validation rows do not meet; '' if they are divided."""
    rows = np.flatnonzero(split == "val")
    _, sizes = np.unique(groups[rows], return_counts=True)
    return "; ".join(_lacking(sizes, np.isfinite(targets[rows]).sum(0)))


def _lacking(sizes: np.ndarray, measured: np.ndarray) -> list[str]:
    """Return what clusters of these sizes, with this number of measured rows per target, lack."""
    total = int(sizes.sum())
    fewest = min(total, int(measured[measured > 0].min(initial=total)))
    largest = sizes.max(initial=0) / max(total, 1)
    conditions = {
        f"{fewest} measured rows found, at least {MIN_DIVIDED_ROWS} expected": fewest < MIN_DIVIDED_ROWS,
        f"{len(sizes)} clusters found, at least {MIN_DIVIDED_CLUSTERS} expected":
            len(sizes) < MIN_DIVIDED_CLUSTERS,
        f"{largest:.0%} of the rows are in one cluster, at most {MAX_DIVIDED_CLUSTER:.0%} expected":
            largest > MAX_DIVIDED_CLUSTER,
    }  # fmt: skip
    return [text for text, fails in conditions.items() if fails]

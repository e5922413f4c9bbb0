"""Choose a diverse batch of points: largest cluster maximum distance (LCMD).

Every candidate belongs to the nearest point that is measured or chosen.  The cluster with the largest sum of
squared distances is the part of the space that is represented worst; its farthest candidate is chosen, and
becomes a centre itself (Holzmüller et al. 2023, JMLR 24:164, doi:10.48550/arXiv.2203.09410, LCMD-TP).
Different from there, squared distances can have a weight per candidate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqcnn.progress import track


@dataclass(frozen=True, slots=True)
class Batch:
    """Chosen candidates, n, in the order in which they were chosen."""

    rows: np.ndarray
    """int64 (n,), rows of the candidates."""
    nearest: np.ndarray
    """int64 (n,), the nearest point when the candidate was chosen: a known point, or K + i for choice i."""
    distance: np.ndarray
    """float64 (n,), distance to it."""
    cluster_size: np.ndarray
    """int64 (n,), number of candidates that were nearest to the same point, the chosen one included."""
    known_distance: np.ndarray
    """float64 (n,), distance to the nearest known point."""


def lcmd(
    candidates: np.ndarray, known: np.ndarray, number: int, *, weights: np.ndarray | None = None
) -> Batch:
    """Choose candidates that are far from the known points and from one another.

    Parameters
    ----------
    candidates
        Features (N, D).
    known
        Features of the K points that are measured already, (K, D), K >= 1.
    number
        Number of candidates to choose, 1 to N.
    weights
        (N,), factors of 0 or more of the squared distances; None is 1 for all.

    Returns
    -------
    The choice; it has no random element, and of equal candidates the first one is chosen.

    Examples
    --------
    >>> import numpy as np
    >>> lcmd(np.array([[1.0], [5.0], [6.0]]), np.array([[0.0]]), 2).rows.tolist()
    [2, 0]
    """
    from sklearn.metrics import pairwise_distances_argmin_min

    weights = np.ones(len(candidates)) if weights is None else weights
    nearest, initial = pairwise_distances_argmin_min(candidates, known)
    nearest, distance = nearest.astype(np.int64), initial.astype(np.float64)
    free = np.ones(len(candidates), bool)
    columns: list[list[float]] = [[], [], [], []]
    for i in track(range(number), "choosing", "sequences"):
        importance = np.where(free, weights * distance**2, 0.0)  # (N,)
        cluster = np.bincount(nearest, weights=importance, minlength=len(known) + i).argmax()
        # where all is 0 the cluster may have no free candidate: then any is as good
        members = free & (nearest == cluster) if importance.any() else free
        row = int(np.where(members, importance, -1.0).argmax())
        size = int((free & (nearest == nearest[row])).sum())
        for column, value in zip(columns, (row, nearest[row], distance[row], size), strict=True):
            column.append(value)
        free[row] = False
        to_row = np.linalg.norm(candidates - candidates[row], axis=1)
        closer = to_row < distance
        distance[closer], nearest[closer] = to_row[closer], len(known) + i
    rows, centres, distances, sizes = (np.array(column) for column in columns)
    rows = rows.astype(np.int64)
    return Batch(
        rows, centres.astype(np.int64), distances.astype(float), sizes.astype(np.int64), initial[rows]
    )

"""Pareto sets: candidates of which none is better in every score.

Fronts and crowding distances are those of NSGA-II (Deb et al. 2002, doi:10.1109/4235.996017).
"""

from __future__ import annotations

import numpy as np


def dominated(scores: np.ndarray) -> np.ndarray:
    """Return which rows of scores (N, K), higher is better, another row dominates, bool (N,).

    A row dominates another one if it is better in one score, and worse in none.

    Examples
    --------
    >>> dominated(np.array([[1, 2], [2, 1], [1, 1]])).tolist()
    [False, False, True]
    """
    return np.array([bool(((scores >= row).all(1) & (scores > row).any(1)).any()) for row in scores], bool)


def front_ranks(scores: np.ndarray) -> np.ndarray:
    """Return the front of each row of scores (N, K), int (N,): 0 is not dominated, 1 only by those, ..."""
    ranks = np.zeros(len(scores), int)
    remaining = np.arange(len(scores))
    while len(remaining):
        beaten = dominated(scores[remaining])
        remaining = remaining[beaten]
        ranks[remaining] += 1
    return ranks


def crowding(scores: np.ndarray) -> np.ndarray:
    """Return the crowding distance of each row of scores (N, K), float64 (N,): large where few are near.

    It is the sum over the scores of the gap between the two neighbors, as a fraction of the range; infinite
    for the smallest and the largest of a score.
    """
    distance = np.zeros(len(scores))
    for column in scores.T:
        order = column.argsort(kind="stable")
        ordered = column[order]
        distance[order[[0, -1]]] = np.inf
        spread = ordered[-1] - ordered[0]
        if spread > 0:
            distance[order[1:-1]] += (ordered[2:] - ordered[:-2]) / spread
    return distance


def pareto_order(scores: np.ndarray) -> np.ndarray:
    """Return the rows of scores (N, K) by ascending front, then by descending crowding distance in it."""
    ranks = front_ranks(scores)
    distance = np.zeros(len(scores))
    for rank in np.unique(ranks):
        distance[ranks == rank] = crowding(scores[ranks == rank])
    return np.lexsort((-distance, ranks))


def spread_order(scores: np.ndarray) -> np.ndarray:
    """Return the rows of scores (N, K) so that the first of any number are spread evenly.

    First the best in each score, then always the row that is farthest from those before it; distances are
    Euclidean, with each score divided by its range.
    """
    scaled = scores / np.maximum(np.ptp(scores, axis=0), 1e-12)
    order: list[int] = list(dict.fromkeys(scaled.argmax(0).tolist()))
    distance = np.min([np.linalg.norm(scaled - scaled[row], axis=1) for row in order], axis=0)
    distance[order] = -1.0
    while len(order) < len(scores):
        order.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(scaled - scaled[order[-1]], axis=1))
        distance[order] = -1.0
    return np.array(order)

"""Clusters of rows that links connect: all at once, or while links are added."""

from __future__ import annotations

import numpy as np


class UnionFind:
    """Clusters of rows to which links are added; the time does not depend on the number of rows.

    Parameters
    ----------
    n
        Number of rows.

    Examples
    --------
    >>> clusters = UnionFind(4)
    >>> clusters.merge(np.array([[0, 2], [2, 3]]))
    >>> clusters.find(np.arange(4)).tolist()
    [0, 1, 0, 0]
    """

    def __init__(self, n: int) -> None:
        self._parent = np.arange(n)  # a row of the same cluster; the root of a cluster is its own parent

    def find(self, rows: np.ndarray) -> np.ndarray:
        """Return the root of the cluster of each row, int64 (R,)."""
        root = self._parent[rows]
        while not np.array_equal(above := self._parent[root], root):
            root = above
        self._parent[rows] = root  # the next search is short
        return root

    def merge(self, links: np.ndarray) -> None:
        """Merge the clusters that links (E, 2) connect."""
        roots, index = np.unique(self.find(links.ravel()), return_inverse=True)
        component = components(len(roots), index.reshape(-1, 2))
        first = np.unique(component, return_index=True)[1]  # one root of each component
        self._parent[roots] = roots[first[component]]


def components(n: int, links: np.ndarray) -> np.ndarray:
    """Return the connected component of each of n rows with links (E, 2), int32 (n,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(links), np.int8), tuple(links.T)), shape=(n, n))
    return connected_components(graph, directed=False)[1]

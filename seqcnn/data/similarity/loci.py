"""Where sequences come from -> pairs of rows that a split must keep together.

A place is chromosome, start and end in bp, 0-based half-open, or None if it is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

Place = tuple[str, int, int]


def overlap_links(places: Sequence[Place | None]) -> np.ndarray:
    """Link the rows whose places share a base, on either strand.

    Returns
    -------
    Pairs of row numbers, int64 (E, 2): not all, but enough to connect every locus.
    """
    links = []
    farthest, beyond = ("", 0, 0), -1  # of the places so far, the one that ends last, and its row
    for place, row in sorted((place, row) for row, place in enumerate(places) if place is not None):
        overlaps = place[0] == farthest[0] and place[1] < farthest[2]
        if overlaps:
            links.append((beyond, row))
        if not overlaps or place[2] > farthest[2]:
            farthest, beyond = place, row
    return np.array(links, np.int64).reshape(-1, 2)


def label_links(labels: Iterable[Iterable[str]]) -> np.ndarray:
    """Link the rows that share a label; each row has any number of them.

    Returns
    -------
    Pairs of row numbers, int64 (E, 2): each row and the first one with its label.
    """
    first: dict[str, int] = {}
    links = [(first.setdefault(label, row), row) for row, names in enumerate(labels) for label in names]
    return np.array([link for link in links if link[0] != link[1]], np.int64).reshape(-1, 2)

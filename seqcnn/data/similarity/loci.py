"""Genomic positions and variants of sequences -> pairs of rows that a split must keep together.

A locus is chromosome, start and end in bp, 0-based half-open, or None where it is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

Locus = tuple[str, int, int]


def overlap_links(loci: Sequence[Locus | None]) -> np.ndarray:
    """Link the rows whose loci share a base, on either strand.

    Returns
    -------
    Pairs of row numbers, int64 (E, 2): not all of them, but enough to connect every group of loci.
    """
    links = []
    farthest, farthest_row = ("", 0, 0), -1  # the locus with the largest end so far, and its row
    for locus, row in sorted((locus, row) for row, locus in enumerate(loci) if locus is not None):
        overlaps = locus[0] == farthest[0] and locus[1] < farthest[2]
        if overlaps:
            links.append((farthest_row, row))
        if not overlaps or locus[2] > farthest[2]:
            farthest, farthest_row = locus, row
    return np.array(links, np.int64).reshape(-1, 2)


def label_links(labels: Iterable[Iterable[str]]) -> np.ndarray:
    """Link the rows that share a label; a row has any number of labels.

    Returns
    -------
    Pairs of row numbers, int64 (E, 2): each row and the first row with the same label.
    """
    first: dict[str, int] = {}
    links = [(first.setdefault(label, row), row) for row, names in enumerate(labels) for label in names]
    return np.array([link for link in links if link[0] != link[1]], np.int64).reshape(-1, 2)

"""Which rows a split must keep together: rows of one group, equal sequences, and sequences that are alike."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence

import numpy as np

from seqcnn.data.constant import comparable
from seqcnn.data.homology import alike, components
from seqcnn.data.onehot import reverse_complement

_HOPELESS = 0.5
"""Part of all sequences in one cluster from which on clusters cannot be split."""


def kin(inserts: Sequence[bytes]) -> tuple[np.ndarray | None, list[str]]:
    """Link packed sequences that are alike, and note what a person should know of that.

    Returns
    -------
    Pairs of row numbers, int64 (E, 2), that connect every cluster, or None if most sequences are variants
    of one, which no split can keep apart; and the notes.
    """
    codes, left_out = comparable(inserts)
    notes = [f"{left_out} are left out when sequences are compared"] if left_out else []
    links = alike(codes, progress=sys.stderr.isatty())
    share = np.bincount(components(len(inserts), links)).max() / len(inserts)
    if share < _HOPELESS:
        return links, notes
    return None, [
        *notes,
        f"{share:.0%} of the sequences are variants of one another, so no split keeps variants apart: "
        "the scores hold only for further variants of these sequences",
    ]


def group_keys(
    inserts: Sequence[bytes], labels: Sequence[str] | None, links: np.ndarray | None = None
) -> list[str]:
    """Name the group of every row.

    Parameters
    ----------
    inserts
        Packed sequences; equal ones and reverse complements share a group.
    labels
        Values of the group column, '' where a row is in no group, or None.
    links
        Further pairs of row numbers that share a group, see `kin`.

    Returns
    -------
    One key per row, the same for all rows of a group, independent of the order of the rows.
    """
    twins = [hashlib.sha256(min(i, reverse_complement(i))).hexdigest() for i in inserts]
    names = [twins] if labels is None else [twins, _labelled(twins, labels)]
    nodes = {name: k for k, name in enumerate(dict.fromkeys(n for column in names for n in column))}
    first, last = (np.array([nodes[name] for name in column], np.int64) for column in (names[0], names[-1]))
    edges = np.stack([first, last], axis=1)
    if links is not None:
        edges = np.concatenate([edges, first[links]])
    component = components(len(nodes), edges)
    key: dict[int, str] = {}
    for name, node in sorted(nodes.items()):
        key.setdefault(component[node], name)
    return [key[component[node]] for node in first]


def _labelled(twins: list[str], labels: Sequence[str]) -> list[str]:
    """Name the labels apart from sequences; a row without a label stands for its own sequence."""
    return [f"={label}" if label else twin for twin, label in zip(twins, labels, strict=True)]

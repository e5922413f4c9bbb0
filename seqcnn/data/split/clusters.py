"""Groups of rows that a split must keep together: labelled groups, duplicates, and similar sequences."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.data.similarity.masking import masked_codes
from seqcnn.data.similarity.search import components, similarity_links
from seqcnn.data.split.splits import GIANT_FRACTION
from seqcnn.sequence.complement import reverse_complement

_MIN_OUTSIDE_ROWS, _MIN_OUTSIDE_FRACTION, _ENOUGH_OUTSIDE_ROWS = 20, 0.1, 200
"""Fewest sequences outside a giant cluster of which validation and test rows can consist: a fraction of all,
within these bounds; 200 give 100 test rows, enough for a verdict of the audit."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """Clusters of N similar sequences."""

    links: np.ndarray
    """Pairs of row numbers, int64 (E, 2), that connect every cluster."""
    giant: np.ndarray
    """bool (N,), rows of a cluster of more than `GIANT_FRACTION` of the sequences."""
    reason: str
    """What connects a giant cluster."""
    notes: list[str]
    """Notes for the user on what was compared."""

    @property
    def inseparable(self) -> bool:
        """Whether too few sequences are outside a giant cluster for validation and test."""
        outside = int((~self.giant).sum())
        fewest = min(max(_MIN_OUTSIDE_ROWS, _MIN_OUTSIDE_FRACTION * len(self.giant)), _ENOUGH_OUTSIDE_ROWS)
        return bool(self.giant.any()) and outside < fewest

    def outside(self) -> np.ndarray:
        """Return the links between rows outside the giant cluster."""
        return self.links[~self.giant[self.links].any(1)]


def link_similar(
    inserts: Sequence[bytes], loci: np.ndarray | None = None, memory: int | None = None
) -> Clusters:
    """Link similar sequences.

    Parameters
    ----------
    inserts
        Packed sequences.
    loci
        Further pairs of row numbers, of one locus or variant; ignored if no split separates them and one of
        similar sequences only does.
    memory
        Bytes that the process may use, see `similarity_links`.
    """
    codes, masked = masked_codes(inserts)
    notes = [f"{masked} are ignored when sequences are compared"] if masked else []
    links, n = similarity_links(codes, memory), len(inserts)
    similar = Clusters(links, _giant(n, links), "as variants or by shared parts", notes)
    if loci is None or not len(loci):
        return similar
    links = np.concatenate([links, loci])
    reason = similar.reason if similar.giant.any() else "as variants, by shared parts or by overlapping loci"
    both = Clusters(links, _giant(n, links), reason, notes)
    if both.inseparable and not similar.inseparable:
        notes.append(
            f"{both.giant.mean():.0%} of the sequences are of one locus, so no split separates overlapping "
            "loci: only similar sequences are kept together"
        )
        return similar
    count = len(np.unique(loci))
    notes.append(f"{count} sequences share a locus or a variant with another one; they count as similar")
    return both


def _giant(n: int, links: np.ndarray) -> np.ndarray:
    """Return which of n rows are in a cluster of more than `GIANT_FRACTION` of them, bool (n,)."""
    cluster = components(n, links)
    sizes = np.bincount(cluster)
    return np.asarray(sizes[cluster] > GIANT_FRACTION * n)


def group_keys(
    inserts: Sequence[bytes], labels: Sequence[str] | None, links: np.ndarray | None = None
) -> list[str]:
    """Return a key of the group of every row.

    Parameters
    ----------
    inserts
        Packed sequences; equal ones and reverse complements share a group.
    labels
        Values of the group column, '' for rows in no group, or None without such a column.
    links
        Further pairs of row numbers that share a group, see `link_similar`.

    Returns
    -------
    One key per row, equal within a group and independent of the order of the rows.
    """
    duplicates = [hashlib.sha256(min(i, reverse_complement(i))).hexdigest() for i in inserts]
    names = [duplicates] if labels is None else [duplicates, _label_nodes(duplicates, labels)]
    # graph with one node per distinct sequence and per label; a row is an edge between its two nodes
    nodes = {name: k for k, name in enumerate(dict.fromkeys(n for column in names for n in column))}
    first, last = (np.array([nodes[name] for name in column], np.int64) for column in (names[0], names[-1]))
    edges = np.stack([first, last], axis=1)
    if links is not None:
        edges = np.concatenate([edges, first[links]])
    component = components(len(nodes), edges)
    key: dict[int, str] = {}  # the alphabetically first node names the component
    for name, node in sorted(nodes.items()):
        key.setdefault(component[node], name)
    return [key[component[node]] for node in first]


def _label_nodes(hashes: list[str], labels: Sequence[str]) -> list[str]:
    """Return a graph node per row: its label, marked so that it differs from a hash, or its own sequence."""
    return [f"={label}" if label else node for node, label in zip(hashes, labels, strict=True)]

"""Groups of rows that a split must keep together: labelled groups, duplicates, and similar sequences."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence

import numpy as np

from seqcnn.data.similarity.masking import masked_codes
from seqcnn.data.similarity.search import components, similarity_links
from seqcnn.data.split.splits import GIANT_FRACTION
from seqcnn.sequence.complement import reverse_complement

_MIN_OUTSIDE_ROWS, _MIN_OUTSIDE_FRACTION = 20, 0.1
"""Fewest sequences outside a giant cluster of which validation and test rows can consist."""


def link_similar(
    inserts: Sequence[bytes], loci: np.ndarray | None = None
) -> tuple[np.ndarray | None, list[str]]:
    """Link similar sequences, and return notes for the user.

    Parameters
    ----------
    inserts
        Packed sequences.
    loci
        Further pairs of row numbers, of one locus or variant; ignored if they connect most sequences.

    Returns
    -------
    Pairs of row numbers, int64 (E, 2), that connect every cluster, or None if nearly all sequences are in one
    cluster, which no split can separate; and the notes.
    """
    codes, masked = masked_codes(inserts)
    notes = [f"{masked} are ignored when sequences are compared"] if masked else []
    links = similarity_links(codes, progress=sys.stderr.isatty())
    share = _largest(len(inserts), links)
    if share >= GIANT_FRACTION:
        outside = round((1 - share) * len(inserts))
        if outside < max(_MIN_OUTSIDE_ROWS, _MIN_OUTSIDE_FRACTION * len(inserts)):
            return None, [
                *notes,
                f"{share:.0%} of the sequences are variants of one another, or share parts, so no split of "
                "rows separates them: rows are assigned at random, and the scores hold only for further "
                "variants and combinations of these sequences; split method `parts` separates combined parts",
            ]
        notes.append(
            f"{share:.0%} of the sequences are linked to one cluster, as variants or by shared parts: it is "
            f"assigned to training, and validation and test rows are among the {outside:,} other sequences"
        )
    if loci is None or not len(loci):
        return links, notes
    cluster, all_links = share, np.concatenate([links, loci])
    share = _largest(len(inserts), all_links)
    if share >= max(GIANT_FRACTION, 1.01 * cluster):
        return links, [
            *notes,
            f"{share:.0%} of the sequences are of one locus, so no split separates overlapping loci: "
            "only similar sequences are kept together",
        ]
    count = len(np.unique(loci))
    note = f"{count} sequences share a locus or a variant with another one; they count as similar"
    return all_links, [*notes, note]


def _largest(n: int, links: np.ndarray) -> float:
    """Return the fraction of n rows that is in the largest cluster."""
    return float(np.bincount(components(n, links)).max() / n)


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

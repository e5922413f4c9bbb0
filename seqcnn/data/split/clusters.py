"""Which rows a split must keep together: rows of one group, equal sequences, and sequences that are alike."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence

import numpy as np

from seqcnn.data.similarity.masking import masked_codes
from seqcnn.data.similarity.search import components, similarity_links
from seqcnn.sequence.onehot import reverse_complement

_HOPELESS = 0.5
"""Part of all sequences in one cluster from which on clusters cannot be split."""


def link_similar(
    inserts: Sequence[bytes], loci: np.ndarray | None = None
) -> tuple[np.ndarray | None, list[str]]:
    """Link packed sequences that are alike, and note what a person should know of that.

    Parameters
    ----------
    inserts
        Packed sequences.
    loci
        Further pairs of row numbers, of rows from one place or variant; left out if they join most of all.

    Returns
    -------
    Pairs of row numbers, int64 (E, 2), that connect every cluster, or None if most sequences are variants
    of one, which no split can keep apart; and the notes.
    """
    codes, left_out = masked_codes(inserts)
    notes = [f"{left_out} are left out when sequences are compared"] if left_out else []
    links = similarity_links(codes, progress=sys.stderr.isatty())
    share = _largest(len(inserts), links)
    if share >= _HOPELESS:
        return None, [
            *notes,
            f"{share:.0%} of the sequences are variants of one another, so no split keeps variants apart: "
            "the scores hold only for further variants of these sequences",
        ]
    if loci is None or not len(loci):
        return links, notes
    both = np.concatenate([links, loci])
    share = _largest(len(inserts), both)
    if share >= _HOPELESS:
        return links, [
            *notes,
            f"{share:.0%} of the sequences are of one locus, so no split keeps overlapping places apart: "
            "only sequences that are alike are kept together",
        ]
    kin_by_place = f"{len(np.unique(loci))} sequences share a place or a variant with another one"
    return both, [*notes, f"{kin_by_place}; they count as alike"]


def _largest(n: int, links: np.ndarray) -> float:
    """Return the part of n rows that is in the largest cluster."""
    return float(np.bincount(components(n, links)).max() / n)


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
        Further pairs of row numbers that share a group, see `link_similar`.

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

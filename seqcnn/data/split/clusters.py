"""Groups of rows that a split must keep together: labelled groups, duplicates, and similar sequences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.data.similarity.masking import masked_codes
from seqcnn.data.similarity.search import components, similarity_links
from seqcnn.data.split.keys import Digests, Keys
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
    codes, masked = masked_codes(inserts, memory)
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


def strand_keys(inserts: Iterable[bytes]) -> Keys:
    """Return a key of each packed sequence, equal for those that are equal or reverse complements."""
    digests = Digests.of(min(insert, reverse_complement(insert)) for insert in inserts)
    distinct, number = np.unique(digests.values, return_inverse=True)
    return Keys(Digests(distinct), number.astype(np.int32))


def group_keys(duplicates: Keys, labels: Sequence[str] | None, links: np.ndarray | None = None) -> Keys:
    """Return a key of the group of every row.

    Parameters
    ----------
    duplicates
        Keys of equal sequences, see `strand_keys`; they share a group.
    labels
        Values of the group column, '' for rows in no group, or None without such a column.
    links
        Further pairs of row numbers that share a group, see `link_similar`.

    Returns
    -------
    One key per row, equal within a group and independent of the order of the rows: the first one, in the
    order of the alphabet, of its sequences and labels.
    """
    # graph with one node per distinct sequence and per label
    count, node = len(duplicates.distinct), duplicates.number
    named = Keys.of([f"={label}" for label in labels or () if label])
    label_edges = np.stack([node[[bool(label) for label in labels or ()]], count + named.number], axis=1)
    edges = label_edges if links is None else np.concatenate([node[links], label_edges])
    component = components(count + len(named.distinct), edges)
    # sequences are sorted: the first one of each component names it, unless a label does
    first = np.unique(component[:count], return_index=True)[1].astype(np.int32)
    if not named:
        return Keys(duplicates.distinct, first[component[node]]).take(slice(None))
    label_of: dict[int, str] = {}
    for label, number in zip(named.distinct, component[count:].tolist(), strict=True):
        label_of.setdefault(number, label)
    texts = (duplicates.distinct[row] for row in first)
    keys = Keys.of([min(text, label_of.get(number, text)) for number, text in enumerate(texts)])
    return Keys(keys.distinct, keys.number[component[node]])

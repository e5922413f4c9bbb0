"""Splits that are audited for leakage and repeated until no similar pair is on two sides.

Clusters are built from the links that a heuristic search finds; it may miss a pair near the identity
threshold.  The audit searches again, from the held-out rows, and adds the pairs that were split as links.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.columns.byte_strings import ByteStrings
from seqcnn.data.similarity.search import IDENTITY
from seqcnn.data.split.clusters import group_keys, strand_keys
from seqcnn.data.split.keys import Keys
from seqcnn.data.split.leakage import leakage
from seqcnn.data.split.splits import CLUSTERED_METHODS, SplitInput, SplitPlan, split_rows
from seqcnn.data.split.units import SplitUnits

_MAX_ROUNDS = 10  # two or three are usual where families have no clear boundary


@dataclass(frozen=True, slots=True)
class AuditedSplit:
    """A split of N rows, and the similarity of the kept rows to the training rows."""

    split: np.ndarray
    """str (N,): 'train', 'val', 'test', or '' for rows in no part."""
    duplicates: Keys
    """One key per row, equal for equal sequences and reverse complements."""
    groups: Keys
    """One key per row, equal for rows of one group."""
    keep: np.ndarray
    """Row numbers, int64 (K,), of the rows that are measured and in a part."""
    max_train_identity: np.ndarray
    """float32 (K,), as in `Dataset`."""
    nearest_train_row: np.ndarray
    """int32 (K,), numbers among the kept rows; as in `Dataset`."""
    recurring_fraction: np.ndarray
    """float32 (K,), as in `Dataset`."""


def split_and_audit(
    plan: SplitPlan,
    inserts: Sequence[bytes],
    measured: np.ndarray,
    units: SplitUnits,
    *,
    values: Sequence[str],
    labels: Sequence[str] | None,
    check: Callable[[Sequence[bytes], np.ndarray, Keys], None],
) -> AuditedSplit:
    """Split rows and audit the split; a split by clusters is repeated until no similar pair is split.

    Parameters
    ----------
    plan
        The split method.
    inserts
        N packed sequences.
    measured
        bool (N,), rows that a dataset keeps if they are in a part.
    units
        What the split keeps together.
    values
        N values of the split column, see `SplitInput`.
    labels
        As for `group_keys`.
    check
        Raises an error for sequences, a split and groups with which no model can be trained and scored.
    """
    inserts, duplicates, links = ByteStrings.of(inserts), strand_keys(inserts), units.links
    alone = duplicates if labels is None else group_keys(duplicates, labels)
    for _ in range(_MAX_ROUNDS):
        groups = group_keys(duplicates, labels, links)
        split = split_rows(plan, SplitInput(groups, values, alone, units.parts))
        keep = np.flatnonzero(measured & (split != ""))
        kept = inserts.take(keep, units.memory)
        check(kept, split[keep], groups.take(keep))
        similarity = leakage(kept, split[keep], units.memory)
        if links is None or plan.method not in CLUSTERED_METHODS:
            break
        # validation against test rows too: the first audit compares both with training rows only
        as_test = np.where(split[keep] == "test", "test", "train")
        test_similarity = leakage(kept, as_test, units.memory)
        pairs = keep[np.concatenate([split_pairs(similarity), split_pairs(test_similarity)])]
        if units.inseparable is not None:
            pairs = pairs[~units.inseparable[pairs].all(1)]
        if not len(pairs):
            break
        links = np.concatenate([links, pairs])
    return AuditedSplit(split, duplicates, groups, keep, **similarity)


def split_pairs(similarity: dict[str, np.ndarray]) -> np.ndarray:
    """Return the pairs of rows, int64 (E, 2), that are similar and in different parts of a split."""
    row = np.flatnonzero(similarity["max_train_identity"] >= np.float32(IDENTITY))
    return np.stack([row, similarity["nearest_train_row"][row]], axis=1)

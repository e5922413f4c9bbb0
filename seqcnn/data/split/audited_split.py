"""A split is looked at before it is believed: relatives that it tore apart are joined, and it is drawn again.

Clusters are linked by a search that may miss a pair at the edge of what counts as alike; the audit of
the split searches anew, from its held-out rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.data.similarity.search import IDENTITY
from seqcnn.data.split.clusters import group_keys
from seqcnn.data.split.leakage import leakage
from seqcnn.data.split.splits import CLUSTERED_METHODS, SplitInput, SplitPlan, split_rows

_ROUNDS = 10  # draws at most; two or three are usual where families are not clear-cut


@dataclass(frozen=True, slots=True)
class AuditedSplit:
    """A split of N rows, and what the audit says of those that it keeps."""

    split: np.ndarray
    """str (N,), '' for rows that no part takes."""
    groups: list[str]
    """One key a row, equal for those that stay together."""
    keep: np.ndarray
    """Numbers of the rows that are measured and in a part."""
    max_train_identity: np.ndarray
    """float32, of the kept rows; as in `Dataset`."""
    nearest_train_row: np.ndarray
    """int32, of and among the kept rows; as in `Dataset`."""


def split_and_audit(
    plan: SplitPlan,
    inserts: list[bytes],
    measured: np.ndarray,
    *,
    values: list[str],
    labels: Sequence[str] | None,
    links: np.ndarray | None,
    check: Callable[[list[bytes], np.ndarray], None],
) -> AuditedSplit:
    """Split rows and audit the split; one that is drawn by clusters is drawn until nothing leaks.

    Parameters
    ----------
    plan, values
        As of `split_rows`.
    inserts
        N packed sequences.
    measured
        bool (N,), rows that a dataset keeps if they are in a part.
    labels, links
        As of `group_keys`.
    check
        Raises for sequences and their split that no model can be trained and scored on.
    """
    twins = group_keys(inserts, labels)
    for _ in range(_ROUNDS):
        groups = group_keys(inserts, labels, links)
        split = split_rows(plan, SplitInput(groups, values, twins))
        keep = np.flatnonzero(measured & (split != ""))
        kept = [inserts[i] for i in keep]
        check(kept, split[keep])
        found = leakage(kept, split[keep])
        if links is None or plan.method not in CLUSTERED_METHODS:
            break
        of_test = leakage(kept, np.where(split[keep] == "test", "test", "train"))
        torn = np.concatenate([split_pairs(found), split_pairs(of_test)])
        if not len(torn):
            break
        links = np.concatenate([links, keep[torn]])
    return AuditedSplit(split, groups, keep, **found)


def split_pairs(found: dict[str, np.ndarray]) -> np.ndarray:
    """Return the pairs of rows, int64 (E, 2), that are alike and on two sides of a split."""
    row = np.flatnonzero(found["max_train_identity"] >= np.float32(IDENTITY))
    return np.stack([row, found["nearest_train_row"][row]], axis=1)

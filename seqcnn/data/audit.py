"""Leakage of a split: held-out sequences with a duplicate, a variant or an overlapping tile in training."""

from __future__ import annotations

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.data.similarity.search import IDENTITY
from seqcnn.data.similarity.spaced_seeds import missed_fraction
from seqcnn.data.split.splits import LEAKY_FRACTION
from seqcnn.errors import show

LEVELS = (1.0, 0.95, 0.9, IDENTITY)
"""Thresholds of identity with the most similar training sequence, for counts of test sequences."""

REPORTED_MISSED_FRACTION = 0.05
"""Fraction of missed pairs of low identity above which a clean verdict mentions it."""


def leakage_mask(dataset: Dataset, part: str = "test") -> np.ndarray:
    """Return which rows of a part are similar to a training sequence, bool (n,)."""
    return dataset.max_train_identity[dataset.part(part)] >= np.float32(IDENTITY)


def count_by_identity(dataset: Dataset, part: str = "test") -> list[tuple[float, int]]:
    """Return, for each of `LEVELS`, the number of rows of a part with at least that identity."""
    identity = dataset.max_train_identity[dataset.part(part)]
    return [(level, int((identity >= np.float32(level)).sum())) for level in LEVELS]


def verdict(dataset: Dataset) -> str:
    """Return one sentence on the leakage of the split."""
    leaked = leakage_mask(dataset)
    count = f"{leaked.sum():,} of {len(leaked):,} test sequences ({leaked.mean():.0%})"
    criterion = f"at least {IDENTITY:.0%} identical to a training sequence over the part that both share"
    if leaked.mean() >= LEAKY_FRACTION:
        return f"This split is leaky: {count} are {criterion}; their scores do not hold for new sequences"
    if leaked.any():
        return f"This split leaks little: {count} are {criterion}"
    bases = int(dataset.rows.insert_length.sum())
    missed = missed_fraction(bases)
    clean = f"This split is clean: no test sequence is {criterion}"
    if missed < REPORTED_MISSED_FRACTION:
        return clean
    return (
        f"{clean}; of pairs {IDENTITY:.0%} identical over 100 bp, {missed:.0%} are missed among {bases:,} bp"
    )


def leakage_note(dataset: Dataset) -> list[str]:
    """Return the verdict as a note if any test sequence leaks, else nothing."""
    return [verdict(dataset)] if leakage_mask(dataset).any() else []


def most_similar_pairs(dataset: Dataset, count: int = 20) -> list[tuple[str, str, float]]:
    """Return test sequence, training sequence and identity of the most similar pairs."""
    row = dataset.part("test")[leakage_mask(dataset)]
    row = row[np.argsort(-dataset.max_train_identity[row], kind="stable")][:count]
    return [
        (dataset.ids[i], dataset.ids[dataset.nearest_train_row[i]], float(dataset.max_train_identity[i]))
        for i in row
    ]


def format_audit(dataset: Dataset) -> str:
    """Return the audit as text."""
    total = max(1, len(dataset.part("test")))
    lines = [f"split: {dataset.provenance['split']}", verdict(dataset) + ".", ""]
    lines += [
        f"{'identity':>10}  test sequences with a training sequence of that identity",
        *(f"{f'>= {level:.0%}':>10}  {n:,} ({n / total:.0%})" for level, n in count_by_identity(dataset)),
    ]
    if pairs := most_similar_pairs(dataset):
        lines += ["", "most similar pairs: test, training, identity"]
        lines += [f"  {show(a)[1:-1]}\t{show(b)[1:-1]}\t{identity:.1%}" for a, b, identity in pairs]
    return "\n".join(lines)

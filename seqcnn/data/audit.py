"""How much a split leaks: which held-out sequences have a twin, a variant or a tile in training."""

from __future__ import annotations

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.data.similarity.search import IDENTITY
from seqcnn.data.similarity.spaced_seeds import missed_fraction
from seqcnn.data.split.splits import LEAKY_FRACTION
from seqcnn.errors import show

LEVELS = (1.0, 0.95, 0.9, IDENTITY)
"""Identities with the most similar training sequence at which test sequences are counted."""

REPORTED_MISSED_FRACTION = 0.05
"""Part of distant relatives that the search may miss without a word."""


def leakage_mask(dataset: Dataset, part: str = "test") -> np.ndarray:
    """Tell which rows of a part are alike a training sequence, bool (n,)."""
    alike: np.ndarray = dataset.max_train_identity[dataset.part(part)] >= np.float32(IDENTITY)
    return alike


def count_by_identity(dataset: Dataset, part: str = "test") -> list[tuple[float, int]]:
    """Count the rows of a part whose most similar training sequence is at least that identical."""
    identity = dataset.max_train_identity[dataset.part(part)]
    return [(level, int((identity >= np.float32(level)).sum())) for level in LEVELS]


def verdict(dataset: Dataset) -> str:
    """Say in one sentence what the test rows can be believed for."""
    alike = leakage_mask(dataset)
    found = f"{alike.sum():,} of {len(alike):,} test sequences ({alike.mean():.0%})"
    rule = f"at least {IDENTITY:.0%} identical to a training sequence over what they share"
    if alike.mean() >= LEAKY_FRACTION:
        return f"This split is leaky: {found} are {rule}; scores on them do not tell how new sequences fare"
    if alike.any():
        return f"This split leaks little: {found} are {rule}"
    bases = int(dataset.rows.insert_length.sum())
    part = missed_fraction(bases)
    doubt = f"; of relatives {IDENTITY:.0%} identical over 100 bp, {part:.0%} are missed among {bases:,} bp"
    return f"This split is clean: no test sequence is {rule}" + (
        doubt if part >= REPORTED_MISSED_FRACTION else ""
    )


def leakage_note(dataset: Dataset) -> list[str]:
    """Return the verdict if anything leaks."""
    return [verdict(dataset)] if leakage_mask(dataset).any() else []


def most_similar_pairs(dataset: Dataset, count: int = 20) -> list[tuple[str, str, float]]:
    """Return test sequence, training sequence and identity of the most similar pairs."""
    at = dataset.part("test")[leakage_mask(dataset)]
    at = at[np.argsort(-dataset.max_train_identity[at], kind="stable")][:count]
    return [
        (dataset.ids[i], dataset.ids[dataset.nearest_train_row[i]], float(dataset.max_train_identity[i]))
        for i in at
    ]


def format_audit(dataset: Dataset) -> str:
    """Return the audit as text."""
    total = max(1, len(dataset.part("test")))
    lines = [f"split: {dataset.provenance['split']}", verdict(dataset) + ".", ""]
    lines += [
        f"{'identity':>10}  test sequences with such a relative in training",
        *(f"{f'>= {level:.0%}':>10}  {n:,} ({n / total:.0%})" for level, n in count_by_identity(dataset)),
    ]
    if pairs := most_similar_pairs(dataset):
        lines += ["", "most similar pairs: test, training, identity"]
        lines += [f"  {show(a)[1:-1]}\t{show(b)[1:-1]}\t{identity:.1%}" for a, b, identity in pairs]
    return "\n".join(lines)

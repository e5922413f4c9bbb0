"""Leakage of a split: test sequences that are in training, as a whole or in part.

A *relative* is a training sequence with a segment of at least 80 % identity over at least half of the
shorter sequence, gaps and both strands included.  Shorter segments recur without making a relative.
"""

from __future__ import annotations

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.data.similarity.search import IDENTITY
from seqcnn.data.similarity.spaced_seeds import missed_fraction
from seqcnn.data.split.splits import LEAKY_FRACTION
from seqcnn.errors import show

LEVELS = (1.0, 0.95, 0.9, IDENTITY)
"""Thresholds of identity with the most similar training sequence, for counts of test sequences."""

BANDS = ((0.8, 1.0), (0.5, 0.8), (0.25, 0.5))
"""Bounds of the largest fraction of a test sequence that recurs in training, for counts."""

REPORTED_MISSED_FRACTION = 0.05
"""Fraction of missed pairs of low identity above which a clean verdict mentions it."""

MIN_TEST_ROWS = 100
"""Fewest test rows of which a split is called clean."""

MAX_CLEAN_RELATIVES = 0.01
"""Fraction of the test rows with a relative from which on a split is not clean."""

MAX_CLEAN_SEGMENTS = 0.1
"""Fraction of the test rows with a recurring segment, and no relative, from which on a split is not clean."""

_RELATIVE = (
    f"a relative in training (at least {IDENTITY:.0%} identical over at least half of the shorter sequence)"
)
_SEGMENT = f"of which {BANDS[-1][0]:.0%} to {BANDS[-1][1]:.0%} recurs in a training sequence"


def leakage_mask(dataset: Dataset, part: str = "test") -> np.ndarray:
    """Return which rows of a part are similar to a training sequence, bool (n,)."""
    return dataset.max_train_identity[dataset.part(part)] >= np.float32(IDENTITY)


def segment_mask(dataset: Dataset, part: str = "test") -> np.ndarray:
    """Return which rows of a part have no relative, but a segment that recurs in training, bool (n,)."""
    recurring = dataset.recurring_fraction[dataset.part(part)] >= np.float32(BANDS[-1][0])
    return recurring & ~leakage_mask(dataset, part)


def leakage_subsets(dataset: Dataset) -> dict[str, np.ndarray]:
    """Return the test rows that are `leaked`, share a `segment`, or are `clean`; nothing if all are clean."""
    test, leaked, segment = dataset.part("test"), leakage_mask(dataset), segment_mask(dataset)
    subsets = {"leaked": test[leaked], "segment": test[segment], "clean": test[~(leaked | segment)]}
    if not (leaked | segment).any():
        return {}
    return {name: rows for name, rows in subsets.items() if len(rows) or name != "segment"}


def count_by_identity(dataset: Dataset, part: str = "test") -> list[tuple[float, int]]:
    """Return, for each of `LEVELS`, the number of rows of a part with at least that identity."""
    identity = dataset.max_train_identity[dataset.part(part)]
    return [(level, int((identity >= np.float32(level)).sum())) for level in LEVELS]


def count_by_recurring_fraction(dataset: Dataset, part: str = "test") -> list[tuple[float, float, int]]:
    """Return, for each of `BANDS`, its bounds and the number of rows in it; the last band is closed."""
    fraction = dataset.recurring_fraction[dataset.part(part)]
    at_least = {low: int((fraction >= np.float32(low)).sum()) for low, _ in BANDS}
    return [(low, high, at_least[low] - at_least.get(high, 0)) for low, high in BANDS]


def verdict(dataset: Dataset) -> str:
    """Return one sentence on the leakage of the split."""
    leaked, segment = leakage_mask(dataset), segment_mask(dataset)
    relatives, segments = _share(leaked), _share(segment)
    if leaked.mean() >= LEAKY_FRACTION:
        return (
            f"This split is leaky: {relatives} have {_RELATIVE}; their scores do not hold for new sequences"
        )
    shared = f"{relatives} have {_RELATIVE}, and {segments} are sequences {_SEGMENT}"
    if len(leaked) < MIN_TEST_ROWS:
        few = f"too few test rows to say whether this split is clean: {len(leaked)}"
        return f"There are {few} (at least {MIN_TEST_ROWS} are expected); {shared}"
    if leaked.mean() >= MAX_CLEAN_RELATIVES:
        return f"This split leaks: {shared}"
    if segment.mean() >= MAX_CLEAN_SEGMENTS:
        return f"This split shares segments: {shared}"
    return f"This split is clean: {shared}{_missed(dataset)}"


def _share(flags: np.ndarray) -> str:
    """Return the number of test sequences that are True, of how many, and their percentage."""
    return f"{flags.sum():,} of {len(flags):,} test sequences ({flags.mean():.0%})"


def _missed(dataset: Dataset) -> str:
    """Return how many distant pairs the search misses, if they are many, as the end of a sentence."""
    bases = int(dataset.rows.insert_length.sum())
    missed = missed_fraction(bases)
    if missed < REPORTED_MISSED_FRACTION:
        return ""
    return f"; of pairs {IDENTITY:.0%} identical over 100 bp, {missed:.0%} are missed among {bases:,} bp"


def leakage_note(dataset: Dataset) -> list[str]:
    """Return the verdict as a note if test sequences have relatives or share many segments, else nothing."""
    shares = segment_mask(dataset).mean() >= MAX_CLEAN_SEGMENTS
    return [verdict(dataset)] if leakage_mask(dataset).any() or shares else []


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
    lines += [
        "",
        f"{'recurring':>10}  test sequences of which that fraction recurs in a training sequence",
        *(
            f"{f'{low:.0%}-{high:.0%}':>10}  {n:,} ({n / total:.0%})"
            for low, high, n in count_by_recurring_fraction(dataset)
        ),
    ]
    if pairs := most_similar_pairs(dataset):
        lines += ["", "most similar pairs: test, training, identity"]
        lines += [f"  {show(a)[1:-1]}\t{show(b)[1:-1]}\t{identity:.1%}" for a, b, identity in pairs]
    return "\n".join(lines)

"""Notes on a dataset for the user, and refusal of data on which no model can be trained.

A *note* is one line that does not stop the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from seqcnn.columns.byte_strings import first_equal
from seqcnn.data.assay.noise_ceiling import copied_columns, no_ceiling_reason, scored_replicates
from seqcnn.data.assay.plan import DataPlan
from seqcnn.data.assay.targets import describe_targets
from seqcnn.data.dataset import Dataset
from seqcnn.data.split.keys import Keys
from seqcnn.data.split.splits import PARTS
from seqcnn.errors import TableError, counted, plural, show
from seqcnn.sequence.onehot import ALPHABET, UNAMBIGUOUS
from seqcnn.sequence.strands import insert_mask
from seqcnn.sequence.window import Rows

_ROWS_PER_STEP = 1 << 16

MIN_ROWS = 10
"""Smallest number of measured sequences."""

MIN_PART = 2
"""Smallest number of rows in each part of a split."""

MIN_GROUPS = 30
"""Number of groups of rows below which they, and not the number of rows, leave parts of a split small."""

MAX_CLUSTER = 0.2
"""Fraction of the sequences above which their largest cluster, and not their number, leaves parts small."""

MIN_SPREAD = 1e-30
"""Smallest distance between the extremes of a target, above the limit of float32 (1e-38)."""

_LIKE_AN_ERROR = re.compile(r"(^|[_. -])(sd|se|sem|std|stdev|stderr|error)([_. -]|$)", re.IGNORECASE)


def refuse_unusable(
    inserts: Sequence[bytes], split: np.ndarray, groups: Keys, where: str, remedy: str = ""
) -> None:
    """Raise `TableError` if no model can be trained and scored on packed sequences and their split.

    `groups` are the names of what the split keeps together.  `remedy` is that for small parts, see
    `group_remedy`.
    """
    if len(inserts) < MIN_ROWS:
        raise TableError(
            f"{where}: too few sequences with a measurement: {len(inserts)}; at least {MIN_ROWS} are expected"
        )
    if not any(map(inserts[0].__ne__, inserts)):
        raise TableError(
            f"{where}: all {len(inserts)} sequences are identical; nothing can be learned from them"
        )
    refuse_small_parts(split, where, remedy=remedy or cluster_remedy(groups))


def group_remedy(name: str, labels: Sequence[str] | None) -> str:
    """Return what to do if groups of rows leave a part of the split empty; '' if there are enough groups."""
    count = len(set(labels or ()) - {""})
    if labels is None or count >= MIN_GROUPS:
        return ""
    kept = f"group {show(name, 40)} has {plural(count, 'value')}, and rows of equal values stay in one part"
    return f"; {kept}: choose a column with more values, or none"


def cluster_remedy(groups: Keys) -> str:
    """Return what to do if large clusters leave a part of the split empty; '' if the largest is small."""
    sizes = np.bincount(groups.number)
    largest = sizes.max()
    if largest <= MAX_CLUSTER * len(groups):
        return ""
    clusters = f"{plural(len(sizes), 'cluster')} of similar sequences, the largest of {largest:,}, stay whole"
    constant = "if they share a constant part, such as primers or a vector, give the variable part alone"
    return f"; {clusters}: {constant}"


def refuse_small_parts(
    split: np.ndarray, where: str, parts: Sequence[str] = PARTS, *, remedy: str = ""
) -> None:
    """Raise `TableError` if one of these parts of the split has fewer than `MIN_PART` rows."""
    counts = {part: int((split == part).sum()) for part in parts}
    if small := [f"{part} {n}" for part, n in counts.items() if n < MIN_PART]:
        raise TableError(
            f"{where}: too few sequences in {', '.join(small)}; at least {MIN_PART} are expected in each part"
            + remedy
        )


def target_notes(dataset: Dataset, where: str) -> list[str]:
    """Return notes on the targets of a dataset.

    Raises
    ------
    TableError
        If a target is constant or never measured in the training rows, or all their weights are 0.
    """
    train = dataset.part("train")
    if not dataset.weights[train].any():
        raise TableError(f"{where}: the weights of all {len(train)} training rows are 0")
    notes = []
    for name, y in _by_target(dataset):
        notes += describe_targets(y, name, where)
        measured = y[train][np.isfinite(y[train])]
        if np.ptp(y[np.isfinite(y)]) < MIN_SPREAD:
            raise TableError(
                f"{where}: target {show(name)}: all values are within {MIN_SPREAD:g} of each other; "
                "change its unit, or check it"
            )
        if len(np.unique(measured)) < 2:
            fault = f"all {len(measured)} values are equal" if len(measured) else "it is never measured"
            raise TableError(
                f"{where}: target {show(name)}: in the training rows {fault}; there is nothing to learn"
            )
        copies = copied_columns(dataset.replicates[:, dataset.target_names.index(name)])
        notes += [
            f"target {show(name)}: replicates {first + 1} and {copy + 1} have the same values in all rows; a "
            "copy is no second measurement and does not count for the noise ceiling"
            for first, copy in copies
        ]
        notes += [
            f"target {show(name)}: not measured in any {part} row, so it has no {part} score"
            for part in PARTS[1:]
            if len(dataset.part(part)) and not np.isfinite(y[dataset.part(part)]).any()
        ]
    return notes


def drop_notes(row: np.ndarray, targets: np.ndarray, split: np.ndarray) -> list[str]:
    """Return notes on dropped rows; `join` reports those that are missing from the table."""
    measured = np.isfinite(targets).any(1)
    unmeasured = int(((row >= 0) & ~measured).sum())
    notes = [counted(unmeasured, "sequences dropped: no target was measured")] if unmeasured else []
    return notes + unsplit_notes(split[(row >= 0) & measured])


def unsplit_notes(split: np.ndarray) -> list[str]:
    """Return a note on rows that are in no part of the split."""
    unsplit = int((split == "").sum())
    return [counted(unsplit, "sequences dropped: the split assigns them to no part")] if unsplit else []


def duplicate_notes(inserts: Sequence[bytes], duplicates: Keys, split: np.ndarray) -> list[str]:
    """Return notes on groups of equal sequences, and of sequences equal up to reverse complement.

    `duplicates` are the keys of both, see `seqcnn.data.split.clusters.strand_keys`.
    """
    part, strand = np.unique(split, return_inverse=True)[1], duplicates.number
    first = first_equal(inserts)
    one_strand = strand[np.unique(first)]
    both = np.bincount(one_strand, minlength=len(strand))[strand] > 1
    notes = [
        _duplicate_note(first, part, "groups of identical sequences"),
        _duplicate_note(strand[both], part[both], "groups of sequences identical up to reverse complement"),
    ]
    return [note for note in notes if note]


def plan_notes(dataset: Dataset, plan: DataPlan) -> list[str]:
    """Return notes on weights, on flanks that no sequence has room for, and on single replicates."""
    return [*_weight_notes(dataset.weights, plan), *_flank_notes(dataset), *_replicate_notes(dataset, plan)]


def summary(dataset: Dataset) -> Iterator[str]:
    """Yield lines on the size, lengths, composition, targets and split of a dataset."""
    size = dataset.rows.insert_length
    counts = _base_counts(dataset.rows)
    bounds = f"{size.min()}-{size.max()}" if size.min() < size.max() else f"{size.min()}"
    yield f"{plural(len(dataset), 'sequence')} of {bounds} bp, window {dataset.layout.length} bp"
    shares = (n / (sum(counts) or 1) for n in counts)
    yield "composition " + ", ".join(f"{b} {s:.1%}" for b, s in zip(ALPHABET, shares, strict=True))
    for (name, y), unit in zip(_by_target(dataset), dataset.units, strict=True):
        low, median, high = np.nanquantile(y, [0, 0.5, 1])
        yield (
            f"{name}{f' ({unit})' if unit else ''}: {np.isfinite(y).sum()} measured, "
            f"mean {np.nanmean(y):.3g}, sd {np.nanstd(y):.3g}, "
            f"min {low:.3g}, median {median:.3g}, max {high:.3g}"
        )
    sizes = {part: str(len(dataset.part(part))) for part in PARTS}
    if dataset.has_calibration_rows:
        sizes["val"] += f" ({len(dataset.part('calibration'))} of them only calibrate prediction intervals)"
    parts = ", ".join(f"{part} {size}" for part, size in sizes.items())
    several = int((np.unique(dataset.groups, return_counts=True)[1] > 1).sum())
    yield f"split {dataset.provenance['split']}: {parts}; {plural(several, 'group')} of several rows"


def _base_counts(rows: Rows) -> list[int]:
    """Return how often each of `ALPHABET` occurs in the inserts."""
    counts = np.zeros(len(UNAMBIGUOUS), np.int64)
    for start in range(0, len(rows), _ROWS_PER_STEP):
        part = rows.take(slice(start, start + _ROWS_PER_STEP))
        counts += np.bincount(part.bases[insert_mask(part)], minlength=16)[list(UNAMBIGUOUS)]
    return counts.tolist()


def _by_target(dataset: Dataset) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the measurements (N,) of each target."""
    yield from zip(dataset.target_names, dataset.targets.T.astype(np.float64), strict=True)


def _duplicate_note(group: np.ndarray, part: np.ndarray, kind: str) -> str:
    """Return a note on the number of groups of several rows, and of those in several parts, or ''."""
    sizes = np.bincount(group)
    groups = int((sizes > 1).sum())
    if not groups:
        return ""
    pairs = np.unique(group.astype(np.int64) * len(PARTS) + part)  # of group and part
    if crossing := int((np.bincount(pairs // len(PARTS)) > 1).sum()):
        verb = "is" if crossing == 1 else "are"
        return f"{counted(groups, kind)}; {crossing} of them {verb} in several parts of the split"
    return f"{counted(groups, kind)}; the split keeps each group in one part"


def _weight_notes(weights: np.ndarray, plan: DataPlan) -> list[str]:
    """Return notes on the weights of the rows."""
    if plan.weight is None and plan.weight_by != "replicates":
        return []
    source = "the replicates' standard errors" if plan.weight is None else f"column {show(plan.weight)}"
    transformation = "as they are" if plan.weight_by == "weight" else f"by {plan.weight_by}"
    notes = [
        f"weights in the loss: {source}, {transformation}, from {weights.min():.3g} to {weights.max():.3g}"
    ]
    if plan.weight_by == "weight" and _LIKE_AN_ERROR.search(plan.weight or ""):
        notes.append(
            f"weight {show(plan.weight)}: rows of a larger value count more; "
            "if it is a standard deviation or error, use --weight-by sd"
        )
    if plan.weight_by == "sd" and (exact := int((weights == 1).sum())):
        rows = plural(exact, "row")
        notes.append(f"weight {show(plan.weight)}: {rows} with an SD of 0 count as if they were exact")
    return notes


def _flank_notes(dataset: Dataset) -> list[str]:
    """Return a note if no sequence leaves room for the flanks."""
    layout = dataset.layout
    if not (layout.flank5 or layout.flank3) or (dataset.rows.insert_length < layout.length).any():
        return []
    return [
        f"flank5 and flank3 are not used by the model: every sequence fills the window of {layout.length} bp;"
        " raise --length to include more of the construct"
    ]


def _replicate_notes(dataset: Dataset, plan: DataPlan) -> list[str]:
    """Return notes on targets whose replicates give no noise ceiling of the test rows."""
    notes, test = [], dataset.part("test")
    for target, columns in plan.replicates.items():
        if len(columns) == 1:
            notes.append(f"target {show(target)}: one replicate column, so there is no ceiling")
            continue
        replicates = scored_replicates(dataset, test, dataset.target_names.index(target))
        if reason := no_ceiling_reason(replicates):
            notes.append(f"target {show(target)}: no noise ceiling of the test rows: {reason}")
    return notes

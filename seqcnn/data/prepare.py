"""Sequences and measurements -> dataset: joined by id, checked, laid out, and split."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.data.fasta import Record, check_names
from seqcnn.data.layout import Align, Flank, Layout, Length
from seqcnn.data.onehot import Ambiguity, unpack
from seqcnn.data.sequences import read_sequences
from seqcnn.data.splits import PARTS, SplitInput, SplitPlan, group_keys, split_rows
from seqcnn.data.tables import Table, read_table
from seqcnn.data.targets import describe_targets, join
from seqcnn.errors import SequenceError, TableError, UsageError, listed, place, show

logger = logging.getLogger(__name__)

MIN_ROWS = 10
"""Fewest measured sequences that can be split into train, val and test."""

MIN_PART = 2
"""Fewest rows of each part of a split."""


@dataclass(frozen=True, slots=True)
class DataPlan:
    """What is read from the inputs, how it is laid out, and how it is split."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    targets: tuple[str, ...] = ()
    """Target columns; by default the only column of numbers."""
    id: str | None = None
    """Column with the sequence's name; by default `id`, else the first one."""
    sequence: str = "sequence"
    """Column with the sequence, when the sequences come from a table."""
    units: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ("NA",)
    """Cells that mean 'not measured'."""
    replicates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Target -> columns of its replicate measurements."""
    weight: str | None = None
    """Column of weights in the loss, >= 0."""
    group: str | None = None
    """Column whose equal values stay on one side of the split: gene, family, locus."""
    length: Length | None = None
    """Window in bp; by default the longest sequence."""
    align: Align = "left"
    flank5: Flank = ""
    flank3: Flank = ""
    crop: bool = False
    ambiguity: Ambiguity = "share"
    split: SplitPlan = field(default_factory=SplitPlan)


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files of one experiment."""

    sequences: Path
    targets: Path
    genome: Path | None = None


def prepare(inputs: Inputs, plan: DataPlan) -> Dataset:
    """Read, join, check, lay out and split one experiment; what was changed or dropped is logged once.

    Raises
    ------
    SequenceError, TableError
        If an input cannot be read, or the two do not belong together.
    """
    changes: Counter[str] = Counter()
    records = list(read_sequences(inputs.sequences, plan.sequence, genome=inputs.genome, changes=changes))
    check_names([record.name for record in records], inputs.sequences)
    table = read_table(inputs.targets)
    plan_targets = plan.targets or (_only_numeric(table, plan),)
    id_column, notes = table.id_column(plan.id)
    row, join_notes = join([record.name for record in records], table, id_column=id_column)
    columns = _Columns(table, id_column, plan.missing)
    targets = columns.numbers(plan_targets)[row]
    targets[row < 0] = np.nan
    keys = group_keys([r.bases for r in records], columns.text(plan.group, row))
    split = split_rows(
        plan.split, SplitInput(keys, columns.text(plan.split.column, row) or [""] * len(records))
    )
    keep = np.flatnonzero((row >= 0) & np.isfinite(targets).any(1) & (split != ""))
    notes += (
        join_notes + _drop_notes(row, targets, split) + [f"{n} {what}" for what, n in changes.items() if n]
    )
    kept = [records[i] for i in keep]
    _refuse_hopeless(kept, split[keep], inputs)
    dataset = Dataset(
        ids=[record.name for record in kept],
        rows=_lay_out(kept, plan, inputs.sequences),
        targets=targets[keep].astype(np.float32),
        weights=columns.weights(plan.weight)[row][keep],
        split=split[keep],
        groups=np.unique([keys[i] for i in keep], return_inverse=True)[1].astype(np.int32),
        replicates=columns.replicates(plan_targets, plan.replicates)[row][keep],
        target_names=list(plan_targets),
        units=[plan.units.get(name, "") for name in plan_targets],
        layout=_layout(kept, plan),
    )
    notes += [
        note for t, name in enumerate(plan_targets) for note in describe_targets(dataset.targets[:, t], name)
    ]
    notes += _twin_notes(kept, plan.group)
    dataset.provenance.update(_provenance(inputs, plan, notes))
    for note in notes:
        logger.warning(note)
    for line in summary(dataset):
        logger.info(line)
    return dataset


def summary(dataset: Dataset) -> Iterator[str]:
    """Yield what a user wants to see of a dataset: numbers, lengths, composition, targets, split."""
    size = dataset.rows.size
    letters = Counter(unpack(dataset.rows.bases.tobytes()))
    acgt = sum(letters[base] for base in "ACGT") or 1
    yield f"{len(dataset)} sequences of {size.min()}-{size.max()} bp, window {dataset.layout.length} bp"
    yield "composition " + ", ".join(f"{base} {letters[base] / acgt:.1%}" for base in "ACGT")
    for name, unit, y in zip(dataset.target_names, dataset.units, dataset.targets.T, strict=True):
        q = np.nanquantile(y, [0, 0.5, 1])
        yield (
            f"{name}{f' ({unit})' if unit else ''}: {np.isfinite(y).sum()} measured, "
            f"mean {np.nanmean(y):.3g}, sd {np.nanstd(y):.3g}, min {q[0]:.3g}, median {q[1]:.3g}, max {q[2]:.3g}"
        )
    counts = ", ".join(f"{part} {len(dataset.part(part))}" for part in PARTS)
    yield f"split {dataset.provenance['split']}: {counts}"


class _Columns:
    """The columns of the targets table, as arrays in the order of its rows."""

    def __init__(self, table: Table, id_column: str, missing: tuple[str, ...]) -> None:
        self.table, self.id_column, self.missing = table, id_column, missing

    def numbers(self, names: Iterable[str]) -> np.ndarray:
        """Return float64 (rows, columns), NaN where missing."""
        values = [self.table.numbers(n, id_column=self.id_column, missing=self.missing) for n in names]
        return np.stack(values, axis=1)

    def text(self, name: str | None, row: np.ndarray) -> list[str] | None:
        """Return a column's text in the order of `row`, '' for rows that are not in the table."""
        values = None if name is None else self.table.text(name)
        return values and [values[i] if i >= 0 else "" for i in row]

    def weights(self, name: str | None) -> np.ndarray:
        """Return the weights; 1 without a column; refuses negative and missing ones."""
        if name is None:
            return np.ones(len(self.table.rows), np.float32)
        values = self.numbers([name])[:, 0]
        if (bad := np.flatnonzero(~(values >= 0))).size:
            lines = listed([f"line {self.table.lines[i]}" for i in bad], len(bad))
            raise TableError(f"{place(self.table.path)}: weight {show(name)}: {lines}; expected numbers >= 0")
        return values.astype(np.float32)

    def replicates(self, targets: tuple[str, ...], replicates: Mapping[str, tuple[str, ...]]) -> np.ndarray:
        """Return float32 (rows, T, R), NaN where missing."""
        if unknown := sorted(set(replicates) - set(targets)):
            raise TableError(
                f"replicates: {show(unknown[0])} is not a target; targets are {listed(list(targets))}"
            )
        most = max((len(names) for names in replicates.values()), default=0)
        values = np.full((len(self.table.rows), len(targets), most), np.nan, np.float32)
        for t, target in enumerate(targets):
            if names := replicates.get(target, ()):
                values[:, t, : len(names)] = self.numbers(names)
        return values


def _only_numeric(table: Table, plan: DataPlan) -> str:
    """Return the only column of numbers, or ask for --target."""
    used = {table.id_column(plan.id)[0], plan.sequence, plan.weight, plan.group, plan.split.column}
    used |= {name for names in plan.replicates.values() for name in names}
    numeric = []
    for name in table.columns:
        if name not in used:
            try:
                table.numbers(name, id_column=table.id_column(plan.id)[0], missing=plan.missing)
            except TableError:
                continue
            numeric.append(name)
    if len(numeric) != 1:
        found = listed([show(name) for name in numeric or table.columns], len(numeric or table.columns))
        kind = "columns of numbers" if numeric else "columns, none of numbers only"
        raise UsageError(
            f"{place(table.path)}: which column is the target? {kind}: {found}; name it with --target"
        )
    return numeric[0]


def _layout(records: list[Record], plan: DataPlan) -> Layout:
    """Return the length policy; the window is the longest sequence unless a length is given."""
    length = plan.length or max(len(record.bases) for record in records)
    return Layout(length, plan.align, plan.flank5, plan.flank3, plan.crop, plan.ambiguity)


def _lay_out(records: list[Record], plan: DataPlan, path: Path) -> Any:
    """Lay the records out, naming the one that is too long."""
    layout = _layout(records, plan)
    too_long = [r for r in records if len(r.bases) > layout.length and not layout.crop]
    if too_long:
        faults = [f"record {show(r.name)}, line {r.line}: {len(r.bases)} bp" for r in too_long]
        remedy = f"at most {layout.length} bp are expected (raise `length`, or set `crop: true`)"
        raise SequenceError(f"{place(path)}: {listed(faults)}; {remedy}")
    return layout.rows([record.bases for record in records])


def _drop_notes(row: np.ndarray, targets: np.ndarray, split: np.ndarray) -> list[str]:
    """Say how many rows are dropped and why; rows missing from the table are `join`'s to tell."""
    unmeasured = int(((row >= 0) & ~np.isfinite(targets).any(1)).sum())
    unsplit = int(((row >= 0) & np.isfinite(targets).any(1) & (split == "")).sum())
    notes = [f"{unmeasured} sequences dropped: no target was measured"] if unmeasured else []
    return notes + (
        [f"{unsplit} sequences dropped: the split column assigns them to no part"] if unsplit else []
    )


def _twin_notes(records: list[Record], group: str | None) -> list[str]:
    """Count sequences that are equal, and equal up to reverse complement."""
    same = Counter(record.bases for record in records)
    twins = Counter(group_keys([record.bases for record in records], None))
    equal, mirrored = (sum(n > 1 for n in counts.values()) for counts in (same, twins))
    notes = (
        [f"{equal} groups of identical sequences; each group goes to one split as a whole"] if equal else []
    )
    if mirrored > equal:
        notes.append(
            f"{mirrored - equal} groups of sequences identical up to reverse complement; "
            "each group goes to one split as a whole"
        )
    return notes


def _refuse_hopeless(records: list[Record], split: np.ndarray, inputs: Inputs) -> None:
    """Refuse data that no model can be trained and scored on."""
    path = place(inputs.targets)
    if len(records) < MIN_ROWS:
        raise TableError(
            f"{path}: too few sequences with a measurement: {len(records)}; at least {MIN_ROWS} are expected"
        )
    if len({record.bases for record in records}) == 1:
        raise TableError(
            f"{path}: all {len(records)} sequences are identical; nothing can be learned from them"
        )
    counts = {part: int((split == part).sum()) for part in PARTS}
    if small := [f"{part} {n}" for part, n in counts.items() if n < MIN_PART]:
        raise TableError(
            f"{path}: too few sequences in {listed(small)}; at least {MIN_PART} are expected in each part"
        )


def _provenance(inputs: Inputs, plan: DataPlan, notes: list[str]) -> dict[str, Any]:
    """Return what the dataset was made from and how."""
    files = [path for path in (inputs.sequences, inputs.targets) if path.is_file()]
    split = plan.split
    words = {
        "random": f"random, by group (seed {split.seed})",
        "column": f"by column {split.column}",
        "values": f"by {split.column}: val {', '.join(split.val)}; test {', '.join(split.test)}",
        "kfold": f"fold {split.fold} of {split.folds}, by group (seed {split.seed})",
    }[split.method]
    by = f", grouped by {plan.group}" if plan.group and split.method in ("random", "kfold") else ""
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return {"inputs": digests, "split": words + by, "notes": notes}

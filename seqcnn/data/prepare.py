"""Sequences and measurements -> dataset: joined by id, checked, laid out, and split."""

from __future__ import annotations

import logging
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.data.assay.columns import Columns
from seqcnn.data.assay.experiment import read_experiment
from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.assay.targets import join
from seqcnn.data.audit import leakage_note
from seqcnn.data.dataset import Dataset
from seqcnn.data.notes import (
    drop_notes,
    duplicate_notes,
    plan_notes,
    refuse_unusable,
    summary,
    target_notes,
)
from seqcnn.data.readers.records import Record
from seqcnn.data.split.audited_split import AuditedSplit, split_and_audit
from seqcnn.data.split.clusters import link_similar
from seqcnn.data.split.splits import describe_split, factorize
from seqcnn.errors import SequenceError, listed, show
from seqcnn.io.stream import STDIN, digest, source_name
from seqcnn.sequence.window import Layout

logger = logging.getLogger(__name__)


def prepare(inputs: Inputs, plan: DataPlan) -> Dataset:
    """Read, join, check, lay out and split one experiment; what was changed or dropped is logged once.

    Raises
    ------
    SequenceError, TableError
        If an input cannot be read, or the two do not belong together.
    ConfigError, UsageError
        If the plan contradicts itself or does not fit the inputs.
    """
    changes: Counter[str] = Counter()
    read = read_experiment(inputs, plan, changes=changes)
    records, table, plan, notes = read.records, read.table, read.plan, read.notes
    columns = Columns(table, id_column=read.id_column, missing=plan.missing)
    names = plan.targets or (columns.only_numeric(_other_columns(plan) | read.described),)
    row, join_notes = join([record.name for record in records], table, id_column=read.id_column)
    targets = columns.numbers(names)[row]
    targets[row < 0] = np.nan
    inserts = [record.bases for record in records]
    links, kin_notes = link_similar(inserts, read.related) if plan.split.method != "random" else (None, [])
    labels = columns.groups(plan.group, row)
    values = columns.text(plan.split.column, row) if plan.split.column else [""] * len(row)
    measured = (row >= 0) & np.isfinite(targets).any(1)
    check = partial(refuse_unusable, where=table.name)
    parted = split_and_audit(
        plan.split, inserts, measured, values=values, labels=labels, links=links, check=check
    )
    notes += join_notes + kin_notes + drop_notes(row, targets, parted.split)
    notes += [f"{n} {what}" for what, n in changes.items()]
    kept = [records[i] for i in parted.keep]
    _refuse_too_long(kept, plan, inputs.sequences)
    dataset = _assemble(kept, columns, row=row[parted.keep], names=names, parted=parted, plan=plan)
    notes += target_notes(dataset, table.name) + plan_notes(dataset, plan)
    notes += _sequence_notes(kept, dataset)
    dataset.provenance.update(_provenance(inputs, plan, notes, clustered=links is not None))
    _log(dataset)
    return dataset


def _other_columns(plan: DataPlan) -> set[str | None]:
    """Return the columns that the plan names for something else than a target."""
    replicates = {name for names in plan.replicates.values() for name in names}
    return {plan.sequence, plan.weight, plan.group, plan.split.column, *plan.categories} | replicates


def _layout(records: list[Record], plan: DataPlan) -> Layout:
    """Return the length policy; the window is the longest sequence unless a length is given."""
    length = plan.length or max(len(record.bases) for record in records)
    return Layout(length, plan.align, plan.flank5, plan.flank3, plan.crop, plan.ambiguity)


def _refuse_too_long(records: list[Record], plan: DataPlan, path: Path) -> None:
    """Raise `SequenceError` naming the records that do not fit the window."""
    layout = _layout(records, plan)
    too_long = [r for r in records if len(r.bases) > layout.length and not layout.crop]
    if too_long:
        faults = [f"record {show(r.name)}, line {r.line}: {len(r.bases)} bp" for r in too_long]
        remedy = f"at most {layout.length} bp are expected (raise `length`, or set `crop: true`)"
        raise SequenceError(f"{source_name(path)}: {listed(faults)}; {remedy}")


def _assemble(
    records: list[Record],
    columns: Columns,
    *,
    row: np.ndarray,
    names: tuple[str, ...],
    parted: AuditedSplit,
    plan: DataPlan,
) -> Dataset:
    """Put sequences and measurements side by side; `row` is the table's row of each record."""
    layout = _layout(records, plan)
    replicates = columns.replicates(names, plan.replicates)
    return Dataset(
        ids=[record.name for record in records],
        rows=layout.rows([record.bases for record in records]),
        targets=columns.numbers(names)[row].astype(np.float32),
        weights=columns.weights(plan.weight, plan.weight_by, replicates=replicates)[row],
        split=parted.split[parted.keep],
        groups=factorize([parted.groups[i] for i in parted.keep])[1],
        max_train_identity=parted.max_train_identity,
        nearest_train_row=parted.nearest_train_row,
        replicates=replicates[row],
        categories=columns.categories(plan.categories)[row],
        target_names=list(names),
        category_names=list(plan.categories),
        units=[plan.units.get(name, "") for name in names],
        layout=layout,
    )


def _sequence_notes(records: list[Record], dataset: Dataset) -> list[str]:
    """Return notes on sequences that are alike, and on those that `crop` cuts."""
    inserts = [record.bases for record in records]
    notes = duplicate_notes(inserts, dataset.split) + leakage_note(dataset)
    if cut := sum(len(insert) > dataset.layout.length for insert in inserts):
        notes.append(f"{cut} sequences cropped to {dataset.layout.length} bp")
    return notes


def _provenance(inputs: Inputs, plan: DataPlan, notes: list[str], *, clustered: bool) -> dict[str, Any]:
    """Return what the dataset was made from and how."""
    words = describe_split(plan.split, clustered=clustered)
    if plan.group and plan.split.method in ("auto", "random", "kfold"):
        words += f", grouped by {plan.group}"
    return {"inputs": _digests(inputs), "split": words, "notes": notes}


def _digests(inputs: Inputs) -> dict[str, str]:
    """Return the SHA-256 of every input by the file's name; of streams there is none."""
    paths = dict.fromkeys(path for path in (inputs.sequences, inputs.targets, inputs.genome) if path)
    names = Counter(path.name for path in paths)
    digests = {}
    for path in paths:
        text = path.name if names[path.name] == 1 else str(path)
        name = source_name(path) if path == STDIN else text.encode("utf-8", "backslashreplace").decode()
        digests[name] = digest(path)
    return digests


def _log(dataset: Dataset) -> None:
    """Log the notes and the summary of a dataset, each line once."""
    for note in dataset.provenance["notes"]:
        logger.warning("%s", note)
    for line in summary(dataset):
        logger.info("%s", line)

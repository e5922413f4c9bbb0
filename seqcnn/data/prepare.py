"""Make a dataset from sequences and measurements: join by id, check, lay out, and split."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcnn.data.assay.columns import Columns
from seqcnn.data.assay.experiment import Experiment, read_experiment
from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.assay.target_names import check_targets, only_target, units_of
from seqcnn.data.assay.targets import join
from seqcnn.data.assay.weights import count_note, weights_of_replicates
from seqcnn.data.audit import leakage_note
from seqcnn.data.check import (
    drop_notes,
    duplicate_notes,
    group_remedy,
    plan_notes,
    refuse_unusable,
    summary,
    target_notes,
)
from seqcnn.data.dataset import Dataset, transform_targets
from seqcnn.data.features.feature_file import read_features
from seqcnn.data.readers.records import Records
from seqcnn.data.split.audited_split import AuditedSplit, split_and_audit
from seqcnn.data.split.splits import describe_split
from seqcnn.data.split.units import split_units
from seqcnn.errors import (
    ConfigError,
    SequenceError,
    TableError,
    counted,
    listed,
    plural,
    refuse_control,
    show,
)
from seqcnn.io.atomic import refuse_outputs
from seqcnn.io.stream import STDIN, digest, source_name
from seqcnn.sequence.window import Layout

logger = logging.getLogger(__name__)

MAX_SHORT = 0.02
"""Largest share of sequences that are noted as far shorter than the others."""


def prepare_file(
    inputs: Inputs, plan: DataPlan, output: Path, *, config: Path | None = None, overwrite: bool = False
) -> Dataset:
    """Write the dataset of `prepare`; refuse an output that is an input or, without `overwrite`, exists.

    The name of `config`, the pipeline configuration that holds the plan, is recorded.
    """
    refuse_outputs((output,), inputs.files, overwrite=overwrite)
    dataset = prepare(inputs, plan)
    if config is not None:
        dataset.provenance["config"] = config.name.encode("utf-8", "backslashreplace").decode()
    dataset.save(output)
    return dataset


def prepare(inputs: Inputs, plan: DataPlan) -> Dataset:
    """Read, join, check, lay out and split one experiment.

    What was changed or dropped is logged, and is in the notes of the dataset.

    Parameters
    ----------
    inputs
        The files of the experiment.
    plan
        Columns to read, layout and split.

    Raises
    ------
    SequenceError, TableError
        If an input cannot be read, or the inputs do not belong together.
    ConfigError, UsageError
        If the plan contradicts itself or does not fit the inputs.
    """
    changes: Counter[str] = Counter()
    read = _read(inputs, plan, changes)
    records, row, targets, labels = read.records, read.row, read.measured["targets"], read.labels
    method, units, unit_notes = split_units(
        read.plan.split, records.bases, read.related, labelled=labels is not None, memory=plan.memory_limit
    )
    plan, usable = replace(read.plan, split=method), (row >= 0) & np.isfinite(targets).any(1)
    check = partial(refuse_unusable, where=read.where, remedy=group_remedy(plan.group or "", labels))
    audited = split_and_audit(
        method, records.bases, usable, units, values=read.values, labels=labels, check=check
    )
    keep = audited.keep
    kept = records.take(keep, plan.memory_limit)
    layout = _layout(kept, plan, inputs.sequences)
    measured = {name: v[keep] if isinstance(v, np.ndarray) else v for name, v in read.measured.items()}
    assembled = _with_features(_assemble(kept, layout, audited, measured), inputs.features)
    dataset = _transformed(assembled, plan, read.where)
    notes = read.notes + unit_notes + drop_notes(row, targets, audited.split)
    notes += [counted(count, change) for change, count in changes.items()]
    notes += target_notes(dataset, read.where) + plan_notes(dataset, plan)
    notes += _sequence_notes(kept, audited, dataset)
    dataset.provenance.update(_provenance(inputs, plan, notes, unit=units.kind))
    _log(dataset)
    return dataset


@dataclass(frozen=True, slots=True)
class _Read:
    """What the files of an experiment hold; their table, which needs more memory, is not kept."""

    records: Records
    row: np.ndarray
    """int64 (N,), row of the table of each record, -1 if there is none."""
    measured: dict[str, Any]
    """Fields of a `Dataset`, for all records."""
    values: list[str]
    """Text of the column of the split."""
    labels: list[str] | None
    """Text of the column of groups."""
    related: np.ndarray
    """As in `Experiment`."""
    notes: list[str]
    plan: DataPlan
    """The user's plan, completed by the lab format."""
    where: str
    """Name of the table."""


def _read(inputs: Inputs, plan: DataPlan, changes: Counter[str]) -> _Read:
    """Read the files, and join sequences and measurements."""
    experiment = read_experiment(inputs, plan, changes=changes)
    (columns, names), plan = _columns_of(experiment), experiment.plan
    row, join_notes = _joined(experiment)
    y = columns.targets(names, plan.replicates)
    targets = np.where(row[:, None] < 0, np.nan, y[row])
    notes = columns.notes(names, plan.replicates, plan.group) + _count_notes(columns, names, y, plan)
    return _Read(
        records=experiment.records,
        row=row,
        values=columns.parts(plan.split, row),
        labels=columns.groups(plan.group, row),
        measured=_measurements(columns, names, targets, row=row, plan=plan),
        related=experiment.related,
        notes=experiment.notes + notes + join_notes,
        plan=plan,
        where=experiment.table.name,
    )


def _count_notes(columns: Columns, names: tuple[str, ...], targets: np.ndarray, plan: DataPlan) -> list[str]:
    """Return notes on columns for weights, if there are none; `targets` are those of the table's rows."""
    if plan.weight is not None or plan.weight_by != "weight":
        return []
    unused = [name for name in columns.table.columns if name not in {*names, *plan.other_columns}]
    counts = ((name, columns.whole_numbers(name)) for name in unused)
    notes = [count_note(name, values, targets) for name, values in counts if values is not None]
    return [note for note in notes if note]


def check_columns(inputs: Inputs, plan: DataPlan) -> None:
    """Read the files, and refuse names and cells of columns that `prepare` would refuse; it is faster."""
    experiment = read_experiment(inputs, plan, changes=Counter())
    (columns, names), plan = _columns_of(experiment), experiment.plan
    row = np.arange(len(experiment.table.rows))
    _measurements(columns, names, columns.targets(names, plan.replicates), row=row, plan=plan)
    columns.groups(plan.group, row)
    columns.parts(plan.split, row)


def _joined(experiment: Experiment) -> tuple[NDArray[np.int64], list[str]]:
    """Return the row of the measurements of each sequence, and notes, see `join`."""
    names, id_column = experiment.records.names, experiment.id_column
    return join(names, experiment.table, id_column=id_column, intervals=experiment.intervals)


def _columns_of(experiment: Experiment) -> tuple[Columns, tuple[str, ...]]:
    """Return the columns of measurements, and the names of the targets."""
    table, plan = experiment.table, experiment.plan
    columns = Columns(table, id_column=experiment.id_column, missing=plan.missing_cells)
    names = plan.targets or (only_target(columns, plan.other_columns | experiment.annotations),)
    for name in set(names) - plan.replicates.keys():
        table.text(name)  # there is such a column
    check_targets(names, units_of(names, plan.units), table.name)
    return columns, names


def _measurements(
    columns: Columns, names: tuple[str, ...], targets: np.ndarray, *, row: np.ndarray, plan: DataPlan
) -> dict[str, Any]:
    """Return the fields of a `Dataset` that the table holds; `row` is the table's row of each sequence."""
    refuse_control(plan.categories, f"{columns.table.name}: column", TableError)
    replicates = columns.replicates(names, plan.replicates)
    return {
        "targets": targets.astype(np.float32),
        "weights": columns.weights(plan.weight, plan.weight_by, replicates=replicates)[row],
        "replicates": replicates[row],
        "categories": columns.categories(plan.categories)[row],
        "target_names": list(names),
        "category_names": list(plan.categories),
        "units": units_of(names, plan.units),
    }


def _layout(records: Records, plan: DataPlan, path: Path) -> Layout:
    """Return the layout; its window is the longest sequence unless the plan has a length.

    Raises
    ------
    SequenceError
        If records do not fit the window; `path` is their file.
    """
    sizes = records.bases.sizes
    length = plan.length or int(sizes.max())
    layout = Layout(length, plan.align, plan.flank5, plan.flank3, plan.crop, plan.ambiguity)
    too_long = np.flatnonzero(sizes > layout.length).tolist()
    if too_long and not layout.crop:
        faults = [f"record {show(records.names[i])}, line {records.line[i]}: {sizes[i]} bp" for i in too_long]
        remedy = f"at most {layout.length} bp are expected (raise `length`, or set `crop: true`)"
        raise SequenceError(f"{source_name(path)}: {listed(faults)}; {remedy}")
    return layout


def _assemble(records: Records, layout: Layout, audited: AuditedSplit, measured: dict[str, Any]) -> Dataset:
    """Return the dataset of the kept records."""
    return Dataset(
        ids=records.names,
        rows=layout.rows(records.bases),
        split=audited.split[audited.keep],
        groups=audited.groups.take(audited.keep).number,
        max_train_identity=audited.max_train_identity,
        nearest_train_row=audited.nearest_train_row,
        recurring_fraction=audited.recurring_fraction,
        layout=layout,
        **measured,
    )


def _with_features(dataset: Dataset, path: Path | None) -> Dataset:
    """Return the dataset with the features of its sequences, if there is a file of them."""
    if path is None:
        return dataset
    return replace(dataset, rows=replace(dataset.rows, features=read_features(path, dataset.ids)))


def _transformed(dataset: Dataset, plan: DataPlan, where: str) -> Dataset:
    """Return the dataset with transformed targets; weights by replicates are those of transformed ones."""
    if plan.transform == "none":
        return dataset
    if plan.weight_by == "sd":
        raise ConfigError(
            f"weight_by: sd given, and transform {plan.transform}, after which these are no SDs of the "
            "values; expected counts, replicates or none"
        )
    dataset = transform_targets(dataset, plan.transform, where)
    if plan.weight_by != "replicates":
        return dataset
    weights = weights_of_replicates(dataset.replicates)
    return dataset if weights is None else replace(dataset, weights=weights.astype(np.float32))


def _sequence_notes(records: Records, audited: AuditedSplit, dataset: Dataset) -> list[str]:
    """Return notes on duplicates, on leakage, and on sequences that `crop` cuts."""
    notes = duplicate_notes(records.bases, audited.duplicates.take(audited.keep), dataset.split)
    notes += leakage_note(dataset) + _short_notes(records)
    if cropped := int((records.bases.sizes > dataset.layout.length).sum()):
        notes.append(counted(cropped, f"sequences cropped to {dataset.layout.length} bp"))
    return notes


def _short_notes(records: Records) -> list[str]:
    """Return a note on a few sequences that are far shorter than the others."""
    lengths = records.bases.sizes
    median = float(np.median(lengths))
    short = np.flatnonzero(lengths < median / 2)
    if not 0 < len(short) <= MAX_SHORT * len(records):
        return []
    first, number = short[0], plural(len(short), "sequence")
    example = f"{show(records.names[first], 40)} (line {records.line[first]}, {lengths[first]} bp)"
    return [
        f"{number} of less than half the median length, {median:g} bp, such as {example}; cut by mistake?"
    ]


def _provenance(inputs: Inputs, plan: DataPlan, notes: list[str], *, unit: str) -> dict[str, Any]:
    """Return the checksums of the inputs, the split method, the notes, and the columns of replicates."""
    method = describe_split(plan.split, unit)
    if plan.group and plan.split.method in ("auto", "random", "kfold"):
        method += f", grouped by {plan.group}"
    names = {target: list(columns) for target, columns in plan.replicates.items()}
    kinds = {"split": method, "split_unit": unit}
    return {"inputs": _digests(inputs), **kinds, "notes": notes, "replicates": names}


def _digests(inputs: Inputs) -> dict[str, str]:
    """Return file name -> SHA-256 of every input; streams have none."""
    paths = dict.fromkeys(path for path in inputs.files if path)
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

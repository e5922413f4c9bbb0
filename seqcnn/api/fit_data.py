"""The dataset of `seqcnn.fit`: the plan of files, or sequences and measurements in memory."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from seqcnn.api.frames import in_memory, sequence_column
from seqcnn.data.arrays import in_order, number_matrix, refuse_lengths
from seqcnn.data.assay.columns import row_means
from seqcnn.data.assay.long_form import aggregate_rows
from seqcnn.data.assay.plan import Aggregate, DataPlan
from seqcnn.data.assay.target_names import mean_name
from seqcnn.data.dataset import Dataset
from seqcnn.data.readers.id_cut import IdUntil
from seqcnn.data.readers.tables import ID_COLUMNS, Table
from seqcnn.data.split.splits import SplitPlan
from seqcnn.data.transform import TransformName
from seqcnn.errors import TableError, UsageError, did_you_mean, listed, plural, show
from seqcnn.io.tsv import NA
from seqcnn.sequence.window import Align

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How sequences and measurements become a dataset."""

    target: str | Sequence[str] | None = None
    aggregate: Aggregate | None = None
    replicate_column: str | None = None
    id_until: IdUntil | None = None
    align: Align = "left"
    transform: TransformName = "none"
    features: Any = None
    """Features of the sequences in memory."""
    seed: int = 1
    """Random seed of the split."""


def dataset_in_memory(sequences: Any, targets: Any, reading: Reading, **columns: Any) -> Dataset:
    """Make a dataset from sequences in memory; names are columns of a DataFrame."""
    from seqcnn.data.from_arrays import dataset_from_arrays

    for name, value in {"target": reading.target, "id_until": reading.id_until}.items():
        if value is not None:
            what = "pass the measurements as `targets`" if name == "target" else "cut the ids first"
            raise UsageError(f"{name}: names columns of a file; {what}")
    if reading.replicate_column and not reading.aggregate:
        raise UsageError("--replicate-column needs --aggregate mean, or median")
    ids = None
    if isinstance(sequences, pd.DataFrame):
        table, names = sequences, {"targets": targets, **columns}
        if reading.aggregate:
            table, names = _aggregated(table, names, reading)
        columns = {name: _of_table(table, value, name) for name, value in names.items()}
        sequences, targets = table[sequence_column(table)], columns.pop("targets")
        ids = _ids(table)
    elif reading.aggregate:
        raise UsageError("aggregate: needs a table; pass a DataFrame and the names of its columns")
    columns["groups"] = columns.pop("group")
    if targets is None and columns["replicates"] is not None:
        targets = _mean(columns["replicates"])
    layout: dict[str, Any] = {"align": reading.align, "transform": reading.transform, "seed": reading.seed}
    return dataset_from_arrays(sequences, targets, ids=ids, features=reading.features, **layout, **columns)


def file_plan(reading: Reading, *, group: Any, weights: Any, replicates: Any, split: Any) -> DataPlan:
    """Return the plan of the data of a file, from names of its columns."""
    target = reading.target
    targets = (target,) if isinstance(target, str) else tuple(target or ())
    for name, value in {"group": group, "weights": weights, "split": split}.items():
        if not isinstance(value, str | None):
            raise UsageError(
                f"{name}: {type(value).__name__} found; expected the name of a column of the file"
            )
    if not _are_names(replicates):
        fault = f"replicates: {type(replicates).__name__} found"
        raise UsageError(f"{fault}; expected a list of names of columns of the file")
    if replicates is not None:
        targets = targets or (mean_name(replicates),)
    if replicates is not None and len(targets) != 1:
        raise UsageError("replicates: belong to one target; name it with `target`")
    return DataPlan(
        targets=targets,
        group=group,
        weight=weights,
        replicates={targets[0]: tuple(replicates)} if replicates is not None else {},
        aggregate=reading.aggregate,
        replicate_column=reading.replicate_column,
        id_until=reading.id_until,
        align=reading.align,
        transform=reading.transform,
        split=SplitPlan("column" if split else "auto", split, seed=reading.seed),
    )


def table_path(targets: Any) -> Path:
    """Return the path of the table of targets of sequences in a file."""
    if not isinstance(targets, str | Path):
        fault = f"targets: {type(targets).__name__} found"
        raise UsageError(f"{fault}; expected the path of a table, as the sequences are in a file")
    return Path(targets)


def feature_path(features: Any) -> Path | None:
    """Return the path of the features of sequences in a file, if there are any."""
    if not isinstance(features, str | Path | None):
        fault = f"features: {type(features).__name__} found"
        raise UsageError(f"{fault}; expected the path of an .npz or .h5 file, as the sequences are in a file")
    return None if features is None else Path(features)


def _ids(table: pd.DataFrame) -> pd.Series | None:
    """Return the only column of ids of a table, `id` if there is one; None if there is none."""
    named = [c for c in table.columns if str(c).lower() in ID_COLUMNS and c != sequence_column(table)]
    chosen = ["id"] if "id" in named else named
    return table[chosen[0]] if len(chosen) == 1 else None


def _of_table(table: pd.DataFrame, value: Any, what: str) -> Any:
    """Return the columns of a table that `value` names; a value that is no name as it is."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        return value
    if missing := [name for name in names if name not in table]:
        hint = did_you_mean(missing[0], map(str, table.columns))
        raise TableError(f"{what}: no column {listed([*map(show, missing)])} in the table of sequences{hint}")
    return table[value] if isinstance(value, str) else table[list(names)]


def _are_names(value: Any) -> bool:
    """Return whether this is a list of names, or None."""
    return value is None or (isinstance(value, list | tuple) and all(isinstance(name, str) for name in value))


def _mean(replicates: Any) -> Any:
    """Return the mean of the replicates (N, R) of each row, named after their columns if they have names."""
    values = row_means(number_matrix(replicates, "replicates"))
    if not isinstance(replicates, pd.Series | pd.DataFrame):
        return values
    table = pd.DataFrame(replicates)
    return pd.Series(values, index=table.index, name=mean_name([*map(str, table.columns)]))


def _aggregated(
    table: pd.DataFrame, names: dict[str, Any], reading: Reading
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a table with one row per id, or per sequence without ids, and the names of its columns."""
    labels = [str(label) for label in table.columns]
    if repeated := [show(label) for label in dict.fromkeys(labels) if labels.count(label) > 1]:
        raise TableError(f"aggregate: several columns {listed(repeated)} found; rename all but one")
    sequence, ids = sequence_column(table), _ids(table)
    if names["targets"] is None:
        raise UsageError("targets: None found; with `aggregate`, expected names of columns of the DataFrame")
    targets = [names["targets"]] if isinstance(names["targets"], str) else names["targets"]
    for name, value in {**names, "targets": targets}.items():
        if not (_are_names(value) or (name != "replicates" and isinstance(value, str))):
            raise UsageError(f"{name}: with `aggregate`, expected names of columns of the DataFrame")
    plan = file_plan(
        replace(reading, target=targets), **{name: names[name] for name in names if name != "targets"}
    )
    plan = replace(plan, id=str(sequence if ids is None else ids.name))
    rows = aggregate_rows(_as_text(table), plan, reading.aggregate or "mean", sequence=str(sequence))
    for note in rows.notes:
        logger.warning("%s", note)
    replicates = list(rows.plan.replicates.get(targets[0], ())) or None
    numbers = [*targets, *(replicates or []), *([names["weights"]] if names["weights"] else [])]
    frame = pd.DataFrame(rows.table.rows, columns=rows.table.columns).replace(NA, None)
    frame[numbers] = frame[numbers].astype(float)
    return frame, {**names, "targets": names["targets"], "replicates": replicates}


def _as_text(table: pd.DataFrame) -> Table:
    """Return a DataFrame as a table of text, whose lines are the numbers of its rows."""
    cells = {str(name): [*map(_cell, column)] for name, column in table.items()}
    rows = [list(row) for row in zip(*cells.values(), strict=True)]
    return Table(Path("sequences"), list(cells), rows, list(range(1, len(rows) + 1)))


def _cell(value: Any) -> str:
    """Return a value as text; a list or array is never missing."""
    return NA if pd.api.types.is_scalar(value) and pd.isna(value) else str(value)


def measured_table(sequences: Any, measurements: Any, targets: Sequence[str]) -> pd.DataFrame:
    """Return a table of sequences and of their measurements, which are paired as by `fit`.

    Parameters
    ----------
    sequences
        List, array or Series of N sequences.
    measurements
        (N,) or (N, T) numbers of the T `targets`, NaN = not measured; pandas objects are paired by their
        indexes.

    Raises
    ------
    UsageError
        If there are no measurements, or not one column per target.
    TableError
        If the numbers of sequences and measurements differ, or a measurement is no number.
    """
    if measurements is None:
        raise UsageError("evaluate: no measurements given; pass them after the sequences, or pass a table")
    given = in_memory(sequences)
    y = number_matrix(in_order(sequences, measurements, "targets"), "targets")
    refuse_lengths(len(given.items), y, "targets")
    if y.shape[1] != len(targets):
        expected = f"expected {plural(len(targets), 'column')}, one per target: {listed(list(targets))}"
        raise UsageError(f"evaluate: {plural(y.shape[1], 'column')} of measurements given; {expected}")
    columns = {name: y[:, t].astype(float) for t, name in enumerate(targets)}
    return pd.DataFrame({"sequence": list(given.items), **columns}, index=given.index)

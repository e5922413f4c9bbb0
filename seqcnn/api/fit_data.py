"""The dataset of `seqcnn.fit`: the plan of files, or sequences and measurements in memory."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from seqcnn.api.data.columns import id_series, sequence_column
from seqcnn.api.data.frame_file import dataset_of_frame, needs_file
from seqcnn.api.data.reading import Reading, are_names, file_plan
from seqcnn.api.frames import in_memory
from seqcnn.data.arrays import in_order, number_matrix, refuse_lengths
from seqcnn.data.assay.columns import row_means
from seqcnn.data.assay.long_form import aggregate_rows
from seqcnn.data.assay.target_names import mean_name
from seqcnn.data.dataset import Dataset
from seqcnn.data.readers.tables import Table
from seqcnn.errors import TableError, UsageError, did_you_mean, listed, place, plural, show
from seqcnn.io.tsv import NA

logger = logging.getLogger(__name__)


def dataset_in_memory(sequences: Any, targets: Any, reading: Reading, **columns: Any) -> Dataset:
    """Make a dataset from sequences in memory; names are columns of a DataFrame."""
    from seqcnn.data.from_arrays import dataset_from_arrays

    if isinstance(sequences, pd.DataFrame):
        targets, reading = _named_target(targets, reading)
        if needs_file(reading, columns["replicates"]):
            return dataset_of_frame(sequences, targets, reading, **columns)
    for name, value in {"target": reading.target, "id_until": reading.id_until, **reading.keys}.items():
        if value is not None:
            fault = "names columns of a file; pass the measurements as `targets`"
            other = "describes a table; pass a DataFrame or the path of a file"
            raise UsageError(f"{name}: {fault if name == 'target' else other}")
    if reading.replicate_column and not reading.aggregate:
        raise UsageError("--replicate-column needs --aggregate mean, or median")
    ids = None
    if isinstance(sequences, pd.DataFrame):
        table, names = sequences, {"targets": targets, **columns}
        if reading.aggregate:
            table, names = _aggregated(table, names, reading)
        columns = {name: _of_table(table, value, name) for name, value in names.items()}
        column = sequence_column(table)
        sequences, targets, ids = table[column], columns.pop("targets"), id_series(table, column)
    elif reading.aggregate:
        raise UsageError("aggregate: needs a table; pass a DataFrame and the names of its columns")
    columns["groups"] = columns.pop("group")
    if targets is None and columns["replicates"] is not None:
        targets = _mean(columns["replicates"])
    layout: dict[str, Any] = {"align": reading.align, "transform": reading.transform, "seed": reading.seed}
    return dataset_from_arrays(sequences, targets, ids=ids, features=reading.features, **layout, **columns)


def _named_target(targets: Any, reading: Reading) -> tuple[Any, Reading]:
    """Return the columns of the measurements of a DataFrame, named by `targets` or `target`."""
    if reading.target is None:
        return targets, reading
    if targets is not None:
        raise UsageError("targets and target: expected one of them")
    return reading.target, replace(reading, target=None)


def table_path(targets: Any) -> Path:
    """Return the path of the table of targets of sequences in a file."""
    if not isinstance(targets, str | Path):
        fault = f"targets: {type(targets).__name__} found"
        raise UsageError(f"{fault}; expected the path of a table, as the sequences are in a file")
    if not (path := Path(targets)).is_file():
        hint = f"; name a column with `target`: target={show(targets)}" if isinstance(targets, str) else ""
        raise UsageError(f"targets: {place(path)}: no such file{hint}")
    return path


def feature_path(features: Any) -> Path | None:
    """Return the path of the features of sequences in a file, if there are any."""
    if not isinstance(features, str | Path | None):
        fault = f"features: {type(features).__name__} found"
        raise UsageError(f"{fault}; expected the path of an .npz or .h5 file, as the sequences are in a file")
    return None if features is None else Path(features)


def _of_table(table: pd.DataFrame, value: Any, what: str) -> Any:
    """Return the columns of a table that `value` names; a value that is no name as it is."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        return value
    if missing := [name for name in names if name not in table]:
        hint = did_you_mean(missing[0], map(str, table.columns))
        raise TableError(f"{what}: no column {listed([*map(show, missing)])} in the table of sequences{hint}")
    return table[value] if isinstance(value, str) else table[list(names)]


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
    sequence = sequence_column(table)
    ids = id_series(table, sequence)
    if names["targets"] is None:
        raise UsageError("targets: None found; with `aggregate`, expected names of columns of the DataFrame")
    targets = [names["targets"]] if isinstance(names["targets"], str) else names["targets"]
    for name, value in {**names, "targets": targets}.items():
        if not (are_names(value) or (name != "replicates" and isinstance(value, str))):
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
    frame = pd.DataFrame(list(rows.table.rows), columns=rows.table.columns).replace(NA, None)
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

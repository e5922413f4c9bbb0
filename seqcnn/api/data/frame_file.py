"""A DataFrame that is read as its file would be: for keywords that only the reader of files knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from seqcnn.api.data.columns import id_series, sequence_column
from seqcnn.api.data.reading import Reading, are_names, file_plan
from seqcnn.api.frames import named_in_errors
from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.dataset import Dataset
from seqcnn.data.prepare import prepare
from seqcnn.errors import SequenceError, TableError, UsageError, did_you_mean, show
from seqcnn.io.atomic import temporary_folder
from seqcnn.io.tsv import NA
from seqcnn.sequence.objects import pack_all
from seqcnn.sequence.onehot import unpack

FORMAT_KEYS = ("chromosome_prefix", "decimal", "encoding", "sheet", "sheets", "thousands")
"""Keywords of the format of a file, which a DataFrame does not have."""

_ID = "id"


def needs_file(reading: Reading, replicates: Any) -> bool:
    """Return whether keywords describe a table that the reader of files reads."""
    keys = any(value is not None for value in reading.keys.values())
    return keys or reading.id_until is not None or isinstance(replicates, Mapping)


def dataset_of_frame(table: pd.DataFrame, targets: Any, reading: Reading, **columns: Any) -> Dataset:
    """Return the dataset of a DataFrame, which is written to a temporary table and read.

    Parameters
    ----------
    table
        Columns of sequences and measurements; the index has the ids, unless there is a column of ids.
    targets
        Names of columns, or None.
    reading
        How the table is read.
    columns
        `group`, `weights`, `replicates` and `split`: names of columns.

    Raises
    ------
    UsageError
        If a keyword belongs to files, measurements are not named, or features are no file.
    """
    if given := [name for name in FORMAT_KEYS if reading.keys.get(name) is not None]:
        raise UsageError(f"{given[0]}: describes a file, not a DataFrame; pass the path of the file")
    names = [targets] if isinstance(targets, str) else targets
    if not are_names(names):
        raise UsageError("targets: with these keywords, expected names of columns of the DataFrame")
    if not isinstance(reading.features, str | Path | None):
        raise UsageError("features: with these keywords, expected the path of an .npz or .h5 file")
    plan = file_plan(replace(reading, target=names), **columns)
    plan, cells = _columns(table, plan)
    with temporary_folder() as folder:
        path = folder / "sequences.tsv"
        cells.to_csv(path, sep="\t", index=False, na_rep=NA, encoding="utf-8", lineterminator="\n")
        with named_in_errors(path, "sequences"):
            features = None if reading.features is None else Path(reading.features)
            dataset = prepare(Inputs(path, path, features=features), plan)
    dataset.provenance["inputs"] = {}
    return dataset


def _columns(table: pd.DataFrame, plan: DataPlan) -> tuple[DataPlan, pd.DataFrame]:
    """Return the plan with the columns of sequences and ids, and the columns that it names."""
    table = table.set_axis([str(label) for label in table.columns], axis=1)
    sequence = plan.sequence or str(sequence_column(table))
    ids = id_series(table, sequence)
    if plan.id is None and plan.aggregate and ids is None:
        plan = replace(plan, id=sequence)
    elif plan.id is None and ids is None:
        labels = table.index if table.index.is_unique else range(1, len(table) + 1)
        plan, table = replace(plan, id=_ID), table.drop(columns=_ID, errors="ignore")
        table.insert(0, _ID, [*labels])
    plan = replace(plan, sequence=sequence, id=plan.id or str(ids.name))  # type: ignore[union-attr]
    used = dict.fromkeys([plan.id, sequence, *plan.targets, *sorted(filter(None, plan.other_columns))])
    _refuse_columns(table, [name for name in used if name], plan)
    numeric = [name for name in table.columns if pd.api.types.is_numeric_dtype(table[name])]
    kept = [name for name in table.columns if name in used or (not plan.targets and name in numeric)]
    inserts = [unpack(bases) for bases in pack_all(table[sequence].tolist())]
    return plan, table[kept].assign(**{sequence: inserts})


def _refuse_columns(table: pd.DataFrame, names: Sequence[str], plan: DataPlan) -> None:
    """Raise an error for columns that are missing or there twice; the mean of replicates is no column."""
    for name in names:
        count = int((table.columns == name).sum())
        if not count and name not in plan.replicates:
            error = SequenceError if name == plan.sequence else TableError
            hint = did_you_mean(name, table.columns)
            raise error(f"sequences: no column {show(name)} in the DataFrame{hint}")
        if count > 1:
            raise TableError(f"sequences: several columns {show(name)} found; rename all but one")

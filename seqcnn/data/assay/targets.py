"""Join of a table of measurements to sequences by id, and notes on the target values.

Ids are compared byte for byte, see `seqcnn.data.assay.ids`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from seqcnn.columns.byte_strings import rows_of
from seqcnn.data.assay.ids import id_hints, some, unmatched
from seqcnn.data.assay.pivot import repeated_remedy
from seqcnn.data.assay.target_notes import diagnose
from seqcnn.data.readers.table_file import read_table
from seqcnn.data.readers.tables import MISSING, Table
from seqcnn.errors import TableError, counted, show

__all__ = ["MIN_PAIRS", "MISSING", "Table", "describe_targets", "join", "read_table"]

MIN_PAIRS = 10
"""Smallest number of sequences with a row in the table."""


def join(
    names: Sequence[str], table: Table, *, id_column: str, intervals: bool = False
) -> tuple[NDArray[np.int64], list[str]]:
    """Return the table row of each sequence.

    Parameters
    ----------
    names
        The unique names of the sequences.
    table
        The measurements, at most one row per id.
    id_column
        The column that holds the ids.
    intervals
        Whether the sequences are intervals of a BED file.

    Returns
    -------
    int64 (N,), the row of each name, or -1; and notes on names and ids without a match.

    Raises
    ------
    TableError
        If an id is blank or repeated, or if fewer than `MIN_PAIRS` names have a row.
    """
    ids = table.unique(id_column, remedy=partial(repeated_remedy, table, id_column))
    rows = rows_of(names, ids)
    unmatched_names, unmatched_ids = unmatched(names, ids, rows)
    hints = id_hints(names, ids, rows, intervals=intervals, match_ids=True)
    pairs = len(names) - len(unmatched_names)
    if pairs < MIN_PAIRS:
        few = f"only {pairs} of the {len(names)} sequences have a row, too few to train"
        fault = few if pairs else f"no id is the name of one of the {len(names)} sequences"
        where = f"{table.name}: column {show(id_column)}: {fault}; at least {MIN_PAIRS} must match"
        unpaired = [f"unmatched sequences: {some(unmatched_names)}"] if unmatched_names else []
        unpaired += [f"unmatched rows: {some(unmatched_ids)}"] if unmatched_ids else []
        raise TableError("; ".join([where, *unpaired, *hints]))
    notes = []
    if unmatched_names:
        notes.append(
            f"{table.name}: {counted(len(unmatched_names), 'sequences have no row')}: {some(unmatched_names)}"
        )
    if unmatched_ids:
        notes.append(
            f"{table.name}: {counted(len(unmatched_ids), 'rows have no sequence')}: {some(unmatched_ids)}"
        )
    return rows, notes + [f"{table.name}: {hint}" for hint in hints]


def describe_targets(values: NDArray[np.float64], name: str, where: str = "targets") -> list[str]:
    """Return notes on values that may not suit regression, see `seqcnn.data.assay.target_notes`.

    Parameters
    ----------
    values
        (N,), in the units of the target, NaN where not measured.
    name, where
        Names of the target and of its file.

    Raises
    ------
    TableError
        If all values are equal.
    """
    measured = values[~np.isnan(values)]
    distinct = np.unique(measured)
    if len(distinct) < 2:
        value = f" ({distinct[0]:g})" if len(distinct) else ""
        raise TableError(
            f"{where}: target {show(name)}: all values are equal{value}; there is nothing to learn"
        )
    return [f"target {show(name)}: {text} (nothing was changed)" for text in diagnose(measured)]

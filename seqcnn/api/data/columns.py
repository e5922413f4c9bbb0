"""The columns of a DataFrame that hold its sequences and their names."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd

from seqcnn.data.readers.tables import ID_COLUMNS
from seqcnn.errors import SequenceError, listed, show
from seqcnn.sequence.objects import SEQUENCE_COLUMNS, is_mostly_dna

logger = logging.getLogger(__name__)


def sequence_column(table: pd.DataFrame) -> Any:
    """Return the label of the column that holds the sequences, and log it unless it is `sequence`.

    Raises
    ------
    SequenceError
        If no column, or several, have one of the names `SEQUENCE_COLUMNS`, in any case, and cells that are
        mostly DNA; a column called `sequence` is always chosen.
    """
    if (table.columns == "sequence").sum() == 1:
        return "sequence"
    named = [column for column in table.columns if str(column).lower() in SEQUENCE_COLUMNS]
    if len(named) > 1:
        named = [column for column in named if is_mostly_dna(table[column])] or named
    if len(named) != 1:
        what = "columns" if named else "no column of sequences among"
        names = listed([show(str(column)) for column in named or table.columns])
        raise SequenceError(
            f"sequences: {what} {names} found; expected one column called sequence, or pass table['NAME']"
        )
    logger.warning("sequences: read from column %s", show(str(named[0])))
    return named[0]


def id_series(table: pd.DataFrame, sequence: Any) -> pd.Series | None:
    """Return the only column of ids of a table, `id` if there is one; None if there is none, or several.

    `sequence` is the label of the column of sequences.
    """
    named = [c for c in table.columns if str(c).lower() in ID_COLUMNS and c != sequence]
    chosen = ["id"] if named.count("id") == 1 else named
    return table[chosen[0]] if len(chosen) == 1 else None

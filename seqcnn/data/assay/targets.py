"""From a table of measurements to targets: its rows joined to sequences by id, and notes on the values.

Ids are compared byte for byte.  Ids that would only match after a repair (blanks, a version suffix,
case) are not repaired but said.  A *note* is one line that a person should read; it stops nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from seqcnn.data.assay.target_notes import diagnose
from seqcnn.data.readers.tables import MISSING, Table, read_table
from seqcnn.errors import MAX_LISTED, TableError, show

__all__ = ["MIN_PAIRS", "MISSING", "Table", "describe_targets", "join", "read_table"]

MIN_PAIRS = 10
"""Sequences with a row below which nothing can be trained, validated and tested."""

_DATE_LIKE = re.compile(r"\d{1,2}-[A-Z][a-z]{2}|[A-Z][a-z]{2}-\d{2}|\d+(\.\d+)?E\+\d+")

_REPAIRS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("blanks around the id are removed", str.strip),
    ("the id is cut at its first blank", lambda name: (name.split() or [""])[0]),
    ("a version suffix such as .1 is removed", lambda name: re.sub(r"\.[0-9]+$", "", name)),
    ("a leading '>' is removed", lambda name: name.removeprefix(">")),
    ("case is ignored", str.casefold),
    ("blanks and brackets become '_'", lambda name: re.sub(r"[\s\[\]]", "_", name)),
    ("Unicode is normalised (NFC)", lambda name: unicodedata.normalize("NFC", name)),
)


def join(names: Sequence[str], table: Table, *, id_column: str) -> tuple[NDArray[np.int64], list[str]]:
    """Find the table row of each sequence.

    Parameters
    ----------
    names
        The name of each sequence; unique (`fasta.check_names`).
    table
        The measurements, at most one row for each id.
    id_column
        The column that holds the ids.

    Returns
    -------
    For each name the index of its row, or -1; and notes on what has no partner.

    Raises
    ------
    TableError
        If an id is blank or there twice, or if fewer than `MIN_PAIRS` names have a row.
    """
    ids = table.unique(id_column)
    row_of = {name: row for row, name in enumerate(ids)}
    rows = np.array([row_of.get(name, -1) for name in names], np.int64)
    known = set(names)
    lonely_names = [name for name in names if name not in row_of]
    lonely_ids = [name for name in ids if name not in known]
    hints = _hints(lonely_names, lonely_ids)
    pairs = len(names) - len(lonely_names)
    if pairs < MIN_PAIRS:
        few = f"only {pairs} of the {len(names)} sequences have a row, too few to train"
        found = few if pairs else f"no id is the name of one of the {len(names)} sequences"
        where = f"{table.name}: column {show(id_column)}: {found}; at least {MIN_PAIRS} must match"
        unpaired = [f"unmatched sequences: {_some(lonely_names)}"] if lonely_names else []
        unpaired += [f"unmatched rows: {_some(lonely_ids)}"] if lonely_ids else []
        raise TableError("; ".join([where, *unpaired, *hints]))
    notes = []
    if lonely_names:
        notes.append(f"{table.name}: {len(lonely_names)} sequences have no row: {_some(lonely_names)}")
    if lonely_ids:
        notes.append(f"{table.name}: {len(lonely_ids)} rows have no sequence: {_some(lonely_ids)}")
    return rows, notes + [f"{table.name}: {hint}" for hint in hints]


def describe_targets(values: NDArray[np.float64], name: str, where: str = "targets") -> list[str]:
    """Return notes on a target that may not be what regression expects, see `seqcnn.data.assay.target_notes`.

    Parameters
    ----------
    values
        (N,), in the units of the target, NaN where it was not measured.
    name, where
        The name of the target, and of its file.

    Raises
    ------
    TableError
        If all values are equal, so that there is nothing to learn.
    """
    measured = values[~np.isnan(values)]
    distinct = np.unique(measured)
    if len(distinct) < 2:
        value = f" ({distinct[0]:g})" if len(distinct) else ""
        raise TableError(
            f"{where}: target {show(name)}: all values are equal{value}; there is nothing to learn"
        )
    return [f"target {show(name)}: {text} (nothing was changed)" for text in diagnose(measured)]


def _hints(names: list[str], ids: list[str]) -> list[str]:
    """Say which repair would pair `names` with `ids`, and which ids a spreadsheet may have changed."""
    hints = []
    for words, repair in _REPAIRS:
        repaired = {repair(name): name for name in names}
        matches = [(name, repaired[repair(name)]) for name in ids if repair(name) in repaired]
        if matches:
            theirs, ours = matches[0]
            hints.append(
                f"{len(matches)} ids match when {words} (table {show(theirs)}, sequence {show(ours)})"
            )
            break
    dates = [name for name in ids if _DATE_LIKE.fullmatch(name)]
    if dates:
        hints.append(f"{len(dates)} ids look changed by a spreadsheet ({_some(dates)})")
    return hints


def _some(names: list[str]) -> str:
    """Show up to five names."""
    rest = ", ..." if len(names) > MAX_LISTED else ""
    return ", ".join(show(name, 40) for name in names[:MAX_LISTED]) + rest

"""What a station of `probe/` found: words, pictures and a table, read from the files that it wrote."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seqcnn.data.output import environment_faults
from seqcnn.errors import TableError, place, show
from seqcnn.probe.pictures import address
from seqcnn.report.tables import Cell, Column, Table
from seqcnn.report.words import UNDEFINED, count, number

MOST_ROWS = 15
"""Rows that are shown of a table, the strongest."""

MOST_PICTURES = 4
"""Logos and heat maps that are shown at most."""

REMEDY = "run the station again, or remove its folder"

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with what stands above it; `wide` takes the whole line."""

    title: str
    text: str
    source: str
    wide: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What one station found."""

    name: str
    title: str
    words: str
    notes: list[str]
    pictures: list[Picture]
    table: Table | None


def strongest(
    name: str, caption: str, rows: Sequence[Row], columns: dict[str, str], *,
    by: str | None = None, signed: bool = False, most: int = MOST_ROWS,
) -> Table | None:  # fmt: skip
    """Return a table of some rows, None of no rows.

    Parameters
    ----------
    name, caption
        Of the table.
    rows
        Column -> cell, a dictionary a row.
    columns
        Column -> its head, of those that are shown.
    by, signed
        Column by whose absolute, or signed, values the rows are sorted, the largest first; None: as they are.
    most
        Rows that are shown.
    """
    if not rows:
        return None
    if missing := [key for key in columns if key not in rows[0]]:
        raise TableError(f"{name}: no column {show(missing[0])}; {REMEDY}")
    if by:
        rows = sorted(rows, key=lambda row: -_size(row[by], signed=signed))
    numeric = {key for key in columns if all(as_number(r[key]) is not None or r[key] == "NA" for r in rows)}
    heads = [Column(label, "number" if key in numeric else "text") for key, label in columns.items()]
    shown = [[_cell(row[key], numeric=key in numeric) for key in columns] for row in rows[:most]]
    more = f" ({most} of {count(len(rows))})" if len(rows) > most else ""
    return Table(f"probe-{name}", f"{caption}{more}", heads, shown, dash="not known, or there is none")


def as_number(text: str) -> float | None:
    """Read a number; None is none."""
    try:
        return float(text)
    except ValueError:
        return None


def some_pictures(folder: Path) -> list[Picture]:
    """Return some of the pictures of sequences, at equal steps, as neighbours are often relatives."""
    paths = sorted(folder.glob("[0-9]*.svg"))
    chosen = paths[:: -(-len(paths) // MOST_PICTURES) or 1]
    return [picture_of(f"Sequence {int(path.stem)}", path) for path in chosen]


def picture_of(title: str, path: Path, text: str = "", *, wide: bool = True) -> Picture:
    """Return a picture that a station drew."""
    return Picture(title, text, address(_content(path)), wide)


def read_rows(path: Path) -> list[Row]:
    """Read a table of a station.

    Raises
    ------
    TableError
        If there is none, or a damaged one.
    """
    head, *rows = read_cells(path) or [[]]
    if not head or any(len(row) != len(head) for row in rows):
        raise TableError(f"{place(path)}: not a table; {REMEDY}")
    return [dict(zip(head, row, strict=True)) for row in rows]


def read_cells(path: Path, *, quoted: bool = True) -> list[list[str]]:
    """Read tab-separated cells."""
    lines = _content(path).decode("utf-8", "surrogateescape").splitlines(keepends=True)
    if not quoted:
        return [line.rstrip("\n").split("\t") for line in lines]
    return list(csv.reader(lines, delimiter="\t"))


def _content(path: Path) -> bytes:
    """Read a file of a station."""
    if not path.is_file():
        raise TableError(f"{place(path)}: No such file; {REMEDY}")
    with environment_faults(path):
        return path.read_bytes()


def _cell(text: str, *, numeric: bool) -> Cell:
    """Return what a cell shows."""
    value = as_number(text)
    if not numeric or value is None:
        return Cell(UNDEFINED if text == "NA" else text)
    return Cell(text if text.lstrip("-").isdigit() else number(value), value)


def _size(text: str, *, signed: bool) -> float:
    """Return what a row is sorted by."""
    value = as_number(text)
    if value is None:
        return float("-inf")
    return value if signed else abs(value)

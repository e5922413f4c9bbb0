"""Measurements of a table in any format, and the plan that the format implies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seqcnn.data.readers.tables import Table
from seqcnn.io.tsv import NA

_NOT_MEASURED = {"", ".", "na", "nan"}
_NO_READS = {"inf", "+inf", "-inf"}  # the logarithm where there were no reads


@dataclass(frozen=True, slots=True)
class Measurements:
    """One row per sequence, whose id is in `id_column`."""

    table: Table
    id_column: str
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `DataPlan` that the lab format implies; empty for any other table."""
    formats: tuple[str, ...] = ()
    """Sentences on the formats that were recognised."""
    notes: tuple[str, ...] = ()
    """Further notes for the user."""


def finite(table: Table, names: Sequence[str]) -> tuple[Table, tuple[str, ...]]:
    """Return a table with NA for cells without a measurement, and a note on those without reads."""
    indices = [table.columns.index(name) for name in names if name in table.columns]
    rows, infinite = [], 0
    for row in table.rows:
        cells = list(row)
        for i in indices:
            if (cell := cells[i].lower()) in _NOT_MEASURED or cell in _NO_READS:
                infinite += cell in _NO_READS
                cells[i] = NA
        rows.append(cells)
    note = f"{table.name}: {infinite} infinite values (no reads) are read as not measured"
    return replace(table, rows=rows), (note,) if infinite else ()

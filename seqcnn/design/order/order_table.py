"""The order as CSV and as a workbook: plate positions, names, and ordered sequences with their parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqcnn.design.constraints import Constraints
from seqcnn.design.design import Design
from seqcnn.design.order.plates import Fill, Plate, well_positions
from seqcnn.design.order_sheet import decode
from seqcnn.io.table_output import Column, open_table
from seqcnn.sequence.onehot import unpack

FILES = ("order.csv", "order.xlsx")
"""Names of the output files."""

PURPOSE = "plate positions, names, sequences to order and their parts"
"""What they hold."""

COLUMNS = (
    "plate", "well", "name", "sequence", "length", "kind",
    "adapter5", "flank5", "design", "flank3", "adapter3",
)  # fmt: skip
"""Columns of both; `sequence` is the parts from `adapter5` to `adapter3`, joined."""


@dataclass(frozen=True, slots=True)
class PlateRequest:
    """Where sequences are ordered."""

    plate: Plate = "96"
    fill: Fill = "row"


def write_order_tables(
    designs: Sequence[Design], constraints: Constraints, request: PlateRequest, output: Path
) -> None:
    """Write `FILES` into a folder; both hold the same cells."""
    columns = order_columns(designs, constraints, request)
    for name in FILES:
        with open_table(output / name, COLUMNS, columns, is_small=True) as table:
            table.write(columns)


def order_columns(designs: Sequence[Design], constraints: Constraints, request: PlateRequest) -> list[Column]:
    """Return the columns `COLUMNS` of an order."""
    flanks = (constraints.flank5, constraints.flank3) if constraints.with_flanks else (b"", b"")
    before = [unpack(constraints.adapter5), unpack(flanks[0])]
    behind = [unpack(flanks[1]), unpack(constraints.adapter3)]
    parts = [[*before, decode(design.codes), *behind] for design in designs]
    sequences = ["".join(row) for row in parts]
    plates, wells = zip(*well_positions(len(designs), request.plate, request.fill), strict=True)
    return [
        list(plates), list(wells), [design.name for design in designs], sequences,
        np.array(list(map(len, sequences))), [design.kind for design in designs],
        *map(list, zip(*parts, strict=True)),
    ]  # fmt: skip

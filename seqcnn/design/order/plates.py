"""Positions of ordered sequences in plates."""

from __future__ import annotations

from string import ascii_uppercase
from typing import Literal

Plate = Literal["96", "384", "none"]
Fill = Literal["row", "column"]

WELLS = {"96": (8, 12), "384": (16, 24)}
"""Plate -> rows and columns."""


def well_positions(number: int, plate: Plate, fill: Fill = "row") -> list[tuple[str, str]]:
    """Return plate number and well of each of `number` sequences, such as ("1", "A1").

    Parameters
    ----------
    number
        Number of sequences; further plates are used if they do not fit into one.
    plate
        Number of wells, or `none`: both are empty.
    fill
        `row`: A1, A2, ...; `column`: A1, B1, ...

    Examples
    --------
    >>> well_positions(2, "96", "column")
    [('1', 'A1'), ('1', 'B1')]
    """
    if plate == "none":
        return [("", "")] * number
    rows, columns = WELLS[plate]
    positions = []
    for i in range(number):
        plate_index, well = divmod(i, rows * columns)
        row, column = divmod(well, columns) if fill == "row" else divmod(well, rows)[::-1]
        positions.append((f"{plate_index + 1}", f"{ascii_uppercase[row]}{column + 1}"))
    return positions

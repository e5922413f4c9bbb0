"""Cells of the tables that are written: numbers, and the mark of a missing value."""

from __future__ import annotations

NA = "NA"
"""Cell of a value that was not measured or is not known."""


def number_cell(value: float, form: str = ".7g") -> str:
    """Return a number as a table's cell, or `NA` for NaN.

    Parameters
    ----------
    value
        The number.
    form
        Format specification, as of `format`; '' writes all digits.
    """
    return NA if value != value else format(value, form)  # NaN differs from itself

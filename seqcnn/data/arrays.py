"""Values that belong to sequences in memory: numbers and labels of arrays, Series, DataFrames and lists.

Masked entries of a NumPy array, None, NaN and `pandas.NA` are missing values.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from seqcnn.data.assay.columns import MAX_MAGNITUDE
from seqcnn.errors import TableError, plural, show

logger = logging.getLogger(__name__)

_EXPECTED = "expected numbers, NaN where not measured"


def refuse_lengths(count: int, values: Sequence[Any] | np.ndarray, what: str) -> None:
    """Raise `TableError` unless there is one row of `values` per sequence, and at least one sequence."""
    if not count or len(values) != count:
        sizes = f"{plural(count, 'sequence')}, {plural(len(values), 'row')} of {what}"
        raise TableError(f"{sizes}; expected one row per sequence")


def column_of(sequences: Any, values: Any, what: str) -> list[Any] | None:
    """Return one value per sequence (N,), in their order, None where missing; None if there are no values.

    Raises
    ------
    TableError
        If the values are no column, are not as many as the sequences, or have another index.
    """
    if values is None:
        return None
    column = np.array(_array(in_order(sequences, values, what), what), dtype=object)
    if column.ndim != 1:
        raise TableError(f"{what}: shape {column.shape} found; expected (N,), one value per sequence")
    refuse_lengths(len(sequences), column, what)
    column[pd.isna(column)] = None
    return list(column)


def labels_of(column: list[Any] | None) -> list[str] | None:
    """Return labels as text, '' where there is none."""
    return None if column is None else ["" if label is None else str(label) for label in column]


def number_matrix(values: Any, what: str) -> np.ndarray:
    """Return numbers as float32 (N, T), NaN where not measured; `what` names them in messages.

    Raises
    ------
    TableError
        If the values are no numbers (dates, text, truth values and complex numbers are none), infinite, above
        `MAX_MAGNITUDE`, or not of one or two dimensions.
    """
    array = _array(values, what)
    _refuse_other_types(array, what)
    if array.dtype == object:
        array = np.where(pd.isna(array), np.nan, array)
    with np.errstate(over="ignore"):
        y = array.astype(float).astype(np.float32)
    y = y[:, None] if y.ndim == 1 else y
    if y.ndim != 2 or not y.shape[1]:
        raise TableError(f"{what}: shape {y.shape} found; expected (N,) or (N, T)")
    if np.isinf(y).any():
        raise TableError(f"{what}: infinite numbers found; expected finite ones, NaN where not measured")
    if (huge := np.argwhere(np.abs(y) > MAX_MAGNITUDE)).size:
        row, column = huge[0]
        fault = f"{what}: row {row + 1}: {y[row, column]:g} found"
        raise TableError(f"{fault}; expected numbers from -{MAX_MAGNITUDE:g} to {MAX_MAGNITUDE:g}")
    return y


def _array(values: Any, what: str) -> np.ndarray:
    """Return a collection as an array, masked entries as None; refuse what has no order or no items."""
    refused = isinstance(values, Mapping | set | frozenset | str | bytes)
    if refused or not hasattr(values, "__len__"):
        kind = type(values).__name__
        raise TableError(f"{what}: {show(values, 40)} ({kind}) found; expected an array, a Series or a list")
    if isinstance(values, np.ma.MaskedArray):
        array = np.array(values.data, dtype=object)
        array[np.ma.getmaskarray(values)] = None
        return array
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise TableError(f"{what}: rows of several lengths found; {_EXPECTED}") from error
    # text turns all items of a list into text: keep them as they are
    return np.asarray(values, dtype=object) if array.dtype.kind in "US" else array


def _refuse_other_types(array: np.ndarray, what: str) -> None:
    """Raise `TableError` for items that are no numbers."""
    if array.dtype.kind in "iuf":
        return
    if array.dtype != object:
        raise TableError(f"{what}: {array.dtype} found; {_EXPECTED}")
    for number, item in enumerate(array.ravel()):
        if not _is_number(item):
            row = number // max(array[:1].size, 1) + 1
            raise TableError(
                f"{what}: row {row}: {show(item, 40)} ({type(item).__name__}) found; {_EXPECTED}"
            )


def _is_number(item: Any) -> bool:
    """Return whether an item is a real number, or missing; a truth value is no number."""
    if isinstance(item, Real | Decimal):
        return not isinstance(item, bool | np.bool_ | np.timedelta64)
    return item is None or item is pd.NA


def in_order(sequences: Any, values: Any, what: str) -> Any:
    """Return a Series or DataFrame in the order of the index of the sequences; other values as they are."""
    if not (hasattr(sequences, "iloc") and hasattr(values, "iloc")) or values.index.equals(sequences.index):
        return values
    ours, theirs = sequences.index, values.index
    if differing := ours.symmetric_difference(theirs).tolist():
        raise TableError(
            f"{what}: the index differs from that of the sequences: {len(differing)} labels are in one only, "
            f"such as {show(differing[0], 40)}; take both from one table, or reset_index(drop=True) on both"
        )
    if not (ours.is_unique and theirs.is_unique):
        raise TableError(f"{what}: the index has another order than the sequences' and repeated labels")
    logger.warning("%s: put into the order of the sequences by their index", what)
    return values.loc[ours]

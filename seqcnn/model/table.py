"""The predictions table: `id`, one column a target, and beside it what was asked for.

With several models `_sd`; with an interval `_low` and `_high`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from seqcnn.data.output import atomic_path
from seqcnn.data.tables import read_table
from seqcnn.errors import TableError, listed, place, show

NUMBER = "%.7g"
"""Seven significant digits: what float32 holds."""

_SPECIAL = re.compile(r'[\t"\r\n]')


def header_line(targets: Sequence[str], members: int, *, interval: bool = False) -> str:
    """Return the table's first line."""
    endings = ["", *(["_sd"] if members > 1 else []), *(["_low", "_high"] if interval else [])]
    return _lines([["id", *(f"{target}{ending}" for target in targets for ending in endings)]])


def prediction_lines(ids: Sequence[str], y_hat: np.ndarray, half_width: np.ndarray | None = None) -> str:
    """Format predictions.

    Parameters
    ----------
    ids
        Names of the n sequences.
    y_hat
        (M, n, T): M models; with several, their mean and standard deviation (n - 1) are written.
    half_width
        (T,): half the width of each target's interval; None writes no intervals.
    """
    mean = y_hat.mean(0, dtype=np.float64)  # (n, T)
    columns = [mean]
    if len(y_hat) > 1:
        columns.append(y_hat.std(0, ddof=1, dtype=np.float64))
    if half_width is not None:
        columns += [mean - half_width, mean + half_width]
    numbers = np.stack(columns, axis=2).reshape(len(ids), mean.shape[1] * len(columns))
    return _lines([name, *(NUMBER % value for value in row)] for name, row in zip(ids, numbers, strict=True))


def write_predictions(path: Path, ids: Sequence[str], y_hat: np.ndarray, targets: Sequence[str]) -> None:
    """Write a whole predictions table; `y_hat` as for `prediction_lines`."""
    with atomic_path(path) as temporary:
        text = header_line(targets, len(y_hat)) + prediction_lines(ids, y_hat)
        temporary.write_bytes(text.encode("utf-8", "surrogateescape"))


def read_predictions(path: Path, ids: Sequence[str], targets: Sequence[str]) -> np.ndarray:
    """Read the predictions of a dataset's rows.

    Returns
    -------
    float64 (N, T), in the order of `ids` and `targets`.

    Raises
    ------
    TableError
        If a row, a target or a number is missing.
    """
    table = read_table(path)
    row = {name: i for i, name in enumerate(table.text("id"))}
    if missing := [show(name) for name in ids if name not in row]:
        raise TableError(
            f"{place(path)}: no prediction for {listed(missing)}; run `seqcnn predict` on the dataset"
        )
    columns = [table.numbers(name, id_column="id") for name in targets]
    y_hat = np.stack(columns, axis=1)[[row[name] for name in ids]]
    if holes := [show(ids[i]) for i in np.flatnonzero(~np.isfinite(y_hat).all(1)).tolist()]:
        raise TableError(
            f"{place(path)}: empty prediction for {listed(holes)}; expected a number in each cell"
        )
    return y_hat


def read_spread(path: Path, ids: Sequence[str], targets: Sequence[str]) -> np.ndarray | None:
    """Read the standard deviations beside the predictions, as `read_predictions`; None if there are none."""
    names = [f"{target}_sd" for target in targets]
    if not set(names) <= set(read_table(path).columns) - set(targets):
        return None
    return read_predictions(path, ids, names)


def _lines(rows: Iterable[Sequence[str]]) -> str:
    """Format rows as tab-separated text, quoting only what needs it."""
    return "".join("\t".join(map(_cell, row)) + "\n" for row in rows)


def _cell(text: str) -> str:
    """Quote a cell that holds a tab, a quote or a line end; csv.writer would forget the carriage return."""
    return '"' + text.replace('"', '""') + '"' if _SPECIAL.search(text) else text

"""The predictions table: `id`, and for each target its prediction and uncertainty.

Column `<target>_sd` is the standard deviation, if there are several members or the noise is predicted;
`<target>_low` and `<target>_high` are bounds of the interval, if requested; the last column,
`out_of_distribution`, is yes or no.  Predictions on the scale of a transform are named by it, such as
`log2(y + 0.1)`; those on the original scale by the target, `y`.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seqcnn.data.assay.target_names import ENDINGS, ID_COLUMN, OOD_COLUMN
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.readers.id_cut import cut_ids, uncut_notes
from seqcnn.data.readers.table_file import read_table
from seqcnn.data.readers.tables import Table
from seqcnn.data.transform import Transform
from seqcnn.errors import TableError, listed, place, show
from seqcnn.io.table_output import Column, open_table
from seqcnn.model.inference.original_scale import on_scale, scale_names, table_values
from seqcnn.model.inference.predictions import Predictions

logger = logging.getLogger(__name__)

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def column_names(targets: Sequence[str], predictions: Predictions, *, interval: bool = False) -> list[str]:
    """Return the names of the table's columns, for estimates of any number of sequences.

    `targets` are names of targets, or of their scales (`scale_names`).
    """
    sd, *bounds = ENDINGS
    endings = ["", *([sd] if predictions.sd is not None else []), *(bounds if interval else [])]
    columns = [f"{target}{ending}" for target in targets for ending in endings]
    return [ID_COLUMN, *columns, *([OOD_COLUMN] if predictions.ood is not None else [])]


def prediction_columns(
    ids: Sequence[str],
    predictions: Predictions,
    half_width: np.ndarray | None = None,
    *,
    transforms: Sequence[Transform | None] = (),
) -> list[Column]:
    """Return the table's columns.

    Parameters
    ----------
    ids
        Names of the n sequences.
    predictions
        Their predictions.
    half_width
        (n, T): half the width of each interval, NaN where there is none; None writes no intervals.
    transforms
        Transform of each target that is inverted, see `table_values`.
    """
    columns = [*table_values(predictions, half_width, transforms).values()]
    numbers = np.stack(columns, axis=2).reshape(len(ids), columns[0].shape[1] * len(columns))
    flags = [] if predictions.ood is None else [np.where(predictions.ood, "yes", "no").tolist()]
    return [list(ids), *numbers.T, *flags]


def write_predictions(path: Path, ids: Sequence[str], y_hat: np.ndarray, targets: Sequence[str]) -> None:
    """Write a whole table of the predictions (M, n, T) of M models, whole or not at all."""
    predictions = Predictions(y_hat)
    columns = prediction_columns(ids, predictions)
    with open_table(path, column_names(targets, predictions), columns) as table:
        table.write(columns)


@dataclass(frozen=True, slots=True)
class PredictionTable:
    """Predictions of a dataset's N rows and T targets, as a predictions table holds them."""

    mean: np.ndarray
    """float64 (N, T), on the scale of the training."""
    sd: np.ndarray | None = None
    """float64 (N, T), standard deviation of each prediction; None if the table has none."""

    @classmethod
    def read(
        cls,
        path: Path,
        ids: Sequence[str],
        targets: Sequence[str],
        transforms: Mapping[str, Transform] | None = None,
        form: SequenceFormat | None = None,
    ) -> PredictionTable:
        """Read a table; rows and columns are put in the order of `ids` and `targets`.

        `form` is how the table is written; by default its ids are in the column `id`.

        Predictions of a target with a transform are read from the column of its scale, such as `log2(y)`;
        without it those of its column `y` are transformed, and standard deviations are not read.

        Raises
        ------
        TableError
            If a row, a target or a number is missing, a name is there twice, an SD is below 0, or a
            prediction on the original scale has no value on that of the training.
        """
        table = _read(path, form or SequenceFormat())
        row = {name: i for i, name in enumerate(table.unique(ID_COLUMN))}
        if missing := [show(name) for name in ids if name not in row]:
            raise TableError(
                f"{place(path)}: no prediction for {listed(missing)}; run `seqcnn predict` on the dataset"
            )
        order = [row[name] for name in ids]
        names = scale_names(targets, transforms or {})
        if not set(names) <= set(table.columns) and set(targets) <= set(table.columns):
            return cls(_transformed(_numbers_of(table, targets, order), targets, transforms or {}, path))
        sds = [f"{name}_sd" for name in names]  # a target may have such a name itself
        has_sd = set(sds) <= set(table.columns) - set(names)
        mean = _numbers_of(table, names, order)
        if not has_sd:
            return cls(mean)
        sd = _numbers_of(table, sds, order)
        if (sd < 0).any():
            raise TableError(f"{place(path)}: a standard deviation below 0; run `seqcnn predict` again")
        return cls(mean, sd)


def _read(path: Path, form: SequenceFormat) -> Table:
    """Read a table whose ids are in the column `id`, cut if the form says so."""
    table = read_table(path, replace(form, tidy=False))
    ids = table.text(form.id or ID_COLUMN)
    if form.id_until is not None:
        changes: Counter[str] = Counter()
        ids = cut_ids(ids, form.id_until, where=table.name, changes=changes)
        for note in uncut_notes(form.id_until, changes):
            logger.warning("%s", note)
    others = [i for i, name in enumerate(table.columns) if name not in (ID_COLUMN, form.id)]
    rows = [[name, *(row[i] for i in others)] for name, row in zip(ids, table.rows, strict=True)]
    return replace(table, columns=[ID_COLUMN, *(table.columns[i] for i in others)], rows=rows)


def _transformed(
    y_hat: np.ndarray, targets: Sequence[str], transforms: Mapping[str, Transform], path: Path
) -> np.ndarray:
    """Return predictions (n, T) on the original scale on that of the training, and log it."""
    columns = [
        on_scale(y_hat[:, t], transforms[name], f"{place(path)}: {show(name)}")
        if name in transforms
        else y_hat[:, t]
        for t, name in enumerate(targets)
    ]
    scales = listed([show(name) for name in scale_names(targets, transforms)])
    logger.info("%s: predictions on the original scale are transformed to %s", place(path), scales)
    return np.stack(columns, axis=1)


def _numbers_of(table: Table, columns: Sequence[str], order: Sequence[int]) -> np.ndarray:
    """Return some columns of some rows, float64 (n, columns), and refuse an empty cell."""
    numbers = np.stack(
        [table.numbers(name, id_column=ID_COLUMN, options=("--decimal",)) for name in columns], axis=1
    )
    numbers = numbers[order]
    ids = table.text(ID_COLUMN)
    if empty := [show(ids[order[i]]) for i in np.flatnonzero(~np.isfinite(numbers).all(1)).tolist()]:
        raise TableError(
            f"{table.name}: empty prediction for {listed(empty)}; expected a number in each cell"
        )
    return numbers


def spreadsheet_safe(name: str) -> str:
    """Put a `'` before a name that a spreadsheet would take for a formula."""
    return f"'{name}" if name.startswith(_FORMULA) else name

"""Compare an imported model with predictions of the original."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from seqcnn.data.readers.records import Batch, Record
from seqcnn.data.readers.sequences import log_changes, read_sequences
from seqcnn.data.readers.table_file import read_table
from seqcnn.data.readers.tables import Table
from seqcnn.errors import TableError, UsageError, listed, place, plural, show
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.imported_from import Agreement

DEFAULT_TOLERANCE = 1e-4
"""Largest difference from the original, relative to the largest prediction of a target, that is accepted."""

_PADDED_MEAN = ("pool", "mean", "same")  # kind, how and padding of a layer

MAX_SEQUENCES = 100_000
"""Sequences that are compared, the first ones."""


def compare(
    model: LoadedModel, sequences: Path, predictions: Path, tolerance: float = DEFAULT_TOLERANCE
) -> Agreement:
    """Predict sequences and compare with a table of the original's predictions.

    Parameters
    ----------
    model
        The imported model.
    sequences, predictions
        Sequences, and the table with their names and a column for each target; if it has other names, as many
        columns of numbers in the order of the targets.
    tolerance
        Largest accepted difference, relative to the largest absolute prediction of the target.

    Returns
    -------
    The comparison of the target that agrees least.

    Raises
    ------
    UsageError
        If a difference is larger.
    TableError
        If a sequence has no prediction in the table, or the table has other columns.
    """
    names, y_hat = _predicted(model, sequences)
    y = _expected(read_table(predictions), names, model.targets)
    difference = np.abs(y_hat - y)
    scale = np.abs(y).max(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(difference.max(0) == 0, 0, difference.max(0) / scale)
    worst = int(shares.argmax())
    agreement = Agreement(n=len(y), difference=float(difference[:, worst].max()), scale=float(scale[worst]))
    if not shares[worst] <= tolerance:
        row = int(difference[:, worst].argmax())
        prediction = (
            f"{show(names[row], 40)}: {show(model.targets[worst], 40)} {y_hat[row, worst]:.6g} predicted"
        )
        options = "--bases, --layout, --flank5, --flank3, --strand"
        remedy = f"check {options}, or accept it with --tolerance{_of_pooling(model)}"
        share = f"{shares[worst]:.2g} of the largest prediction, more than {tolerance:g}"
        where = f"--check {place(predictions)}"
        raise UsageError(f"{where}: {prediction}, {y[row, worst]:.6g} expected: {share}; {remedy}")
    return agreement


def _of_pooling(model: LoadedModel) -> str:
    """Return the end of a message on means of padded windows, which Keras computes otherwise on torch."""
    layers = model.header.imported.graph["layers"] if model.header.imported else ()
    if not any((layer["kind"], layer.get("how"), layer.get("padding")) == _PADDED_MEAN for layer in layers):
        return ""
    return "; its AveragePooling with padding 'same' is that of TensorFlow, others differ where it is uneven"


def _predicted(model: LoadedModel, path: Path) -> tuple[list[str], np.ndarray]:
    """Return the names of the sequences of a file, and their predictions (n, T)."""
    changes: Counter[str] = Counter()
    limit = model.header.layout.max_input_length
    records: list[Record] = []
    for record in read_sequences(path, changes=changes, max_length=limit):
        if len(records) == MAX_SEQUENCES:
            changes[f"sequences beyond the first {MAX_SEQUENCES:,} are not compared"] += 1
            break
        records.append(record)
    log_changes(path, changes)
    batch = Batch.of(records)
    if not records:
        raise UsageError(f"--check {place(path)}: no sequences to compare")
    return batch.names, model.predict_rows(model.lay_out(batch, path)).astype(np.float64)


def _expected(table: Table, names: list[str], targets: list[str]) -> np.ndarray:
    """Return the predictions of the original of some sequences, float64 (n, T)."""
    id_column, _ = table.id_column(None)
    columns = targets if set(targets) <= set(table.columns) else [c for c in table.columns if c != id_column]
    if len(columns) != len(targets):
        counts = f"{plural(len(columns), 'column')} of predictions for {plural(len(targets), 'target')}"
        raise TableError(f"{table.name}: {counts}; expected one for each, such as {show(targets[0], 40)}")
    row = {name: number for number, name in enumerate(table.unique(id_column))}
    if missing := [show(name, 40) for name in names if name not in row]:
        raise TableError(f"{table.name}: no prediction for {listed(missing)}; expected one for each sequence")
    order = [row[name] for name in names]
    y = np.stack(
        [table.numbers(column, id_column=id_column, options=("--decimal",)) for column in columns], 1
    )
    y = y[order]
    if not np.isfinite(y).all():
        raise TableError(f"{table.name}: a prediction is missing; expected a number in each cell")
    return y

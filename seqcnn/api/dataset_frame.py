"""A dataset file as a DataFrame."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from seqcnn.api.public import public
from seqcnn.data.dataset import Dataset, load_dataset
from seqcnn.errors import TableError, counted, listed, place, show
from seqcnn.sequence.onehot import unpack

logger = logging.getLogger(__name__)


@public
def read_dataset(path: str | Path) -> pd.DataFrame:
    """Read a dataset of `seqcnn prepare` or `seqcnn fit`: sequences, measurements and their split.

    Parameters
    ----------
    path
        The .h5 file.

    Returns
    -------
    One row per sequence, indexed by its id: `sequence`, `split` (train, val or test), `group` (equal for
    sequences that the split keeps together), `max_train_identity` (0 to 1, NaN for training rows), and the
    targets in their units, NaN where not measured; transformed ones are on the original scale.  Values of
    `rank-normal` beyond the training values are not known: NaN, with a warning.

    Raises
    ------
    UsageError
        If there is no such file.
    TableError
        If the file is damaged, or not a dataset, or a target has the name of another column.

    Examples
    --------
    >>> import seqcnn
    >>> table = seqcnn.read_dataset("dataset.h5")
    >>> table["split"].value_counts().to_dict()
    {'train': 48, 'val': 8, 'test': 8}
    """
    dataset = load_dataset(Path(path))
    columns: dict[str, Any] = {
        "sequence": [unpack(insert) for insert in dataset.rows.inserts()],
        "split": dataset.split,
        "group": dataset.groups,
        "max_train_identity": dataset.max_train_identity,
    }
    if clash := [show(name) for name in dataset.target_names if name in columns]:
        fault = f"{place(path)}: target {listed(clash)}: the table has another column of this name"
        raise TableError(f"{fault}; prepare the dataset with another name")
    columns |= {name: _original(dataset, t) for t, name in enumerate(dataset.target_names)}
    return pd.DataFrame(columns, index=pd.Index(list(dataset.ids), name="id", dtype=object))


def _original(dataset: Dataset, t: int) -> np.ndarray:
    """Return measurements of target number `t` on the original scale, float64 (N,); NaN if not known."""
    name, values = dataset.target_names[t], dataset.targets[:, t].astype(np.float64)
    if (transform := dataset.transforms.get(name)) is None:
        return values
    unknown = transform.at_bounds(values) & (dataset.split != "train")
    if unknown.any():
        logger.warning(
            "%s: %s NaN: at or beyond the least or largest training value, of which rank-normal keeps no "
            "measurements", show(name), counted(int(unknown.sum()), "values are"),
        )  # fmt: skip
    return np.where(unknown, np.nan, transform.invert(values))

"""A dataset file as a DataFrame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from seqcnn.api.public import public
from seqcnn.data.dataset import load_dataset
from seqcnn.sequence.onehot import unpack


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
    targets in their units, NaN where not measured; transformed ones are on the original scale.

    Raises
    ------
    UsageError
        If there is no such file.
    TableError
        If the file is damaged, or not a dataset.

    Examples
    --------
    >>> import seqcnn
    >>> table = seqcnn.read_dataset("dataset.h5")
    >>> table["split"].value_counts().to_dict()
    {'train': 48, 'val': 8, 'test': 8}
    """
    dataset = load_dataset(Path(path))
    columns = {
        "sequence": [unpack(insert) for insert in dataset.rows.inserts()],
        "split": dataset.split,
        "group": dataset.groups,
        "max_train_identity": dataset.max_train_identity,
    }
    for t, name in enumerate(dataset.target_names):
        values = dataset.targets[:, t].astype(np.float64)
        transform = dataset.transforms.get(name)
        columns[name] = transform.invert(values) if transform else values
    return pd.DataFrame(columns, index=pd.Index(list(dataset.ids), name="id", dtype=object))

"""Features of sequences in memory: an array, or the file of `seqcnn.data.features.feature_file`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.data.arrays import in_order, refuse_lengths
from seqcnn.data.features.feature_file import read_features
from seqcnn.errors import TableError

_EXPECTED = "expected numbers (N, D) or (N, positions, D), a row per sequence, or the path of an .npz or .h5"


def feature_array(sequences: Any, values: Any, ids: Sequence[str]) -> np.ndarray:
    """Return the features of sequences, float32 (N, P, D).

    Parameters
    ----------
    sequences
        N sequences; the index of a Series is that of a DataFrame of features.
    values
        Array, tensor or DataFrame (N, D) or (N, P, D), or the path of a file of features by id.
    ids
        Names of the sequences in that file.

    Raises
    ------
    TableError
        If there is not one row of finite numbers per sequence, or the file lacks an id.
    """
    if isinstance(values, str | Path):
        return read_features(Path(values), ids)
    try:
        array = np.asarray(in_order(sequences, values, "features"))
    except (TypeError, ValueError) as error:  # rows of several lengths, a tensor on a GPU
        raise TableError(f"features: {type(values).__name__} found; {_EXPECTED}") from error
    if array.ndim not in (2, 3) or array.dtype.kind not in "iuf" or not array[:1].size:
        raise TableError(f"features: an array {array.dtype} {array.shape} found; {_EXPECTED}")
    refuse_lengths(len(ids), array, "features")
    with np.errstate(over="ignore"):
        features = array.astype(np.float32)
    if not np.isfinite(features).all():
        raise TableError("features: NaN, infinite or too large values found; expected numbers")
    return features[:, None] if features.ndim == 2 else features

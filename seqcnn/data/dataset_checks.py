"""Checks of an untrusted dataset: types of its header, shapes, types and values of its arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqcnn.data.split.splits import PARTS
from seqcnn.errors import TableError, refuse_control
from seqcnn.io.hdf5 import StoredArray, blocks_of
from seqcnn.sequence.onehot import pack

CODES = "categories"
"""Array of the file with an index per row and category."""

_DTYPES = {
    "ids": object,
    **dict.fromkeys(("bases", "split"), np.uint8),
    **dict.fromkeys(("start", "insert_length", "groups", "nearest_train_row", CODES), np.int32),
}
"""Array -> its type; all others are float32."""


def check_header(header: dict[str, Any]) -> None:
    """Raise an error if the header, which is untrusted, does not have the types of `Dataset`."""
    provenance = header["provenance"]
    lists = [header[name] for name in ("target_names", "category_names", "units")] + header["category_levels"]
    lists += [
        provenance.get("notes", []),
        [*provenance.get("inputs", {}).values()],
        [provenance.get("split", ""), provenance.get("config", "")],
        *provenance.get("replicates", {}).values(),
    ]
    if not all(isinstance(texts, list) and all(isinstance(t, str) for t in texts) for texts in lists):
        raise ValueError("no texts")
    if len(set(header["target_names"])) < len(header["target_names"]):
        raise ValueError("names of targets")
    for flank in (header["layout"].flank5, header["layout"].flank3):
        pack(flank or "A")  # raises `SequenceError`
    if len(header["units"]) != len(header["target_names"]):
        raise ValueError("units")
    if set(header["transforms"]) - set(header["target_names"]):
        raise ValueError("transforms")


def check_arrays(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Raise `ValueError` if arrays do not fit each other or the header, or a value is out of range."""
    n, targets, levels = len(arrays["ids"]), len(header["target_names"]), header["category_levels"]
    length, largest = header["layout"].length, np.finfo(np.float32).max
    shapes = dict.fromkeys(arrays, (n,)) | {
        "bases": (n, length),
        "targets": (n, targets),
        "replicates": (n, targets, *arrays["replicates"].shape[2:]),
        CODES: (n, len(header["category_names"])),
        "features": _feature_shape(n, arrays),
    }
    ranges = {
        "bases": (0, 15),
        "split": (0, len(PARTS) - 1),
        "nearest_train_row": (-1, n - 1),
        "start": (0, length),
        "insert_length": (0, length),
        "weights": (0, largest),
        **dict.fromkeys(("targets", "replicates", "features"), (-largest, largest)),
    }
    for name, array in arrays.items():
        low, high = ranges.get(name, (-np.inf, np.inf))
        if array.shape != shapes[name] or array.dtype != _DTYPES.get(name, np.float32):
            raise ValueError(f"shape or type of {name}")
        if name in ranges and any(((part < low) | (part > high)).any() for part in blocks_of(array)):
            raise ValueError(f"values of {name}")
    if np.isnan(arrays["weights"]).any() or (arrays["start"] + arrays["insert_length"] > length).any():
        raise ValueError("weights, or inserts beyond their windows")
    codes = arrays[CODES]
    if len(levels) != codes.shape[1] or np.any((codes < 0) | (codes >= [len(values) for values in levels])):
        raise ValueError("values of categories")


def _feature_shape(n: int, arrays: dict[str, np.ndarray]) -> tuple[int, ...]:
    """Return the expected shape of the features of n rows; raise `ValueError` for NaN in them."""
    features = arrays.get("features", np.empty((n, 0, 0)))
    if np.isnan(features).any():
        raise ValueError("values of features")
    return (n, *features.shape[1:]) if features.ndim == 3 else ()


def refuse_control_characters(header: dict[str, Any], ids: np.ndarray | StoredArray, where: str) -> None:
    """Raise `TableError` for names that outputs cannot hold."""
    for key in ("target_names", "category_names", "units"):
        refuse_control(header[key], where, TableError)
    for part in blocks_of(ids):
        refuse_control((name.decode("utf-8", "surrogateescape") for name in part), where, TableError)

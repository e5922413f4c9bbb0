"""Files of features: id -> float array (D,) or (P, D), as .npz or HDF5.

P positions, such as tokens of a foundation model, with D features each; (D,) is one position.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.errors import TableError, counted, place, show
from seqcnn.io.atomic import environment_faults
from seqcnn.io.hdf5 import open_arrays
from seqcnn.io.regular_file import require_file
from seqcnn.io.stream import refuse_standard_input

_DAMAGED = (OSError, ValueError, KeyError, RuntimeError, EOFError, MemoryError, zipfile.BadZipFile)
"""What libraries raise for a damaged file, or an array that they refuse or cannot hold."""

MAX_BYTES = 2**26
"""Largest size of the array of one id in an .npz file: more is no embedding."""

_EXPECTED = "expected an .npz or .h5 file with one array of numbers per id, (D,) or (positions, D)"


@dataclass(frozen=True, slots=True)
class FeatureFile:
    """An open file of features."""

    path: Path
    ids: frozenset[str]
    array: Callable[[str], np.ndarray]
    """Id -> its array."""

    def of(self, ids: Sequence[str]) -> np.ndarray:
        """Return the features of some ids, float32 (N, P, D).

        Raises
        ------
        TableError
            If an id is missing, or an array has another shape than the first one, or a value that is not
            finite.
        """
        if missing := [name for name in ids if name not in self.ids]:
            fault = counted(len(missing), "ids are missing")
            raise TableError(f"{place(self.path)}: {fault}, the first is {show(missing[0], 40)}")
        arrays = [self._checked(name) for name in ids]
        for name, array in zip(ids, arrays, strict=True):
            if array.shape != arrays[0].shape:
                shapes = f"{array.shape}; {show(ids[0], 40)} has {arrays[0].shape}"
                raise TableError(f"{place(self.path)}: {show(name, 40)} has the shape {shapes}; expected one")
        return np.stack(arrays) if arrays else np.empty((0, 0, 0), np.float32)

    def _checked(self, name: str) -> np.ndarray:
        """Return the features of one id, float32 (P, D)."""
        where = f"{place(self.path)}: {show(name, 40)}"
        try:
            array = self.array(name)
        except _DAMAGED as error:
            raise TableError(f"{where} cannot be read ({type(error).__name__}); {_EXPECTED}") from error
        if not isinstance(array, np.ndarray):
            raise TableError(f"{where} is no array; {_EXPECTED}")
        if array.ndim not in (1, 2) or array.dtype.kind not in "iuf" or not array.size:
            raise TableError(f"{where} is an array {array.dtype} {array.shape}; {_EXPECTED}")
        with np.errstate(over="ignore"):
            features = np.atleast_2d(array).astype(np.float32)
        if not np.isfinite(features).all():
            raise TableError(f"{where} has NaN, infinite or too large values; expected numbers")
        return features


@contextmanager
def open_features(path: Path) -> Iterator[FeatureFile]:
    """Open a file of features.

    Raises
    ------
    UsageError
        If there is no such file.
    TableError
        If it is neither an .npz nor an HDF5 file.
    """
    refuse_standard_input(path, "features (.npz or .h5)")
    require_file(path, _EXPECTED)
    with environment_faults(path):
        file = path.open("rb")
    with file:
        is_zip = file.read(2) == b"PK"
        file.seek(0)
        try:
            opened: Any = np.load(file, allow_pickle=False) if is_zip else open_arrays(path)
        except _DAMAGED as error:
            fault = f"cannot be read ({type(error).__name__})"
            raise TableError(f"{place(path)}: {fault}; {_EXPECTED}") from error
        with opened as content:
            if is_zip:
                _refuse_members(content, path)
                yield FeatureFile(path, frozenset(content.files), content.__getitem__)
            else:
                yield FeatureFile(path, content.names, content.read)


def _refuse_members(content: Any, path: Path) -> None:
    """Raise `TableError` for an .npz file with an id twice, or an array that is too large when unpacked."""
    names = content.files
    if len(set(names)) < len(names):
        repeated = next(name for name, count in Counter(names).items() if count > 1)
        raise TableError(f"{place(path)}: {show(repeated, 40)} is there twice; {_EXPECTED}")
    if large := [info for info in content.zip.infolist() if info.file_size > MAX_BYTES]:
        size = f"{show(large[0].filename, 40)} has {large[0].file_size:,} bytes when unpacked"
        raise TableError(f"{place(path)}: {size}; expected at most {MAX_BYTES:,} per id")


def read_features(path: Path, ids: Sequence[str]) -> np.ndarray:
    """Return the features of some ids, float32 (N, P, D); as `open_features` and `FeatureFile.of`."""
    with open_features(path) as file:
        return file.of(ids)

"""Reading HDF5 files of others: plain numbers and names, and no more of them than the file can hold.

HDF5 can point to other files (external links and storage, virtual datasets), and can declare arrays
of any size that take no space.  All of that is refused before an array is allocated.
"""

from __future__ import annotations

import copy
import hashlib
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.errors import TableError, place

MAX_RATIO = 1100
"""Bytes that one stored byte can stand for: a little more than deflate can."""

_BLOCK = 1 << 22  # bytes that are read at once of an array that stays in its file


class StoredArray:
    """Numbers (N, ...) that stay in their HDF5 file: rows are read when asked for."""

    def __init__(self, path: Path, name: str) -> None:
        import h5py

        self.path = path
        self.file = h5py.File(path, "r", locking=False)
        self.data = _checked(self.file, name)
        self.state = self._state()
        self.chosen = np.arange(len(self.data), dtype=np.int32)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the rows that are chosen."""
        return len(self.chosen), *self.data.shape[1:]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        dtype: np.dtype[Any] = self.data.dtype
        return dtype

    @property
    def step(self) -> int:
        """Rows that are read at once."""
        return max(1, _BLOCK // (self.dtype.itemsize * math.prod(self.shape[1:])))

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, at: Any) -> np.ndarray:
        """Read rows, which a slice or an array of numbers names."""
        rows = self.chosen[at]
        order = np.argsort(rows, kind="stable")
        ordered = rows[order]
        found = np.empty((len(rows), *self.shape[1:]), self.dtype)
        begin = 0
        while begin < len(rows):
            end = int(np.searchsorted(ordered, ordered[begin] + self.step))
            block = self._read(int(ordered[begin]), int(ordered[end - 1]) + 1)
            found[order[begin:end]] = block[ordered[begin:end] - ordered[begin]]
            begin = end
        return found

    def select(self, at: np.ndarray) -> StoredArray:
        """Return an array of some of the rows, which stay in the file."""
        fewer = copy.copy(self)
        fewer.chosen = self.chosen[at]
        return fewer

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield all rows, some at a time."""
        for start in range(0, len(self), self.step):
            yield self[start : start + self.step]

    def _read(self, start: int, stop: int) -> np.ndarray:
        """Read consecutive rows of the file, which must be the file that was opened."""
        try:
            rows: np.ndarray = self.data[start:stop]
        except OSError:
            rows = np.empty(0)
        if len(rows) < stop - start or self._state() != self.state:
            raise TableError(
                f"{place(self.path)}: changed while it was read, or the disk failed; run it again"
            )
        return rows

    def _state(self) -> tuple[int, int]:
        """Return what changes when somebody writes to the file."""
        found = os.fstat(self.file.id.get_vfd_handle())
        return found.st_mtime_ns, found.st_size


class StoredNames(Sequence[str]):
    """Names that stay in their HDF5 file: one is read when asked for."""

    def __init__(self, stored: StoredArray) -> None:
        self.stored = stored

    def __len__(self) -> int:
        return len(self.stored)

    def __getitem__(self, at: Any) -> Any:
        """Return one name."""
        name: bytes = self.stored[[at]][0]
        return name.decode("utf-8", "surrogateescape")


def read_hdf5(
    path: Path, form: str, names: Iterable[str], *, large: Mapping[str, int] | None = None
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the attributes of the root, and some arrays if the attribute `format` is `form`.

    Arrays of more bytes than `large` says, by name, are `StoredArray`, the others numpy arrays.

    Raises
    ------
    ValueError, KeyError, OSError, RuntimeError
        If the file is damaged, lacks an array, or holds what is refused.
    """
    import h5py

    with h5py.File(path, "r", locking=False) as file:  # some cluster file systems have no locks
        attributes = {name: _attribute(file, name) for name in file.attrs}
        known = names if attributes.get("format") == form else ()
        arrays: dict[str, Any] = {}
        for name in known:
            data = _checked(file, name)
            stays = data.size * data.dtype.itemsize > (large or {}).get(name, math.inf)
            arrays[name] = StoredArray(path, name) if stays else data[()]
        return attributes, arrays


def checksum(header: str, arrays: Mapping[str, np.ndarray | StoredArray]) -> str:
    """Return the SHA-256 of everything that a file holds; names are `ids`."""
    digest = hashlib.sha256(header.encode())
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        for number, part in enumerate(parts_of(array)):
            between = b"\0" if name == "ids" and number else b""
            digest.update(between + b"\0".join(part) if name == "ids" else bytes_of(part))
    return digest.hexdigest()


def bytes_of(array: np.ndarray) -> memoryview:
    """Return the bytes of an array, without a copy if it is contiguous."""
    return np.ascontiguousarray(array).view(np.uint8).data


def parts_of(array: np.ndarray | StoredArray) -> Iterable[np.ndarray]:
    """Return all rows, some at a time where they stay in a file."""
    return array.blocks() if isinstance(array, StoredArray) else [array]


def _attribute(file: Any, name: str) -> str:
    """Return an attribute, which is one text."""
    if file.attrs.get_id(name).shape != ():
        raise ValueError(f"attribute {name}")
    value = file.attrs[name]
    if not isinstance(value, str):
        raise ValueError(f"attribute {name}")
    return value


def _checked(file: Any, name: str) -> Any:
    """Return an array of numbers, or of byte strings, that is stored in the file."""
    import h5py

    parts = name.split("/")
    links = [file.get("/".join(parts[: i + 1]), getlink=True) for i in range(len(parts))]
    if not all(isinstance(link, h5py.HardLink) for link in links):
        raise ValueError(f"{name}: a link to elsewhere")
    data = file[name]
    if not isinstance(data, h5py.Dataset) or data.is_virtual or data.external:
        raise ValueError(f"{name}: no array of this file")
    if data.dtype.kind not in "iuf" and h5py.check_vlen_dtype(data.dtype) is not bytes:
        raise ValueError(f"{name}: neither numbers nor names")
    needed = max(data.size, math.prod(data.chunks or [0])) * data.dtype.itemsize
    if needed > MAX_RATIO * data.id.get_storage_size():
        raise ValueError(f"{name}: larger than what is stored")
    return data

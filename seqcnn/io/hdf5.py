"""Safe reading of untrusted HDF5 files: arrays of numbers and names that are stored in the file itself.

What points to other files, or takes more memory than the file can hold, is refused before an array is
allocated; see `seqcnn.io.hdf5_checks`.
"""

from __future__ import annotations

import copy
import hashlib
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.errors import TableError, place
from seqcnn.io.hdf5_checks import attribute, checked_arrays

_ATTRIBUTES = ("format", "header", "sha256")
_BLOCK = 1 << 22  # bytes per read of an array that stays in its file


class StoredArray:
    """Array (N, ...) that stays in its HDF5 file; rows are read on demand."""

    def __init__(self, path: Path, name: str) -> None:
        import h5py

        self.path = path
        self.file = h5py.File(path, "r", locking=False)
        self.data = checked_arrays(self.file, [name])[name]
        self.state = self._state()
        self.selected = np.arange(len(self.data), dtype=np.int32)

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of the selected rows."""
        return len(self.selected), *self.data.shape[1:]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the type of the numbers."""
        return self.data.dtype

    @property
    def step(self) -> int:
        """Return the number of rows per read."""
        return max(1, _BLOCK // (self.dtype.itemsize * math.prod(self.shape[1:])))

    def __len__(self) -> int:
        return len(self.selected)

    def __getitem__(self, index: Any) -> np.ndarray:
        """Read the rows of a slice or of an array of row numbers."""
        rows = self.selected[index]
        # rows are read in the order of the file, in consecutive stretches, and put back in order
        order = np.argsort(rows, kind="stable")
        ordered = rows[order]
        values = np.empty((len(rows), *self.shape[1:]), self.dtype)
        begin = 0
        while begin < len(rows):
            end = int(np.searchsorted(ordered, ordered[begin] + self.step))
            block = self._read(int(ordered[begin]), int(ordered[end - 1]) + 1)
            values[order[begin:end]] = block[ordered[begin:end] - ordered[begin]]
            begin = end
        return values

    def select(self, index: np.ndarray) -> StoredArray:
        """Return an array of some of the rows without reading them."""
        selection = copy.copy(self)
        selection.selected = self.selected[index]
        return selection

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield all rows in blocks."""
        for start in range(0, len(self), self.step):
            yield self[start : start + self.step]

    def _read(self, start: int, stop: int) -> np.ndarray:
        """Read consecutive rows; raise `TableError` if the file changed since it was opened."""
        try:
            rows = self.data[start:stop]
        except OSError:
            rows = np.empty(0)
        if len(rows) < stop - start or self._state() != self.state:
            raise TableError(
                f"{place(self.path)}: changed while it was read, or the disk failed; run it again"
            )
        return rows

    def _state(self) -> tuple[int, int]:
        """Return time of change and size of the file."""
        status = os.fstat(self.file.id.get_vfd_handle())
        return status.st_mtime_ns, status.st_size


class StoredNames(Sequence[str]):
    """Names that stay in their HDF5 file and are read on demand."""

    def __init__(self, stored: StoredArray) -> None:
        self.stored = stored

    def __len__(self) -> int:
        return len(self.stored)

    def __getitem__(self, index: Any) -> Any:
        """Return one name, or those of a slice as a list."""
        if isinstance(index, slice):
            return self._decoded(self.stored[index])
        return self._decoded(self.stored[[index]])[0]

    def __iter__(self) -> Iterator[str]:
        """Yield all names; they are read in blocks."""
        for block in self.stored.blocks():
            yield from self._decoded(block)

    @staticmethod
    def _decoded(names: np.ndarray) -> list[str]:
        """Return stored names as text."""
        return [name.decode("utf-8", "surrogateescape") for name in names]


def read_hdf5(
    path: Path,
    form: str,
    names: Iterable[str],
    *,
    stored: Sequence[str] = (),
    megabytes: float | None = None,
    optional: Sequence[str] = (),
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return `format`, `header` and `sha256` of the root, and some arrays if `format` is `form`.

    Parameters
    ----------
    path
        The HDF5 file.
    form
        Expected value of the attribute `format`.
    names
        The arrays to return.
    stored, megabytes
        Arrays that are returned as `StoredArray` if the first of them is larger.
    optional
        Arrays that are returned, too, if the file has them.

    Raises
    ------
    ValueError, KeyError, OSError, RuntimeError
        If the file is damaged, lacks an array, or has an array that is refused.
    """
    import h5py

    with h5py.File(path, "r", locking=False) as file:  # some cluster file systems have no locks
        attributes = {name: attribute(file, name) for name in _ATTRIBUTES if name in file.attrs}
        present = [*names, *(name for name in optional if name in file)]
        expected = present if attributes.get("format") == form else ()
        arrays: dict[str, Any] = {}
        checked = checked_arrays(file, expected)
        first = checked.get(stored[0]) if stored else None
        size = 0 if first is None else first.size * first.dtype.itemsize
        staying = stored if size > (math.inf if megabytes is None else megabytes * 1_000_000) else ()
        for name, data in checked.items():
            arrays[name] = StoredArray(path, name) if name in staying else data[()]
        return attributes, arrays


@dataclass(frozen=True, slots=True)
class Arrays:
    """The arrays of an open HDF5 file, each read on demand."""

    file: Any
    names: frozenset[str]
    """Paths in the file."""

    def read(self, name: str) -> np.ndarray:
        """Return an array; raise `ValueError` if it is refused, see `checked_arrays`."""
        return np.asarray(checked_arrays(self.file, [name])[name][()])

    def __enter__(self) -> Arrays:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


def open_arrays(path: Path) -> Arrays:
    """Open a file of any number of arrays; raise `OSError` if it is no HDF5 file."""
    import h5py

    file, names = h5py.File(path, "r", locking=False), list[str]()
    file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return Arrays(file, frozenset(names))


def checksum(header: str, arrays: Mapping[str, np.ndarray | StoredArray]) -> str:
    """Return the SHA-256 of a header and arrays; the array `ids` holds names of variable length."""
    digest = hashlib.sha256(header.encode())
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        for number, part in enumerate(blocks_of(array)):
            between = b"\0" if name == "ids" and number else b""
            digest.update(between + b"\0".join(part) if name == "ids" else bytes_of(part))
    return digest.hexdigest()


def bytes_of(array: np.ndarray) -> memoryview:
    """Return the bytes of an array, without a copy if it is contiguous."""
    return np.ascontiguousarray(array).view(np.uint8).data


def blocks_of(array: np.ndarray | StoredArray) -> Iterable[np.ndarray]:
    """Return all rows, in blocks if they stay in a file."""
    return array.blocks() if isinstance(array, StoredArray) else [array]

"""Checks of untrusted HDF5 files before anything is allocated: what an array or attribute may be.

HDF5 can point to other files (external links and storage, virtual datasets), can declare arrays of any size
that take no space, and can store one long name once and refer to it from a million rows.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

MAX_RATIO = 1100
"""Largest ratio of the size of an array to its stored size: slightly above the limit of deflate."""

MAX_TOTAL_RATIO = 200
"""Largest ratio of the size of all arrays together to the size of the file."""

_SMALL = 64_000_000  # bytes of all arrays that any file may hold
_REFERENCE = np.dtype([("length", "<u4"), ("address", "<u8"), ("index", "<u4")])
"""A name in the file: its length in bytes, and where it is (HDF5 file format specification, IV.B)."""


def attribute(file: Any, name: str) -> str:
    """Return an attribute; raise `ValueError` if it is not one string."""
    import h5py

    stored = file.attrs.get_id(name)
    if stored.shape != () or h5py.check_string_dtype(stored.dtype) is None:
        raise ValueError(f"attribute {name}")
    value = file.attrs[name]
    if not isinstance(value, str):
        raise ValueError(f"attribute {name}")
    return value


def checked_arrays(file: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return arrays of numbers or byte strings, not read yet.

    Raises
    ------
    ValueError
        If one is not stored in the file itself, or takes more memory than the file can hold.
    KeyError
        If one is missing.
    """
    arrays = {name: _local(file, name) for name in names}
    file_size = file.id.get_filesize()
    total = 0
    for name, data in arrays.items():
        stored, size = data.id.get_storage_size(), data.size * data.dtype.itemsize
        largest = max(size, math.prod(data.chunks or [0]) * data.dtype.itemsize)
        if stored > file_size or largest > MAX_RATIO * stored:
            raise ValueError(f"{name}: larger than what is stored")
        if data.dtype.kind == "O":
            size += _name_bytes(name, data, file_size)
        total += size
    if total > max(_SMALL, MAX_TOTAL_RATIO * file_size):
        raise ValueError(f"{total} bytes in a file of {file_size}")
    return arrays


def _local(file: Any, name: str) -> Any:
    """Return an array that is stored in the file itself."""
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
    return data


def _name_bytes(name: str, data: Any, file_size: int) -> int:
    """Return the size in bytes of all names of an array, which are not read.

    Names are stored uncompressed: if they are larger than the file, rows share them.
    """
    if data.ndim != 1:
        raise ValueError(f"{name}: not one name per row")
    total = sum(int(part["length"].sum(dtype=np.int64)) for part in _references(data))
    if total > file_size:
        raise ValueError(f"{name}: {total} bytes of names in a file of {file_size}")
    return total


def _references(data: Any) -> Iterator[np.ndarray]:
    """Yield the references of an array of names, as they are in the file."""
    if data.file.id.get_create_plist().get_sizes()[0] != _REFERENCE["address"].itemsize:
        raise ValueError("addresses of another size")
    if data.chunks is None:
        yield from _contiguous_references(data)
        return
    properties = data.id.get_create_plist()
    if properties.get_nfilters() != (data.compression == "gzip"):
        raise ValueError("names that are neither plain nor gzip")
    size = data.chunks[0] * _REFERENCE.itemsize
    for start in range(0, len(data), data.chunks[0]):
        skipped, stored = data.id.read_direct_chunk((start,))
        if data.compression and not skipped:
            stored = zlib.decompressobj().decompress(stored, size)
        if len(stored) != size:
            raise ValueError("a chunk of another size")
        yield np.frombuffer(stored, _REFERENCE)[: len(data) - start]


def _contiguous_references(data: Any) -> Iterator[np.ndarray]:
    """Yield the references of an array in one piece."""
    offset, size = data.id.get_offset(), len(data) * _REFERENCE.itemsize
    if len(data) == 0:
        return
    if offset is None or data.id.get_storage_size() != size:
        raise ValueError("names in another layout")
    with open(data.file.filename, "rb") as raw:
        raw.seek(offset)
        stored = raw.read(size)
    if len(stored) != size:
        raise ValueError("truncated")
    yield np.frombuffer(stored, _REFERENCE)

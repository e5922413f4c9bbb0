"""Reading HDF5 files of others: plain numbers and names, and no more of them than the file can hold.

HDF5 can point to other files (external links and storage, virtual datasets), and can declare arrays
of any size that take no space.  All of that is refused before an array is allocated.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

MAX_RATIO = 1100
"""Bytes that one stored byte can stand for: a little more than deflate can."""


def read_hdf5(path: Path, form: str, names: Iterable[str]) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Return the attributes of the root, and some arrays if the attribute `format` is `form`.

    Raises
    ------
    ValueError, KeyError, OSError, RuntimeError
        If the file is damaged, lacks an array, or holds what is refused.
    """
    import h5py

    with h5py.File(path, "r", locking=False) as file:  # some cluster file systems have no locks
        attributes = {name: _attribute(file, name) for name in file.attrs}
        known = names if attributes.get("format") == form else ()
        return attributes, {name: _array(file, name) for name in known}


def _attribute(file: Any, name: str) -> str:
    """Return an attribute, which is one text."""
    if file.attrs.get_id(name).shape != ():
        raise ValueError(f"attribute {name}")
    value = file.attrs[name]
    if not isinstance(value, str):
        raise ValueError(f"attribute {name}")
    return value


def _array(file: Any, name: str) -> np.ndarray:
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
    values: np.ndarray = data[()]
    return values

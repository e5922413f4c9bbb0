"""The dataset file: everything that training and evaluation read, in one HDF5 file.

Sequences are packed bases uint8 (N, L); targets are float32 (N, T), NaN where not measured.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.data.layout import Layout, Rows
from seqcnn.data.output import atomic_path
from seqcnn.data.splits import PARTS
from seqcnn.errors import EnvironmentFault, TableError, UsageError, place

FORMAT = "seqcnn dataset 3"

_ROWS = ("bases", "start", "size")
_ARRAYS = ("ids", *_ROWS, "split", "targets", "weights", "groups", "identity", "nearest", "replicates")
_CODES = "categories"
_CHUNKED = 100_000  # numbers of an array from which on it is compressed


@dataclass(frozen=True)
class Dataset:
    """Sequences, measurements and split of one experiment; rows in the order of the input."""

    ids: list[str]
    rows: Rows
    targets: np.ndarray
    """float32 (N, T), in the units of the target; NaN = not measured."""
    weights: np.ndarray
    """float32 (N,), weight of each row in the loss; 1 by default."""
    split: np.ndarray
    """str (N,): 'train', 'val' or 'test'."""
    groups: np.ndarray
    """int32 (N,), equal for rows that must stay on one side of a split."""
    identity: np.ndarray
    """float32 (N,), identity with the most similar training sequence, 0 to 1; NaN for training rows."""
    nearest: np.ndarray
    """int32 (N,), the row of that sequence, -1 if none was found."""
    replicates: np.ndarray
    """float32 (N, T, R), NaN = not measured; R = 0 when there are none."""
    categories: np.ndarray
    """str (N, C), the value of each category column, '' where it is missing; C = 0 when there are none."""
    target_names: list[str]
    category_names: list[str]
    units: list[str]
    """Unit of each target, '' if not stated."""
    layout: Layout
    provenance: dict[str, Any] = field(default_factory=dict)
    """Inputs with their SHA-256, the split in words, and the notes of `prepare`."""

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, name: str) -> np.ndarray:
        """Return the row numbers of one part of the split."""
        return np.flatnonzero(self.split == name)

    def take(self, at: np.ndarray) -> Dataset:
        """Return some of the rows, in that order."""
        new = np.full(len(self), -1, np.int32)
        new[at] = np.arange(len(at))
        columns = ("targets", "weights", "split", "groups", "identity", "replicates", "categories")
        return replace(
            self,
            ids=[self.ids[i] for i in at],
            rows=self.rows.take(at),
            nearest=np.where(self.nearest[at] < 0, -1, new[self.nearest[at]]).astype(np.int32),
            **{name: getattr(self, name)[at] for name in columns},
        )

    def digest(self, part: str = "train") -> str:
        """Return the SHA-256 of the sequences, measurements and weights of one part of the split."""
        at = self.part(part)
        columns = (self.rows.bases, self.rows.start, self.rows.size, self.targets, self.weights)
        digest = hashlib.sha256()
        for column in columns:
            digest.update(np.ascontiguousarray(column[at]).tobytes())
        return digest.hexdigest()

    def save(self, path: Path) -> None:
        """Write the dataset to `path`, whole or not at all; the same dataset gives the same bytes."""
        content = self._content()  # in memory first: HDF5 itself does not survive a full disk
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)

    def _content(self) -> memoryview:
        """Return the bytes of the HDF5 file."""
        import h5py

        levels, codes = _encoded(self.categories)
        names = ("target_names", "category_names", "units", "provenance")
        header = {name: getattr(self, name) for name in names} | {"layout": asdict(self.layout)}
        text = json.dumps(header | {"category_levels": levels}, sort_keys=True)
        arrays = self._arrays() | {_CODES: codes}
        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            file.attrs.update({"format": FORMAT, "header": text, "sha256": _checksum(text, arrays)})
            for name, array in arrays.items():
                compression = "gzip" if array.size > _CHUNKED else None
                dtype = h5py.special_dtype(vlen=bytes) if name == "ids" else array.dtype
                file.create_dataset(name, data=array, dtype=dtype, compression=compression, track_times=False)
        return buffer.getbuffer()

    def _arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays of the file, by name."""
        ids = np.array([i.encode("utf-8", "surrogateescape") for i in self.ids], dtype=object)
        split = np.array([PARTS.index(name) for name in self.split], np.uint8)
        rows = (self.rows.bases, self.rows.start, self.rows.size)
        values = {"ids": ids, "split": split} | dict(zip(_ROWS, rows, strict=True))
        return {name: values[name] if name in values else getattr(self, name) for name in _ARRAYS}


def load_dataset(path: Path) -> Dataset:
    """Read a dataset that `seqcnn prepare` wrote.

    Raises
    ------
    UsageError
        If there is no such file.
    TableError
        If the file is damaged or no seqcnn dataset.
    EnvironmentFault
        If the file may not be read.
    """
    if not path.is_file():
        raise UsageError(f"{place(path)}: No such file; `seqcnn prepare` writes a dataset")
    header, arrays = _read(path)
    return Dataset(
        ids=[i.decode("utf-8", "surrogateescape") for i in arrays.pop("ids")],
        rows=Rows(**{name: arrays.pop(name) for name in _ROWS}),
        split=np.array(PARTS)[arrays.pop("split")],
        categories=_decoded(header["category_levels"], arrays.pop(_CODES)),
        **arrays,
        target_names=header["target_names"],
        category_names=header["category_names"],
        units=header["units"],
        layout=Layout(**header["layout"]),
        provenance=header["provenance"],
    )


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the header and the arrays of a dataset file, checked against its SHA-256."""
    import h5py

    try:
        with h5py.File(path, "r", locking=False) as file:  # some cluster file systems have no locks
            attributes = dict(file.attrs)
            if attributes.get("format") != FORMAT:
                raise TableError(
                    f"{place(path)}: not a dataset of this version of seqcnn; run `seqcnn prepare`"
                )
            arrays = {name: file[name][()] for name in (*_ARRAYS, _CODES)}
        text = attributes["header"]
        if attributes.get("sha256") not in (None, _checksum(text, arrays)):
            raise ValueError("wrong SHA-256")
        return json.loads(text), arrays
    except PermissionError:
        raise EnvironmentFault(f"{place(path)}: Permission denied; you need the right to read it") from None
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise TableError(
            f"{place(path)}: not a seqcnn dataset, or damaged ({type(error).__name__}); "
            "expected the .h5 file that `seqcnn prepare` writes"
        ) from error


def _encoded(categories: np.ndarray) -> tuple[list[list[str]], np.ndarray]:
    """Return the distinct values of each category column, and int32 (N, C) numbers of them."""
    columns = [np.unique(column, return_inverse=True) for column in categories.T]
    codes = np.zeros(categories.shape, np.int32)
    for c, (_, code) in enumerate(columns):
        codes[:, c] = code
    return [values.tolist() for values, _ in columns], codes


def _decoded(levels: list[list[str]], codes: np.ndarray) -> np.ndarray:
    """Return the category columns, str (N, C), see `_encoded`."""
    columns = [np.array(values)[code] for values, code in zip(levels, codes.T, strict=True)]
    return np.stack(columns, axis=1) if columns else np.empty(codes.shape, str)


def _checksum(header: str, arrays: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 of everything that a dataset file holds."""
    digest = hashlib.sha256(header.encode())
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(b"\0".join(array) if name == "ids" else np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()

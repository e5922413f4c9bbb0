"""The dataset file: everything that training and evaluation read, in one HDF5 file.

Sequences are packed bases uint8 (N, L); targets are float32 (N, T), NaN where not measured.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.data.layout import Layout, Rows
from seqcnn.data.output import atomic_path
from seqcnn.data.splits import PARTS
from seqcnn.errors import TableError, UsageError, place

FORMAT = "seqcnn dataset 1"


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
    replicates: np.ndarray
    """float32 (N, T, R), NaN = not measured; R = 0 when there are none."""
    target_names: list[str]
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
        import h5py

        with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
            file.attrs["format"] = FORMAT
            header = {"target_names": self.target_names, "units": self.units, "layout": asdict(self.layout)}
            file.attrs["header"] = json.dumps(header | {"provenance": self.provenance}, sort_keys=True)
            ids = np.array([i.encode("utf-8", "surrogateescape") for i in self.ids], dtype=object)
            file.create_dataset("ids", data=ids, dtype=h5py.special_dtype(vlen=bytes))
            part = np.array([PARTS.index(name) for name in self.split], np.uint8)
            arrays = {
                "bases": self.rows.bases,
                "start": self.rows.start,
                "size": self.rows.size,
                "split": part,
            }
            arrays |= {"targets": self.targets, "weights": self.weights, "groups": self.groups}
            for name, array in (arrays | {"replicates": self.replicates}).items():
                compression = "gzip" if array.size > 100_000 else None
                file.create_dataset(name, data=array, compression=compression, track_times=False)


def load_dataset(path: Path) -> Dataset:
    """Read a dataset that `seqcnn prepare` wrote.

    Raises
    ------
    UsageError
        If there is no such file.
    TableError
        If the file is damaged or no seqcnn dataset.
    """
    import h5py

    if not path.is_file():
        raise UsageError(f"{place(path)}: No such file; `seqcnn prepare` writes a dataset")
    try:
        with h5py.File(path) as file:
            if file.attrs.get("format") != FORMAT:
                raise TableError(
                    f"{place(path)}: not a dataset of this version of seqcnn; run `seqcnn prepare`"
                )
            header = json.loads(file.attrs["header"])
            arrays = {name: file[name][()] for name in file}
    except (OSError, KeyError, ValueError) as error:
        raise TableError(
            f"{place(path)}: not a seqcnn dataset, or damaged ({type(error).__name__}); "
            "expected the .h5 file that `seqcnn prepare` writes"
        ) from error
    return Dataset(
        ids=[i.decode("utf-8", "surrogateescape") for i in arrays.pop("ids")],
        rows=Rows(**{name: arrays.pop(name) for name in ("bases", "start", "size")}),
        split=np.array(PARTS)[arrays.pop("split")],
        **arrays,
        target_names=header["target_names"],
        units=header["units"],
        layout=Layout(**header["layout"]),
        provenance=header["provenance"],
    )

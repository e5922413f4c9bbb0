"""The attribution file: HDF5 in the layout that TF-MoDISco reads (`modisco motifs -i`).

- `raw/seq` uint8 (N, 4, L), one-hot; `shap/seq` float32 (N, 4, L), hypothetical attributions;
  `projected_shap/seq` float32 (N, 4, L), those of the bases that are there.
- `control` float32 (N, L): projected attributions of one shuffle of each sequence.
- `ids`; `start` and `size` int32 (N,): where the record lies in the window, bp; a start below 0 was cut off.
- `prediction` float32 (N,).  Attribute `header`: JSON, see `Attributions.header`.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.errors import EnvironmentFault, TableError, UsageError, place
from seqcnn.io.atomic import atomic_path
from seqcnn.io.hdf5 import read_hdf5
from seqcnn.sequence.onehot import PACKED_BASES
from seqcnn.sequence.strands import insert_mask
from seqcnn.sequence.window import Rows

FORMAT = "seqcnn attributions 1"

_NAMES = {
    "one_hot": "raw/seq",
    "hypothetical": "shap/seq",
    "projected": "projected_shap/seq",
    "control": "control",
    "start": "start",
    "size": "size",
    "prediction": "prediction",
}


@dataclass(frozen=True)
class Attributions:
    """Attributions of N sequences in windows of L bp; the arrays are those of the file."""

    ids: list[str]
    one_hot: np.ndarray
    hypothetical: np.ndarray
    projected: np.ndarray
    control: np.ndarray
    start: np.ndarray
    size: np.ndarray
    prediction: np.ndarray
    header: dict[str, Any]
    """`target`, `unit`, `method`, `encoder`, `strand`, `model_sha256`, `sequences_sha256`, `seqcnn_version`,
    and `completeness`: the largest miss of a sum of attributions and the SD of the predictions, in units of
    the target, or null."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def by_position(self) -> np.ndarray:
        """The attributions of the bases that are there, float32 (N, L)."""
        values: np.ndarray = self.projected.sum(1, dtype=np.float32)
        return values

    def rows(self) -> Rows:
        """Return the sequences as packed bases in their windows; a base that was ambiguous is N."""
        length = self.one_hot.shape[2]
        bases = (self.one_hot * PACKED_BASES[:, None]).sum(1, dtype=np.uint8)  # (N, L), 0 where there is none
        start = np.maximum(self.start, 0)
        rows = Rows(bases, start, np.minimum(self.start + self.size, length) - start)
        bases[insert_mask(rows) & (bases == 0)] = PACKED_BASES.sum()
        return rows

    def take(self, at: np.ndarray) -> Attributions:
        """Return some of the sequences."""
        arrays = {name: getattr(self, name)[at] for name in _NAMES}
        return replace(self, ids=[self.ids[i] for i in at], **arrays)

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all; the same attributions give the same bytes."""
        import h5py

        buffer = io.BytesIO()
        ids = np.array([i.encode("utf-8", "surrogateescape") for i in self.ids], dtype=object)
        with h5py.File(buffer, "w") as file:
            file.attrs.update({"format": FORMAT, "header": json.dumps(self.header, sort_keys=True)})
            file.create_dataset("ids", data=ids, dtype=h5py.special_dtype(vlen=bytes), track_times=False)
            for name, where in _NAMES.items():
                array = getattr(self, name)
                compression = "gzip" if array.size else None
                file.create_dataset(where, data=array, compression=compression, track_times=False)
        with atomic_path(path) as temporary:
            temporary.write_bytes(buffer.getbuffer())


def load_attributions(path: Path) -> Attributions:
    """Read a file that `seqcnn attribute` wrote.

    Raises
    ------
    UsageError
        If there is no such file.
    TableError
        If it is damaged, or another file.
    """
    if not path.is_file():
        raise UsageError(f"{place(path)}: No such file; `seqcnn attribute` writes attributions")
    try:
        attributes, arrays = read_hdf5(path, FORMAT, ("ids", *_NAMES.values()))
        if attributes.get("format") != FORMAT:
            raise ValueError("another format")
        ids = [name.decode("utf-8", "surrogateescape") for name in arrays.pop("ids")]
        named = {name: arrays[where] for name, where in _NAMES.items()}
        found = Attributions(ids, **named, header=json.loads(attributes["header"]))
        _check(found)
        return found
    except PermissionError:
        raise EnvironmentFault(f"{place(path)}: Permission denied; you need the right to read it") from None
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise TableError(
            f"{place(path)}: no attributions, or damaged ({type(error).__name__}); "
            "expected the .h5 file that `seqcnn attribute` writes"
        ) from error


def _check(found: Attributions) -> None:
    """Raise `ValueError` if the arrays do not fit one another, or the header is of another form."""
    n, length = len(found), found.one_hot.shape[-1]
    for name in _NAMES:
        array = getattr(found, name)
        shape = {3: (n, 4, length), 2: (n, length)}.get(array.ndim, (n,))
        wanted = 3 if "/" in _NAMES[name] else 2 if name == "control" else 1
        kind = "iu" if name in ("one_hot", "start", "size") else "f"
        if array.ndim != wanted or array.shape != shape or array.dtype.kind not in kind:
            raise ValueError(name)
    if not all(isinstance(found.header[key], str) for key in ("target", "unit", "method")):
        raise ValueError("header")

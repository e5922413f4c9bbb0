"""The dataset: sequences, measurements and split in one HDF5 file, for training and evaluation.

Sequences are packed bases, uint8 (N, L); targets are float32 (N, T), NaN where not measured.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.data.dataset_checks import CODES, check_arrays, check_header, refuse_control_characters
from seqcnn.data.split.splits import PARTS
from seqcnn.data.split.validation import divide_validation
from seqcnn.data.transform import Transform, TransformName, fit_transform
from seqcnn.errors import ConfigError, EnvironmentFault, SequenceError, TableError, place, show
from seqcnn.io.atomic import atomic_path
from seqcnn.io.hdf5 import StoredArray, StoredNames, bytes_of, checksum, read_hdf5
from seqcnn.io.json_file import parse_json
from seqcnn.io.regular_file import require_file
from seqcnn.io.stream import refuse_standard_input
from seqcnn.schema import checks_arguments, validate
from seqcnn.sequence.window import Layout, Rows

FORMAT_NUMBER = 4
_RENAMED = (
    "columns identity, nearest and size are now max_train_identity, nearest_train_row and insert_length"
)
FORMAT = f"seqcnn dataset {FORMAT_NUMBER}"

_ROWS = ("bases", "start", "insert_length")
_ARRAYS = (
    "ids",
    *_ROWS,
    "split",
    "targets",
    "weights",
    "groups",
    "max_train_identity",
    "nearest_train_row",
    "recurring_fraction",
    "replicates",
)
FEATURES = "features"
"""Array of the file with the features of the rows, if there are any."""

IN_MEMORY_MB = 64
"""Largest size of sequences that are read as a whole by commands that need few of them at a time."""

_MIN_COMPRESSED = 100_000  # numbers of an array above which it is compressed
_CHUNK = 1 << 18  # bytes per chunk of rows
_ROWS_PER_STEP = 1 << 16  # rows that are copied in one step


_DAMAGED = (
    OSError, LookupError, ValueError, TypeError, AttributeError, RuntimeError, ConfigError, SequenceError
)  # fmt: skip
"""What libraries and checks raise for a damaged file."""


@dataclass(frozen=True)
class Dataset:
    """Sequences, measurements and split of one experiment; rows in the order of the input."""

    ids: Sequence[str]
    rows: Rows
    targets: np.ndarray
    """float32 (N, T), in the units of the target; NaN = not measured."""
    weights: np.ndarray
    """float32 (N,), weight of each row in the loss; 1 by default."""
    split: np.ndarray
    """str (N,): 'train', 'val' or 'test'."""
    groups: np.ndarray
    """int32 (N,), equal for rows that a split must keep in one part."""
    max_train_identity: np.ndarray
    """float32 (N,), identity with the most similar training sequence, 0 to 1; NaN for training rows."""
    nearest_train_row: np.ndarray
    """int32 (N,), row of that sequence, -1 if none was found."""
    recurring_fraction: np.ndarray
    """float32 (N,), largest fraction of the sequence that recurs in one training sequence with at least 80 %
    identity, 0 to 1; NaN for training rows."""
    replicates: np.ndarray
    """float32 (N, T, R), NaN = not measured; R = 0 when there are none."""
    categories: np.ndarray
    """object (N, C), the text of each category column, '' where it is missing; C = 0 when there are none."""
    target_names: list[str]
    category_names: list[str]
    units: list[str]
    """Unit of each target, '' if not stated."""
    layout: Layout
    provenance: dict[str, Any] = field(default_factory=dict)
    """`inputs`: file name -> SHA-256; `split`: the method in words; `split_unit`: what it keeps together, see
    `seqcnn.data.split.units`; `notes` of `prepare`; `replicates`: target -> names of its replicates."""
    transforms: dict[str, Transform] = field(default_factory=dict)
    """Target -> transform of its measurements and replicates, which are on the transformed scale."""
    path: Path | None = field(default=None, compare=False)
    """File that it was read from; None if it was made in memory."""
    keeps_calibration_rows: bool = field(default=True, compare=False)
    """Whether part of a large validation part is kept for calibration, see `part`."""

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, name: str) -> np.ndarray:
        """Return the row numbers of one part of the split.

        Validation rows, `val`, consist of those of `selection`, which choose a model, and of `calibration`,
        see `seqcnn.data.split.validation`; both are all of `val` if it is not divided.
        """
        if name not in ("selection", "calibration"):
            return np.flatnonzero(self.split == name)
        if not self.keeps_calibration_rows:
            return self.part("val")
        selection, calibration = divide_validation(self.split, self.groups, self.targets)
        return selection if name == "selection" else calibration

    @property
    def has_calibration_rows(self) -> bool:
        """Whether the rows that calibrate intervals are other rows than those that choose the model."""
        return len(self.part("selection")) < len(self.part("val"))

    def take(self, index: np.ndarray) -> Dataset:
        """Return some of the rows, in that order."""
        new = np.full(len(self), -1, np.int32)  # row in the result of each row, -1 for others
        new[index] = np.arange(len(index))
        columns = ["targets", "weights", "split", "groups", "max_train_identity", "recurring_fraction"]
        columns += ["replicates", "categories"]
        return replace(
            self,
            ids=[self.ids[i] for i in index],
            rows=self.rows.take(index),
            nearest_train_row=np.where(
                self.nearest_train_row[index] < 0, -1, new[self.nearest_train_row[index]]
            ).astype(np.int32),
            **{name: getattr(self, name)[index] for name in columns},
        )

    def digest(self, part: str = "train") -> str:
        """Return the SHA-256 of the sequences, measurements and weights of one part of the split."""
        index = self.part(part)
        columns = [self.rows.bases, self.rows.start, self.rows.insert_length, self.targets, self.weights]
        columns += [] if self.rows.features is None else [self.rows.features]
        digest = hashlib.sha256()
        for column, start in product(columns, range(0, len(index), _ROWS_PER_STEP)):
            digest.update(bytes_of(column[index[start : start + _ROWS_PER_STEP]]))
        return digest.hexdigest()

    @checks_arguments
    def save(self, path: str | Path) -> None:
        """Write the dataset to `path` atomically; the same dataset gives the same bytes."""
        content = self._content()  # in memory first: HDF5 itself does not survive a full disk
        with atomic_path(Path(path)) as temporary:
            temporary.write_bytes(content)

    def _content(self) -> memoryview:
        """Return the bytes of the HDF5 file."""
        import h5py

        levels, codes = _encoded(self.categories)
        names = ("target_names", "category_names", "units", "provenance")
        header = {name: getattr(self, name) for name in names} | {"layout": asdict(self.layout)}
        header["transforms"] = {name: transform.model_dump() for name, transform in self.transforms.items()}
        text = json.dumps(header | {"category_levels": levels}, sort_keys=True)
        arrays = self._arrays() | {CODES: codes}
        arrays |= {} if self.rows.features is None else {FEATURES: self.rows.features}
        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            file.attrs.update({"format": FORMAT, "header": text, "sha256": checksum(text, arrays)})
            for name, array in arrays.items():
                is_packed = array.size > _MIN_COMPRESSED and name != FEATURES  # sparse ones, like a bomb
                large: dict[str, Any] = {"compression": "gzip"} if is_packed else {}
                if large and name == "bases":
                    large["chunks"] = (min(len(array), max(1, _CHUNK // array.shape[1])), array.shape[1])
                dtype = h5py.special_dtype(vlen=bytes) if name == "ids" else array.dtype
                file.create_dataset(name, data=array, dtype=dtype, track_times=False, **large)
        return buffer.getbuffer()

    def _arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays of the file, by name."""
        ids = np.array([i.encode("utf-8", "surrogateescape") for i in self.ids], dtype=object)
        split = np.array([PARTS.index(name) for name in self.split], np.uint8)
        rows = (self.rows.bases, self.rows.start, self.rows.insert_length)
        values = {"ids": ids, "split": split} | dict(zip(_ROWS, rows, strict=True))
        return {name: values[name] if name in values else getattr(self, name) for name in _ARRAYS}


def transform_targets(dataset: Dataset, name: TransformName, where: str) -> Dataset:
    """Return the dataset with transformed targets and replicates; `where` is their table in messages.

    Raises
    ------
    TableError
        If a target or a replicate has values that the transform does not take.
    """
    if name == "none":
        return dataset
    train = dataset.split == "train"
    targets, replicates = dataset.targets.copy(), dataset.replicates.copy()
    transforms, units = {}, []
    for t, target in enumerate(dataset.target_names):
        y, values = targets[:, t], np.append(targets[:, t], replicates[:, t])
        fitted = fit_transform(
            name, y[train & np.isfinite(y)], values[np.isfinite(values)],
            where=f"{where}: target {show(target)}", targets=len(dataset.target_names),
        )  # fmt: skip
        targets[:, t], replicates[:, t] = fitted.apply(y), fitted.apply(replicates[:, t])
        transforms[target] = fitted
        units.append(fitted.unit_of(dataset.units[t]))
    return replace(dataset, targets=targets, replicates=replicates, units=units, transforms=transforms)


def load_dataset(path: Path, *, megabytes: float | None = None) -> Dataset:
    """Read a dataset that `seqcnn prepare` wrote.

    Parameters
    ----------
    path
        The .h5 file.
    megabytes
        Sequences of more than this size, and their names, stay in the file: `rows.bases` is a `StoredArray`,
        and `ids` a `StoredNames`.  By default everything is read.

    Raises
    ------
    UsageError
        If there is no such file.
    TableError
        If the file is damaged, of another format, or not a seqcnn dataset.
    EnvironmentFault
        If the file may not be read.
    """
    refuse_standard_input(path, "a dataset (.h5)")
    require_file(path, "`seqcnn prepare` writes a dataset")
    try:
        names = (*_ARRAYS, CODES)
        attributes, arrays = read_hdf5(
            path, FORMAT, names, stored=("bases", "ids"), megabytes=megabytes, optional=[FEATURES]
        )
        if attributes.get("format") != FORMAT:
            raise _wrong_format(path, attributes.get("format", ""))
        if attributes["sha256"] != checksum(attributes["header"], arrays):
            raise ValueError("wrong SHA-256")
        header = parse_json(attributes["header"])
        header["layout"] = validate(Layout, header["layout"], "layout")
        header["transforms"] = validate(dict[str, Transform], header.get("transforms", {}), "transforms")
        check_header(header)
        check_arrays(header, arrays)
        refuse_control_characters(header, arrays["ids"], place(path))
        return replace(_dataset(header, arrays), path=path)
    except PermissionError:
        raise EnvironmentFault(f"{place(path)}: Permission denied; you need the right to read it") from None
    except _DAMAGED as error:
        raise TableError(
            f"{place(path)}: not a seqcnn dataset, or damaged ({type(error).__name__}); "
            "expected the .h5 file that `seqcnn prepare` writes"
        ) from error


def _wrong_format(path: Path, form: str) -> TableError:
    """Return the error for a file whose `format` attribute is not `FORMAT`."""
    name, _, number = form.rpartition(" ")
    if name != FORMAT.rpartition(" ")[0] or not number.isdecimal():
        return TableError(f"{place(path)}: not a seqcnn dataset; expected the .h5 file of `seqcnn prepare`")
    remedy = "update seqcnn" if int(number) > FORMAT_NUMBER else f"{_RENAMED}; run `seqcnn prepare` again"
    return TableError(
        f"{place(path)}: dataset format {number[:9]} found; expected format {FORMAT_NUMBER}; {remedy}"
    )


def _dataset(header: dict[str, Any], arrays: dict[str, Any]) -> Dataset:
    """Return the dataset of a checked file."""
    ids = arrays.pop("ids")
    return Dataset(
        ids=StoredNames(ids)
        if isinstance(ids, StoredArray)
        else [i.decode("utf-8", "surrogateescape") for i in ids],
        rows=Rows(**{name: arrays.pop(name) for name in _ROWS}, features=arrays.pop(FEATURES, None)),
        split=np.array(PARTS)[arrays.pop("split")],
        categories=_decoded(header["category_levels"], arrays.pop(CODES)),
        **arrays,
        target_names=header["target_names"],
        category_names=header["category_names"],
        units=header["units"],
        layout=header["layout"],
        transforms=header["transforms"],
        provenance=header["provenance"],
    )


def _encoded(categories: np.ndarray) -> tuple[list[list[str]], np.ndarray]:
    """Return the distinct values of each category column, and their indices, int32 (N, C)."""
    columns = [np.unique(column, return_inverse=True) for column in categories.T]
    codes = np.zeros(categories.shape, np.int32)
    for c, (_, code) in enumerate(columns):
        codes[:, c] = code
    return [values.tolist() for values, _ in columns], codes


def _decoded(levels: list[list[str]], codes: np.ndarray) -> np.ndarray:
    """Return the category columns, object (N, C); the inverse of `_encoded`."""
    # objects: an array of text would give every row the width of the longest value
    columns = [np.array(values, object)[code] for values, code in zip(levels, codes.T, strict=True)]
    return np.stack(columns, axis=1) if columns else np.empty(codes.shape, object)

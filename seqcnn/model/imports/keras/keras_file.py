"""A file of Keras -> the configuration of its model, and its weights: h5py, zipfile and json read it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from seqcnn.errors import BundleError, UsageError, place, show
from seqcnn.io.atomic import environment_faults
from seqcnn.io.json_file import parse_json
from seqcnn.io.regular_file import require_file
from seqcnn.io.workbook.members import DAMAGED, ZIP
from seqcnn.model.imports.keras.weights import WeightFile

HDF5 = b"\x89HDF\r\n\x1a\n"
MAX_CONFIG = 8_000_000
"""Largest configuration in bytes: 4 kB for each layer that is imported."""

MAX_FILE = 4_000_000_000
"""Largest file, or part of an archive, in bytes."""

MAX_RATIO = 20
"""Largest ratio of a part of an archive to its stored size; weights hardly shrink."""

_SMALL = 100_000_000  # bytes of a part of any archive

EXPECTED = "expected a model of Keras: .keras, .h5 or .hdf5, or .json with --weights"
_SAVED_MODEL = "load it with TensorFlow, model.save('model.h5'), and import that"


@dataclass(frozen=True, slots=True)
class KerasFile:
    """The content of the files of a model."""

    config: dict[str, Any]
    """`class_name` and `config` of the model."""
    version: str
    """Of Keras, such as 2.7.0; '' if it is not recorded."""
    backend: str
    """Library that Keras computed with, such as tensorflow."""
    weights: WeightFile
    files: dict[str, str]
    """Name -> SHA-256."""

    @property
    def major(self) -> int:
        """Major version: 1, 2 or 3."""
        start = self.version.partition(".")[0]
        return int(start) if start in ("1", "2", "3") else 1


@contextmanager
def open_keras(model: Path, weights: Path | None = None) -> Iterator[KerasFile]:
    """Open a model; inside the block its weights can be read.

    Parameters
    ----------
    model
        .keras, .h5, .hdf5, or a .json file of the architecture.
    weights
        HDF5 file of the weights of a .json file.

    Raises
    ------
    UsageError
        If there is no such file, or no file of weights where one is needed.
    BundleError
        If a file is no model of Keras, or is damaged.
    """
    _refuse_folder(model)
    with environment_faults(model), model.open("rb") as file:
        start = file.read(8)
        file.seek(0)
        try:
            if start == HDF5:
                values, opened = _of_hdf5(file, model)
            elif start.startswith(ZIP):
                values, opened = _of_archive(file)
            elif start.lstrip().startswith(b"{"):
                values, opened = _of_json(file, weights, model)
            else:
                raise ValueError(EXPECTED)
        except (*DAMAGED, KeyError, TypeError, AttributeError) as error:
            raise BundleError(f"{place(model)}: {_reason(error)}") from error
        if weights and not start.lstrip().startswith(b"{"):
            raise UsageError(f"--weights {place(weights)}: {place(model)} has its own; remove the option")
        with opened:
            paths = [model, *([weights] if weights else [])]
            version, backend = (values.get(name) or "" for name in ("keras_version", "backend"))
            config = _model_config(values, model)
            digests = {path.name: _digest(path) for path in paths}
            yield KerasFile(config, str(version)[:40], str(backend)[:40], _weights(opened, model), digests)


def _refuse_folder(path: Path) -> None:
    """Raise `UsageError` for a folder, such as a SavedModel, and for what is no file."""
    if path.is_dir():
        kind = "a TensorFlow SavedModel" if (path / "saved_model.pb").exists() else "a folder"
        remedy = _SAVED_MODEL if kind.endswith("SavedModel") else EXPECTED
        raise UsageError(f"{place(path)}: {kind}; {remedy}")
    require_file(path, EXPECTED)
    if path.stat().st_size > MAX_FILE:
        raise BundleError(f"{place(path)}: larger than {MAX_FILE:,} bytes, the most that is imported")


def _of_hdf5(file: BinaryIO, path: Path) -> tuple[dict[str, Any], Any]:
    """Return the attributes of an HDF5 file, and the open file."""
    opened = _open_hdf5(file)
    text = _attribute(opened, "model_config")
    if text is None:
        opened.close()
        raise ValueError("weights without an architecture; import the .json file of it, with --weights")
    values = {name: _attribute(opened, name) for name in ("keras_version", "backend")}
    return {**values, "model": parse_json(text)}, opened


def _of_archive(file: BinaryIO) -> tuple[dict[str, Any], Any]:
    """Return the configuration in a .keras archive, and its open weights; nothing is written to disk."""
    with zipfile.ZipFile(file) as archive:
        config = parse_json(_member(archive, "config.json", MAX_CONFIG))
        metadata = parse_json(_member(archive, "metadata.json", MAX_CONFIG))
        weights = _member(archive, "model.weights.h5", MAX_FILE)
    return {"keras_version": metadata.get("keras_version"), "model": config}, _open_hdf5(io.BytesIO(weights))


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Return a part of an archive; raise `ValueError` if it is missing, too large, or compressed too much."""
    if archive.namelist().count(name) != 1:
        raise ValueError(f"an archive with {archive.namelist().count(name)} parts {name}; {EXPECTED}")
    info = archive.getinfo(name)
    if info.file_size > limit:
        raise ValueError(f"part {name} of {info.file_size:,} bytes; at most {limit:,} are read")
    if info.file_size > _SMALL + MAX_RATIO * info.compress_size:
        raise ValueError(f"part {name} of {info.file_size:,} bytes is larger than what is stored")
    with archive.open(info) as part:
        content = part.read(info.file_size + 1)
    if len(content) != info.file_size:
        raise ValueError(f"part {name} has another size than its archive says")
    return content


def _of_json(file: BinaryIO, weights: Path | None, path: Path) -> tuple[dict[str, Any], Any]:
    """Return the content of a .json file, and the open file of weights."""
    if path.stat().st_size > MAX_CONFIG:
        raise ValueError(f"more than {MAX_CONFIG:,} bytes of JSON")
    values = parse_json(file.read())
    if weights is None:
        raise UsageError(f"{place(path)}: an architecture without weights; give their file with --weights")
    _refuse_folder(weights)
    opened = _open_hdf5(weights)
    recorded = {name: _attribute(opened, name) for name in ("keras_version", "backend")}
    versions = {name: values.get(name) or recorded[name] for name in recorded}
    return {**versions, "model": values}, opened


def _open_hdf5(file: Path | BinaryIO) -> Any:
    """Open an HDF5 file, whose links to other files are not followed."""
    import h5py

    return h5py.File(file, "r", locking=False) if isinstance(file, Path) else h5py.File(file, "r")


def _attribute(file: Any, name: str) -> str | None:
    """Return an attribute of the root, which is one text; None if there is none."""
    import h5py

    if name not in file.attrs:
        return None
    stored = file.attrs.get_id(name)
    if stored.shape != () or h5py.check_string_dtype(stored.dtype) is None:
        raise ValueError(f"attribute {name}: no text")
    value = file.attrs[name]
    text = value.decode() if isinstance(value, bytes) else str(value)
    if len(text) > MAX_CONFIG:
        raise ValueError(f"attribute {name}: more than {MAX_CONFIG:,} characters")
    return text


def _model_config(values: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the configuration of the model."""
    model = values["model"]
    if not isinstance(model, dict) or not isinstance(model.get("class_name"), str) or "config" not in model:
        raise BundleError(f"{place(path)}: no architecture of a model found; {EXPECTED}")
    return model


def _weights(opened: Any, path: Path) -> WeightFile:
    """Return the weights of an open file."""
    try:
        return WeightFile(opened)
    except (ValueError, KeyError, OSError, RuntimeError, TypeError, AttributeError) as error:
        raise BundleError(f"{place(path)}: weights cannot be read ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    """Return the message of an error in one line."""
    text = (str(error) or type(error).__name__).splitlines()[0]
    return (
        text
        if isinstance(error, ValueError) and text.isprintable()
        else f"damaged ({show(text, 120)}); {EXPECTED}"
    )


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

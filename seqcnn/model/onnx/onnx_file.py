"""The .onnx file of an exported model: the network, then the bundle's header and k-mer profile.

ONNX is a protobuf message, to which entries may be appended: here two `metadata_props`.  The first is JSON
with header and k-mer profile; the second holds the offset of the first and the SHA-256 of everything before
itself, so that both are read and checked without a library.  Other programs ignore them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import Field, model_validator

from seqcnn.errors import BundleError, ConfigError, place
from seqcnn.io.atomic import environment_faults
from seqcnn.io.json_file import parse_json
from seqcnn.io.regular_file import require_file
from seqcnn.model.network.header import Header, parse_header
from seqcnn.model.network.ood import PROFILE_SHAPES
from seqcnn.model.onnx.protobuf import check_network
from seqcnn.schema import Strict, validate

MAX_CONTENT = 4_000_000_000
"""Largest file in bytes that programs for ONNX read."""

MAX_BATCH = 1024
"""Largest number of sequences that a network may take at a time."""

_TAIL = re.compile(rb"r\x58\n\x06sha256\x12N([0-9a-f]{64}) (\d{13})")
_TAIL_SIZE = 90
_NOT_OURS = "not an exported model; expected the .onnx file that `seqcnn export` writes"


class _Metadata(Strict):
    """Metadata beside the header."""

    batch: int = Field(ge=1, le=MAX_BATCH)
    profile: dict[str, str]
    """Array of the profile -> its numbers, float32 in base64."""
    shapes: dict[str, tuple[int, ...]]
    """Those of `PROFILE_SHAPES`."""

    @model_validator(mode="after")
    def _whole(self) -> _Metadata:
        if self.shapes != PROFILE_SHAPES or self.profile.keys() != PROFILE_SHAPES.keys():
            raise ValueError("profile: arrays are missing, or of other shapes")
        return self

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays; raise `ValueError` if one has another size or a number that is not finite."""
        arrays = {
            name: np.frombuffer(base64.b64decode(text, validate=True), "<f4").reshape(PROFILE_SHAPES[name])
            for name, text in self.profile.items()
        }
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise ValueError("a number of the profile is not finite")
        return arrays


@dataclass(frozen=True, slots=True)
class Exported:
    """Content of an .onnx file."""

    network: bytes
    """The whole file, as an engine takes it."""
    header: Header
    batch: int
    """Sequences that the network takes at a time."""
    profile: dict[str, np.ndarray]
    """Arrays of `seqcnn.model.network.ood.KmerProfile`, float32."""
    path: Path
    """Name of the file in messages."""


def with_metadata(network: bytes, header: Header, batch: int, profile: dict[str, np.ndarray]) -> bytes:
    """Append header and k-mer profile to an ONNX message."""
    arrays = {
        name: base64.b64encode(array.astype("<f4").tobytes()).decode() for name, array in profile.items()
    }
    shapes = {name: list(array.shape) for name, array in profile.items()}
    values = {"header": header.model_dump(mode="json"), "batch": batch, "profile": arrays, "shapes": shapes}
    text = json.dumps(values, sort_keys=True).encode()
    content = network + _entry(b"seqcnn", text)
    digest = hashlib.sha256(content).hexdigest()
    return content + _entry(b"sha256", f"{digest} {len(content) - len(text):013d}".encode())


def read_exported(path: Path) -> Exported:
    """Read and check an .onnx file.

    Raises
    ------
    UsageError
        If there is no such file.
    BundleError
        If it is no exported model, or is damaged.
    """
    require_file(path, "expected an exported model")
    with environment_faults(path), path.open("rb") as file:
        if path.stat().st_size > MAX_CONTENT:
            raise BundleError(f"{place(path)}: larger than {MAX_CONTENT:,} bytes; {_NOT_OURS}")
        content = file.read()
    return parse_exported(content, path)


def parse_exported(content: bytes, path: Path) -> Exported:
    """Parse the content of an .onnx file; as `read_exported`."""
    tail = _TAIL.fullmatch(content[-_TAIL_SIZE:])
    if not tail:
        raise BundleError(f"{place(path)}: truncated, or {_NOT_OURS}")
    if hashlib.sha256(content[:-_TAIL_SIZE]).hexdigest() != tail[1].decode():
        raise BundleError(f"{place(path)}: checksum does not match: the file is corrupt; export it again")
    try:
        check_network(content)
    except ValueError as error:
        reason = f"its network has what no export has: {error}"
        raise BundleError(f"{place(path)}: {reason}; {_NOT_OURS}") from error
    try:
        values = parse_json(content[int(tail[2]) : -_TAIL_SIZE])
        header = parse_header(json.dumps(values.pop("header")), path)
        metadata: _Metadata = validate(_Metadata, values, f"{place(path)}: metadata")
        profile = metadata.arrays()
    except ConfigError as error:
        raise BundleError(str(error)) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BundleError(f"{place(path)}: its metadata cannot be read; {_NOT_OURS}") from error
    return Exported(content, header, metadata.batch, profile, path)


def _entry(key: bytes, value: bytes) -> bytes:
    """Return one entry of `metadata_props` (field 14): key (1) and value (2)."""
    return _field(14, _field(1, key) + _field(2, value))


def _field(number: int, content: bytes) -> bytes:
    """Return a field of bytes as protobuf writes it: tag, length in groups of 7 bits, content."""
    size, length = len(content), bytearray()
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return bytes([number << 3 | 2, *length, size]) + content

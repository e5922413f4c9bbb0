"""The model bundle: one .safetensors file, weights and a JSON header, no pickle.

A SHA-256 over header and tensors is checked on load, because neither safetensors nor torch
notices a flipped bit.  Size, structure and header are checked before anything is allocated.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seqcnn.config.arguments import args_schema, resolved_args
from seqcnn.encoders import ALL_ENCODERS
from seqcnn.errors import BundleError, ConfigError, UsageError, place, show
from seqcnn.io.atomic import atomic_path, environment_faults
from seqcnn.io.json_file import parse_json
from seqcnn.io.regular_file import require_file
from seqcnn.io.stream import refuse_standard_input
from seqcnn.model.network.header import NOT_OURS, Header, parse_header
from seqcnn.model.network.imported_from import UNTRAINED
from seqcnn.model.network.imported_network import imported_network
from seqcnn.model.network.kmer_baseline import BUNDLE_ARGS, KmerBaseline, build_baseline, require_network
from seqcnn.model.network.kmer_profile import KmerProfile
from seqcnn.model.network.regressor import Ensemble, Network, SequenceRegressor
from seqcnn.model.network.training_hashes import MAX_HASHED
from seqcnn.schema import validate

MAX_HEADER = 1_000_000
"""Largest header of a bundle in bytes."""

_DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64"}
"""Type of a tensor of the models -> its name in a file."""

MAX_PARAMETERS = 1_000_000_000

HASHES = "training_hashes"
"""Name of the array with the hashes of the training sequences."""


def build(header: Header) -> Network | KmerBaseline:
    """Build the untrained network that a header describes.

    Raises
    ------
    ConfigError
        If an argument is out of bounds, or the network would have more than `MAX_PARAMETERS`;
        then nothing was allocated.
    """
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        outline = _assemble(header)
    size = sum(tensor.numel() for tensor in (*outline.parameters(), *outline.buffers()))
    if size > MAX_PARAMETERS:
        limit = f"at most {MAX_PARAMETERS:,} are expected; lower its `args`"
        raise ConfigError(f"{header.encoder}: {size:,} parameters; {limit}")
    return _assemble(header)


def unfitted_baseline(header: Header) -> KmerBaseline:
    """Build the baseline that a header describes, without its numbers."""
    values = validate(BUNDLE_ARGS[header.encoder], header.args, "model: args").model_dump()
    baseline = build_baseline(header.encoder, values, len(header.targets))
    baseline.profile = KmerProfile()
    return baseline


def encoder_args(header: Header) -> dict[str, Any]:
    """Return all arguments of the encoder of a header, as JSON has them; older headers may lack some.

    Raises
    ------
    ConfigError
        If the model was not trained here, so that it has no arguments to train another one.
    """
    if header.encoder in UNTRAINED:
        raise ConfigError(
            f"encoder {header.encoder}: the model was trained elsewhere, and is not trained here"
        )
    return resolved_args(header.encoder, {**ALL_ENCODERS[header.encoder].EARLIER_DEFAULTS, **header.args})


def _assemble(header: Header) -> Network | KmerBaseline:
    """Return the network or the baseline of a header, on torch's default device."""
    if header.encoder in BUNDLE_ARGS:
        return unfitted_baseline(header)
    if header.imported:
        network = imported_network(header.layout.length, header.imported.graph, len(header.targets))
        network.profile = KmerProfile()
        return network
    schema, encoder = args_schema(header.encoder, "model"), ALL_ENCODERS[header.encoder]
    args = validate(schema, encoder_args(header), "model: args").model_dump()
    members = [
        SequenceRegressor(
            encoder(header.layout.length, **args),
            len(header.targets),
            header.link,
            predicts_noise=header.predicts_noise,
        )
        for _ in range(header.members)
    ]
    joined: Network = members[0] if header.members == 1 else Ensemble(members)
    joined.profile = KmerProfile()
    return joined


def save_bundle(path: Path, model: Network | KmerBaseline, header: Header) -> None:
    """Write weights and header to `path`, whole or not at all; the same model gives the same bytes."""
    from safetensors.torch import save

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    if model.profile.hashes is not None:
        tensors[HASHES] = torch.from_numpy(model.profile.hashes)
    text = json.dumps(header.model_dump(mode="json"), sort_keys=True)
    metadata = {"seqcnn": text, "sha256": _digest(text, tensors)}
    with atomic_path(path) as temporary:
        temporary.write_bytes(_in_order(save(tensors, metadata)))


def _in_order(content: bytes) -> bytes:
    """Sort the keys of a .safetensors header, which the library writes in a random order."""
    end = 8 + struct.unpack("<Q", content[:8])[0]
    text = json.dumps(json.loads(content[8:end]), sort_keys=True, separators=(",", ":")).encode()
    text = text.ljust(-(-len(text) // 8) * 8)
    return struct.pack("<Q", len(text)) + text + content[end:]


def load_bundle(path: Path) -> tuple[Network | KmerBaseline, Header]:
    """Read a bundle: the network, or baseline, in evaluation mode, on the CPU, and its header.

    Raises
    ------
    UsageError
        If there is no such file.
    BundleError
        If the file is no bundle, or its content is damaged or out of bounds.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    text, digest, stored = _read_metadata(path)
    header = parse_header(text, path)
    _refuse_hashes(stored.pop(HASHES, None), path)
    _compare_tensors(header, stored, path)
    try:
        tensors = load(path.read_bytes())  # mapped into memory, a file that is cut would end the process
    except (SafetensorError, ValueError, OSError) as error:
        raise BundleError(
            f"{place(path)}: truncated or damaged ({type(error).__name__}); {NOT_OURS}"
        ) from error
    if _digest(text, tensors) != digest:
        raise BundleError(
            f"{place(path)}: checksum does not match: the file is corrupt; copy or train it again"
        )
    if not all(
        bool(torch.isfinite(tensor).all()) for tensor in tensors.values() if tensor.is_floating_point()
    ):
        raise BundleError(f"{place(path)}: weights are NaN or not finite; train the model again")
    return _filled(build(header), tensors, path).eval(), header


def _filled(model: Network | KmerBaseline, tensors: dict[str, Tensor], path: Path) -> Network | KmerBaseline:
    """Return an untrained model with its weights, and the hashes of its training sequences."""
    hashes = tensors.pop(HASHES, None)
    model.load_state_dict(tensors)
    model.profile.hashes = None if hashes is None else hashes.numpy()
    if isinstance(model, KmerBaseline):
        try:
            model.refuse_damage()
        except ValueError as error:
            raise BundleError(f"{place(path)}: {error}; {NOT_OURS}") from error
    return model


def load_network(path: Path) -> tuple[Network, Header]:
    """Read the bundle of a network; as `load_bundle`, and raise `UsageError` for a baseline."""
    network, header = load_bundle(path)
    return require_network(network, path), header


def read_header(path: Path) -> Header:
    """Read only the header of a bundle; as `load_bundle`, but the weights are not checked."""
    return parse_header(_read_metadata(path)[0], path)


def validation_score(path: Path) -> float:
    """Return a bundle's mean Pearson r on its validation rows; minus infinity if it is not known."""
    try:
        r = read_header(path).validation_r
    except BundleError:
        return -math.inf
    return -math.inf if r is None else r


def _best_in(folder: Path) -> str:
    """Return the end of a message that names the best bundle in a folder or a run; '' if it has none."""
    bundles = sorted(path for depth in ("", "*/", "*/*/", "*/*/*/") for path in _found(folder, depth))
    best = max(bundles, key=validation_score, default=None)
    return f"; the model with the best validation score in it is {place(best)}" if best else ""


def _found(folder: Path, depth: str) -> list[Path]:
    """Return the bundles at a depth of a folder; none where it cannot be read, or its files come and go."""
    with suppress(OSError):
        return [*folder.glob(f"{depth}model.safetensors")]
    return []


def _read_metadata(path: Path) -> tuple[str, str, dict[str, tuple[str, list[int]]]]:
    """Return header text, checksum, and type and shape of each tensor, allocating no more than the header."""
    refuse_standard_input(path, "a model bundle")
    if os.path.isdir(path):
        raise UsageError(f"{place(path)}: is a folder; expected a model bundle{_best_in(path)}")
    require_file(path, "expected a model bundle")
    if path.suffix == ".onnx":
        raise BundleError(f"{place(path)}: an export, which `predict` and `info` take; expected its bundle")
    with environment_faults(path), path.open("rb") as file:
        size = path.stat().st_size
        start = file.read(8)
        if len(start) < 8:
            raise BundleError(f"{place(path)}: empty or truncated; {NOT_OURS}")
        length = struct.unpack("<Q", start)[0]
        if length > min(MAX_HEADER, size - 8):
            if start.startswith((b"\x80", b"PK")):  # a header of 128 + 256 k bytes starts with \x80 too
                raise BundleError(f"{place(path)}: a pickle or zip file, which could run code; {NOT_OURS}")
            if start.isascii() and start.decode().replace("\n", "").replace("\t", "").isprintable():
                raise BundleError(f"{place(path)}: a text file; {NOT_OURS}; are two files swapped?")
            raise BundleError(f"{place(path)}: truncated, or its header is too long; {NOT_OURS}")
        text = file.read(length)
    try:
        content = parse_json(text)
        metadata = content.pop("__metadata__")
        stored = {
            name: (str(entry["dtype"]), [int(n) for n in entry["shape"]]) for name, entry in content.items()
        }
        return str(metadata["seqcnn"]), str(metadata["sha256"]), stored
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleError(f"{place(path)}: its header cannot be read; {NOT_OURS}") from error


def _refuse_hashes(stored: tuple[str, list[int]] | None, path: Path) -> None:
    """Raise `BundleError` for hashes of another type or shape, or for too many; older bundles have none."""
    if stored is not None:
        dtype, shape = stored
        if dtype != "I64" or len(shape) != 1 or shape[0] > MAX_HASHED:
            raise BundleError(f"{place(path)}: hashes of the training sequences are damaged; {NOT_OURS}")


def _compare_tensors(header: Header, stored: dict[str, tuple[str, list[int]]], path: Path) -> None:
    """Compare type and shape of every tensor with those of the network, and allocate nothing."""
    try:
        with torch.device("meta"):
            network = build(header).state_dict()
    except (ConfigError, RuntimeError, ValueError) as error:
        raise BundleError(f"{place(path)}: metadata describes no model: {error}") from error
    if {name: list(tensor.shape) for name, tensor in network.items()} != {
        name: shape for name, (_, shape) in stored.items()
    }:
        raise BundleError(
            f"{place(path)}: names or shapes of the weights do not fit the metadata; {NOT_OURS}"
        )
    for name, tensor in network.items():
        dtype, expected = stored[name][0], _DTYPES[tensor.dtype]
        if dtype != expected:
            raise BundleError(
                f"{place(path)}: weights {show(name)} are {show(dtype)[1:-1]}; expected {expected}, as "
                "`seqcnn train` writes them"
            )


def _digest(text: str, tensors: dict[str, Tensor]) -> str:
    """Return the SHA-256 over the header and the tensors in the order of their names."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()

"""Models from the network: `hf://owner/name[@revision]` (Hugging Face) and `https://...`.

A model is downloaded once, into the cache.  What arrives is read as a model before it is kept.  The SHA-256
of the first download is written into `pins.json` beside it: the cached file is compared with it in every use,
and a later download that differs is refused.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Any

from seqcnn.errors import BundleError, SeqcnnError, place
from seqcnn.io.atomic import atomic_path, environment_faults
from seqcnn.io.json_file import read_json, write_json
from seqcnn.share.addresses.address import BUNDLE, address_name, web_file
from seqcnn.share.addresses.receive import receive

logger = logging.getLogger(__name__)

_PINS = "pins.json"


def model_file(address: str) -> Path:
    """Return the file of a model at an address, downloaded if the cache does not have it.

    Parameters
    ----------
    address
        `hf://owner/name`, with `@revision` for a tag, branch or commit: the file `model.safetensors` of this
        repository; or an `https://` address of a bundle or export.

    Raises
    ------
    UsageError
        If this is no such address.
    BundleError
        If the file is no model, or not the one of the first download.
    EnvironmentFault
        If it cannot be downloaded, or the extra `hub` is not installed.
    """
    name = address_name(address)
    folder = _cache()
    suffix = Path(BUNDLE if name.startswith("hf://") else name.partition("?")[0]).suffix
    path = folder / (hashlib.sha256(name.encode()).hexdigest()[:24] + suffix)
    pin = _pins(folder).get(name)
    if pin is None or not path.is_file():  # without a pin nothing vouches for a file of this name
        _download(address, name, path, pin)
    elif (digest := _digest(path)) != pin:
        raise _other_file(name, digest, pin, folder)
    return path


def _download(address: str, name: str, path: Path, pin: str | None) -> None:
    """Download a model into the cache; a first one is read, and pinned."""
    file = web_file(address)
    logger.info("downloading %s", name)
    with atomic_path(path) as temporary:
        receive(file, temporary, name)
        digest = _digest(temporary)
        if pin is None:
            _refuse_other(temporary, name, path.suffix)
        elif digest != pin:
            raise _other_file(name, digest, pin, path.parent)
    if pin is None:
        write_json(path.parent / _PINS, _pins(path.parent) | {name: digest})
        logger.info("%s: downloaded; SHA-256 %s, which later downloads must have", name, digest)


def _refuse_other(path: Path, name: str, suffix: str) -> None:
    """Raise the error of a file that is no model, with the name of its address."""
    from seqcnn.model.network.bundle import load_bundle
    from seqcnn.model.onnx.onnx_file import read_exported

    try:
        read_exported(path) if suffix == ".onnx" else load_bundle(path)
    except SeqcnnError as error:
        text = str(error).replace(place(path), name)
        raise type(error)(f"{text}; the download is not kept") from error


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with environment_faults(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _other_file(name: str, digest: str, pin: str, folder: Path) -> BundleError:
    """Return the error for a file that is not the one of the first download."""
    remedy = f"if the change is intended, remove the address from {folder / _PINS}"
    return BundleError(f"{name}: SHA-256 is {digest}, at first it was {pin}; {remedy}")


def _cache() -> Path:
    """Return the folder of downloaded models, made if missing."""
    import pooch

    folder = Path(pooch.os_cache("seqcnn")) / "models"
    with environment_faults(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _pins(folder: Path) -> dict[str, Any]:
    """Return the name of an address -> SHA-256 of its first download."""
    return read_json(folder / _PINS) if (folder / _PINS).is_file() else {}

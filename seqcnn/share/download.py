"""Models from the network: `hf://owner/name[@revision]` (Hugging Face) and `https://...`.

A model is downloaded once, into the cache.  The SHA-256 of the first download is written into `pins.json`
beside it: the cached file is compared with it in every use, and a later download that differs is refused.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from seqcnn.errors import BundleError, EnvironmentFault, UsageError, show
from seqcnn.io.atomic import environment_faults
from seqcnn.io.json_file import read_json, write_json

logger = logging.getLogger(__name__)

BUNDLE = "model.safetensors"
"""Name of the bundle in a repository of the hub."""

TIMEOUT_SECONDS = 30
"""Longest time without an answer of the server."""

REPOSITORY = re.compile(r"hf://([\w.-]+/[\w.-]+?)(?:@([\w./-]+))?")
"""Address of a repository: owner/name, and revision."""

_PINS = "pins.json"
_LOCAL = ("127.0.0.1", "localhost")  # which plain http may name


def is_address(text: str) -> bool:
    """Return whether a text is the address of a model, and no path."""
    return text.startswith(("hf://", "https://", "http://"))


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
        If the file is not the one of the first download.
    EnvironmentFault
        If it cannot be downloaded, or the extra `hub` is not installed.
    """
    folder = _cache()
    pin = _pins(folder).get(address)
    source = _from_hub if address.startswith("hf://") else _from_web
    path = source(address, folder, pin)
    with environment_faults(path), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if pin is None:
        write_json(folder / _PINS, _pins(folder) | {address: digest})
        must = "which later downloads must have"
        logger.info("%s: downloaded; SHA-256 %s, %s", show(address)[1:-1], digest, must)
    elif digest != pin:
        remedy = f"if the change is intended, remove the address from {folder / _PINS}"
        raise BundleError(f"{show(address)[1:-1]}: SHA-256 is {digest}, at first it was {pin}; {remedy}")
    return path


def _cache() -> Path:
    """Return the folder of downloaded models, made if missing."""
    import pooch

    folder = Path(pooch.os_cache("seqcnn")) / "models"
    with environment_faults(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _pins(folder: Path) -> dict[str, Any]:
    """Return address -> SHA-256 of its first download."""
    return read_json(folder / _PINS) if (folder / _PINS).is_file() else {}


def _from_web(address: str, folder: Path, pin: str | None) -> Path:
    """Return the file of a web address from the cache, or download it."""
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        raise UsageError(f"{show(address)}: expected https://")
    suffix = Path(parts.path).suffix
    if suffix not in (".safetensors", ".onnx"):
        raise UsageError(f"{show(address)}: expected the address of a .safetensors or .onnx file")
    name = hashlib.sha256(address.encode()).hexdigest()[:24] + suffix
    if pin is None:  # without a pin nothing vouches for a file of this name
        (folder / name).unlink(missing_ok=True)
    import pooch
    from requests import RequestException

    pooch.get_logger().setLevel(logging.WARNING)
    downloader = pooch.HTTPDownloader(timeout=TIMEOUT_SECONDS)
    place_of = {"fname": name, "path": folder, "downloader": downloader}
    with environment_faults(folder):
        try:
            return Path(pooch.retrieve(address, known_hash=None, **place_of))
        except RequestException as error:
            response = error.response
            reason = type(error).__name__ if response is None else f"HTTP {response.status_code}"
            raise EnvironmentFault(_failed(address, reason)) from error


def _from_hub(address: str, folder: Path, pin: str | None) -> Path:
    """Return the bundle of a repository from the cache, or download it."""
    if not (match := REPOSITORY.fullmatch(address)):
        raise UsageError(f"{show(address)}: expected hf://owner/name or hf://owner/name@revision")
    hub = hub_library()
    request = {"repo_id": match[1], "filename": BUNDLE, "revision": match[2], "cache_dir": folder / "hub"}
    request["endpoint"] = os.environ.get("HF_ENDPOINT")
    try:
        if pin:
            try:
                return Path(hub.hf_hub_download(**request, local_files_only=True))
            except hub.errors.LocalEntryNotFoundError:
                logger.info("%s: no longer in the cache; downloading", show(address)[1:-1])
        return Path(hub.hf_hub_download(**request))
    except (hub.errors.HfHubHTTPError, hub.errors.LocalEntryNotFoundError, OSError) as error:
        raise EnvironmentFault(_failed(address, type(error).__name__)) from error


def hub_library() -> Any:
    """Return the library of the extra `hub`, without its telemetry."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        import huggingface_hub
        import huggingface_hub.errors  # noqa: F401  (used as an attribute)
    except ModuleNotFoundError as error:
        raise EnvironmentFault("huggingface_hub: not installed; pip install 'seqcnn[hub]'") from error
    return huggingface_hub


def _failed(address: str, reason: str) -> str:
    """Return the message on a download that failed."""
    return f"{show(address)[1:-1]}: download failed ({reason}); check the address, the network and the proxy"

"""Addresses of models: `hf://owner/name[@revision]` (Hugging Face) and `https://...`.

The name of an address, which messages show and `pins.json` holds, has no secret: of a query, such as a token
or a signature, it has a digest.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from seqcnn.errors import EnvironmentFault, UsageError, place, show

BUNDLE = "model.safetensors"
"""Name of the bundle in a repository of the hub."""

LOCAL = ("127.0.0.1", "localhost")
"""Hosts that plain http may name."""

SUFFIXES = (".safetensors", ".onnx")
"""Suffixes of the bundles and exports that a web address may name."""

_REPOSITORY = re.compile(r"hf://([\w.-]+/[\w.-]+?)(?:@([\w./-]+))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class WebFile:
    """A file to ask a server for."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent to the host of the address only, such as a token."""


def is_address(text: str) -> bool:
    """Return whether a text is the address of a model, and no path."""
    return text.startswith(("hf://", "https://", "http://"))


def address_name(address: str) -> str:
    """Return an address without its secrets, as it is shown and pinned.

    Raises
    ------
    UsageError
        If this is not the address of a model, or it has a password.

    Examples
    --------
    >>> address_name("https://example.org/m.safetensors?token=secret")
    'https://example.org/m.safetensors?sha256=1359227d95e1'
    """
    if address.startswith("hf://"):
        repository_of(address)
        return address
    parts, name = _split(address)
    if "@" in parts.netloc:
        raise UsageError(f"{name}: user name or password in the address, which others can see; leave it out")
    if parts.scheme != "https" and parts.hostname not in LOCAL:
        raise UsageError(f"{name}: expected https://")
    if Path(parts.path).suffix not in SUFFIXES:
        raise UsageError(f"{name}: expected the address of a .safetensors or .onnx file")
    return name


def _split(address: str) -> tuple[SplitResult, str]:
    """Return the parts of a web address, and its name."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError(f"{place(address.partition('//')[0])}//...: {error}; expected https://...") from None
    host = f"[{host}]" if ":" in host else host
    digest = hashlib.sha256(parts.query.encode()).hexdigest()[:12] if parts.query else ""
    name = f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}"
    return parts, place(f"{name}?sha256={digest}" if digest else name)


def web_file(address: str) -> WebFile:
    """Return what a server is asked for; needs the extra `hub` for `hf://`."""
    if not address.startswith("hf://"):
        return WebFile(address.partition("#")[0])
    repository, revision = repository_of(address)
    hub = hub_library()
    if hub.constants.HF_HUB_OFFLINE:
        raise EnvironmentFault(f"{address}: not in the cache, and $HF_HUB_OFFLINE forbids to download it")
    endpoint = os.environ.get("HF_ENDPOINT")
    url = hub.hf_hub_url(repository, BUNDLE, revision=revision, endpoint=endpoint)
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOCAL:
        raise UsageError(f"$HF_ENDPOINT {show(endpoint)}: expected https://")
    token = hub.get_token()
    return WebFile(url, {"Authorization": f"Bearer {token}"} if token else {})


def repository_of(address: str) -> tuple[str, str | None]:
    """Return repository and revision of an address of Hugging Face; raise `UsageError` if it is none."""
    match = _REPOSITORY.fullmatch(address)
    owner, _, name = match[1].partition("/") if match else ("", "", "")
    if not match or not (_is_name(owner) and _is_name(name)) or name.endswith(".git"):
        raise UsageError(f"{show(address)}: expected hf://owner/name or hf://owner/name@revision")
    return match[1], match[2]


def _is_name(text: str) -> bool:
    """Return whether Hugging Face has such names of owners and repositories."""
    ends = text[:1] + text[-1:]
    return 1 <= len(text) <= 96 and not set(ends) & set(".-") and "--" not in text and ".." not in text


def hub_library() -> Any:
    """Return the library of the extra `hub`, without its telemetry."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        import huggingface_hub
        import huggingface_hub.constants  # noqa: F401  (used as an attribute)
        import huggingface_hub.errors  # noqa: F401
    except ModuleNotFoundError as error:
        raise EnvironmentFault("huggingface_hub: not installed; pip install 'seqcnn[hub]'") from error
    return huggingface_hub

"""A file of a server, received over https within bounds on its size and its pace."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from seqcnn.errors import EnvironmentFault
from seqcnn.progress import Progress
from seqcnn.share.addresses.address import LOCAL, WebFile

MAX_BYTES = 4_100_000_000
"""Largest file that is received: the largest bundle, in float32, and its header."""

MAX_REDIRECTS = 10

TIMEOUT_SECONDS = 30
"""Longest time without an answer of the server."""

SLOW_SECONDS = 30.0
"""Time after which a download must have a pace of `MIN_PACE` on average."""

MIN_PACE = 1_000
"""Bytes per second."""

_CHUNK = 1 << 16
_CERTIFICATE = "its certificate is not trusted; check the clock, and set $REQUESTS_CA_BUNDLE behind a proxy"
_NETWORK = "check the address, the network and the proxy"
_LOGIN = "check the address; a private model needs `hf auth login` or $HF_TOKEN"


def receive(file: WebFile, output: Path, name: str) -> None:
    """Write a file of a server.

    Parameters
    ----------
    file, output
        What is asked for, and where it is written.
    name
        Its name in messages.

    Raises
    ------
    EnvironmentFault
        If the server cannot be reached, refuses, leaves https, sends too much, too slowly or less than it
        announced.
    """
    import requests
    from urllib3.exceptions import HTTPError

    try:
        with _answer(file, name) as response:
            response.raise_for_status()
            _save(response, output, name)
    except requests.exceptions.SSLError as error:
        raise _failed(name, "SSLError", _CERTIFICATE) from error
    except (requests.RequestException, HTTPError) as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        reason = f"HTTP {status}" if status else type(error).__name__
        raise _failed(name, reason, _LOGIN if status in (401, 403, 404) else _NETWORK) from error


@contextmanager
def _answer(file: WebFile, name: str) -> Iterator[Any]:
    """Yield the answer at the end of the redirects, whose contents are not read."""
    import requests

    url, headers = file.url, {"Accept-Encoding": "identity", **file.headers}
    with requests.Session() as session:
        for _ in range(MAX_REDIRECTS + 1):
            with session.get(
                url, headers=headers, stream=True, allow_redirects=False, timeout=TIMEOUT_SECONDS
            ) as response:
                if not (target := session.get_redirect_target(response)):
                    yield response
                    return
            before, url = urlsplit(url), urljoin(url, target)
            _refuse_plain(before.scheme, url, name)
            if urlsplit(url).netloc != before.netloc:
                headers = {key: value for key, value in headers.items() if key not in file.headers}
    raise _failed(name, "too many redirects", _NETWORK)


def _refuse_plain(scheme: str, url: str, name: str) -> None:
    """Raise `EnvironmentFault` for a redirect from https to http, or over http to another machine."""
    target = urlsplit(url)
    stays_local = scheme == target.scheme == "http" and target.hostname in LOCAL
    if target.scheme != "https" and not stays_local:
        raise _failed(name, "a redirect to an address without https", "name the address of the file itself")


def _save(response: Any, output: Path, name: str) -> None:
    """Write the content of an answer."""
    announced = response.headers.get("Content-Length", "")
    total = int(announced) if announced.isdecimal() else None
    begin = time.monotonic()
    with output.open("wb") as file, Progress(f"downloading {name}", total, "bytes") as progress:
        _refuse_large(total or 0, name)
        while part := response.raw.read1(_CHUNK):
            file.write(part)
            progress.update(len(part))
            _refuse_large(progress.done, name)
            seconds = time.monotonic() - begin
            if seconds > SLOW_SECONDS and progress.done < seconds * MIN_PACE:
                pace = f"{progress.done:,} bytes in {seconds:.0f} s"
                raise _failed(name, pace, f"expected at least {MIN_PACE:,} bytes per second; try again")
    if total is not None and progress.done != total:
        raise _failed(name, f"{progress.done:,} of {total:,} bytes received", "try again")


def _refuse_large(size: int, name: str) -> None:
    """Raise `EnvironmentFault` for more bytes than any model has."""
    if size > MAX_BYTES:
        raise _failed(name, f"more than {MAX_BYTES:,} bytes", "no model is as large; check the address")


def _failed(name: str, reason: str, remedy: str) -> EnvironmentFault:
    """Return the error for a download that failed."""
    return EnvironmentFault(f"{name}: download failed ({reason}); {remedy}")

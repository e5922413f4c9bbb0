"""A server on this machine for the files of a folder."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple


class WebFolder(NamedTuple):
    """Address of a served folder, and the names that were asked for, in their order."""

    address: str
    requests: list[str]


@contextmanager
def serving(folder: Path) -> Iterator[WebFolder]:
    """Serve the files of a folder inside the block."""
    requests: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

        def do_GET(self) -> None:
            """Send a file."""
            requests.append(self.path.lstrip("/"))
            super().do_GET()

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield WebFolder(f"http://127.0.0.1:{server.server_port}", requests)
        server.shutdown()
        thread.join()

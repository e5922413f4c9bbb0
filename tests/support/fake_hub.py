"""A server on this machine that answers like Hugging Face: downloads, new repositories, commits."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

COMMIT = "c" * 40


class Hub:
    """Files of repositories, and what was asked for."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], bytes] = {}
        self.requests: list[str] = []
        self.tokens: list[str | None] = []
        """What was sent as authorization for each file."""
        self.address = ""
        self.redirects: dict[str, str] = {}
        """Path -> location."""
        self.refuses = False
        """Whether nobody may upload."""


@contextmanager
def serving() -> Iterator[Hub]:
    """Serve a hub inside the block."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        hub.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield hub
        server.shutdown()
        thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def do_HEAD(self) -> None:
        """Describe a file."""
        self.do_GET()

    def do_GET(self) -> None:
        """Send a file."""
        self.hub.requests.append(f"{self.command} {self.path}")
        self.hub.tokens.append(self.headers["Authorization"])
        if location := self.hub.redirects.get(self.path):
            self._send(b"", 302, {"Location": location})
            return
        match = re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/([^?]+).*", self.path)
        content = self.hub.files.get((match[1], match[2])) if match else None
        if content is None:
            self._send(b"", 404, {"X-Error-Code": "EntryNotFound"})
            return
        tag = hashlib.sha256(content).hexdigest()
        self._send(content, 200, {"ETag": f'"{tag}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "none"})

    def do_POST(self) -> None:
        """Make a repository, or take a commit."""
        self.hub.requests.append(f"POST {self.path}")
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer: Any = {}
        if self.hub.refuses:
            self._send(b"", 401, {})
            return
        if self.path == "/api/repos/create":
            new = json.loads(content)
            answer = {"url": f"{self.hub.address}/{new['organization']}/{new['name']}"}
        elif "/preupload/" in self.path:
            names = [file["path"] for file in json.loads(content)["files"]]
            answer = {"files": [{"path": n, "uploadMode": "regular", "shouldIgnore": False} for n in names]}
        elif "/commit/" in self.path:
            repository = re.fullmatch(r"/api/models/([^/]+/[^/]+)/commit/.+", self.path)[1]
            for line in map(json.loads, content.splitlines()):
                if line["key"] == "file":
                    value = line["value"]
                    self.hub.files[repository, value["path"]] = base64.b64decode(value["content"])
            answer = {"commitUrl": f"{self.hub.address}/{repository}/commit/{COMMIT}", "commitOid": COMMIT}
        self._send(json.dumps(answer).encode(), 200, {"Content-Type": "application/json"})

    def _send(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

"""A real headless Firefox, driven over its Marionette protocol: no library, no network."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

FIREFOX = next(filter(None, map(shutil.which, ("firefox", "firefox-esr"))), None)

_SETTINGS = {
    "marionette.port": 0,  # a free one, which Firefox writes into its profile
    "browser.shell.checkDefaultBrowser": False,
    "app.update.disabledForTesting": True,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


class Firefox:
    """One page of one browser."""

    def __init__(self, profile: Path) -> None:
        lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});" for key, value in _SETTINGS.items()]
        (profile / "user.js").write_text("\n".join(lines))
        command = [str(FIREFOX), "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, start_new_session=True, **quiet)
        self._socket = socket.create_connection(("127.0.0.1", self._port(profile / "MarionetteActivePort")))
        self._buffer, self._number = b"", 0
        self._message()  # its greeting
        self._call("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": False}}})
        self._call("WebDriver:SetTimeouts", {"script": 600_000})

    def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        self._call("WebDriver:Navigate", {"url": path.resolve().as_uri()})

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page, and wait if it is a promise."""
        return self._call("WebDriver:ExecuteScript", {"script": f"return {expression}", "args": []})["value"]

    def close(self) -> None:
        """End the browser."""
        with suppress(RuntimeError, OSError):  # it may end before it answers
            self._call("Marionette:Quit", {"flags": ["eForceQuit"]})
        self._socket.close()
        self._process.wait(timeout=30)

    def _port(self, path: Path) -> int:
        """Return the port, when Firefox has written it."""
        end = time.monotonic() + 60
        while not (path.exists() and path.read_text(encoding="utf-8")):
            if time.monotonic() > end or self._process.poll() is not None:
                raise RuntimeError("Firefox did not start")
            time.sleep(0.05)
        return int(path.read_text(encoding="utf-8"))

    def _call(self, command: str, parameters: dict[str, Any]) -> Any:
        self._number += 1
        content = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(content), content))
        _, _, error, result = self._message()
        if error:
            raise RuntimeError(f"{command}: {error}")
        return result

    def _message(self) -> Any:
        while b":" not in self._buffer:
            self._receive()
        length, _, self._buffer = self._buffer.partition(b":")
        while len(self._buffer) < int(length):
            self._receive()
        content, self._buffer = self._buffer[: int(length)], self._buffer[int(length) :]
        return json.loads(content)

    def _receive(self) -> None:
        part = self._socket.recv(1 << 20)
        if not part:
            raise RuntimeError("the browser has gone")
        self._buffer += part

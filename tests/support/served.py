"""A program `seqcnn` whose commands are forked from one process that has imported what they need.

A pipeline starts dozens of commands; each would import PyTorch for seconds.  The program sends its arguments,
folder, environment and streams to the process, which forks, and returns the exit code of the fork.
"""

import json
import os
import socket
import socketserver
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

from seqcnn.cli import main
from support import forks
from support.signals import no_ignored_signals

_PROGRAM = """#!{python} -SI
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({path!r})
    asked = [sys.argv[1:], os.getcwd(), dict(os.environ)]
    socket.send_fds(server, [json.dumps(asked).encode()], [0, 1, 2])
    server.shutdown(socket.SHUT_WR)
    code = server.recv(1)
sys.exit(code[0] if code else 1)
"""


class _Command(socketserver.BaseRequestHandler):
    """One command, in a process of its own."""

    def handle(self) -> None:
        """Become the command; send its exit code."""
        content, streams, *_ = socket.recv_fds(self.request, 1 << 20, 3)
        while more := self.request.recv(1 << 20):
            content += more
        words, folder, environment = json.loads(content)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.environ.clear()
        os.environ.update(environment)
        no_ignored_signals()
        os.chdir(folder)
        sys.argv = ["seqcnn", *words]
        self.request.sendall(bytes([_exit_code()]))


class _Server(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    """Forks one process per command."""

    max_children = 64


@contextmanager
def program(folder: Path) -> Iterator[None]:
    """Make the program in a folder, and serve it inside the block."""
    with tempfile.TemporaryDirectory() as aside:  # the path of a socket is short
        path = os.path.join(aside, "socket")
        (folder / "seqcnn").write_text(_PROGRAM.format(python=sys.executable, path=path))
        (folder / "seqcnn").chmod(0o755)
        with forks.serving(_serve, path):
            yield


def _serve(path: str, ready: Event) -> None:
    """Serve commands until the process is killed."""
    with _Server(path, _Command) as server:
        ready.set()
        server.serve_forever()


def _exit_code() -> int:
    """Run the command of `sys.argv`; return its exit code."""
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    raise AssertionError("a command always exits")

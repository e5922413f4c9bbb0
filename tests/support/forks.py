"""Commands in processes of their own, forked from one that has imported PyTorch, Lightning and Snakemake.

A process that starts from nothing imports these for seconds; a forked one runs the same `main` at once.
"""

import functools
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from support.signals import no_ignored_signals

MAINS = {"seqcnn": "seqcnn.cli", "snakemake": "snakemake.cli", "without_posix": "support.without_posix"}


class Command:
    """A running command, with the methods of `subprocess.Popen` that tests need."""

    def __init__(self, process: multiprocessing.Process | subprocess.Popen, output: Path) -> None:
        self._process, self._output = process, output
        self.pid = process.pid

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; return the exit code, or minus the signal that ended it."""
        if isinstance(self._process, subprocess.Popen):
            return self._process.wait(timeout)
        self._process.join(timeout)
        assert self._process.exitcode is not None, f"still running after {timeout} s"
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return the exit code; None while the command runs."""
        poll = getattr(self._process, "poll", lambda: self._process.exitcode)
        return poll()

    def send_signal(self, number: int) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process; nothing happens if it has ended."""
        self._process.kill()

    def said(self) -> str:
        """Return what the command has printed until now, on both streams."""
        return self._output.read_text("utf-8", "replace")


def start(
    name: str, *arguments: object, folder: Path, output: Path, variables: Mapping[str, str], fork: bool = True
) -> Command:
    """Start a command of `MAINS` in a folder and a session of its own, with signals as in the foreground.

    Without `fork` it is `python -m NAME`, which processes that start others of their kind need.
    """
    words, environment = [str(word) for word in arguments], os.environ | variables
    if not fork:
        python = [sys.executable, "-m", name, *words]
        kept = {"start_new_session": True, "preexec_fn": no_ignored_signals, "cwd": folder}
        with output.open("wb") as file:
            streams = {"stdout": file, "stderr": subprocess.STDOUT}
            return Command(subprocess.Popen(python, env=environment, **kept, **streams), output)
    output.touch()
    process = _server().Process(target=_run, args=(name, words, folder, output, environment))
    process.start()
    return Command(process, output)


@contextmanager
def serving(serve: Callable[[str, Event], None], path: str) -> Iterator[None]:
    """Run `serve(path, ready)` in a forked process inside the block, which begins once `ready` is set."""
    ready = _server().Event()
    process = _server().Process(target=serve, args=(path, ready), daemon=True)
    process.start()
    try:
        assert ready.wait(60)
        yield
    finally:
        process.kill()
        process.join()


@functools.cache
def _server() -> multiprocessing.context.ForkServerContext:
    """Start the process that forks, once per worker."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["support.preloaded"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        forkserver.ensure_running()
    return context


def _run(name: str, words: list[str], folder: Path, output: Path, environment: dict[str, str]) -> None:
    """Become the command; its exit code is that of the process."""
    os.setsid()
    no_ignored_signals()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # as Python does at its start
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    file = os.open(output, os.O_WRONLY | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(file, stream)
    sys.argv = [name, *words]
    importlib.import_module(MAINS[name]).main()

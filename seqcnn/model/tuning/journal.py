"""The journal of a study: a regular file of JSON lines, which several processes append to.

It replaces Optuna's own journal file, which follows links, waits for pipes, keeps the half line that a full
disk leaves, and cannot replace the lock of a killed process if its folder has a relative path.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from seqcnn.errors import UsageError, place
from seqcnn.io.atomic import environment_faults
from seqcnn.io.regular_file import NO_WAIT, open_regular

logger = logging.getLogger(__name__)

STUDY_NAME = "seqcnn tune"
"""Beginning of the name of a study, which its first line holds."""

MAX_LOCK_SECONDS = 30.0
"""Age of the lock of one line above which its process is taken for killed."""

_POLL_SECONDS = 0.05

_CREATE_STUDY = 0  # code of an operation of Optuna's journal


class Journal:
    """Storage of Optuna's `JournalStorage` (`read_logs`, `append_logs`) in one regular file.

    Parameters
    ----------
    path
        The file, which is created.  Its last line is removed, with a warning, if it is incomplete.

    Raises
    ------
    UsageError
        If the file is no study of `seqcnn tune`; it is unchanged.
    EnvironmentFault
        If it is a link, a pipe or a folder, or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._position = self._count = 0  # bytes and lines that were read
        with self._changed() as descriptor:
            lines = _content(descriptor).splitlines(keepends=True)
            if lines and not _is_whole(lines[-1]):
                self._check(lines[:-1] or lines)
                logger.warning("%s: the last line is incomplete (full disk, or killed): removed", place(path))
                os.ftruncate(descriptor, sum(map(len, lines[:-1])))
            elif lines:
                self._check(lines)

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        """Return the complete lines from a number on."""
        if log_number_from != self._count:
            self._position = self._count = 0
        with environment_faults(self.path), os.fdopen(open_regular(self.path), "rb") as file:
            file.seek(self._position)
            content = file.read()
        lines = content[: content.rfind(b"\n") + 1].splitlines(keepends=True)
        skipped = log_number_from - self._count
        self._position += sum(map(len, lines))
        self._count += len(lines)
        return [self._parsed(line) for line in lines[skipped:]]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append lines, all of them or, on a full disk, none."""
        text = b"".join(json.dumps(log, separators=(",", ":")).encode() + b"\n" for log in logs)
        with self._changed() as descriptor:
            size = _end_of_lines(descriptor)
            try:
                os.ftruncate(descriptor, size)
                while text:
                    text = text[os.write(descriptor, text) :]
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, size)
                raise

    def damaged(self) -> UsageError:
        """Return the error for a file that is no study."""
        fault = "not a study of `seqcnn tune`, or damaged"
        return UsageError(f"{place(self.path)}: {fault}; choose another folder")

    @contextmanager
    def _changed(self) -> Iterator[int]:
        """Yield the descriptor of the file while no other process changes it."""
        with environment_faults(self.path), _exclusive(self.path.with_name(f"{self.path.name}.lock")):
            descriptor = open_regular(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
            try:
                yield descriptor
            finally:
                os.close(descriptor)

    def _check(self, lines: list[bytes]) -> None:
        """Raise `UsageError` unless the first line creates a study of this program, and all are JSON."""
        first, *_ = [self._parsed(line) for line in lines]
        name = str(first.get("study_name"))
        if first["op_code"] != _CREATE_STUDY or not name.startswith(STUDY_NAME):
            raise self.damaged()

    def _parsed(self, line: bytes) -> dict[str, Any]:
        """Return the operation of a line."""
        try:
            log: dict[str, Any] = json.loads(line)
            log["op_code"], log["worker_id"]
        except (ValueError, RecursionError, LookupError, TypeError) as error:
            raise self.damaged() from error
        return log


def _content(descriptor: int) -> bytes:
    """Return the bytes of an open file."""
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        return file.read()


def _is_whole(line: bytes) -> bool:
    """Return whether a line has its end, and is JSON."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return line.endswith(b"\n")


def _end_of_lines(descriptor: int) -> int:
    """Return the size in bytes of a file without the half line of a process that was killed meanwhile."""
    size = os.fstat(descriptor).st_size
    if size == 0:
        return 0
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    if os.read(descriptor, 1) == b"\n":
        return size
    return _content(descriptor).rfind(b"\n") + 1


@contextmanager
def _exclusive(lock: Path) -> Iterator[None]:
    """Hold a file that exists only as long as it is held: also on file systems that have no locks."""
    begin, is_announced, state = time.monotonic(), False, None
    while not _is_created(lock):
        seconds = time.monotonic() - begin
        if (now := _state(lock)) != state:
            begin, state = time.monotonic(), now
        elif seconds > MAX_LOCK_SECONDS:
            with suppress(FileNotFoundError):
                lock.unlink()
        elif seconds > 1 and not is_announced:
            is_announced = True
            remedy = f"removed after {MAX_LOCK_SECONDS:g} s if it is of a killed one"
            logger.info("%s: waiting for the process that writes; %s", place(lock), remedy)
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            lock.unlink()


def _is_created(lock: Path) -> bool:
    """Create a file and return whether it is new."""
    try:
        os.close(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_WAIT, 0o666))
    except FileExistsError:
        return False
    return True


def _state(lock: Path) -> tuple[int, int] | None:
    """Return what tells one lock from the next; None if it is gone."""
    try:
        status = lock.lstat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns

"""Lock files: one run at a time per folder; the system releases the lock when the holder ends.

A lock file names its holder from the second byte on: on Windows no other process can read the locked byte,
which is the first.
"""

from __future__ import annotations

import atexit
import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path

from seqcnn.errors import EnvironmentFault, place, printable, show
from seqcnn.io.atomic import environment_faults
from seqcnn.io.regular_file import lock_file, open_regular

_HOLDER = re.compile(r"process (?P<process>\d+) on (?P<host>.+?)(?:, Slurm job \S+,)? since (?P<since>.+)")

_MAX_HOLDER = 1000
"""Largest number of bytes that are read of a lock file."""

_CLOCK_SECONDS = 60.0
"""Tolerance of times: clocks are corrected while processes run."""


def acquire(lock: Path) -> None:
    """Acquire the lock file `lock` until this process ends.

    Without support of the file system for locks, a holder is refused if it runs on this machine.

    Raises
    ------
    EnvironmentFault
        If another process holds it, it cannot be written, or it is a link, a pipe or a folder.
    """
    atexit.register(os.ftruncate, _acquired(lock), 0)


@contextmanager
def locked(lock: Path) -> Iterator[None]:
    """Hold the lock file `lock` inside the block, which may remove it; errors are those of `acquire`."""
    while True:
        with environment_faults(lock):
            lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _acquired(lock)
        if _is_at(descriptor, lock):
            break
        os.close(descriptor)  # the holder before has removed it
    try:
        yield
    finally:
        os.ftruncate(descriptor, 0)
        os.close(descriptor)


def refuse_locked(lock: Path) -> None:
    """Raise `EnvironmentFault` if another process holds `lock`."""
    if os.path.lexists(lock):
        with environment_faults(lock), os.fdopen(open_regular(lock), "rb") as file:
            _take(file.fileno(), lock)


def last_holder(lock: Path) -> tuple[str, bool]:
    """Return a description of the last holder of `lock` that did not end regularly, and whether it may run.

    A holder on another machine is assumed to run, and so is one on this machine if neither the lock nor the
    list of processes shows that it ended.
    """
    if not os.path.lexists(lock):
        return "", False
    with environment_faults(lock), os.fdopen(open_regular(lock), "rb") as file:
        holder, free = _holder(file.fileno()), lock_file(file.fileno())
    return holder, free is False or (bool(holder) and _may_run(holder, has_locks=free is not None))


def is_running(process: int, since: float | None = None) -> bool:
    """Return whether a process of this machine runs; True if the system does not tell.

    Parameters
    ----------
    process
        Its number.
    since
        Time at which it ran, s since 1970: a process that began later has the number of one that ended.
    """
    try:
        psutil = import_module("psutil")  # of Snakemake
    except ImportError:
        return _has_number(process)
    try:
        began = psutil.Process(process).create_time()
        return since is None or bool(began <= since + _CLOCK_SECONDS)
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def _has_number(process: int) -> bool:
    """Return whether a process exists; True on Windows, where the signal 0 would end it."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _acquired(lock: Path) -> int:
    """Acquire a lock file, write this process into it, and return its descriptor."""
    with environment_faults(lock):
        descriptor = open_regular(lock, os.O_RDWR | os.O_CREAT)
        try:
            _take(descriptor, lock)
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, f"\n{_this_process()}".encode())
        except BaseException:
            os.close(descriptor)
            raise
    return descriptor


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether an open file is the one at a path."""
    return path.exists() and os.path.samestat(os.fstat(descriptor), path.stat())


def _this_process() -> str:
    """Return a description of this process."""
    job = os.environ.get("SLURM_JOB_ID", "")
    job = f", Slurm job {job}," if re.fullmatch(r"[\w.+-]+", job) else ""
    since = datetime.now().astimezone().isoformat(" ", "seconds")
    return f"process {os.getpid()} on {platform.node()}{job} since {since}"


def _holder(descriptor: int) -> str:
    """Return the description of the holder in an open lock file; '' if there is none."""
    os.lseek(descriptor, 1, os.SEEK_SET)
    return printable(os.read(descriptor, _MAX_HOLDER).decode("utf-8", "backslashreplace"))


def _take(descriptor: int, lock: Path) -> None:
    """Take the lock, or raise an error that names its holder."""
    free = lock_file(descriptor)
    if free:
        return
    holder = _holder(descriptor)
    if free is False or _runs_here(holder):
        raise EnvironmentFault(f"{place(lock)}: held by {show(holder)}; wait for it, or use another folder")


def _may_run(holder: str, *, has_locks: bool) -> bool:
    """Return whether the holder of a lock that is free, or of a file system without locks, may run."""
    match = _HOLDER.fullmatch(holder)
    if match is None or match["host"] != platform.node():
        return True
    return not has_locks and _runs_here(holder)


def _runs_here(holder: str) -> bool:
    """Return whether a holder is another process of this machine that runs."""
    match = _HOLDER.fullmatch(holder)
    if match is None or match["host"] != platform.node() or int(match["process"]) == os.getpid():
        return False
    try:
        since = datetime.fromisoformat(match["since"]).timestamp()
    except ValueError:
        return is_running(int(match["process"]))
    return is_running(int(match["process"]), since)

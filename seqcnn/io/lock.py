"""Lock files: one run at a time per folder; the system releases the lock when the holder ends."""

from __future__ import annotations

import atexit
import fcntl
import os
import platform
from datetime import datetime
from pathlib import Path

from seqcnn.errors import EnvironmentFault, place, show
from seqcnn.io.atomic import environment_faults
from seqcnn.io.regular_file import open_regular


def acquire(lock: Path) -> None:
    """Acquire the lock file `lock` until this process ends; a no-op on file systems without locks.

    Raises
    ------
    EnvironmentFault
        If another process holds it, it cannot be written, or it is a link, a pipe or a folder.
    """
    with environment_faults(lock):
        descriptor = open_regular(lock, os.O_RDWR | os.O_CREAT)
        _take(descriptor, lock)
        os.ftruncate(descriptor, 0)
        since = datetime.now().astimezone().isoformat(" ", "seconds")
        os.write(descriptor, f"process {os.getpid()} on {platform.node()} since {since}".encode())
    atexit.register(os.ftruncate, descriptor, 0)


def refuse_locked(lock: Path) -> None:
    """Raise `EnvironmentFault` if another process holds `lock`."""
    if os.path.lexists(lock):
        with environment_faults(lock), os.fdopen(open_regular(lock)) as file:
            _take(file.fileno(), lock)


def last_holder(lock: Path) -> tuple[str, bool]:
    """Return a description of the last holder of `lock` that did not end regularly, and whether it may run.

    A holder on another machine, or on a file system without locks, is assumed to run.
    """
    if not os.path.lexists(lock):
        return "", False
    with environment_faults(lock), os.fdopen(open_regular(lock)) as file:
        holder, free = file.read(), _free(file.fileno())
    known = free is not None and f" on {platform.node()} since " in holder
    return holder, free is False or (bool(holder) and not known)


def _take(descriptor: int, lock: Path) -> None:
    """Take the lock, or raise an error that names its holder."""
    if _free(descriptor) is False:
        holder = show(lock.read_text())
        raise EnvironmentFault(f"{place(lock)}: held by {holder}; wait for it, or use another folder")


def _free(descriptor: int) -> bool | None:
    """Take the lock of an open file and return whether it was free; None without support for locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some file systems have no locks
        return None
    return True

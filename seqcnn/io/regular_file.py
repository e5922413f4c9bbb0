"""Regular files: opened without waiting for a pipe, and without following a link out of a folder.

Folders that several people write to can hold what is no file: a pipe, whose opening waits for ever, or a link
to a file of the system.  Files that the user names may be pipes and links; those that are found by their name
in a folder may not.
"""

from __future__ import annotations

import functools
import operator
import os
import stat
from pathlib import Path

from seqcnn.errors import EnvironmentFault, TableError, UsageError, place

_FLAGS = ("O_NONBLOCK", "O_NOFOLLOW", "O_CLOEXEC", "O_BINARY")  # the last one on Windows only

NO_WAIT = functools.reduce(operator.or_, (getattr(os, name, 0) for name in _FLAGS))
"""Flags of `os.open`: do not wait for the other end of a pipe, refuse a link, and change no line ends."""

_KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)


def open_regular(path: Path, flags: int = os.O_RDONLY) -> int:
    """Open a regular file and return its descriptor.

    Parameters
    ----------
    path
        The file; a link is refused.
    flags
        Flags of `os.open` besides `NO_WAIT`.

    Raises
    ------
    EnvironmentFault
        If it is a link, a pipe, a folder or a device.
    OSError
        If it cannot be opened.
    """
    refuse_irregular(path)
    descriptor = os.open(path, flags | NO_WAIT, 0o666)
    try:
        _refuse_irregular(path, os.fstat(descriptor).st_mode)
    except EnvironmentFault:
        os.close(descriptor)
        raise
    return descriptor


def refuse_irregular(path: Path) -> None:
    """Raise `EnvironmentFault` for a link, a pipe, a folder or a device."""
    if os.path.lexists(path):
        _refuse_irregular(path, os.lstat(path).st_mode)


def require_file(path: Path, remedy: str) -> None:
    """Raise `UsageError`, with a remedy, unless there is a regular file; links are followed."""
    if os.path.isfile(path):
        return
    if os.path.exists(path):
        kind = _kind(os.stat(path).st_mode)
        raise UsageError(f"{place(path)}: {kind} found; expected a regular file; {remedy}")
    raise UsageError(f"{place(path)}: No such file; {remedy}")


def has_file(path: Path, root: Path) -> bool:
    """Return whether there is a regular file, and refuse anything else of that name.

    Parameters
    ----------
    path
        A file in `root` or in one of its folders; links are followed.
    root
        Folder that must hold it; it may be a link itself.

    Raises
    ------
    TableError
        If it is a pipe, a folder or a device, or a link that leads out of `root` or nowhere.
    """
    if not os.path.lexists(path):
        return False
    refuse_outside(path, root)
    if not os.path.exists(path):
        raise TableError(f"{place(path)}: a link that leads nowhere; remove it")
    if not os.path.isfile(path):
        kind = _kind(os.stat(path).st_mode)
        raise TableError(f"{place(path)}: {kind} found; expected a regular file; remove it")
    return True


def has_folder(path: Path, root: Path) -> bool:
    """Return whether there is a folder; raise `TableError` for a link out of `root` or to nowhere."""
    if os.path.islink(path) and not os.path.exists(path):
        has_file(path, root)  # raises
    if not path.is_dir():
        return False
    refuse_outside(path, root)
    return True


def refuse_outside(path: Path, root: Path) -> None:
    """Raise `TableError` if a link leads from a file or folder in `root` out of it."""
    real, folder = Path(os.path.realpath(path)), Path(os.path.realpath(root))
    if not real.is_relative_to(folder):
        raise TableError(
            f"{place(path)}: a link leads to {place(real)}, outside of {place(root)}; "
            "copy what is meant into the folder"
        )


def lock_file(descriptor: int, *, wait: bool = False) -> bool | None:
    """Lock an open file until it is closed; return whether it is ours, and None where there are no locks.

    On Windows the first byte is locked: no other process can read or write it.
    """
    from filelock import lock_descriptor

    try:
        return lock_descriptor(descriptor, blocking=wait)
    except OSError:  # some file systems have no locks
        return None


def is_same_file(path: Path, descriptor: int) -> bool:
    """Return whether a path, which is no link, still names an open file."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _refuse_irregular(path: Path, mode: int) -> None:
    """Raise `EnvironmentFault` unless a mode is that of a regular file."""
    if not stat.S_ISREG(mode):
        raise EnvironmentFault(f"{place(path)}: {_kind(mode)} found; expected a regular file; remove it")


def _kind(mode: int) -> str:
    """Return what a mode is of, in words."""
    return next((name for is_kind, name in _KINDS if is_kind(mode)), "a device")

"""Writing a file whole or not at all: a temporary name in the same folder, then a rename."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seqcnn.errors import EnvironmentFault, UsageError, place

_REMEDIES = {
    errno.ENOSPC: "free some disk space",
    errno.EDQUOT: "free some of your quota",
    errno.EFBIG: "raise the file-size limit",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "choose a folder that you may write to",
}


def refuse_output(output: Path, *inputs: Path) -> None:
    """Raise `UsageError` before any work if `output` is a folder or one of the inputs."""
    with environment_faults(output):
        if output.is_dir():
            raise UsageError(f"{place(output)}: is a directory; give the name of a file")
        for path in inputs:
            if output.exists() and os.path.exists(path) and output.samefile(path):
                raise UsageError(f"{place(output)}: output and input are the same file; give another name")


def refuse_file(folder: Path) -> None:
    """Raise `UsageError` before any work if what shall be a folder is a file."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{place(folder)}: is a file; give the name of a folder")


@contextmanager
def atomic_path(output: Path) -> Iterator[Path]:
    """Yield a temporary path beside `output`; on success flush it to disk and rename it.

    Missing parent folders are made.  On any error the temporary file is removed and an existing
    `output` stays as it was.  A link is followed.  A device such as /dev/stdout or a pipe is
    written to directly.

    Raises
    ------
    EnvironmentFault
        If the disk is full, the folder is read-only, and so on.
    """
    with environment_faults(output):
        if output.exists() and not output.is_file():
            yield output
            return
        target = Path(os.path.realpath(output))
        temporary = target.with_name(f".{target.name[:20]}.{secrets.token_hex(6)}.part")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            _sync(temporary)
            os.replace(temporary, target)
            with suppress(OSError):  # some file systems cannot flush a folder; the file itself is safe
                _sync(target.parent)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()


@contextmanager
def environment_faults(path: object) -> Iterator[None]:
    """Turn an `OSError` inside the block into one line that names `path`."""
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "check the disk and the path")
        raise EnvironmentFault(f"{place(path)}: {error.strerror or error}; {remedy}") from error


def _sync(path: Path) -> None:
    """Flush a file or folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

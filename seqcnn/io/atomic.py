"""Atomic writes: a temporary file in the same folder, then a rename."""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from seqcnn.errors import EnvironmentFault, UsageError, place, refuse_nul
from seqcnn.io.regular_file import NO_WAIT, is_same_file, lock_file, open_regular, refuse_irregular

_REMEDIES = {
    errno.ENOSPC: "free some disk space",
    errno.EDQUOT: "free some of your quota",
    errno.EFBIG: "raise the file-size limit",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "choose a folder that you may write to",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "close other programs",
    errno.ENOMEM: "free some memory",
}

_NO_TEMPORARY_FOLDER = "No usable temporary directory"  # message of Python's tempfile

_ENDING = ".part"

_OPEN_FILES_STAY = os.name == "nt"
"""Whether an open file can be neither removed nor renamed; elsewhere a lock marks a file as in use."""

_ALLOW_OVERWRITE = "give another name, or --overwrite"


def refuse_output(output: Path, *inputs: Path, overwrite: bool) -> None:
    """Raise `UsageError` if `output` is a folder, inside a file, an input or, without `overwrite`, a file.

    Pipes and devices are accepted, and so is /dev/stdout if it is redirected to a file.
    """
    with environment_faults(output):
        refuse_file(output.parent)
        _refuse_loop(output)
        if output.is_dir():
            raise UsageError(f"{place(output)}: is a directory; give the name of a file")
        for path in inputs:
            if output.exists() and os.path.exists(path) and output.samefile(path):
                raise UsageError(f"{place(output)}: output and input are the same file; give another name")
        if not overwrite and output.is_file() and not os.path.abspath(output).startswith("/dev/"):
            raise UsageError(f"{place(output)}: file exists; {_ALLOW_OVERWRITE}")


def refuse_outputs(outputs: Iterable[Path | None], inputs: Iterable[Path | None], *, overwrite: bool) -> None:
    """Raise `UsageError` as `refuse_output`, and if two outputs are the same file; None is left out."""
    seen: set[str] = set()
    given = list(filter(None, inputs))
    for output in filter(None, outputs):
        refuse_output(output, *given, overwrite=overwrite)
        if os.path.realpath(output) in seen:
            raise UsageError(f"{place(output)}: both outputs have this name; give another one")
        seen.add(os.path.realpath(output))


def refuse_file(folder: Path) -> None:
    """Raise `UsageError` if an output folder, or one that it would be in, is a file or a link to nothing."""
    with environment_faults(folder):
        for path in (folder, *folder.parents):
            _refuse_loop(path)
            if path.is_symlink() and not path.exists():
                fault = f"is a link to {place(os.readlink(path))}, which does not exist"
                raise UsageError(f"{place(path)}: {fault}; give the name of a folder")
        nearest = next((path for path in (folder, *folder.parents) if path.exists()), None)
        if nearest and not nearest.is_dir():
            raise UsageError(f"{place(nearest)}: is a file; give the name of a folder")


def refuse_folder(
    folder: Path, *, overwrite: bool, names: Iterable[str] = (), inputs: Iterable[Path | None] = ()
) -> None:
    """Raise `UsageError` if an output folder is a file or, without `overwrite`, holds files.

    With `overwrite` it is refused too if a file that will be written, one of `names`, is one of the inputs.
    """
    refuse_file(folder)
    refuse_outputs([folder / name for name in names], inputs, overwrite=True)
    with environment_faults(folder):
        if not overwrite and folder.is_dir() and any(folder.iterdir()):
            raise UsageError(f"{place(folder)}: folder holds files; {_ALLOW_OVERWRITE}")


def _refuse_loop(path: Path) -> None:
    """Raise `UsageError` for a symbolic link that leads back to itself."""
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            fault = "is a symbolic link that leads back to itself"
            raise UsageError(f"{place(path)}: {fault}; give another name") from None


@contextmanager
def atomic_path(output: Path) -> Iterator[Path]:
    """Yield a temporary path beside `output`; on success flush it to disk and rename it.

    Missing parent folders are created.  On an error the temporary file is removed and an existing `output`
    is unchanged; temporary files that killed processes left are removed too.  Symbolic links are followed.
    A device such as /dev/stdout, or a pipe, is written to directly.

    Raises
    ------
    EnvironmentFault
        If the file cannot be written: full disk, read-only folder, and so on.
    """
    refuse_nul(output)
    with environment_faults(output):
        if output.exists() and not output.is_file():
            yield output
            return
        target = Path(os.path.realpath(output))
        target.parent.mkdir(parents=True, exist_ok=True)
        prefix = f".{target.name[:20]}."
        _remove_stale(target.parent, prefix)
        with _locked_temporary(target.parent, prefix) as (temporary, file):
            yield temporary
            _refuse_replaced(temporary, file.fileno())
            os.fsync(file.fileno())
            if _OPEN_FILES_STAY:
                file.close()
            _replace(temporary, target)
            with suppress(OSError):  # some systems cannot flush a folder; the file itself is safe
                _flush_folder(target.parent)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a new folder for temporary files, and remove it at the end.

    Raises
    ------
    EnvironmentFault
        If no folder for temporary files can be written to.
    """
    try:
        folder = tempfile.TemporaryDirectory()
    except OSError as error:
        raise environment_fault(error, "temporary folder") from error
    with folder as name:
        yield Path(name)


@contextmanager
def environment_faults(path: object) -> Iterator[None]:
    """Convert an `OSError` inside the block into an `EnvironmentFault` that names `path`."""
    try:
        yield
    except OSError as error:
        raise environment_fault(error, path) from error


def environment_fault(error: OSError, path: object) -> EnvironmentFault:
    """Return the error for an `OSError` on `path`, with a remedy."""
    if _NO_TEMPORARY_FOLDER in str(error):  # raised by any library
        return EnvironmentFault(
            "no folder for temporary files can be written to; set TMPDIR to a folder that you may write to"
        )
    remedy = _REMEDIES.get(error.errno or 0, "check the disk and the path")
    return EnvironmentFault(f"{place(path)}: {error.strerror or error}; {remedy}")


@contextmanager
def _locked_temporary(folder: Path, prefix: str) -> Iterator[tuple[Path, FileIO]]:
    """Create a temporary file, in use while it exists so that no other process removes it.

    Yields its path, and it opened.  The file is new (`O_EXCL`): what another process placed under its
    name, such as a link or a pipe, is neither followed nor opened.
    """
    while True:
        temporary = folder / f"{prefix}{secrets.token_hex(6)}{_ENDING}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_WAIT
        file = FileIO(os.open(temporary, flags, 0o666), "w")
        try:
            if not _OPEN_FILES_STAY:  # where they stay, a lock would keep this process from writing, too
                lock_file(file.fileno(), wait=True)  # without locks nothing is removed either
            if is_same_file(temporary, file.fileno()):  # else it was removed before it was locked
                yield temporary, file
                return
        finally:
            if _OPEN_FILES_STAY:
                file.close()
            with suppress(FileNotFoundError):
                temporary.unlink()
            file.close()


def _refuse_replaced(temporary: Path, descriptor: int) -> None:
    """Raise `EnvironmentFault` if the temporary file is no longer the one that was created."""
    if not is_same_file(temporary, descriptor):
        raise EnvironmentFault(
            f"{place(temporary)}: replaced by another program while it was written; choose a folder that "
            "only you may write to"
        )


def _replace(temporary: Path, target: Path) -> None:
    """Rename the temporary file; on Windows a file that another program has open cannot be replaced."""
    try:
        os.replace(temporary, target)
    except PermissionError as error:
        if not target.exists():
            raise
        reason = "another program has it open, or it belongs to another user"
        message = f"{place(target)}: cannot be replaced: {reason}; close it, or give another name"
        raise EnvironmentFault(message) from error


def _remove_stale(folder: Path, prefix: str) -> None:
    """Remove the temporary files of processes that ended; links, pipes and folders are left."""
    for path in folder.iterdir():
        if path.name.startswith(prefix) and path.name.endswith(_ENDING):
            with suppress(OSError, EnvironmentFault):
                _remove_unused(path)


def _remove_unused(path: Path) -> None:
    """Remove a regular file that no process uses."""
    if _OPEN_FILES_STAY:
        refuse_irregular(path)
        path.unlink()
        return
    descriptor = open_regular(path)
    try:
        if lock_file(descriptor):
            path.unlink()
    finally:
        os.close(descriptor)


def _flush_folder(folder: Path) -> None:
    """Flush a folder to disk: the new names of its files."""
    descriptor = os.open(folder, os.O_RDONLY | NO_WAIT)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Memory of the process: how much it may use, and arrays that are in a temporary file if they need more."""

from __future__ import annotations

import logging
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.errors import UsageError, show

logger = logging.getLogger(__name__)

_UNITS = {"": 10**6, "M": 10**6, "G": 10**9, "T": 10**12}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(?:([MGT])B?)?", re.IGNORECASE)
_GROUP_FILES = (
    ("memory.max", "memory.current", ("memory.stat", "inactive_file")),
    (
        "memory/memory.limit_in_bytes",
        "memory/memory.usage_in_bytes",
        ("memory/memory.stat", "total_inactive_file"),
    ),
)
"""Limit, memory in use, and pages of files that are not used, in control groups of versions 2 and 1."""

_USABLE = 0.5  # share of the free memory that a process uses by default
_UNKNOWN = 4 * 10**9  # bytes of free memory where the system does not say
_MAX_SHARE = 1 / 3  # of the memory that is left, of an array that is not in a file
_BLOCK = 1 << 24  # bytes per step

_warned: set[tuple[str, int]] = set()  # steps and limits that a warning named


def parse_size(text: str) -> int:
    """Return the bytes of a size such as 8GB, 500M or 1.5 GB; a plain number is of MB.

    Raises
    ------
    UsageError
        If the text is no size, or 0.

    Examples
    --------
    >>> parse_size("1.5GB"), parse_size("500")
    (1500000000, 500000000)
    """
    match = _SIZE.fullmatch(text.strip())
    size = 0 if match is None else int(float(match[1]) * _UNITS[(match[2] or "").upper()])
    if not size:
        raise UsageError(f"memory {show(text)}: expected a size such as 8GB or 500MB")
    return size


def read_system(path: str) -> str:
    """Return the text of a file of the system, such as proc/meminfo; '' if there is none."""
    try:
        return Path("/", path).read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""


def free_memory(read: Callable[[str], str] = read_system) -> int | None:
    """Return the free memory in bytes, within the limit of the control group; None if it is not known.

    Pages of files that were not used lately count as free: the system drops them where memory is short.
    """
    available = re.search(r"^MemAvailable:\s+(\d+) kB", read("proc/meminfo"), re.MULTILINE)
    if not available:
        return None
    free = int(available[1]) * 1024
    for limit, usage, pages in _GROUP_FILES:
        texts = [read(f"sys/fs/cgroup/{name}").strip() for name in (limit, usage)]
        if all(map(str.isdigit, texts)):
            stat = re.search(rf"^{pages[1]} (\d+)$", read(f"sys/fs/cgroup/{pages[0]}"), re.MULTILINE)
            free = min(free, int(texts[0]) - int(texts[1]) + (int(stat[1]) if stat else 0))
    return free


def memory_left(limit: int | None, *, least: int = 0, what: str = "") -> int:
    """Return how many bytes this process may allocate.

    Parameters
    ----------
    limit
        Bytes that it may use in all; by default half of the free memory is used.
    least
        Bytes that a step needs; they are returned with a warning if less is left.
    what
        The step, for the warning, which is given once; without it there is none.
    """
    if limit is None:
        return max(least, int(_USABLE * (_UNKNOWN if (free := free_memory()) is None else free)))
    in_use = _in_use()
    if what and limit - in_use < least and (what, limit) not in _warned:
        _warned.add((what, limit))
        needed, given = (f"{size / 1e6:,.0f} MB" for size in (in_use + least, limit))
        logger.warning("%s takes %s of memory, more than the limit of %s", what, needed, given)
    return max(limit - in_use, least)


def scratch_array(size: int, limit: int | None) -> np.ndarray:
    """Return an array for intermediate results, uint8 (size,), in a temporary file if memory is short.

    The system keeps as much of the file in memory as is free.

    Parameters
    ----------
    size
        Number of bytes.
    limit
        As for `memory_left`.

    Raises
    ------
    OSError
        If the disk of temporary files is full.
    """
    if size <= _MAX_SHARE * max(0, memory_left(limit)):
        return np.empty(size, np.uint8)
    with tempfile.TemporaryFile() as file:
        # written first: a full disk is an error here, but would end the process at a page of a mapped file
        for start in range(0, size, _BLOCK):
            file.write(bytes(min(_BLOCK, size - start)))
        return _mapped(file)


class ScratchBuffer:
    """Bytes that are appended, in a temporary file if memory is short, as for `scratch_array`."""

    def __init__(self, limit: int | None) -> None:
        self._most = _MAX_SHARE * max(0, memory_left(limit))
        self._bytes = bytearray()
        self._file: Any = None

    def write(self, data: bytes) -> None:
        """Append bytes; raise `OSError` if the disk of temporary files is full."""
        if data and self._file is None and len(self) + len(data) > self._most:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115
            self._file.write(self._bytes)
            self._bytes = bytearray()
        if self._file is None:
            self._bytes += data
        else:
            self._file.write(data)

    def __len__(self) -> int:
        return len(self._bytes) if self._file is None else int(self._file.tell())

    def array(self) -> np.ndarray:
        """Return all bytes, uint8; nothing can be appended then."""
        if self._file is None:
            return np.frombuffer(self._bytes, np.uint8)
        with self._file:
            return _mapped(self._file)


def _mapped(file: Any) -> np.ndarray:
    """Return the bytes of a temporary file, uint8."""
    file.flush()
    return np.memmap(file, np.uint8, "r+").view(np.ndarray)


def _in_use() -> int:
    """Return the bytes of memory that this process holds, without mapped files; 0 if it is not known."""
    fields = read_system("proc/self/statm").split()
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE") if fields else 0

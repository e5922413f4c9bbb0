"""Number of CPU threads, and a parallel map with one thread per batch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


LIBRARY_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Environment variables with the number of threads of libraries, which read them when they are loaded."""


def thread_count(threads: int | None) -> int:
    """Return `threads`; None means $OMP_NUM_THREADS, as in torch, else the cores of this process."""
    if threads is not None:
        return threads
    if (given := os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()).isdigit() and int(given):
        return int(given)
    return available_cores()


def available_cores() -> int:
    """Return the number of cores that this process may use: all where it has no such limit."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def limit_libraries(threads: int) -> None:
    """Limit the libraries that this process loads later: each has threads of its own, as many as cores."""
    os.environ |= dict.fromkeys(LIBRARY_VARIABLES, str(threads))


def in_threads(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    threads: int,
    *,
    start: Callable[[], object] | None = None,
) -> Iterator[Result]:
    """Yield function(item) of each item, in order; each thread calls `start` first."""
    with ThreadPoolExecutor(threads, initializer=start) as pool:
        yield from pool.map(function, items)

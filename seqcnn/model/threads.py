"""How many CPU threads compute."""

from __future__ import annotations

import os


def thread_count(threads: int | None) -> int:
    """Return the number asked for; None means all cores that this process may use."""
    if threads is not None:
        return threads
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1

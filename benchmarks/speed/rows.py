"""Rows of the speed tables, and interleaved timing of functions."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

ENCODED = 128
"""Number of sequences per one-hot batch."""


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    what: str
    ratio: float | None
    """None if it was not measured."""
    target: str
    """Bound of the ratio, such as '>= 5'."""
    note: str
    """Baseline, absolute figures, spread and threads."""


class Times(NamedTuple):
    """Seconds of one function over the repeats."""

    median: float
    spread: float
    """Range as a fraction of the median."""


def cpu_seconds() -> float:
    """Return the CPU time of this process, its threads and its finished children."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(use.ru_utime + use.ru_stime for use in map(resource.getrusage, who))


wall_seconds = time.perf_counter


def interleaved(
    functions: Mapping[str, Callable[[], object]],
    repeats: int = 7,
    *,
    clock: Callable[[], float] = cpu_seconds,
) -> dict[str, Times]:
    """Time functions in turn after one warm-up call each; `clock` may be `wall_seconds`."""
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for turn in range(repeats + 1):
        for name, function in functions.items():
            begin = clock()
            function()
            if turn:
                seconds[name].append(clock() - begin)
    return {name: Times(float(np.median(s)), float(np.ptp(s) / np.median(s))) for name, s in seconds.items()}


def markdown(rows: Iterable[Row]) -> str:
    """Return the table."""
    lines = ["| task | ratio | target | details |", "|---|---|---|---|"]
    for r in rows:
        ratio = "-" if r.ratio is None else f"{r.ratio:.3g}"
        lines.append(f"| {r.what} | {ratio} | {r.target} | {r.note} |")
    return "\n".join(lines)

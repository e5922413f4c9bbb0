"""Progress of long steps: a bar with the remaining time on a terminal, elsewhere a message now and then.

Every step that may take more than some seconds reports here.  A bar appears after `DELAY_SECONDS`; where
stderr is no terminal, a line is logged every `MESSAGE_SECONDS`, without control characters.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterable, Iterator, Sized
from types import TracebackType
from typing import Any, TextIO, TypeVar

from tqdm import tqdm

from seqcnn.log import shows_progress

logger = logging.getLogger(__name__)

DELAY_SECONDS = 1.0
"""Steps that take less time show no bar."""

MESSAGE_SECONDS = 30.0
"""Shortest time between two messages."""

_BAR = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt}{unit} [{elapsed}<{remaining}]"

Item = TypeVar("Item")


class Progress:
    """Progress of one step, a context manager.

    Parameters
    ----------
    step
        What is done, such as 'fitting ridge'.
    total
        Number of units of work; None if it is not known.
    unit
        Plural of what is counted.
    stream
        Where the bar is shown; None is stderr.
    """

    def __init__(
        self, step: str, total: int | None = None, unit: str = "steps", *, stream: TextIO | None = None
    ) -> None:
        self.step, self.total, self.unit = step, total, unit
        self.done = 0
        self._begin = self._logged = time.monotonic()
        self._bar: tqdm[Any] | None = None  # tqdm starts a thread even if it shows nothing
        if shows_progress(stream or sys.stderr):
            self._bar = tqdm(
                desc=step, total=total, unit=f" {unit}", unit_scale=unit in ("bp", "bytes"),
                delay=DELAY_SECONDS, file=stream, bar_format=None if total is None else _BAR,
            )  # fmt: skip

    def __enter__(self) -> Progress:
        """Return the progress."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the bar."""
        self.close()

    def track(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield items and add each when the next one is asked for."""
        for item in items:
            yield item
            self.update()

    def close(self) -> None:
        """Leave the bar as it is; nothing more is added to it."""
        if self._bar is not None:
            self._bar.close()

    def reset(self) -> None:
        """Start again at 0."""
        self.advance(-self.done)

    def rename(self, step: str) -> None:
        """Change the name of the step."""
        self.step = step
        if self._bar is not None:
            self._bar.set_description(step)

    def refresh(self) -> None:
        """Show the time that has passed."""
        if self._bar is not None:
            self._bar.refresh()

    def advance(self, n: int = 1) -> None:
        """Add finished units of work to the bar, without a message elsewhere."""
        self.done += n
        if self._bar is not None:
            self._bar.total = self.total  # a download sets it when it begins
            self._bar.update(n)

    def update(self, n: int = 1) -> None:
        """Add finished units of work."""
        self.advance(n)
        now = time.monotonic()
        if self._bar is None and now - self._logged >= MESSAGE_SECONDS:
            self._logged = now
            logger.info("%s: %s", self.step, self._text(now - self._begin))

    def _text(self, elapsed: float) -> str:
        """Return what is done, and the remaining time if the total is known."""
        if not self.total or not self.done:
            return f"{self.done:,} {self.unit}"
        left = tqdm.format_interval(elapsed / self.done * max(0, self.total - self.done))
        share = f"{self.done:,} of {self.total:,} {self.unit} ({100 * self.done // self.total} %)"
        return f"{share}, {left} remaining"


def track(items: Iterable[Item], step: str, unit: str) -> Iterator[Item]:
    """Yield items and report each as done when the next one is asked for."""
    with Progress(step, len(items) if isinstance(items, Sized) else None, unit) as progress:
        yield from progress.track(items)

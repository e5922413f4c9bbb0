"""Logging to stderr: one line per message, with its level if it is a warning or an error."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TextIO

from seqcnn.errors import printable


class _Line(logging.Formatter):
    """Format records as `seqcnn: [warning: |error: ]message`, control characters escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of one record."""
        text = printable(record.getMessage())
        marks = {logging.WARNING: "warning: ", logging.ERROR: "error: "}
        mark = marks.get(record.levelno, "")
        return f"seqcnn: {mark}{text}"


class _Stream(logging.StreamHandler[TextIO]):
    """Writes messages above the progress bars that the stream shows, if there are any."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        tqdm = sys.modules.get("tqdm")
        with tqdm.tqdm.external_write_mode(file=self.stream) if tqdm else nullcontext():
            super().emit(record)


def log_to_stderr(*, quiet: bool = False) -> None:
    """Log the package's messages to stderr: all of them or, if `quiet`, warnings and errors."""
    log_to_stream(sys.stderr, level=logging.WARNING if quiet else logging.INFO)


def log_to_stream(stream: TextIO, *, level: int) -> None:
    """Log the package's messages of a level and above to a stream."""
    handler = _Stream(stream)
    handler.setFormatter(_Line())
    logger = logging.getLogger("seqcnn")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


def open_stderr() -> None:
    """Discard messages if stderr is closed, so that libraries can write them, and into no other file."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  (takes the descriptor of stderr)


def escape_on_stdout() -> None:
    """Escape letters that standard output cannot encode, as standard error does."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def shows_progress(stream: TextIO | None) -> bool:
    """Return whether a stream shows progress bars: a terminal, not closed, and messages are not off."""
    if logging.getLogger("seqcnn").level >= logging.WARNING:
        return False
    return stream is not None and not stream.closed and stream.isatty()


class _Counter(logging.Handler):
    """Counts warnings."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record if it is a warning."""
        self.count += record.levelno == logging.WARNING


@contextmanager
def counted_warnings() -> Iterator[Callable[[], int]]:
    """Yield a function that returns the number of warnings that were logged inside the block so far."""
    counter, logger = _Counter(), logging.getLogger("seqcnn")
    logger.addHandler(counter)
    try:
        yield lambda: counter.count
    finally:
        logger.removeHandler(counter)


@contextmanager
def silenced(name: str) -> Iterator[None]:
    """Log nothing of a package of seqcnn, such as `seqcnn.data`, inside the block."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)

"""The errors a user can cause, and how they are shown: one line, and an exit code.

Exit codes: 0 success, 2 bad input or usage, 3 environment (disk, permission, device,
memory).  Everything that is not a `SeqcnnError` is a bug: exit 1, with its traceback.
"""

from __future__ import annotations

MAX_SHOWN = 80
"""Characters of a name or value that a message shows."""

MAX_LISTED = 5
"""Faults of one file that a message lists."""


class SeqcnnError(Exception):
    """Base of all errors that are not bugs; `exit_code` is what the command line returns."""

    exit_code = 2


class SequenceError(SeqcnnError):
    """A sequence file or a sequence that cannot be read as DNA."""


class TableError(SeqcnnError):
    """A table of targets, predictions or sequences that cannot be read or joined."""


class ConfigError(SeqcnnError):
    """A config file, or a value in it, that is not understood."""


class BundleError(SeqcnnError):
    """A model file that is not a seqcnn bundle, is damaged, or does not fit the input."""


class UsageError(SeqcnnError):
    """A request that makes no sense, such as an output that is also an input."""


class EnvironmentFault(SeqcnnError):
    """The machine cannot do what was asked: disk, permission, device, memory."""

    exit_code = 3


def show(value: object, limit: int = MAX_SHOWN) -> str:
    """Quote a user's value for a message: control and non-ASCII characters escaped, cut at `limit`."""
    text = value if isinstance(value, str) else str(value)
    shown = ascii(text[: limit + 1])
    return shown if len(text) <= limit else f"{text[:limit]!a}... ({len(text)} characters)"


def printable(text: str) -> str:
    """Escape what must not be shown as it is: control characters, direction marks, undecodable bytes."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def place(path: object) -> str:
    """Return a path as a message starts with it: escaped when it holds control or non-ASCII characters."""
    text = str(path)
    return text if text.isprintable() and text.isascii() else ascii(text)[1:-1]


def listed(faults: list[str], total: int | None = None) -> str:
    """Join up to five faults into one line and count the rest."""
    total = len(faults) if total is None else total
    rest = total - min(len(faults), MAX_LISTED)
    return "; ".join(faults[:MAX_LISTED]) + (f"; and {rest} more" if rest > 0 else "")

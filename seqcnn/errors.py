"""Errors that a user can cause, shown as one line with an exit code.

Exit codes: 0 success, 2 invalid input or usage, 3 environment (disk, permission, device, memory).  Every
exception that is not a `SeqcnnError` is a bug: exit 1, with its traceback.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable

MAX_SHOWN = 80
"""Maximum length of a name or value in a message, escapes included."""

MAX_LISTED = 5
"""Maximum number of errors of one file in a message."""

MAX_LIST = 300
"""Maximum length of a list of errors; the first one may be longer."""


_PLURAL = re.compile(r"[a-z-]*[^us]s")
_SINGULAR = {"are": "is", "have": "has", "were": "was", "match": "matches"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class SeqcnnError(Exception):
    """Base of all errors that are not bugs; `exit_code` is what the command line returns."""

    exit_code = 2


class SequenceError(SeqcnnError):
    """A sequence file or a sequence that cannot be read as DNA."""


class TableError(SeqcnnError):
    """A table of targets, predictions or sequences that cannot be read or joined."""


class ConfigError(SeqcnnError):
    """A configuration file, or a value in it, that is not valid."""


class BundleError(SeqcnnError):
    """A model file that is not a seqcnn bundle, is damaged, or does not fit the input."""


class UsageError(SeqcnnError):
    """An invalid request, such as an output that is also an input."""


class EnvironmentFault(SeqcnnError):
    """A failure of the machine: disk, permission, device, memory."""

    exit_code = 3


def out_of_memory(error: Exception) -> bool:
    """Return whether memory ran out; torch and the dynamic loader report it in their message only."""
    phrases = ("out of memory", "allocate memory", "failed to map segment")
    return isinstance(error, MemoryError) or any(phrase in str(error) for phrase in phrases)


def show(value: object, limit: int = MAX_SHOWN) -> str:
    """Quote a user's value for a message: what cannot be printed is escaped, cut at `limit`.

    >>> show("Aktivität\\t")
    "'Aktivität\\\\t'"
    """
    return _quoted(value, limit, repr)


def show_ascii(value: object, limit: int = MAX_SHOWN) -> str:
    """Quote a value in which ASCII is expected: look-alikes of letters, digits and signs are escaped too."""
    return _quoted(value, limit, ascii)


def _quoted(value: object, limit: int, escape: Callable[[str], str]) -> str:
    """Return a text quoted and escaped, cut where it is longer than `limit`."""
    text = value if isinstance(value, str) else str(value)
    kept = text[:limit]
    while len(escape(kept)) > limit + 2:  # escapes are longer than the characters
        kept = kept[:-1]
    return escape(text) if kept == text else f"{escape(kept)}... ({len(text)} characters)"


def printable(text: str) -> str:
    """Escape control characters, direction marks and undecodable bytes."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def has_control(text: str) -> bool:
    """Return whether a text has a control character, such as ESC, a tab or a line end."""
    return bool(_CONTROL.search(text))


def refuse_control(names: str | Iterable[str], where: str, fault: type[SeqcnnError]) -> None:
    """Raise `fault` for a name with a control character (ESC, tab, line end), which outputs cannot hold."""
    for name in (names,) if isinstance(names, str) else names:
        if match := _CONTROL.search(name):
            raise fault(f"{where}: control character {match[0]!a} in the name {show(name, 40)}; remove it")


def place(path: object) -> str:
    """Return a path as the start of a message; what cannot be printed is escaped."""
    return printable(str(path))


def refuse_nul(path: object) -> None:
    """Raise `UsageError` for a path that no file can have."""
    if "\0" in str(path):
        raise UsageError(f"{place(path)}: NUL (\\x00) found; not allowed in a path")


def listed(faults: list[str], total: int | None = None) -> str:
    """Join up to five faults into one line, fewer if they are long, and count the rest."""
    total = len(faults) if total is None else total
    shown = "; ".join(faults[:1])
    count = len(faults[:1])
    while count < min(len(faults), MAX_LISTED) and len(shown) + len(faults[count]) < MAX_LIST:
        shown, count = f"{shown}; {faults[count]}", count + 1
    return shown + (f"; and {total - count} more" if total > count else "")


def plural(n: int, noun: str) -> str:
    """Return a count and its noun, in the plural unless the count is 1."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def counted(n: int, phrase: str) -> str:
    """Return a count and a phrase in the plural, which becomes singular for 1.

    >>> counted(1, "rows have no sequence")
    '1 row has no sequence'
    """
    if n != 1:
        return f"{n:,} {phrase}"
    words = phrase.split(" ")
    noun = next((i for i, word in enumerate(words) if _PLURAL.fullmatch(word)), None)
    if noun is not None:
        words[noun] = words[noun][:-1]
        words[noun + 1 : noun + 2] = [_SINGULAR.get(word, word) for word in words[noun + 1 : noun + 2]]
    return f"{n} {' '.join(words)}"


_LOOK_ALIKE = str.maketrans("l10", "iio")


def did_you_mean(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return '; did you mean ...?' with the known name that is most similar to `word`, or ''.

    A name that differs only in case, or in letters that look alike, such as l and I, is the most similar.

    Parameters
    ----------
    word
        A name that was not found.
    known
        The names that there are.
    cutoff
        Smallest similarity, 0 to 1, as in `difflib.get_close_matches`.
    """
    names = list(known)
    look = word.casefold().translate(_LOOK_ALIKE)
    close = [name for name in names if name.casefold().translate(_LOOK_ALIKE) == look]
    close = close or difflib.get_close_matches(word, names, n=1, cutoff=cutoff)
    return f"; did you mean {show(close[0], 40)}?" if close else ""

"""Ids of sequences and of their table: cut on request, and hints on ids that do not match.

Ids are compared byte for byte.  Ids that would match only after a change (blanks, a version suffix, case)
are reported and not changed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Literal, get_args

from seqcnn.errors import MAX_LISTED, TableError, counted, listed, show

IdUntil = Literal["blank", "pipe", "colon"]
"""The character before which an id ends."""

_END = {"pipe": "|", "colon": ":"}

_DATE_LIKE = re.compile(r"\d{1,2}-[A-Z][a-z]{2}|[A-Z][a-z]{2}-\d{2}|\d+(\.\d+)?E\+\d+")

_CUT = "are cut at their first"


def _cut(name: str, until: IdUntil) -> str:
    """Return an id up to the first blank, pipe or colon."""
    return (name.split() or [""])[0] if until == "blank" else name.split(_END[until], 1)[0]


def _without(pattern: str) -> Callable[[str], str]:
    """Return the function that removes a pattern from an id."""
    return partial(re.compile(pattern).sub, "")


_CUTS = {
    f"the id is cut at its first {until}, --id-until {until}": partial(_cut, until=until)
    for until in get_args(IdUntil)
}
_RULES: dict[str, Callable[[str], str]] = {
    **_CUTS,
    "blanks around the id are removed": str.strip,
    "'::' and what follows it are removed": _without(r"::.*$"),
    "a strand suffix such as (+) is removed": _without(r"\([-+.]\)$"),
    "a version suffix such as .1 is removed": _without(r"\.[0-9]+$"),
    "a leading '>' is removed": _without(r"^>"),
    "a leading 'chr' is removed": _without(r"^chr"),
    "leading zeros, which a spreadsheet removes, are ignored": _without(r"^0+(?=[0-9])"),
    "case is ignored": str.casefold,
    "blanks and brackets become '_'": partial(re.compile(r"[\s\[\]]").sub, "_"),
    "Unicode is normalised (NFC)": partial(unicodedata.normalize, "NFC"),
}
"""Change of ids -> function; of those that match as many ids the first one is recommended."""


def cut_ids(
    names: Sequence[str], until: IdUntil, *, where: str, changes: Counter[str], merge: bool = False
) -> list[str]:
    """Cut ids at their first blank, pipe or colon.

    Parameters
    ----------
    names
        The ids; the same one may be there several times.
    until
        The character.
    where
        The file, for messages.
    changes
        Counts of changes; updated.
    merge
        Whether different ids may become equal.

    Raises
    ------
    TableError
        If different ids become equal, or nothing of an id is left.
    """
    cut = [_cut(name, until) for name in names]
    pairs = [(name, short) for name, short in zip(names, cut, strict=True) if name != short]
    first: dict[str, str] = {}
    faults = [f"nothing is left of {show(name, 40)}" for name, short in pairs if name.strip() and not short]
    faults += [
        f"{show(first[short], 40)} and {show(name, 40)} become {show(short, 40)}"
        for name, short in zip(names, cut, strict=True)
        if first.setdefault(short, name) != name and not merge
    ]
    if faults:
        raise TableError(f"{where}: --id-until {until}: {listed(faults)}; ids must stay different")
    if pairs:
        changes[f"ids of {where} {_CUT} {until}, such as {' -> '.join(map(show, pairs[0]))}"] = len(pairs)
    return cut


def uncut_notes(until: IdUntil | None, changes: Collection[str]) -> list[str]:
    """Return a note if ids were to be cut, and none was."""
    if until is None or any(_CUT in change for change in changes):
        return []
    return [f"--id-until {until}: no id has a {until}; nothing was cut"]


def id_hints(names: Sequence[str], ids: Sequence[str], matched: Collection[str]) -> list[str]:
    """Return a hint on the change that would match most ids, and one on ids altered by a spreadsheet.

    Parameters
    ----------
    names, ids
        Unique names of the sequences, and unique ids of the table.
    matched
        Those that are both.
    """
    names_left, ids_left = ([n for n in given if n not in matched] for given in (names, ids))
    found = {rule: _matches(change, names_left, ids_left) for rule, change in _RULES.items()}
    for rule, change in _CUTS.items():
        if found[rule] and not (_keeps_apart(change, names) and _keeps_apart(change, ids)):
            del found[rule]
    best = max(found, key=lambda rule: len(found[rule]))
    hints = []
    if pairs := found[best]:
        example = f"table {show(pairs[0][0])}, sequence {show(pairs[0][1])}"
        hints.append(f"{counted(len(pairs), 'ids match')} when {best} ({example})")
    if dates := [name for name in ids_left if _DATE_LIKE.fullmatch(name)]:
        hints.append(f"{len(dates)} ids may have been changed by a spreadsheet ({some(dates)})")
    return hints


def _matches(change: Callable[[str], str], names: Sequence[str], ids: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs of id and name that a change makes equal, each name once."""
    changed = {change(name): name for name in names}
    return [(name, changed.pop(key)) for name in ids if (key := change(name)) and key in changed]


def _keeps_apart(change: Callable[[str], str], names: Sequence[str]) -> bool:
    """Return whether different names stay different, and something is left of each."""
    changed = {change(name) for name in names}
    return len(changed) == len(names) and "" not in changed


def some(names: Sequence[str]) -> str:
    """Show up to five names."""
    rest = ", ..." if len(names) > MAX_LISTED else ""
    return ", ".join(show(name, 40) for name in names[:MAX_LISTED]) + rest

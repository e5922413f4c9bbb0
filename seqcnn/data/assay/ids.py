"""Hints on ids of sequences and of their table that do not match.

Ids are compared byte for byte.  Ids that would match only after a change (a cut, blanks, a version suffix,
case) are reported, and changed on request: `--id-until` cuts those of all inputs, `--match-ids` replaces
those of the table by the names of the sequences.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Literal, get_args

import numpy as np

from seqcnn.data.readers.genome.contigs import PREFIX
from seqcnn.data.readers.id_cut import IdUntil, cut_id, place_of_cut
from seqcnn.errors import MAX_LISTED, TableError, counted, listed, show

MatchIds = Literal["version", "case", "zeros"]
"""Difference between an id of the table and the name of its sequence that is ignored: a version suffix such
as .1, case, or leading zeros, which spreadsheets remove."""

_DATE_LIKE = re.compile(r"\d{1,2}-[A-Z][a-z]{2}|[A-Z][a-z]{2}-\d{2}|\d+(\.\d+)?E\+\d+")

_PLACE = re.compile(r"(.+):([0-9]{1,15})-([0-9]{1,15}.*)", re.ASCII)


def _without(pattern: str) -> Callable[[str], str]:
    """Return the function that removes a pattern from an id."""
    return partial(re.compile(pattern).sub, "")


def _cut_in_words(until: IdUntil) -> str:
    """Return the change of ids by `--id-until`, and the option."""
    strand = "a strand suffix such as (+) is removed"
    words = strand if until == "strand" else f"the id is cut at its {place_of_cut(until)}"
    return f"{words}, --id-until {until}"


_IGNORED: dict[MatchIds, tuple[str, Callable[[str], str]]] = {
    "version": ("a version suffix such as .1 is removed", _without(r"\.[0-9]+$")),
    "zeros": ("leading zeros, which a spreadsheet removes, are ignored", _without(r"^0+(?=[0-9])")),
    "case": ("case is ignored", str.casefold),
}
"""Difference -> its words in hints, and the function that removes it."""

_CUTS = {_cut_in_words(until): partial(cut_id, until=until) for until in get_args(IdUntil)}
_RULES: dict[str, Callable[[str], str]] = {
    **_CUTS,
    "blanks around the id are removed": str.strip,
    "'::' and what follows it are removed": _without(r"::.*$"),
    _IGNORED["version"][0]: _IGNORED["version"][1],
    "a leading '>' is removed": _without(r"^>"),
    (_CHR := "a leading 'chr' is removed"): _without(r"^chr"),
    _IGNORED["zeros"][0]: _IGNORED["zeros"][1],
    _IGNORED["case"][0]: _IGNORED["case"][1],
    "blanks and brackets become '_'": partial(re.compile(r"[\s\[\]]").sub, "_"),
    "Unicode is normalised (NFC)": partial(unicodedata.normalize, "NFC"),
}
"""Change of ids -> function; of those that match as many ids the first one is recommended."""


_ONE_BASED = "1 is subtracted from their start, which is 0-based in names of intervals"


def id_hints(
    names: Sequence[str],
    ids: Sequence[str],
    row: np.ndarray,
    *,
    intervals: bool = False,
    match_ids: bool = False,
) -> list[str]:
    """Return a hint on the change that would match most ids, and one on ids altered by a spreadsheet.

    Parameters
    ----------
    names, ids
        Unique names of the sequences, and unique ids of the table.
    row
        int64 (N,), number of the id that each name is, or -1.
    intervals
        Whether the sequences are intervals of a BED file, so that --chromosome-prefix is an option.
    match_ids
        Whether --match-ids is an option.
    """
    names_left, ids_left = unmatched(names, ids, row)
    pairs_of = {rule: _matches(change, names_left, ids_left) for rule, change in _RULES.items()}
    pairs_of[_ONE_BASED] = _matches(_with_start_from_zero, names_left, ids_left, of_names=str)
    for rule, change in _CUTS.items():
        if pairs_of[rule] and not (_keeps_apart(change, names) and _keeps_apart(change, ids)):
            del pairs_of[rule]
    best = max(pairs_of, key=lambda rule: len(pairs_of[rule]))
    hints = []
    if pairs := pairs_of[best]:
        example = f"table {show(pairs[0][0])}, sequence {show(pairs[0][1])}"
        if intervals and best == _CHR:
            best += f", --chromosome-prefix {'add' if pairs[0][0].startswith(PREFIX) else 'remove'}"
        for difference, (words, removed) in _IGNORED.items() if match_ids else ():
            if best == words and _keeps_apart(removed, names) and _keeps_apart(removed, ids):
                best += f", --match-ids {difference}"
        hints.append(f"{counted(len(pairs), 'ids match')} when {best} ({example})")
    if dates := [name for name in ids_left if _DATE_LIKE.fullmatch(name)]:
        hints.append(f"{len(dates)} ids may have been changed by a spreadsheet ({some(dates)})")
    return hints


def unmatched(names: Sequence[str], ids: Sequence[str], row: np.ndarray) -> tuple[list[str], list[str]]:
    """Return the names that are no id, and the ids that are no name; arguments are those of `id_hints`."""
    names_left, ids_left = np.flatnonzero(row < 0), np.setdiff1d(np.arange(len(ids)), row)
    return [names[i] for i in names_left.tolist()], [ids[i] for i in ids_left.tolist()]


def ids_of_contigs(ids: Sequence[str], names: Collection[str]) -> list[str]:
    """Return ids with `chr` added or removed where that, and not the id itself, is the name of a sequence."""
    return [
        name if name in names or changed not in names else changed
        for name in ids
        if (changed := name.removeprefix(PREFIX) if name.startswith(PREFIX) else PREFIX + name)
    ]


def matched_ids(ids: Sequence[str], names: Sequence[str], difference: MatchIds, where: str) -> list[str]:
    """Return ids of a table as the names of the sequences from which they differ in nothing else.

    Parameters
    ----------
    ids, names
        Ids of the table, and unique names of the sequences.
    difference
        What is ignored.
    where
        The table, for messages.

    Raises
    ------
    TableError
        If two ids, or two names, differ in nothing else.

    Examples
    --------
    >>> matched_ids(["7", "x"], ["007", "8"], "zeros", "t.tsv")
    ['007', 'x']
    """
    change = _IGNORED[difference][1]
    name_of: dict[str, str] = {}
    for texts, source in ((ids, f"ids of {where}"), (names, "names of sequences")):
        name_of = {}
        faults = [
            f"{show(name_of[key], 40)} and {show(text, 40)}"
            for text in texts
            if name_of.setdefault(key := change(text), text) != text
        ]
        if faults:
            fault = f"{source} become equal: {listed(faults)}"
            raise TableError(f"--match-ids {difference}: {fault}; rename them")
    return [name_of.get(change(name), name) for name in ids]


def _matches(
    change: Callable[[str], str],
    names: Sequence[str],
    ids: Sequence[str],
    of_names: Callable[[str], str] | None = None,
) -> list[tuple[str, str]]:
    """Return the pairs of id and name that a change, of names another one, makes equal, each name once."""
    changed = {(of_names or change)(name): name for name in names}
    return [(name, changed.pop(key)) for name in ids if (key := change(name)) and key in changed]


def _with_start_from_zero(name: str) -> str:
    """Return an id such as chr1:194-363 with a start that is smaller by one; '' if it is none."""
    place = _PLACE.fullmatch(name)
    return f"{place[1]}:{int(place[2]) - 1}-{place[3]}" if place else ""


def _keeps_apart(change: Callable[[str], str], names: Sequence[str]) -> bool:
    """Return whether different names stay different, and something is left of each."""
    changed = {change(name) for name in names}
    return len(changed) == len(names) and "" not in changed


def some(names: Sequence[str]) -> str:
    """Show up to five names."""
    rest = ", ..." if len(names) > MAX_LISTED else ""
    return ", ".join(show(name, 40) for name in names[:MAX_LISTED]) + rest

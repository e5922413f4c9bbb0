"""Ids that are cut at their first blank, pipe or colon, or before a strand, on request: `--id-until`."""

from __future__ import annotations

import logging
import re
from collections import ChainMap, Counter
from collections.abc import Collection, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import replace
from typing import Literal

from seqcnn.data.readers.records import Batch
from seqcnn.errors import TableError, listed, show

logger = logging.getLogger(__name__)

IdUntil = Literal["blank", "pipe", "colon", "strand"]
"""What an id ends before: its first blank, `|` or `:`, or a strand in brackets at its end, such as `(+)`."""

MAX_COMPARED = 250_000
"""Number of ids of a stream that later ones are compared with."""

_END = {"pipe": "|", "colon": ":"}

_STRAND = re.compile(r"\([-+.]\)$")  # as bedtools getfasta -s writes it

_CUT = "are cut at their"


def cut_id(name: str, until: IdUntil) -> str:
    """Return an id up to the first blank, pipe or colon, or without its strand.

    Examples
    --------
    >>> cut_id("chr1:71-241(+)", "strand"), cut_id("promoter|7", "pipe")
    ('chr1:71-241', 'promoter')
    """
    if until == "strand":
        return _STRAND.sub("", name)
    return (name.split() or [""])[0] if until == "blank" else name.split(_END[until], 1)[0]


def place_of_cut(until: IdUntil) -> str:
    """Return the place at which ids are cut, in words.

    Examples
    --------
    >>> place_of_cut("strand"), place_of_cut("pipe")
    ('strand', 'first pipe')
    """
    return until if until == "strand" else f"first {until}"


def cut_ids(
    names: Sequence[str], until: IdUntil, *, where: str, changes: Counter[str], merge: bool = False
) -> list[str]:
    """Cut ids at their first blank, pipe or colon, or before their strand.

    Parameters
    ----------
    names
        The ids; the same one may be there several times.
    until
        What the ids end before.
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
    return _Cutter(until, where, changes, f"ids of {where}").cut(names, merge=merge)


def cut_batches(
    batches: Iterable[Batch], until: IdUntil, *, where: str, changes: Counter[str]
) -> Iterator[Batch]:
    """Yield batches of records with cut ids, as `cut_ids`; log a note at the end if none was cut.

    After `MAX_COMPARED` ids, further ones are compared with these and within their batch, to bound memory.
    """
    cutter = _Cutter(until, where, changes, "ids")
    for batch in batches:
        yield replace(batch, names=cutter.cut(batch.names))
    for note in uncut_notes(until, changes):
        logger.warning("%s", note)


def uncut_notes(until: IdUntil | None, changes: Collection[str]) -> list[str]:
    """Return a note if ids were to be cut, and none was."""
    if until is None or any(_CUT in change for change in changes):
        return []
    return [f"--id-until {until}: no id has a {until}; nothing was cut"]


class _Cutter:
    """Cuts the ids of one file, some at a time."""

    def __init__(self, until: IdUntil, where: str, changes: Counter[str], subject: str) -> None:
        self.until = until
        self.where = where
        self.changes = changes
        self.subject = subject
        self.change = ""
        self.first: dict[str, str] = {}

    def cut(self, names: Sequence[str], *, merge: bool = False) -> list[str]:
        """Return the ids cut, and count them; refuse those that become equal, unless `merge`, or empty."""
        cut = [cut_id(name, self.until) for name in names]
        pairs = [(name, short) for name, short in zip(names, cut, strict=True) if name != short]
        first: MutableMapping[str, str] = self.first
        if len(first) >= MAX_COMPARED:
            first = ChainMap({}, self.first)  # new ids are forgotten
        faults = [
            f"nothing is left of {show(name, 40)}" for name, short in pairs if name.strip() and not short
        ]
        faults += [
            f"{show(first[short], 40)} and {show(name, 40)} become {show(short, 40)}"
            for name, short in zip(names, cut, strict=True)
            if first.setdefault(short, name) != name and not merge
        ]
        if faults:
            option = f"{self.where}: --id-until {self.until}"
            raise TableError(f"{option}: {listed(faults)}; ids must stay different")
        if pairs:
            example = " -> ".join(map(show, pairs[0]))
            self.change = (
                self.change or f"{self.subject} {_CUT} {place_of_cut(self.until)}, such as {example}"
            )
            self.changes[self.change] += len(pairs)
        return cut

"""Variants in the notations of articles and databases: SPDI, HGVS (genomic) and chromosome:position:ref:alt.

SPDI (Holmes et al. 2020, doi:10.1093/bioinformatics/btz856) counts from 0, the others from 1.  Bases that a
notation does not give, such as those that HGVS deletes, are read from the genome.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from seqcnn.errors import show
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack, unpack

_DIGITS = r"[0-9]{1,15}"
_SPDI = re.compile(rf"(?P<contig>\S+?):(?P<start>{_DIGITS}):(?P<ref>[A-Za-z]*|{_DIGITS}):(?P<alt>[A-Za-z]*)")
_GIVEN = re.compile(
    rf"(?P<contig>\S+?)(?P<mark>[:-])(?P<start>{_DIGITS})(?P=mark)(?P<ref>[A-Za-z]+)(?P=mark)"
    r"(?P<alt>[A-Za-z]*|[.*]|<[^<>]*>)"
)
_HGVS = re.compile(
    rf"(?P<contig>\S+?):[gm]\.(?P<start>{_DIGITS})(?:_(?P<end>{_DIGITS}))?"
    r"(?:(?P<ref>[A-Za-z])>(?P<alt>[A-Za-z])|(?P<edit>delins|del|ins|dup|inv)(?P<bases>[A-Za-z]*))"
)
_TRANSCRIPT = re.compile(r"\S+?:([cnrp])\.")


class Change(NamedTuple):
    """Bases from `start` to `end` (0-based, half-open) of a contig that become others."""

    contig: str
    start: int
    end: int
    ref: str | None
    """The bases as the notation gives them, in upper case; None if it does not."""
    becomes: Callable[[str], str]
    """The bases of the contig -> those of the alternative allele."""
    where: str = ""
    """File and line of the notation in messages."""


class Unread(NamedTuple):
    """A row of a table that is no variant."""

    reason: str
    """One of `alleles.UNREAD`."""
    message: str
    """File, line, the notation that was found, and what was expected."""


def spdi(text: str) -> Change | None:
    """Return the change of an SPDI expression; None if it is none.

    Examples
    --------
    >>> spdi("NC_000001.11:99:A:G").start, spdi("chr1:99:3:").end
    (99, 102)
    """
    if not (match := _SPDI.fullmatch(text)):
        return None
    start, ref, alt = int(match["start"]), match["ref"].upper(), match["alt"].upper()
    length = int(ref) if ref.isdigit() else len(ref)
    return Change(match["contig"], start, start + length, None if ref.isdigit() else ref, lambda _: alt)


def given_alleles(text: str) -> Change | None:
    """Return the change of `contig:position:ref:alt` or `contig-position-ref-alt`, 1-based as in a VCF.

    An empty alternative allele is a missing one (`.`), not a deletion, whose alleles a VCF writes with the
    base before it.

    Examples
    --------
    >>> given_alleles("chr1-100-A-G").start, given_alleles("chr1:100:A:").becomes("A")
    (99, '.')
    """
    if not (match := _GIVEN.fullmatch(text)):
        return None
    start, ref, alt = int(match["start"]) - 1, match["ref"].upper(), match["alt"].upper() or "."
    return Change(match["contig"], start, start + len(ref), ref, lambda _: alt)


def hgvs(text: str) -> Change | None:
    """Return the change of a genomic HGVS expression: `>`, del, ins, delins, dup or inv; None if it is none.

    Examples
    --------
    >>> hgvs("chr1:g.100A>G").start, hgvs("chr1:g.100_102del").end, hgvs("chr1:g.100_101insTT").start
    (99, 102, 100)
    """
    if not (match := _HGVS.fullmatch(text)):
        return None
    start, end = int(match["start"]) - 1, int(match["end"] or match["start"])
    bases, edit = match["bases"], match["edit"]
    if edit == "ins":  # between two adjacent positions
        change = Change(match["contig"], end - 1, end - 1, "", lambda _: bases.upper())
        return change if bases and end == start + 2 else None
    if edit is None:
        change = Change(match["contig"], start, end, match["ref"].upper(), lambda _: match["alt"].upper())
        return change if end == start + 1 else None
    return _edited(Change(match["contig"], start, end, None, str), edit, bases.upper())


def _edited(change: Change, edit: str, bases: str) -> Change | None:
    """Return a change of HGVS with its alternative allele; None if its bases do not fit."""
    if change.end <= change.start or (edit == "delins" and not bases):
        return None
    if edit == "delins":
        return change._replace(becomes=lambda _: bases)
    if bases and len(bases) != change.end - change.start:
        return None
    becomes = {"del": lambda _: "", "dup": lambda ref: 2 * ref, "inv": _reverse_complement}[edit]
    return change._replace(ref=bases or None, becomes=becomes)


def _reverse_complement(letters: str) -> str:
    return unpack(reverse_complement(pack(letters)))


NOTATIONS: Mapping[str, tuple[Callable[[str], Change | None], str]] = {
    "spdi": (spdi, "NC_000001.11:99:A:G, counted from 0"),
    "hgvs": (hgvs, "chr1:g.100A>G, or with del, ins, delins, dup or inv"),
    "variant": (given_alleles, "chr1:100:A:G or chr1-100-A-G, counted from 1"),
}
"""Column of a table -> its notation: parser, and an example."""


def parse(text: str, column: str, where: str) -> Change | Unread:
    """Return the change of a cell of a column of `NOTATIONS`, or why it has none.

    Parameters
    ----------
    text
        The cell.
    column
        Name of the column.
    where
        File and line in messages.
    """
    parser, example = NOTATIONS[column]
    if change := parser(text):
        return change._replace(where=where)
    cell = f"{where}: {column} {show(text, 60)}"
    if match := _TRANSCRIPT.match(text):
        return Unread(
            "transcript",
            f"{cell}: positions of a transcript or protein ({match[1]}.) are not read; expected genomic ones "
            "(NC_000017.11:g.7676154G>C), or columns chrom, pos, ref and alt",
        )
    other = next((name for name, (parser, _) in NOTATIONS.items() if parser(text)), None)
    remedy = f"; name the column '{other}'" if other else ""
    return Unread("malformed", f"{cell}; expected {example}{remedy}")

"""Variants in the notations of articles and databases: SPDI, HGVS (genomic) and chromosome:position:ref:alt.

SPDI (Holmes et al. 2020, doi:10.1093/bioinformatics/btz856) counts from 0, the others from 1.  Bases that a
notation does not give, such as those that HGVS deletes, are read from the genome.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from string import ascii_letters
from typing import NamedTuple

from seqcnn.data.readers.genome.contigs import ChromosomePrefix, contig_name
from seqcnn.data.readers.table_file import read_table
from seqcnn.errors import TableError, listed, refuse_control, show
from seqcnn.genome.variant.normalise import NormalisedAlleles
from seqcnn.genome.variant.tally import Tally
from seqcnn.genome.variant.vcf import Site
from seqcnn.genome.variant.windows import WindowMaker
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack, unpack

_DIGITS = r"[0-9]{1,15}"
_SPDI = re.compile(rf"(?P<contig>\S+?):(?P<start>{_DIGITS}):(?P<ref>[A-Za-z]*|{_DIGITS}):(?P<alt>[A-Za-z]*)")
_GIVEN = re.compile(
    rf"(?P<contig>\S+?)(?P<mark>[:-])(?P<start>{_DIGITS})(?P=mark)(?P<ref>[A-Za-z]+)(?P=mark)(?P<alt>[A-Za-z]+)"
)
_HGVS = re.compile(
    rf"(?P<contig>\S+?):[gm]\.(?P<start>{_DIGITS})(?:_(?P<end>{_DIGITS}))?"
    r"(?:(?P<ref>[A-Za-z])>(?P<alt>[A-Za-z])|(?P<edit>delins|del|ins|dup|inv)(?P<bases>[A-Za-z]*))"
)
_TRANSCRIPT = re.compile(r"\S+?:([cnrp])\.")
_ACCESSION = re.compile(r"(?:NC_0000(0[1-9]|1[0-9]|2[0-4])|NC_012920)\.[0-9]+")  # human chromosomes


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

    Examples
    --------
    >>> given_alleles("chr1-100-A-G").start
    99
    """
    if not (match := _GIVEN.fullmatch(text)):
        return None
    start, ref, alt = int(match["start"]) - 1, match["ref"].upper(), match["alt"].upper()
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


def parse(text: str, column: str, where: str) -> Change:
    """Return the change of a cell of a column of `NOTATIONS`; `where` names the line in messages.

    Raises
    ------
    TableError
        If the cell has another notation.
    """
    parser, example = NOTATIONS[column]
    if change := parser(text):
        return change._replace(where=where)
    if match := _TRANSCRIPT.match(text):
        raise TableError(
            f"{where}: {column} {show(text, 60)}: positions of a transcript or protein ({match[1]}.) are not "
            "read; expected genomic ones (NC_000017.11:g.7676154G>C), or columns chrom, pos, ref and alt"
        )
    other = next((name for name, (parser, _) in NOTATIONS.items() if parser(text)), None)
    remedy = f"; name the column '{other}'" if other else ""
    raise TableError(f"{where}: {column} {show(text, 60)}; expected {example}{remedy}")


VCF_COLUMNS = (("chrom", "chr", "contig", "chromosome"), ("pos", "position"), ("ref",), ("alt",))
"""Names, in lower case, of four columns that give a variant as a VCF does, positions counted from 1."""


def vcf_columns(columns: Sequence[str]) -> list[str]:
    """Return the columns of contig, position, reference and alternative, by their names; [] without them.

    >>> vcf_columns(["Chrom", "Pos", "REF", "ALT", "gene"])
    ['Chrom', 'Pos', 'REF', 'ALT']
    """
    chosen = [[column for column in columns if column.lower() in names] for names in VCF_COLUMNS]
    return [column for (column,) in chosen] if all(len(named) == 1 for named in chosen) else []


def read_notations(path: Path) -> list[tuple[str, Change]]:
    """Return text and change of each row of a table with one of the columns of `NOTATIONS`, or `VCF_COLUMNS`.

    Raises
    ------
    TableError
        If it has none of the columns or several, or a cell has another notation.
    """
    table = read_table(path)
    columns, in_vcf = [name for name in table.columns if name in NOTATIONS], vcf_columns(table.columns)
    if in_vcf and not columns:
        fields = zip(*map(table.text, in_vcf), strict=True)
        column, texts = "variant", [":".join(map(str.strip, cells)) for cells in fields]
    elif len(columns) == 1:
        column, texts = columns[0], [text.strip() for text in table.text(columns[0])]
    else:
        what = f"columns {listed([show(name) for name in columns])}" if columns else "no column of variants"
        examples = "; ".join(f"{name} ({example})" for name, (_, example) in NOTATIONS.items())
        raise TableError(f"{table.name}: {what}; expected one of {examples}; or chrom, pos, ref and alt")
    wheres = [f"{table.name}, line {line}" for line in table.lines]
    refuse_control(texts, table.name, TableError)
    rows = zip(texts, wheres, strict=True)
    split = ((part, where) for text, where in rows for part in _alleles(text, column))
    return [(part, parse(part, column, where)) for part, where in split]


def _alleles(text: str, column: str) -> list[str]:
    """Return a notation for each alternative allele of `chr1:100:A:G,T`, as a VCF has them."""
    if column != "variant" or "," not in text:
        return [text]
    first, *others = map(str.strip, text.split(","))
    return [first, *(f"{first.rstrip(ascii_letters)}{alt}" for alt in others)]


def sites_of(
    changes: Iterable[tuple[str, Change]], prefix: ChromosomePrefix | None, make: WindowMaker, tally: Tally
) -> Iterator[Site]:
    """Yield the sites of changes, on the contigs of the genome; count contigs with another name there."""
    for text, change in changes:
        contig = contig_name(change.contig, make.sizes, prefix)
        tally.renamed += contig != change.contig
        contig = contig if contig in make.sizes else _of_accession(contig, make.sizes, tally)
        yield site_of(change._replace(contig=contig), text, make)


def _of_accession(name: str, known: Collection[str], tally: Tally) -> str:
    """Return the name that a genome has for a human chromosome given by its RefSeq accession, else `name`."""
    accession = _ACCESSION.fullmatch(name)
    if not accession:
        return name
    number = int(accession[1] or 25)
    chromosome = {23: "X", 24: "Y", 25: "M"}.get(number, str(number))
    contig = next((c for c in (f"chr{chromosome}", chromosome, f"{chromosome}T") if c in known), name)
    tally.accessions += contig != name
    return contig


def site_of(change: Change, text: str, make: WindowMaker) -> Site:
    """Return the site of a change in the notation of a VCF, or with the reason why it has none.

    Parameters
    ----------
    change
        The change, on a contig with the name that it has in the genome.
    text
        Its notation in the file, the id of the site.
    make
        Maker of windows, which knows the contigs.
    """
    size = make.sizes.get(change.contig)
    if size is None or change.start < 0 or change.end > size:
        place = "contig_end" if change.start < 0 else "beyond_contig"
        reason = "missing_contig" if size is None else place
        ref, alt = (change.ref, change.becomes(change.ref) or ".") if change.ref else (".", ".")
        return _site(change, change.start, text, ref=ref, alt=alt, reason=reason)
    fetch = partial(make.fetch, change.contig)
    ref = change.ref if change.ref is not None else unpack(fetch(change.start, change.end))
    start, ref, alt = NormalisedAlleles(change.start, ref, change.becomes(ref)).vcf_notation(fetch)
    return _site(change, start, text, ref=ref, alt=alt)


def _site(change: Change, start: int, text: str, *, ref: str, alt: str, reason: str = "") -> Site:
    """Return a site with the first fields of a line of a VCF."""
    fields = [change.contig, str(start + 1), text, ref, alt]
    return Site(change.contig, start, text, ref, [alt], fields, reason, change.where)

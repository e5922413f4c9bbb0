"""Read a VCF site by site, and write its lines again with additional INFO fields.

Lines are kept as text, so that an annotated VCF differs from its source in the added fields only.
Positions are 0-based in code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from seqcnn.errors import TableError, has_control, show
from seqcnn.genome.variant.alleles import UNREAD
from seqcnn.io.stream import read_lines, source_name

PREFIX = "SEQCNN_"
"""Prefix of the INFO fields that seqcnn writes."""

MAX_ALTS = 1000
"""Largest number of alternative alleles of one site, which are scored together."""

COLUMNS = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
"""Columns of a VCF before the genotypes."""

_POSITION = re.compile(r"[0-9]{1,15}", re.ASCII)
_OUR_FIELDS = f"##INFO=<ID={PREFIX}"
_REMEDY = "check it with `bcftools view`"


class Site(NamedTuple):
    """One line of a VCF: position, alleles in upper case, and all fields as text."""

    contig: str
    start: int
    """0-based position of REF's first base; -1 before the contig."""
    id: str
    ref: str
    alts: list[str]
    fields: list[str]
    """All fields as text; the first five if the site was not read from a VCF."""
    reason: str = ""
    """Why no allele can be scored, one of `alleles.REASONS`, if the notation of the site tells."""
    where: str = ""
    """File and line of the site in messages."""

    @property
    def written_alts(self) -> list[str]:
        """The alternative alleles in the case of the file."""
        return self.fields[4].split(",")

    @property
    def written_position(self) -> str:
        """The position from 1; NA of a row of a table that is no variant."""
        return "NA" if self.reason in UNREAD else str(self.start + 1)


def unread_site(text: str, reason: str) -> Site:
    """Return a row of a table that is no variant, with its text as id; the reason is one of `UNREAD`."""
    return Site(".", 0, text or ".", ".", ["."], [".", "NA", text, ".", "."], reason)


class InfoField(NamedTuple):
    """Declaration of an INFO field with one value per ALT."""

    name: str
    type: str
    description: str


def read_vcf(path: Path) -> tuple[list[str], Iterator[Site]]:
    """Open a VCF, plain or gzip, and read it once, so that it may be a pipe.

    Returns
    -------
    The header line by line, whose last line names the columns; and the sites in the order of the file, read
    while they are iterated over.

    Raises
    ------
    TableError
        If it is not a VCF, or has a control character; a malformed line is found when it is reached.
    UsageError
        If there is no such file.
    """
    lines = read_lines(path, expected="VCF", fault=TableError, sparse=True)
    header: list[str] = []
    for number, text in lines:
        if not text.startswith("#"):
            lines = chain([(number, text)], lines)
            break
        header.append(text)
    _check_header(header, source_name(path))
    return header, _sites(lines, source_name(path))


def _check_header(header: Sequence[str], where: str) -> None:
    """Raise `TableError` unless these lines are the header of a VCF."""
    if not header or not header[0].startswith("##fileformat=VCF"):
        found = show(header[0]) if header else "no header"
        expected = "expected '##fileformat=VCF...' (a table of pairs is given with --pairs)"
        raise TableError(f"{where}, line 1: {found}; {expected}")
    if header[-1].split("\t")[:8] != COLUMNS:
        raise TableError(
            f"{where}, line {len(header)}: {show(header[-1])}; expected {' '.join(COLUMNS)}, tab-separated"
        )
    for number, text in enumerate(header, start=1):
        _refuse_control(text, f"{where}, line {number}")


def _sites(lines: Iterable[tuple[int, str]], where: str) -> Iterator[Site]:
    """Yield the site of each line; `where` is the name of the file in messages."""
    for number, text in lines:
        if text and not text.startswith("#"):
            yield _site(text, f"{where}, line {number}")


def _site(text: str, where: str) -> Site:
    """Return the site of one line; `where` names the line in messages."""
    _refuse_control(text, where)
    fields = text.split("\t")
    if len(fields) < 8:
        raise TableError(f"{where}: {len(fields)} columns; expected at least 8, tab-separated; {_REMEDY}")
    contig, position, name, ref, alt = fields[:5]
    if not _POSITION.fullmatch(position):
        raise TableError(f"{where}: position {show(position)}; expected a whole number; {_REMEDY}")
    alts = alt.upper().split(",")
    if not contig or not ref or not all(alts):
        raise TableError(f"{where}: an empty contig or allele; expected bases or '.'; {_REMEDY}")
    if len(alts) > MAX_ALTS:
        raise TableError(
            f"{where}: {len(alts):,} alternative alleles; at most {MAX_ALTS:,} are expected of a site; split "
            "them over several lines with `bcftools norm -m-`"
        )
    return Site(contig, int(position) - 1, name, ref.upper(), alts, fields, where=where)


def _refuse_control(text: str, where: str) -> None:
    """Raise `TableError` if a field of a line has a control character; the VCF specification forbids them."""
    if has_control(text.replace("\t", " ")):
        field = next(field for field in text.split("\t") if has_control(field))
        raise TableError(f"{where}: control character in {show(field)}; remove it")


def annotated_header(header: Sequence[str], fields: Iterable[InfoField], part: str = "") -> str:
    """Return a header that declares INFO fields of seqcnn, in place of those of an earlier run.

    `part` is the line that marks a part; it is the second line.
    """
    kept = [line for line in header if not line.startswith(_OUR_FIELDS)]
    added = [
        f'##INFO=<ID={PREFIX}{field.name},Number=A,Type={field.type},Description="{_quoted(field.description)}">'
        for field in fields
    ]
    first, *others = [f"{line}\n" for line in [*kept[:-1], *added, kept[-1]]]
    return "".join([first, part, *others])


def annotated_line(site: Site, values: dict[str, list[str]]) -> str:
    """Return the line of a site with INFO fields of seqcnn, one value per ALT; earlier ones are replaced."""
    kept = [
        item for item in site.fields[7].split(";") if item not in ("", ".") and not item.startswith(PREFIX)
    ]
    added = [f"{PREFIX}{name}={','.join(cells)}" for name, cells in values.items()]
    info = ";".join([*kept, *added]) or "."
    return "\t".join([*site.fields[:7], info, *site.fields[8:]]) + "\n"


def _quoted(text: str) -> str:
    """Escape backslashes and quotes of a description."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


@contextmanager
def vcf_writer(path: Path, *, zipped: bool) -> Iterator[Callable[[str], object]]:
    """Open a VCF and yield a function that writes text; `zipped` is bgzip, which `bcftools index` needs."""
    from Bio.bgzf import BgzfWriter

    with BgzfWriter(str(path), "wb") if zipped else path.open("wb") as file:  # type: ignore[no-untyped-call]
        yield lambda text: file.write(text.encode("utf-8", "surrogateescape"))

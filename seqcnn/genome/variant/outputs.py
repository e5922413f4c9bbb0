"""The files of `variants`: the table of effects, and the VCF with the effects in its INFO."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from seqcnn.genome.variant.table import Columns
from seqcnn.genome.variant.vcf import Site, annotated_header, annotated_line, vcf_writer
from seqcnn.io.atomic import atomic_path
from seqcnn.io.shard.part import Part, first_line, last_line
from seqcnn.io.tsv import table_lines

_ID_COLUMNS = ["contig", "position", "id", "ref", "alt"]

_Write = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class VariantOutputs:
    """Optional outputs besides the table; None is not written."""

    vcf: Path | None = None
    """The VCF with `SEQCNN_` fields in its INFO; bgzip if its name ends in .gz."""
    html: Path | None = None
    """Page with the effects along each contig, and the logos of the alleles with the largest effects."""
    database: Path | None = None
    """Known motifs (MEME format) that the page names where an allele makes or breaks one."""
    top: int = 10
    """Number of alleles with logos on the page."""


@dataclass(frozen=True, slots=True)
class EffectFiles:
    """The open files; a writer that is None has no file."""

    columns: Columns
    table: _Write | None
    vcf: _Write | None

    def add(self, sites: Sequence[Site], rows: Sequence[list[str]]) -> None:
        """Write the rows of `Columns.cells` of the alleles of some sites."""
        if self.table:
            self.table(table_lines([ids + row for ids, row in zip(id_cells(sites), rows, strict=True)]))
        if self.vcf:
            self.vcf("".join(_annotated(sites, rows, self.columns)))


@contextmanager
def open_files(
    table: Path | None, vcf: Path | None, columns: Columns, *, header: Sequence[str], part: Part | None
) -> Iterator[EffectFiles]:
    """Open the files with their headers, and end them; they are written whole or not at all.

    Parameters
    ----------
    table, vcf
        The files; None is not written.
    columns
        Columns of the table, after those that identify an allele.
    header
        Lines of the header of the VCF, without the fields of the effects.
    part
        The part of the outputs; None is the whole.
    """
    with ExitStack() as stack:
        files = EffectFiles(
            columns, stack.enter_context(_open_table(table)), stack.enter_context(_open_vcf(vcf))
        )
        if files.table:
            files.table(first_line(part) + table_lines([[*_ID_COLUMNS, *columns.names]]))
        if files.vcf:
            files.vcf(annotated_header(header, columns.info_fields(), first_line(part)))
        yield files
        for write in filter(None, (files.table, files.vcf)):
            write(last_line(part))


def id_cells(sites: Sequence[Site]) -> Iterator[list[str]]:
    """Yield the cells that identify each allele, as written in the VCF."""
    for site in sites:
        for alt in site.written_alts:
            yield [site.fields[0], site.written_position, site.id, site.fields[3], alt]


def _annotated(sites: Sequence[Site], rows: Sequence[list[str]], columns: Columns) -> Iterator[str]:
    """Yield the line of each site with the effects of its alleles."""
    remaining = iter(rows)
    for site in sites:
        of_site = list(islice(remaining, len(site.alts)))
        yield annotated_line(site, columns.info_values(of_site) if site.alts != ["."] else {})


@contextmanager
def _open_table(path: Path | None) -> Iterator[_Write | None]:
    """Yield a function that writes text to a file; None if there is no file."""
    if path is None:
        yield None
        return
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        yield lambda text: file.write(text.encode("utf-8", "surrogateescape"))


@contextmanager
def _open_vcf(path: Path | None) -> Iterator[_Write | None]:
    """Yield a function that writes text to a VCF, bgzip if it is named so; None if there is no file."""
    if path is None:
        yield None
        return
    zipped = path.name.lower().endswith((".gz", ".bgz"))
    with atomic_path(path) as temporary, vcf_writer(temporary, zipped=zipped) as write:
        yield write

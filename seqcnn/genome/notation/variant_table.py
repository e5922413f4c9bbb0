"""A table of variants -> their changes, row by row.

A table that cannot be read as one, such as with rows of unequal length, is refused.  A row that is no variant
has a reason instead of a change, as an allele of a VCF that cannot be scored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from seqcnn.data.readers.table_file import read_table
from seqcnn.data.readers.tables import Table
from seqcnn.errors import TableError, counted, listed, refuse_control, show
from seqcnn.genome.notation.changes import NOTATIONS, Change, Unread, parse

VCF_COLUMNS = (("chrom", "chr", "contig", "chromosome"), ("pos", "position"), ("ref",), ("alt",))
"""Names, in lower case, of four columns that give a variant as a VCF does, positions counted from 1."""


def vcf_columns(columns: Sequence[str]) -> list[str]:
    """Return the columns of contig, position, reference and alternative, by their names; [] without them.

    >>> vcf_columns(["Chrom", "Pos", "REF", "ALT", "gene"])
    ['Chrom', 'Pos', 'REF', 'ALT']
    """
    chosen = [[column for column in columns if column.lower() in names] for names in VCF_COLUMNS]
    return [column for (column,) in chosen] if all(len(named) == 1 for named in chosen) else []


def read_notations(path: Path) -> list[tuple[str, Change | Unread]]:
    """Return text and change of each variant of a table with a column of `NOTATIONS`, or `VCF_COLUMNS`.

    Raises
    ------
    TableError
        If it has none of the columns or several, or no row is a variant.
    """
    table = read_table(path)
    column, texts = _notations(table)
    refuse_control(texts, table.name, TableError)
    rows = [
        (part, line) for text, line in zip(texts, table.lines, strict=True) for part in _alleles(text, column)
    ]
    changes = [(text, parse(text, column, f"{table.name}, line {line}")) for text, line in rows]
    first = changes[0][1]
    if isinstance(first, Unread) and all(isinstance(change, Unread) for _, change in changes):
        raise TableError(f"{first.message} (none of {counted(len(texts), 'rows')} is a variant)")
    return changes


def _notations(table: Table) -> tuple[str, list[str]]:
    """Return the column of `NOTATIONS` that a table has, or has in `VCF_COLUMNS`, and its cells."""
    columns, in_vcf = [name for name in table.columns if name in NOTATIONS], vcf_columns(table.columns)
    if in_vcf and not columns:
        fields = zip(*map(table.text, in_vcf), strict=True)
        return "variant", [":".join(map(str.strip, cells)) for cells in fields]
    if len(columns) == 1:
        return columns[0], [text.strip() for text in table.text(columns[0])]
    what = f"columns {listed([show(name) for name in columns])}" if columns else "no column of variants"
    examples = "; ".join(f"{name} ({example})" for name, (_, example) in NOTATIONS.items())
    raise TableError(f"{table.name}: {what}; expected one of {examples}; or chrom, pos, ref and alt")


def _alleles(text: str, column: str) -> list[str]:
    """Return a notation for each alternative allele of `chr1:100:A:G,T`, as a VCF has them."""
    if column != "variant" or "," not in text:
        return [text]
    first, *others = map(str.strip, text.split(","))
    before = re.sub(r"[^:-]*$", "", first)
    return [first, *(f"{before}{alt}" for alt in others)]

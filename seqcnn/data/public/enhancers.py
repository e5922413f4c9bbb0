"""Converters of published enhancer assays, whose sequences and activities are in separate files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from seqcnn.data.public.converters import Files, Published
from seqcnn.data.public.converters import Row as OutputRow
from seqcnn.data.readers.fasta import read_fasta
from seqcnn.data.readers.records import Record
from seqcnn.errors import TableError, place, plural, show
from seqcnn.io.tsv import Row, read_rows
from seqcnn.sequence.onehot import unpack

FLY_ACTIVITIES = ("Dev_log2_enrichment", "Hk_log2_enrichment")
"""Columns of the published tables of fly enhancers that are kept; the others are scaled copies of them."""

_FLY_NAME = re.compile(r"(?P<region>\w+_\d+_\d+)_(?P<strand>[+-])_(?P<kind>\w+)")


def fly_enhancers(files: Files) -> Published:
    """Read the fly enhancers, de Almeida et al. 2022, with the split by chromosome of the authors.

    The tables of activities have no names: their rows are in the order of the FASTA records.
    """
    return Published(
        [
            _fly_row(files[f"Sequences_{name}.fa"], record, row, name.lower())
            for name in ("Train", "Val", "Test")
            for record, row in _paired(files[f"Sequences_{name}.fa"], files[f"Sequences_activity_{name}.txt"])
        ]
    )


def _fly_row(fasta: Path, record: Record, activities: Row, part: str) -> OutputRow:
    """Return one row; the name of a record is CHROMOSOME_START_END_STRAND_CLASS."""
    name = _FLY_NAME.fullmatch(record.name)
    if not name:
        raise TableError(
            f"{place(fasta)}, line {record.line}: name {show(record.name)} found; expected "
            "CHROMOSOME_START_END_STRAND_CLASS; get the published file"
        )
    return {
        "id": record.name,
        "sequence": unpack(record.bases),
        **{column: activities[column] for column in FLY_ACTIVITIES},
        "region": name["region"],
        "strand": name["strand"],
        "class": name["kind"],
        "published_set": part,
    }


def _paired(fasta: Path, table: Path) -> Iterator[tuple[Record, Row]]:
    """Yield each record of a FASTA file with its row of a table, by position; refuse other numbers."""
    both = zip_longest(read_fasta(fasta, changes=Counter()), read_rows(table, *FLY_ACTIVITIES))
    for n, (record, row) in enumerate(both):
        if record is None or row is None:
            longer, noun = (fasta, "row") if row is None else (table, "record")
            shorter = table if row is None else fasta
            raise TableError(
                f"{place(longer)}: more entries than {place(shorter)}, which has {plural(n, noun)}; "
                "expected one row for each record, in the same order; get both published files"
            )
        yield record, row

"""Kind of a file of sequences (FASTA, table or BED), decided from its first line, and how it is read.

The name decides only where the content does not: for named pipes, which can be read only once, and for a file
whose first line is of neither kind, which its reader then refuses.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from seqcnn.data.readers.genome.bed_lines import is_comment, is_header, is_interval
from seqcnn.data.readers.genome.contigs import ChromosomePrefix
from seqcnn.data.readers.genome.peak_lines import is_peak, is_peak_header
from seqcnn.data.readers.id_cut import IdUntil
from seqcnn.data.readers.lab_formats import columns_without_header
from seqcnn.data.readers.table_file import TableFormat
from seqcnn.errors import UsageError
from seqcnn.io.spreadsheet import is_spreadsheet
from seqcnn.io.stream import STDIN, head, peek_standard_input, source_name

Kind = Literal["fasta", "table", "bed"]

_WORDS = {"fasta": "FASTA file", "bed": "BED file"}

_TABLE = (".csv", ".tsv", ".txt", ".tab")
_BED = (".bed", ".narrowpeak", ".broadpeak", ".gappedpeak", ".bedgraph", ".bdg")
_FASTA = (".fa", ".fasta", ".fna", ".fas", ".ffn", ".frn", ".mfa")


@dataclass(frozen=True, slots=True)
class SequenceFormat(TableFormat):
    """How a file of sequences is read, as far as it does not say so itself."""

    sequence: str | None = None
    """Column of the sequences of a table; None is the only one that is called like one."""
    id: str | None = None
    """Column of the ids of a table; None is that of `Table.id_column`."""
    id_until: IdUntil | None = None
    """Cut the ids at their first blank, pipe or colon."""
    genome: Path | None = None
    """Genome FASTA of the intervals of a BED file."""
    chromosome_prefix: ChromosomePrefix | None = None
    """Change of the names of contigs that the genome does not have."""
    features: Path | None = None
    """Features of the sequences, for models that take them."""

    def kind(self, path: Path) -> Kind:
        """Return the kind of a file of sequences; raise `UsageError` for an option of another kind."""
        kind = file_kind(path, self.genome)
        self.refuse_unused(path, kind)
        return kind

    def refuse_unused(self, path: Path, kind: str) -> None:
        """Raise `UsageError` for an option that does not belong to a kind of file."""
        table: dict[str, object] = {
            "--sequence-column": self.sequence,
            "--id": self.id,
            "--sheet": self.sheet,
            "--encoding": self.encoding,
            "--decimal": None if self.decimal == "." else self.decimal,
        }
        of_sequences: dict[str, object] = {"--id-until": self.id_until, "--features": self.features}
        intervals: dict[str, object] = {
            "--genome": self.genome,
            "--chromosome-prefix": self.chromosome_prefix,
        }
        options: dict[str, dict[str, object]] = {
            "file of sequences": {} if kind in get_args(Kind) else of_sequences,
            "table": {} if kind == "table" else table,
            "BED file": {} if kind == "bed" else intervals,
        }
        for expected, values in options.items():
            if unused := [option for option, value in values.items() if value is not None]:
                fault = f"{source_name(path)}: {unused[0]} belongs to a {expected}"
                raise UsageError(f"{fault}; this is a {_WORDS.get(kind, kind)}")


def file_kind(path: Path, genome: Path | None = None) -> Kind:
    """Return the kind of a file of sequences; `genome` is the FASTA of its intervals if it is a BED file."""
    if is_spreadsheet(path):
        return "table"
    if path != STDIN and os.path.isdir(path):
        expected = "FASTA, a table or BED"
        raise UsageError(f"{source_name(path)}: is a directory; expected a file of sequences: {expected}")
    start = peek_standard_input() if path == STDIN else head(path)
    lines = start.decode("utf-8", "surrogateescape").splitlines()
    first = next((line for line in lines if line.strip()), "")
    named = _kind_of_name(path)
    if first.startswith(">") or (named == "fasta" and not genome):
        return "fasta"
    if first.startswith("#") and "sequence" in first.split("\t"):
        return "table"
    row = next((line for line in lines if not is_comment(line)), "")
    fields = row.split("\t")
    peak = is_peak(fields) and columns_without_header(row) is None
    if is_interval(fields) or peak or first.startswith(("track ", "browser ")):
        return "bed"
    if (is_header(fields) or is_peak_header(fields)) and "sequence" not in fields:
        return "bed" if genome or named == "bed" else "table"
    if named is None and not first.startswith(("@", "#", ";")) and ("\t" in row or "," in row):
        return "table"
    return named or ("bed" if genome and not row else "fasta")


def _kind_of_name(path: Path) -> Kind | None:
    """Return the kind that the suffix of a file states, or None for another suffix."""
    name = path.name.lower().removesuffix(".gz").removesuffix(".bgz")
    kinds: dict[tuple[str, ...], Kind] = {_TABLE: "table", _BED: "bed", _FASTA: "fasta"}
    return next((kind for suffixes, kind in kinds.items() if name.endswith(suffixes)), None)

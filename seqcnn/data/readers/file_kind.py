"""Kind of a file of sequences (FASTA, table or BED), decided from its first line.

The name decides only where the content does not: for standard input and other streams, which can be read only
once, and for a file whose first line is of neither kind, which its reader then refuses.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from seqcnn.data.readers.genome.bed_lines import is_comment, is_header, is_interval
from seqcnn.io.spreadsheet import is_spreadsheet
from seqcnn.io.stream import head

Kind = Literal["fasta", "table", "bed"]

_TABLE = (".csv", ".tsv", ".txt", ".tab")
_BED = (".bed", ".narrowpeak", ".broadpeak", ".gappedpeak", ".bedgraph", ".bdg")
_FASTA = (".fa", ".fasta", ".fna", ".fas", ".ffn", ".frn", ".mfa")


def file_kind(path: Path, genome: Path | None = None) -> Kind:
    """Return the kind of a file of sequences; `genome` is the FASTA of its intervals if it is a BED file."""
    if is_spreadsheet(path):
        return "table"
    lines = head(path).decode("utf-8", "surrogateescape").splitlines()
    first = next((line for line in lines if line.strip()), "")
    named = _kind_of_name(path)
    if first.startswith(">") or (named == "fasta" and not genome):
        return "fasta"
    if first.startswith("#") and "sequence" in first.split("\t"):
        return "table"
    row = next((line for line in lines if not is_comment(line)), "")
    fields = row.split("\t")
    if is_interval(fields) or first.startswith(("track ", "browser ")):
        return "bed"
    if is_header(fields) and "sequence" not in fields:
        return "bed" if genome or named == "bed" else "table"
    if named is None and not first.startswith(("@", "#", ";")) and ("\t" in row or "," in row):
        return "table"
    return named or ("bed" if genome and not row else "fasta")


def _kind_of_name(path: Path) -> Kind | None:
    """Return the kind that the suffix of a file states, or None for another suffix."""
    name = path.name.lower().removesuffix(".gz").removesuffix(".bgz")
    kinds: dict[tuple[str, ...], Kind] = {_TABLE: "table", _BED: "bed", _FASTA: "fasta"}
    return next((kind for suffixes, kind in kinds.items() if name.endswith(suffixes)), None)

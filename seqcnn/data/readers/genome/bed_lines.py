"""Lines of a BED file, or of a table of peaks: place, name and strand of each interval.

Positions are 0-based half-open.  The strand is column 6 by definition.  Files of four or five columns that
hold it elsewhere are common; it is then read from the only column that holds nothing but strands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from seqcnn.data.readers.genome.peak_lines import ONE_BASED, is_peak, is_peak_header, peak_place
from seqcnn.data.readers.tables import ID_COLUMNS
from seqcnn.errors import SequenceError, refuse_control, show
from seqcnn.io.stream import STDIN, head, peek_standard_input, read_lines, source_name

VALUES = "intervals with a value in column 4, which are named chrom:start-end"

UNKNOWN_STRAND = "intervals of unknown strand ('.' or '*'), read on '+'"
NO_STRAND = "intervals without a strand, read on '+'"

_COMMENTS = ("#", "track ", "track\t", "browser ", "browser\t")
_POSITION = re.compile(r"[0-9]{1,15}", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?")
_STRANDS = {"+": "+", "-": "-", ".": ".", "*": "."}  # as written -> as in BED
_STRAND_COLUMN = 5  # 0-based
_CHROM_NAMES = {"chr", "chrom", "chromosome", "contig", "seqname", "seqnames"}
_START_NAMES = {"start", "chromstart", "chr_start", "begin"}
_END_NAMES = {"end", "chromend", "chr_end", "stop"}


class Interval(NamedTuple):
    """One interval: 1-based line of the file, name, place, and strand, which is + - or . (unknown)."""

    line: int
    name: str
    chrom: str
    start: int
    end: int
    strand: str
    fields: list[str]
    """All cells of the line."""


def read_bed(bed: Path, *, changes: Counter[str], columns: list[str] | None = None) -> Iterator[Interval]:
    """Yield the intervals of a BED file, in its order.

    Parameters
    ----------
    bed
        Tab-separated `chrom start end [name [score [strand]]]`, plain or gzip, possibly with a header
        line, a bedGraph, or a HOMER or SAF file (`peak_lines`).  Without a name an interval is named
        `chrom:start-end(strand)`; without a strand it is on '+', and named `chrom:start-end`.
    changes
        Counts of intervals with a strand in another column, of unknown strand, with a value in place of a
        name, or with 1-based positions; updated.
    columns
        Becomes the names of the columns if a header line has them.

    Raises
    ------
    SequenceError
        If a line is malformed, a column holds strands and other values, or there are no intervals.
    """
    parser = _Parser(source_name(bed), changes)
    parser.is_bedgraph, parser.has_values = _is_bedgraph(bed), _has_values(bed)
    for line, row in read_lines(bed, expected="BED", fault=SequenceError):
        if interval := parser.interval(line, row):
            yield interval
        elif columns is not None and parser.header:
            columns[:] = parser.header
    if not parser.count:
        raise SequenceError(f"{source_name(bed)}: empty; there are no intervals")


def is_value_column(bed: Path) -> bool:
    """Return whether the fourth and last column of a file is a value, as of bedGraph, and not a name."""
    return _is_bedgraph(bed) or _has_values(bed)


def _is_bedgraph(bed: Path) -> bool:
    """Return whether the name of a file says that it is a bedGraph."""
    return bed.name.lower().removesuffix(".gz").removesuffix(".bgz").endswith((".bedgraph", ".bdg"))


def _has_values(bed: Path) -> bool:
    """Return whether the fourth and last cells of the first lines of a file are numbers that are no names.

    These are repeated numbers, those with a sign, point or exponent, and those below a header that does not
    call them names.
    """
    start = (peek_standard_input() if bed == STDIN else head(bed)).decode("utf-8", "replace")
    lines = start.splitlines()[: None if start.endswith("\n") else -1] or [start]  # the last one may be cut
    header = next((fields for line in lines if is_header(fields := line.split("\t"))), [])
    rows = [fields for line in lines if not is_comment(line) and (fields := line.split("\t")) != header]
    cells = [fields[3] if len(fields) == 4 else "" for fields in rows]
    if not cells or not all(map(_NUMBER.fullmatch, cells)):
        return False
    if header:
        return header[-1].lower() not in ID_COLUMNS
    return len(set(cells)) < len(cells) or not all(map(str.isdigit, cells))


def is_header(fields: list[str]) -> bool:
    """Return whether a line names the columns of intervals."""
    return len(fields) >= 3 and fields[1].lower() in _START_NAMES and fields[2].lower() in _END_NAMES


def is_place(fields: list[str]) -> bool:
    """Return whether the first three columns are called like chromosome, start and end."""
    return is_header(fields) and fields[0].lstrip("#").lower() in _CHROM_NAMES


def is_interval(fields: list[str]) -> bool:
    """Return whether a line has a start and an end in its second and third column."""
    return len(fields) >= 3 and all(map(_POSITION.fullmatch, fields[1:3]))


def is_comment(line: str) -> bool:
    """Return whether a line of a BED file is blank, a comment, or for a genome browser."""
    return not line.strip() or line.startswith(_COMMENTS)


def strand_elsewhere(column: int) -> str:
    """Return the sentence on a strand that is not in the sixth column; `column` is 0-based."""
    return f"intervals with the strand in column {column + 1}, read from there (BED has it in column 6)"


class _Parser:
    """State of reading one file: `column` of the strand, if not the sixth, and columns of other values."""

    def __init__(self, where: str, changes: Counter[str]) -> None:
        self.where, self.changes = where, changes
        self.count = 0
        self.header: list[str] = []
        self.is_peaks: bool | None = None
        self.is_bedgraph = self.has_values = False
        self.column: int | None = None
        self.other: set[int] = set()

    def interval(self, line: int, row: str) -> Interval | None:
        """Return the interval of a line, or None for a comment or header."""
        where, fields = f"{self.where}, line {line}", row.split("\t")
        if self._is_no_interval(where, row, fields):
            return None
        if self.is_peaks is None:
            self.is_peaks = is_peak(fields) and not is_interval(fields)
        if self.is_peaks:
            return self._peak(where, line, fields)
        if not is_interval(fields):
            raise SequenceError(f"{where}: {show(row)} found; expected chrom, start and end, tab-separated")
        self.count += 1
        start, end = int(fields[1]), int(fields[2])
        name, given = self._name_and_strand(where, fields)
        strand = "+" if given is None else _STRANDS.get(given)
        if given is None:
            self.changes[NO_STRAND] += 1
        if start >= end or strand is None:
            found = f"{start}-{end} on strand {show(given or strand or '')}"
            raise SequenceError(f"{where}: {found}; expected start < end and strand + or -")
        if strand == ".":
            self.changes[UNKNOWN_STRAND] += 1
        if name.strip() in ("", "."):
            name = f"{fields[0]}:{start}-{end}" + ("" if given is None else f"({strand})")
        refuse_control(name + fields[0], where, SequenceError)
        return Interval(line, name, fields[0], start, end, strand, fields)

    def _is_no_interval(self, where: str, row: str, fields: list[str]) -> bool:
        """Return whether a line is a comment or a header, whose columns are kept."""
        if not self.count and (is_peak_header(fields) or is_header(fields)):
            _refuse_granges(where, fields)
            self.is_peaks, self.header = is_peak_header(fields), [fields[0].lstrip("#"), *fields[1:]]
            return True
        if is_comment(row):
            self.is_bedgraph |= row.startswith("track") and "type=bedGraph" in row
            return True
        return False

    def _peak(self, where: str, line: int, fields: list[str]) -> Interval:
        """Return the interval of a line of a HOMER or SAF file."""
        if not is_peak(fields):
            expected = "expected name, chromosome, start, end and strand (+ - 0 1), tab-separated"
            raise SequenceError(f"{where}: {show(chr(9).join(fields))} found; {expected}")
        name, chrom, start, end, strand = peak_place(fields)
        if not 0 <= start < end or not name.strip():
            written = f"{show(name, 40)}, {start + 1}-{end}"
            raise SequenceError(f"{where}: {written} found; expected a name, and 1 <= start <= end")
        self.count += 1
        self.changes[ONE_BASED] += 1
        if strand == ".":
            self.changes[UNKNOWN_STRAND] += 1
        refuse_control(name + chrom, where, SequenceError)
        return Interval(line, name, chrom, start, end, strand, fields)

    def _name_and_strand(self, where: str, fields: list[str]) -> tuple[str, str | None]:
        """Return name, '' if there is none, and strand as they are written."""
        if len(fields) <= _STRAND_COLUMN:
            return self._of_few_columns(where, fields)
        name, strand = fields[3], fields[_STRAND_COLUMN]
        wrong = [k + 1 for k in (3, 4) if fields[k] in ("+", "-")]
        if wrong and strand not in ("+", "-"):
            found = (
                f"strand {show(fields[wrong[0] - 1])} in column {wrong[0]}, and {show(strand)} in column 6"
            )
            raise SequenceError(f"{where}: {found}; expected the strand in column 6")
        return name, strand

    def _of_few_columns(self, where: str, fields: list[str]) -> tuple[str, str | None]:
        """Return name and strand, None if there is none, of a line without a sixth column."""
        if self.is_bedgraph or self.has_values or (len(fields) == 3 and self.column is None):
            if self.has_values:
                self.changes[VALUES] += 1
            return "", None
        signed = {k for k, cell in enumerate(fields) if k >= 3 and cell in ("+", "-")}
        self.other |= {k for k, cell in enumerate(fields) if k >= 3 and cell not in _STRANDS}
        if self.column is None and signed:
            self.column = min(signed)
        mixed = self.column in self.other or len(fields) <= (self.column or 0)
        if mixed or signed - {self.column}:
            raise SequenceError(
                f"{where}: {show(fields[3:])} after chrom, start and end; a strand may be in one column "
                "only, with + - or . in every line; expected chrom, start, end, name, score and strand"
            )
        if self.column is None:
            return fields[3], None
        self.changes[strand_elsewhere(self.column)] += 1
        rest = [cell for k, cell in enumerate(fields) if k >= 3 and k != self.column]
        named = rest and (self.column == 4 or not _NUMBER.fullmatch(rest[0]))
        return rest[0] if named else "", fields[self.column]


def _refuse_granges(where: str, fields: list[str]) -> None:
    """Raise `SequenceError` for a header of 1-based intervals, as of a table of R's GRanges."""
    if "width" in map(str.lower, fields) or fields[0].lower() == "seqnames":
        raise SequenceError(
            f"{where}: a table of GRanges, whose starts are 1-based; expected BED, as rtracklayer's "
            "export.bed writes it"
        )

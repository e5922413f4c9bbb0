"""Sequences of BED intervals from a genome FASTA, on the strand of the interval.

Positions are 0-based half-open, as in BED.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from seqcnn.data.readers.genome.bed_lines import is_interval, is_value_column, read_bed
from seqcnn.data.readers.genome.contigs import (
    ChromosomePrefix,
    common_name,
    contig_name,
    renamed_contigs,
    unknown_contigs,
)
from seqcnn.data.readers.genome.indexed_fasta import fetch_bases, open_genome
from seqcnn.data.readers.genome.peak_lines import is_peak
from seqcnn.data.readers.records import Record
from seqcnn.data.readers.tables import Table
from seqcnn.data.similarity.loci import Locus
from seqcnn.errors import SequenceError, place, show
from seqcnn.io.stream import source_name
from seqcnn.io.tsv import NA
from seqcnn.sequence.complement import reverse_complement

PLACE = ("chrom", "start", "end")
"""Names of the columns of a place."""

PEAK_COLUMNS = ("signalValue", "pValue", "qValue", "peak")
"""Columns of narrowPeak after those of BED6; broadPeak has no `peak`."""


def read_intervals(
    bed: Path,
    genome: Path,
    *,
    max_length: int,
    changes: Counter[str],
    prefix: ChromosomePrefix | None = None,
) -> Iterator[Record]:
    """Yield the sequence of every interval of a BED file, in its order.

    Parameters
    ----------
    bed
        As for `bed_lines.read_bed`.
    genome
        FASTA, plain or bgzip; its `.fai` (and `.gzi`) beside it is used if it fits.
    max_length
        Longest accepted interval, in bp.
    changes
        Counts of changes to the sequences; updated.
    prefix
        Change of the names of contigs that the genome does not have; names of intervals stay.

    Raises
    ------
    SequenceError
        If an interval is malformed, outside its chromosome, or holds other letters than DNA, or
        if there are no intervals.
    UsageError
        If there is no such file.
    EnvironmentFault
        If the genome cannot be read.
    """
    with open_genome(genome) as chromosomes:
        intervals = read_bed(bed, changes=changes)
        for number, (line, name, written, start, end, strand, _) in enumerate(intervals, 1):
            where = f"{source_name(bed)}, line {line}"
            chrom = contig_name(written, chromosomes, prefix)
            if prefix:
                changes[renamed_contigs(prefix, "intervals")] += chrom != written
            if chrom not in chromosomes:
                names = unknown_contigs([chrom], chromosomes.keys(), place(genome))
                raise SequenceError(f"{where}: chromosome {names}")
            if end > (size := len(chromosomes[chrom])):
                question = f"is {place(genome)} the genome of these positions?"
                raise SequenceError(f"{where}: {start}-{end} found; {show(chrom)} has {size} bp; {question}")
            if end - start > max_length:
                raise SequenceError(f"{where}: {start}-{end} found; expected at most {max_length} bp")
            packed = fetch_bases(chromosomes[chrom], start, end, where=where, changes=changes)
            yield Record(name, reverse_complement(packed) if strand == "-" else packed, line, number)


def interval_table(bed: Path, *, changes: Counter[str]) -> Table:
    """Return the columns of a BED file, or of a table of peaks, as a table with the names as column `id`.

    Columns are named by the header line, or by the format: BED6, narrowPeak, broadPeak or bedGraph, and
    `column_7`, ... beyond it.  Those of the place are called as in `PLACE`.
    """
    known: list[str] = []
    intervals = list(read_bed(bed, changes=changes, columns=known))
    width = max(len(interval.fields) for interval in intervals)
    known = known or _columns(bed, intervals[0].fields, width)
    first = 0 if is_interval(intervals[0].fields) else 1  # column of the chromosome
    known[first : first + len(PLACE)] = PLACE
    columns = [*known, *(f"column_{number}" for number in range(len(known) + 1, width + 1))]
    rows = [[i.name, *i.fields, *[NA] * (len(columns) - len(i.fields))] for i in intervals]
    lines = [interval.line for interval in intervals]
    if "id" in columns:
        return Table(bed, columns, [row[1:] for row in rows], lines)
    return Table(bed, ["id", *columns], rows, lines)


def _columns(bed: Path, first: list[str], width: int) -> list[str]:
    """Return the names of the columns of a file without a header line."""
    if is_peak(first) and not is_interval(first):
        return ["name", *PLACE, "strand"]
    if width == 4 and is_value_column(bed):
        return [*PLACE, "value"]
    names = (*PLACE, "name", "score", "strand")
    extended = width == 10 or (width == 9 and ".broadpeak" in bed.name.lower())
    return [*names, *(PEAK_COLUMNS if extended else ())][:width]


def read_loci(bed: Path, prefix: ChromosomePrefix | None = None) -> list[Locus]:
    """Return chromosome, start and end of every interval of a BED file.

    With a `prefix` to change, notations of a chromosome with and without `chr` have one name.
    """
    regions = read_bed(bed, changes=Counter())
    return [(common_name(region.chrom, prefix), region.start, region.end) for region in regions]

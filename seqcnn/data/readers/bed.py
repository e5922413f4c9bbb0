"""Sequences of BED intervals from a genome FASTA, on the strand of the interval.

Positions are 0-based half-open, as in BED.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from seqcnn.data.readers.genome.bed_lines import read_bed
from seqcnn.data.readers.genome.contigs import (
    ChromosomePrefix,
    common_name,
    contig_name,
    renamed_contigs,
    unknown_contigs,
)
from seqcnn.data.readers.genome.indexed_fasta import fetch_bases, open_genome
from seqcnn.data.readers.records import Record
from seqcnn.data.similarity.loci import Locus
from seqcnn.errors import SequenceError, place, show
from seqcnn.io.stream import source_name
from seqcnn.sequence.complement import reverse_complement


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
        for number, (line, name, written, start, end, strand) in enumerate(read_bed(bed, changes=changes), 1):
            where = f"{source_name(bed)}, line {line}"
            chrom = contig_name(written, chromosomes, prefix)
            if prefix:
                changes[renamed_contigs(prefix, "intervals")] += chrom != written
            if chrom not in chromosomes:
                names = unknown_contigs([chrom], chromosomes.keys(), place(genome))
                raise SequenceError(f"{where}: chromosome {names}")
            if end > len(chromosomes[chrom]) or end - start > max_length:
                limit = (
                    f"{show(chrom)} has {len(chromosomes[chrom])} bp and an interval at most {max_length} bp"
                )
                raise SequenceError(f"{where}: {start}-{end} found; {limit}")
            packed = fetch_bases(chromosomes[chrom], start, end, where=where, changes=changes)
            yield Record(name, reverse_complement(packed) if strand == "-" else packed, line, number)


def read_loci(bed: Path, prefix: ChromosomePrefix | None = None) -> list[Locus]:
    """Return chromosome, start and end of every interval of a BED file.

    With a `prefix` to change, notations of a chromosome with and without `chr` have one name.
    """
    regions = read_bed(bed, changes=Counter())
    return [(common_name(region.chrom, prefix), region.start, region.end) for region in regions]

"""Sequences of BED intervals from a genome FASTA, on the strand of the interval.

Positions are 0-based half-open, as in BED.  Nothing is written beside the genome: an index that is missing,
or older than the genome, is built in a temporary folder.
"""

from __future__ import annotations

import logging
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seqcnn.data.readers.bed_lines import read_bed
from seqcnn.data.readers.fasta_errors import MOSTLY_AMBIGUOUS, count_changes
from seqcnn.data.readers.records import Record
from seqcnn.data.similarity.loci import Locus
from seqcnn.errors import SequenceError, UsageError, place, show
from seqcnn.io.atomic import environment_fault, environment_faults
from seqcnn.io.gunzip import GZIP
from seqcnn.io.stream import source_name, unchanged
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import INVALID, PACK

logger = logging.getLogger(__name__)

_FAULTS = (OSError, ValueError, IndexError, zlib.error)  # raised for a damaged genome or index


def read_intervals(bed: Path, genome: Path, *, max_length: int, changes: Counter[str]) -> Iterator[Record]:
    """Yield the sequence of every interval of a BED file, in its order.

    Parameters
    ----------
    bed
        As for `bed_lines.read_bed`.
    genome
        FASTA, plain or bgzip; its `.fai` (and `.gzi`) beside it is used if it is not older.
    max_length
        Longest accepted interval, in bp.
    changes
        Counts of changes to the sequences; updated.

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
        for number, (line, name, chrom, start, end, strand) in enumerate(read_bed(bed, changes=changes), 1):
            where = f"{source_name(bed)}, line {line}"
            if chrom not in chromosomes:
                raise SequenceError(
                    f"{where}: chromosome {show(chrom)} is not in {place(genome)}; check its names"
                )
            if end > len(chromosomes[chrom]) or end - start > max_length:
                limit = (
                    f"{show(chrom)} has {len(chromosomes[chrom])} bp and an interval at most {max_length} bp"
                )
                raise SequenceError(f"{where}: {start}-{end} found; {limit}")
            packed = fetch_bases(chromosomes[chrom], start, end, where=where, changes=changes)
            yield Record(name, reverse_complement(packed) if strand == "-" else packed, line, number)


def read_loci(bed: Path) -> list[Locus]:
    """Return chromosome, start and end of every interval of a BED file."""
    return [(region.chrom, region.start, region.end) for region in read_bed(bed, changes=Counter())]


def fetch_bases(chromosome: Any, start: int, end: int, *, where: str, changes: Counter[str]) -> bytes:
    """Return the packed bases of one interval on '+'.

    Parameters
    ----------
    chromosome
        A chromosome of a genome that `open_genome` opened.
    start, end
        The interval, within the chromosome.
    where
        Start of error messages.
    changes
        Counts of changes to the sequences; updated.

    Raises
    ------
    SequenceError
        If there are other letters than DNA, or fewer bases than in the index.
    """
    letters = str(chromosome[start:end]).encode("latin-1", "replace")
    packed = letters.translate(PACK)
    if len(letters) != end - start:
        raise SequenceError(
            f"{where}: {len(letters)} bp found, {end - start} expected; "
            "the index does not fit the genome, build it again with `samtools faidx`"
        )
    if (offset := packed.find(INVALID)) >= 0:
        position = f"{show(chromosome.name)}, position {start + offset + 1}"
        raise SequenceError(f"{where}: {show(chr(letters[offset]))} at {position}; expected DNA letters")
    if 2 * count_changes(letters, packed, changes) > len(packed):
        changes[MOSTLY_AMBIGUOUS] += 1
    return packed


@contextmanager
def open_genome(genome: Path) -> Iterator[Any]:
    """Open a genome with pyfaidx; nothing is written beside it.

    Raises
    ------
    UsageError
        If there is no such file.
    SequenceError
        If it is not a FASTA with lines of equal length, plain or bgzip, or changes while it is open.
    EnvironmentFault
        If it cannot be read.
    """
    if not genome.is_file():
        raise UsageError(f"{place(genome)}: No such file; give the genome's FASTA with --genome")
    with (
        tempfile.TemporaryDirectory() as folder,
        unchanged(genome, where=place(genome), fault=SequenceError),
        _opened(genome, Path(folder)) as chromosomes,
    ):
        yield chromosomes


def _opened(genome: Path, folder: Path) -> Any:
    """Open a genome through a link in `folder`, where new indices are written."""
    import pyfaidx

    with environment_faults(genome):
        genome.open("rb").close()
        link = folder / ("genome.fa.gz" if _is_gzip(genome) else "genome.fa")
        link.symlink_to(genome.resolve())
        _link_indices(genome, link)
    try:
        return pyfaidx.Fasta(str(link), rebuild=False, sequence_always_upper=False)
    except (*_FAULTS, pyfaidx.FastaIndexingError, pyfaidx.UnsupportedCompressionFormat) as error:
        for refused in (error, error.__context__):
            if isinstance(refused, OSError) and refused.errno:
                raise environment_fault(refused, f"{place(genome)}: its index in {folder}") from error
        reason = str(error).replace(str(link), genome.name)
        raise SequenceError(
            f"{place(genome)}: {show(reason, 200)}; expected a FASTA, plain or bgzip, with even lines"
        ) from error


def _is_gzip(path: Path) -> bool:
    """Return whether a file is gzip or bgzip, by its first bytes."""
    with path.open("rb") as stream:
        return stream.read(len(GZIP)) == GZIP


def _link_indices(genome: Path, link: Path) -> None:
    """Link the indices of a genome if all of them exist and none is older than the genome."""
    suffixes = (".fai", ".gzi") if link.suffix == ".gz" else (".fai",)
    indices = [genome.with_name(genome.name + suffix) for suffix in suffixes]
    if all(i.is_file() and i.stat().st_mtime >= genome.stat().st_mtime for i in indices):
        for index, suffix in zip(indices, suffixes, strict=True):
            link.with_name(link.name + suffix).symlink_to(index.resolve())
        return
    logger.warning(
        "%s: no index beside it, or an older one: building one for this run; "
        "`samtools faidx` makes a permanent one",
        place(genome),
    )

"""BED intervals and a genome FASTA -> sequences, on the strand that the BED names.

Positions are 0-based half-open, as BED has them.  Nothing is ever written beside the genome: an
index that is not there already is built in a temporary folder.
"""

from __future__ import annotations

import logging
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqcnn.data.fasta import Record
from seqcnn.data.fasta_faults import count_changes
from seqcnn.data.onehot import INVALID, PACK, reverse_complement
from seqcnn.data.source import read_lines
from seqcnn.errors import SequenceError, UsageError, place, show

logger = logging.getLogger(__name__)


def read_intervals(bed: Path, genome: Path, *, max_length: int, changes: Counter[str]) -> Iterator[Record]:
    """Yield the sequence of every interval of a BED file, in its order.

    Parameters
    ----------
    bed
        Tab-separated `chrom start end [name [score [strand]]]`, plain or gzip.  Without a name the
        record is called `chrom:start-end(strand)`; without a strand it is read on '+'.
    genome
        FASTA, plain or bgzip; its `.fai` is used if it lies beside it.
    max_length
        The longest interval that is read, in bp.
    changes
        Counts of silent changes, added to.

    Raises
    ------
    SequenceError
        If an interval is malformed, lies outside its chromosome, or holds other letters than DNA.
    """
    with tempfile.TemporaryDirectory() as folder:
        chromosomes = _open_genome(genome, Path(folder))
        number = 0
        for line, row in read_lines(bed, expected="BED", fault=SequenceError):
            if not row.strip() or row.startswith(("#", "track ", "browser ")):
                continue
            number += 1
            where = f"{place(bed)}, line {line}"
            name, chrom, start, end, strand = _parse(row.split("\t"), where)
            if chrom not in chromosomes:
                raise SequenceError(
                    f"{where}: chromosome {show(chrom)} is not in {place(genome)}; check its names"
                )
            if end > len(chromosomes[chrom]) or end - start > max_length:
                limit = f"{chrom} has {len(chromosomes[chrom])} bp and an interval at most {max_length} bp"
                raise SequenceError(f"{where}: {start}-{end} found; {limit}")
            letters = str(chromosomes[chrom][start:end]).encode()
            packed = letters.translate(PACK)
            if (at := packed.find(INVALID)) >= 0:
                found = show(chr(letters[at]))
                raise SequenceError(
                    f"{where}: {found} at {chrom}, position {start + at + 1}; expected DNA letters"
                )
            count_changes(letters, packed, changes)
            yield Record(name, reverse_complement(packed) if strand == "-" else packed, line, number)


def _parse(fields: list[str], where: str) -> tuple[str, str, int, int, str]:
    """Return name, chromosome, start, end and strand of one BED line."""
    if len(fields) < 3 or not (fields[1].isascii() and fields[1].isdigit() and fields[2].isdigit()):
        raise SequenceError(
            f"{where}: {show(chr(9).join(fields))} found; expected chrom, start and end, tab-separated"
        )
    start, end, strand = int(fields[1]), int(fields[2]), fields[5] if len(fields) > 5 else "+"
    if start >= end or strand not in "+-.":
        raise SequenceError(
            f"{where}: {start}-{end} on strand {show(strand)}; expected start < end and strand + or -"
        )
    name = fields[3] if len(fields) > 3 and fields[3] != "." else f"{fields[0]}:{start}-{end}({strand})"
    return name, fields[0], start, end, strand


def _open_genome(genome: Path, folder: Path) -> Any:
    """Open a genome with pyfaidx, its index beside it if there is one, else in `folder`."""
    import pyfaidx

    if not genome.is_file():
        raise UsageError(f"{place(genome)}: No such file; give the genome's FASTA with --genome")
    index = genome.with_name(genome.name + ".fai")
    if not index.exists():
        logger.warning(
            "%s has no index: building one for this run (`samtools faidx` keeps it)", place(genome)
        )
        index = folder / "genome.fai"
    try:
        return pyfaidx.Fasta(str(genome), indexname=str(index), rebuild=False, sequence_always_upper=False)
    except (
        pyfaidx.FastaIndexingError,
        pyfaidx.FastaNotFoundError,
        pyfaidx.UnsupportedCompressionFormat,
    ) as error:
        raise SequenceError(
            f"{place(genome)}: {error}; expected a FASTA, plain or bgzip, with even lines"
        ) from error

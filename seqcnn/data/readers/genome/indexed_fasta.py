"""Genome FASTA with random access: bases of intervals.

Positions are 0-based half-open.  Nothing is written beside the genome: an index that is missing, older than
the genome, or does not fit it, is built in a temporary folder.
"""

from __future__ import annotations

import logging
import os
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from seqcnn.data.readers.fasta import parse_fasta
from seqcnn.data.readers.fasta_errors import MOSTLY_AMBIGUOUS, count_changes
from seqcnn.data.readers.genome.index_check import index_fits
from seqcnn.errors import SequenceError, place, refuse_control, show, show_ascii
from seqcnn.io.atomic import environment_fault, environment_faults, temporary_folder
from seqcnn.io.gunzip import GZIP
from seqcnn.io.regular_file import require_file
from seqcnn.io.stream import read_blocks, refuse_standard_input, unchanged
from seqcnn.sequence.onehot import INVALID, PACK

logger = logging.getLogger(__name__)

_LARGE = 1 << 27  # bytes of a genome above which building an index takes seconds

_FAULTS = (OSError, ValueError, IndexError, EOFError, RuntimeError, struct.error, zlib.error)
"""Exceptions of pyfaidx and Bio.bgzf for a damaged genome or index."""


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
        If there are other letters than DNA, fewer bases than in the index, or damaged bgzip data.
    EnvironmentFault
        If the genome cannot be read.
    """
    letters = _letters(chromosome, start, end, where)
    packed = letters.translate(PACK)
    if len(letters) != end - start:
        raise SequenceError(
            f"{where}: {len(letters)} bp found, {end - start} expected; "
            "the index does not fit the genome, build it again with `samtools faidx`"
        )
    if (offset := packed.find(INVALID)) >= 0:
        position = f"{show(chromosome.name)}, position {start + offset + 1}"
        raise SequenceError(
            f"{where}: {show_ascii(chr(letters[offset]))} at {position}; expected DNA letters"
        )
    if 2 * count_changes(letters, packed, changes) > len(packed):
        changes[MOSTLY_AMBIGUOUS] += 1
    return packed


def _letters(chromosome: Any, start: int, end: int, where: str) -> bytes:
    """Return the letters of an interval; convert exceptions."""
    try:
        return str(chromosome[start:end]).encode("latin-1", "replace")
    except _FAULTS as error:
        interval = f"{where}: {show(chromosome.name)}:{start}-{end}"
        if isinstance(error, OSError) and error.errno:
            raise environment_fault(error, interval) from error
        raise SequenceError(
            f"{interval}: damaged data ({show(error)}); copy the genome again, or check it with `gzip -t`"
        ) from error


@contextmanager
def open_genome(genome: Path) -> Iterator[Any]:
    """Open a genome with pyfaidx; nothing is written beside it.

    Raises
    ------
    UsageError
        If there is no such file.
    SequenceError
        If it is not a FASTA with lines of equal length, plain or bgzip, a name has a control character,
        or it changes while it is open.
    EnvironmentFault
        If it cannot be read.
    """
    refuse_standard_input(genome, "the genome's FASTA")
    require_file(genome, "check the path of the genome's FASTA")
    with (
        temporary_folder() as folder,
        unchanged(genome, where=place(genome), fault=SequenceError),
        _opened(genome, folder) as chromosomes,
    ):
        refuse_control(chromosomes.keys(), place(genome), SequenceError)
        yield chromosomes


def _opened(genome: Path, folder: Path) -> Any:
    """Open a genome through a link in `folder`, where new indices are written."""
    import pyfaidx

    with environment_faults(genome):
        genome.open("rb").close()
        link = folder / ("genome.fa.gz" if _is_gzip(genome) else "genome.fa")
        _make_link(link, genome)
        _link_indices(genome, link)
    try:
        return pyfaidx.Fasta(str(link), rebuild=False, sequence_always_upper=False)
    except (*_FAULTS, pyfaidx.FastaIndexingError, pyfaidx.UnsupportedCompressionFormat) as error:
        for refused in (error, error.__context__):
            if isinstance(refused, OSError) and refused.errno:
                raise environment_fault(refused, f"{place(genome)}: its index in {folder}") from error
        _refuse_no_fasta(genome)
        reason = str(error).replace(str(link), genome.name)
        raise SequenceError(
            f"{place(genome)}: {show(reason, 200)}; expected a FASTA, plain or bgzip, with even lines"
        ) from error


def _refuse_no_fasta(path: Path) -> None:
    """Raise `SequenceError` if a file is empty, or does not begin as a FASTA."""
    begin = islice(read_blocks(path, expected="FASTA", fault=SequenceError), 1)
    next(parse_fasta(begin, place(path), max_length=sys.maxsize, changes=Counter()))


def _make_link(link: Path, target: Path) -> None:
    """Link a file; by a hard link where symbolic ones are for administrators, as on Windows."""
    try:
        link.symlink_to(target.resolve())
    except OSError:
        link.hardlink_to(target.resolve())


def _is_gzip(path: Path) -> bool:
    """Return whether a file is gzip or bgzip, by its first bytes."""
    with path.open("rb") as stream:
        return stream.read(len(GZIP)) == GZIP


def _link_indices(genome: Path, link: Path) -> None:
    """Link the indices of a genome if all of them exist, none is older than the genome, and they fit it.

    That there is none is logged if building one takes long.
    """
    suffixes = (".fai", ".gzi") if link.suffix == ".gz" else (".fai",)
    indices = [genome.with_name(genome.name + suffix) for suffix in suffixes]
    readable = all(i.is_file() and os.access(i, os.R_OK) for i in indices)
    remedy = "building one for this run; `samtools faidx` makes a permanent one"
    if not (readable and all(i.stat().st_mtime >= genome.stat().st_mtime for i in indices)):
        if genome.stat().st_size >= _LARGE:
            logger.info("%s: no index beside it, or an older one: %s", place(genome), remedy)
    elif index_fits(genome, indices[0], *indices[1:]):
        for index, suffix in zip(indices, suffixes, strict=True):
            _make_link(link.with_name(link.name + suffix), index)
    else:
        names = ", ".join(place(index.name) for index in indices)
        logger.warning("%s: its index (%s) is of another file: %s", place(genome), names, remedy)

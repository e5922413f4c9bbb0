"""The `.fai` of a plain FASTA, with which a shard reads its own records only.

The index says where the records of a shard begin and end.  There the FASTA must have the headers that the
index names, and between them the records of the index, in its order; so shards of one index are always the
whole file.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate, islice
from pathlib import Path
from typing import BinaryIO

from seqcnn.data.readers.fasta_errors import MAX_HEADER
from seqcnn.data.readers.genome.index_check import Contig, contigs, read_part
from seqcnn.data.readers.records import Batch
from seqcnn.errors import SequenceError, place, show
from seqcnn.io.atomic import environment_faults
from seqcnn.io.gunzip import BLOCK
from seqcnn.io.stream import STDIN, unchanged

logger = logging.getLogger(__name__)

_HEADER = re.compile(rb">[ \t]*(\S+)[^\n]*\n")
_SAMPLES, _SAMPLE = 256, 1 << 14  # number of samples of a file, and their size in bytes


def index_of(fasta: Path) -> Path | None:
    """Return the index of a plain FASTA, if there is one beside it that is not older; else None."""
    index = _beside(fasta)
    if fasta == STDIN or not (fasta.is_file() and index.is_file() and _is_plain_fasta(fasta)):
        return None
    if index.stat().st_mtime >= fasta.stat().st_mtime:
        return index
    remedy = "`samtools faidx` makes a new one, with which a shard reads its own records only"
    logger.info("%s: older than %s, and not used; %s", place(index), place(fasta), remedy)
    return None


def _beside(fasta: Path) -> Path:
    """Return the path of the index of a FASTA."""
    return fasta.with_name(fasta.name + ".fai")


def _is_plain_fasta(path: Path) -> bool:
    """Return whether a file begins like FASTA, and is not compressed."""
    with environment_faults(path), path.open("rb") as file:
        return file.read(BLOCK).lstrip().startswith(b">")


def sample_digest(path: Path) -> str:
    """Return the SHA-256 of the size of a file and of 256 pieces of 16 kB, evenly spaced."""
    with environment_faults(path), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        content = hashlib.sha256(str(size).encode())
        for number in range(_SAMPLES):
            file.seek(number * max(size - _SAMPLE, 0) // (_SAMPLES - 1))
            content.update(file.read(_SAMPLE))
    return content.hexdigest()


class FastaIndex:
    """An index of a FASTA; `len()` is its number of records.

    Parameters
    ----------
    fasta
        A file for which `index_of` returns an index.
    """

    def __init__(self, fasta: Path) -> None:
        self.fasta, self.index = fasta, _beside(fasta)
        with environment_faults(self.index), self.index.open("rb") as file:
            counts = (block.count(b"\n") for block in iter(lambda: file.read(BLOCK), b""))
            self._line_ends = [0, *accumulate(counts)]  # before each block
        if not len(self):
            raise self._misfit("it names no record")

    def __len__(self) -> int:
        return self._line_ends[-1]

    def records(self, begin: int, end: int) -> Iterator[Contig]:
        """Yield the records from number `begin`, 0-based, to before `end`."""
        with environment_faults(self.index), self.index.open("rb") as file:
            block = max(bisect_left(self._line_ends, begin) - 1, 0)  # with the end of the line before
            file.seek(block * BLOCK)
            lines = islice(file, begin - self._line_ends[block], end - self._line_ends[block])
            try:
                yield from contigs(lines)
            except ValueError:
                raise self._misfit("not an index") from None

    def blocks(self, begin: int, end: int) -> Iterator[bytes]:
        """Yield the content of the FASTA from the header of one record to before that of another."""
        where = place(self.fasta)
        with (
            environment_faults(self.fasta),
            self.fasta.open("rb") as file,
            unchanged(file, where=where, fault=SequenceError),
        ):
            position, stop = (self._header(file, number) for number in (begin, end))
            if stop < position:
                raise self._misfit("its records are not in their order in the file")
            file.seek(position)
            while size := min(BLOCK, stop - position):
                yield file.read(size)
                position += size

    def checked(self, batches: Iterable[Batch], begin: int, end: int) -> Iterator[Batch]:
        """Yield batches of these records; refuse records that are not those of the index."""
        names = (contig.name.decode("utf-8", "surrogateescape") for contig in self.records(begin, end))
        for batch in batches:
            for number, name in enumerate(batch.names, batch.number):
                if (expected := next(names, "")) != name:
                    what = f"record {number} is {show(name, 40)}, {show(expected, 40)} in the index"
                    raise self._misfit(f"{what}, which leaves out repeated names")
            yield batch
        if missing := next(names, None):
            raise self._misfit(f"{show(missing, 40)} is elsewhere")

    def _header(self, file: BinaryIO, number: int) -> int:
        """Return the position of the header of a record, the first byte and the end of the file included."""
        if number in (0, len(self)):
            return file.seek(0, os.SEEK_END if number else os.SEEK_SET)
        (contig,) = self.records(number, number + 1)
        begin = max(contig.offset - MAX_HEADER - 1, 0)
        text = read_part(file, begin, contig.offset)
        start = text.rfind(b"\n", 0, -1) + 1
        header = _HEADER.fullmatch(text, start)
        if not (start and header and header[1] == contig.name):
            name = contig.name.decode("utf-8", "surrogateescape")
            raise self._misfit(f"record {number + 1}, {show(name, 40)}, is elsewhere")
        return begin + start

    def _misfit(self, fault: str) -> SequenceError:
        """Return the error for an index that does not fit."""
        remedy = f"make it again with `samtools faidx {self.fasta.name}`, or remove it"
        return SequenceError(f"{place(self.index)}: not the index of {place(self.fasta)}: {fault}; {remedy}")

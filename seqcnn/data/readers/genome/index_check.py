"""Check the indices of a genome against it: `.fai`, and `.gzi` of a bgzip file.

An index that was made for another version of the file gives other bases at every position, so a newer time
of change is not enough.  Of each contig its header and the ends of its first and last full line are read,
and what is between two contigs; of a bgzip file the header of each block.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from seqcnn.data.readers.fasta_errors import MAX_HEADER

_HEADER = re.compile(rb"(?P<end>[^\r\n][\r\n]+)?[\r\n]*>[ \t]*(?P<name>\S+)[^\n]*\n")  # after a last base
_LAST_END = re.compile(rb"[^\r\n][\r\n]*")
_LINE_END = re.compile(rb"[^\r\n]\r?\n[^\r\n]")
_BLOCK = struct.Struct("<4s6xH2s2xH")  # gzip magic, length of the extra field, BC, size of the block - 1

Read = Callable[[int, int], bytes]
"""Start and end -> the decompressed bytes of a genome, fewer at its end."""


class Contig(NamedTuple):
    """One line of a `.fai`."""

    name: bytes
    length: int
    """bp."""
    offset: int
    """Position of the first base in the file."""
    line_bases: int
    line_bytes: int
    """Bases of a full line, and its bytes with the line end."""

    @property
    def last(self) -> int:
        """Position of the last base in the file; of an empty contig, position after its header."""
        if not self.length:
            return self.offset
        breaks = (self.length - 1) // self.line_bases
        return self.offset + self.length - 1 + breaks * (self.line_bytes - self.line_bases)


def index_fits(genome: Path, fai: Path, gzi: Path | None = None) -> bool:
    """Return whether the indices are those of a genome.

    Parameters
    ----------
    genome
        FASTA; bgzip if there is a `gzi`.
    fai, gzi
        Its indices.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    try:
        with _reader(genome, gzi) as read, fai.open("rb") as lines:
            return _contigs_fit(sorted(contigs(lines), key=lambda contig: contig.offset), read)
    except (
        ValueError,
        EOFError,
        RuntimeError,
        struct.error,
        zlib.error,
    ):  # no index, or a damaged bgzip file
        return False


def contigs(lines: Iterable[bytes]) -> Iterator[Contig]:
    """Yield the contigs of lines of a `.fai`; raise `ValueError` if they are none."""
    for line in lines:
        name, *numbers = line.rstrip(b"\r\n").split(b"\t")
        if len(numbers) != 4 or not all(number.isdigit() and len(number) < 16 for number in numbers):
            raise ValueError
        contig = Contig(name, *map(int, numbers))
        if contig.length and not 0 < contig.line_bases <= contig.line_bytes <= contig.line_bases + 2:
            raise ValueError
        yield contig


def _contigs_fit(ordered: list[Contig], read: Read) -> bool:
    """Return whether contigs, by offset, with their headers are the whole file."""
    first = Contig(b"", 0, 0, 0, 0)
    for before, contig in pairwise([first, *ordered]):
        if not 0 < contig.offset - before.last <= MAX_HEADER:
            return False
        header = _HEADER.fullmatch(read(before.last, contig.offset))
        if not header or header["name"] != contig.name or bool(header["end"]) != bool(before.length):
            return False
        if not all(_LINE_END.fullmatch(text) for text in _line_ends(contig, read)):
            return False
    last = ordered[-1] if ordered else first
    rest = read(last.last, last.last + MAX_HEADER)
    return bool(_LAST_END.fullmatch(rest)) if last.length else not rest.strip()


def _line_ends(contig: Contig, read: Read) -> Iterator[bytes]:
    """Yield the line end of the first and of the last full line, with a base on either side."""
    if contig.length > contig.line_bases:
        for line in (1, (contig.length - 1) // contig.line_bases):
            end = contig.offset + line * contig.line_bytes
            yield read(end - contig.line_bytes + contig.line_bases - 1, end + 1)


@contextmanager
def _reader(genome: Path, gzi: Path | None) -> Iterator[Read]:
    """Open a genome, and yield a function that reads a part of it."""
    from Bio.bgzf import BgzfReader, make_virtual_offset

    with genome.open("rb") as file:
        if gzi is None:
            yield lambda start, end: read_part(file, start, end)
            return
        blocks = np.array([*_blocks(file)], np.int64).reshape(-1, 2)  # compressed and decompressed start
        _refuse_other_blocks(blocks, gzi)
        file.seek(0)
        reader = BgzfReader(fileobj=file, mode="rb")  # type: ignore[no-untyped-call]

        def read(start: int, end: int) -> bytes:
            """Read a part from the block that holds its start."""
            block, begin = blocks[np.searchsorted(blocks[:, 1], start, side="right") - 1].tolist()
            reader.seek(make_virtual_offset(block, start - begin))  # type: ignore[no-untyped-call]
            return bytes(reader.read(end - start))  # type: ignore[no-untyped-call]

        yield read


def read_part(file: BinaryIO, start: int, end: int) -> bytes:
    """Return a part of a plain file, b"" behind its end, where file systems refuse to seek far."""
    if start > os.fstat(file.fileno()).st_size:
        return b""
    file.seek(start)
    return file.read(end - start)


def _blocks(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Yield the compressed and decompressed start of each block of a bgzip file, the empty last one included.

    A block is a gzip member with its compressed size in the extra field BC; its last four bytes are its
    decompressed size.
    """
    start = begin = 0
    size = file.seek(0, os.SEEK_END)
    while start < size:
        magic, _, subfield, length = _BLOCK.unpack(read_part(file, start, start + _BLOCK.size))
        if magic != b"\x1f\x8b\x08\x04" or subfield != b"BC" or length < _BLOCK.size:
            raise ValueError
        yield start, begin
        start += length + 1
        begin += struct.unpack("<I", read_part(file, start - 4, start))[0]


def _refuse_other_blocks(blocks: np.ndarray, gzi: Path) -> None:
    """Raise `ValueError` if a `.gzi` has other blocks; it lists all but the first, and may omit the last."""
    parts = (blocks[1:], blocks[1:-1])
    contents = [struct.pack("<Q", len(part)) + part.astype("<u8").tobytes() for part in parts]
    with gzi.open("rb") as file:
        if file.read(len(contents[0]) + 1) not in contents:
            raise ValueError

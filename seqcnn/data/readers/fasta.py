"""Streaming FASTA parser: records of packed bases in bounded memory.

Accepted: blank lines, CRLF, lines of any length, blanks inside lines, lower case, U, IUPAC codes,
a byte order mark, gzip, bgzip.  Changes are counted and reported.  Everything else is refused with record,
line and position: gaps, digits, NULs, a '>' inside a line, no name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from seqcnn.columns.byte_strings import first_equal
from seqcnn.data.readers import fasta_errors
from seqcnn.data.readers.fasta_errors import BLANKS, MAX_COUNTED, MAX_HEADER, MOSTLY_AMBIGUOUS
from seqcnn.data.readers.fasta_fast import read_regular
from seqcnn.data.readers.records import Batch, Record
from seqcnn.errors import MAX_LISTED, SequenceError, has_control, listed, refuse_control, show
from seqcnn.io.stream import read_blocks, source_name
from seqcnn.sequence.onehot import INVALID, PACK, PACKED_MISSING, is_missing, unpack
from seqcnn.sequence.window import MAX_LENGTH

MAX_NAMES = 250_000
"""Number of names that `count_repeated_names` keeps."""

REPEATED_NAME = "records with the name of an earlier record"

_LONG = 1 << 20  # bytes of an unfinished record above which it is packed piece by piece
_SHORT = 100  # bytes of a record, blanks included, that may be a word for a missing value
_PLAIN = b"ACGT\n"
_NOT_ASCII = bytes(range(128, 256))


def read_fasta(path: Path, *, max_length: int = MAX_LENGTH, changes: Counter[str]) -> Iterator[Record]:
    """Yield the records of a FASTA file in their order; as `read_fasta_batches`."""
    for batch in read_fasta_batches(path, max_length=max_length, changes=changes):
        yield from batch.records()


def read_fasta_batches(path: Path, *, max_length: int = MAX_LENGTH, changes: Counter[str]) -> Iterator[Batch]:
    """Yield the records of a FASTA file in their order; the file is opened on the first iteration.

    Parameters
    ----------
    path
        Plain, gzip or bgzip, recognised by content; '-' is standard input.
    max_length
        Longest accepted record, in bp.
    changes
        Sentence of `fasta_errors` -> number of letters or records; updated.

    Yields
    ------
    Batches of any size; records have 1 to `max_length` bp.  A name is the header up to the first
    blank, byte for byte: bytes that are not UTF-8 become surrogate escapes.

    Raises
    ------
    SequenceError
        If the content is not FASTA, is damaged, holds no record, or a record cannot be read.
    UsageError
        If there is no such file, or standard input is closed.
    EnvironmentFault
        If the file cannot be read.
    """
    blocks = read_blocks(path, expected="FASTA", fault=SequenceError, sparse=True)
    return parse_fasta(blocks, source_name(path), max_length=max_length, changes=changes)


def parse_fasta(
    blocks: Iterator[bytes], where: str, *, max_length: int, changes: Counter[str], before: int = 0
) -> Iterator[Batch]:
    """Yield the records of a text, see `read_fasta_batches`; `before` is the number of records before it."""
    return _Parser(where, max_length, changes, before).batches(blocks)


def check_names(names: Sequence[str], path: Path) -> None:
    """Raise `SequenceError` if two records have the same name, or a name has a control character.

    Parameters
    ----------
    names
        The name of every record, in the order of the file.
    path
        The file, for the message.
    """
    for number, name in enumerate(names, start=1):
        if has_control(name):
            refuse_control(name, f"{source_name(path)}: record {number}", SequenceError)
    first = first_equal(names)
    if (repeated := np.flatnonzero(first < np.arange(len(first)))).size:
        some = [f"{show(names[i])} names records {first[i] + 1} and {i + 1}" for i in repeated[:MAX_LISTED]]
        faults = listed(some, len(repeated))
        raise SequenceError(f"{source_name(path)}: {faults}; names must be unique to join by id")


def count_repeated_names(batches: Iterable[Batch], *, changes: Counter[str]) -> Iterator[Batch]:
    """Yield the batches unchanged; count in `changes` the records that repeat a name.

    After `MAX_NAMES` names, further names are compared within their batch only, to bound memory.
    """
    seen: set[str] = set()
    for batch in batches:
        names = set(batch.names)
        changes[REPEATED_NAME] += len(batch) - len(names - seen)
        if len(seen) < MAX_NAMES:
            seen |= names
        yield batch


class _Parser:
    """Position in the file: `number` of the record, `line` of its header, and `rest` of the text."""

    def __init__(self, where: str, max_length: int, changes: Counter[str], number: int = 0) -> None:
        self.where = where
        self.max_length = max_length
        self.changes = changes
        self.number = number
        self.line = 1
        self.rest = b""

    def batches(self, blocks: Iterator[bytes]) -> Iterator[Batch]:
        """Yield all records; `buffer` always starts with the header of an unfinished record."""
        buffer = self._start(blocks)
        while buffer:
            if cut := buffer.rfind(b"\n>") + 1:
                yield self._whole(buffer[:cut])
                buffer = buffer[cut:]
            if len(buffer) > _LONG:
                yield Batch.of([self._long(buffer, blocks)])
                buffer = self.rest
            elif block := next(blocks, b""):
                buffer += block
            else:
                yield self._whole(buffer.removesuffix(b"\n") + b"\n")
                return

    def _whole(self, text: bytes) -> Batch:
        """Parse whole records: all at once if they are regular, otherwise one by one."""
        batch = read_regular(
            text, line=self.line, number=self.number + 1, max_length=self.max_length, changes=self.changes
        )
        if batch is None:
            return Batch.of(list(self._any_lines(text[1:-1].split(b"\n>"))))
        last = text.rfind(b"\n>") + 1
        self.number += len(batch)
        self.line = int(batch.line[-1]) + text.count(b"\n", last)
        return batch

    def _start(self, blocks: Iterator[bytes]) -> bytes:
        """Return the first block from its first '>'; only blank lines may precede it."""
        last, blanks = b"\n", 0
        for block in blocks:
            text = block.lstrip(BLANKS)
            blank = last + block[: len(block) - len(text)]
            blanks += len(blank) - 1
            if blanks > MAX_COUNTED:
                raise fasta_errors.too_many_blanks(f"{self.where}, line {self.line}")
            self.line += blank.count(b"\n", 1)
            last = blank[-1:]
            if text.startswith(b">") and last == b"\n":
                return text
            if text:
                raise fasta_errors.not_fasta(f"{self.where}, line {self.line}", text)
        raise SequenceError(f"{self.where}: empty; there are no records")

    def _any_lines(self, parts: list[bytes]) -> Iterator[Record]:
        """Yield the record of each text between two '>'."""
        for part in parts:
            self.number += 1
            header, _, body = part.partition(b"\n")
            name = self._name(header)
            if len(body) < _SHORT and is_missing(letters := body.translate(None, BLANKS)):
                word = letters.decode("utf-8", "surrogateescape")
                raise fasta_errors.missing_sequence(f"{self._record(name)}, line {self.line}", word)
            bases = body.translate(PACK, BLANKS)
            if body.translate(None, _PLAIN):
                self._note_mostly_ambiguous(self._count(name, body, bases), len(bases))
            self._check_length(name, len(bases))
            yield Record(name, bases, self.line, self.number)
            self.line += part.count(b"\n") + 1

    def _long(self, buffer: bytes, blocks: Iterator[bytes]) -> Record:
        """Pack one long record piece by piece; set `rest` to the text after it."""
        self.number += 1
        header, newline, body = buffer[1:].partition(b"\n")
        name = self._name(header, 0 if newline else fasta_errors.rest_of_line(blocks))
        packed, length, lines, ambiguous, blanks = bytearray(), 0, 1, 0, 0
        for piece in self._pieces(body, blocks):
            bases = piece.translate(PACK, BLANKS)
            ambiguous += self._count(name, piece, bases, before=length, lines=lines)
            length += len(bases)
            blanks += len(piece) - len(bases)
            if blanks > MAX_COUNTED:
                raise fasta_errors.too_many_blanks(f"{self._record(name)}, line {self.line + lines}")
            lines += piece.count(b"\n")
            if length <= self.max_length:
                packed += bases
            elif length > MAX_COUNTED:
                break
        self._check_length(name, length)
        if bytes(packed) in PACKED_MISSING:
            where = f"{self._record(name)}, line {self.line}"
            raise fasta_errors.missing_sequence(where, unpack(bytes(packed)))
        self._note_mostly_ambiguous(ambiguous, length)
        record = Record(name, bytes(packed), self.line, self.number)
        self.line += lines + 1
        return record

    def _pieces(self, text: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the lines of the unfinished record in pieces; set `rest` to the text after them."""
        self.rest = b""
        while (cut := text.find(b"\n>")) < 0:
            piece = _complete_letters(text.removesuffix(b"\n"))
            yield piece
            rest, block = text[len(piece) :], next(blocks, b"")
            if not block:
                yield rest.removesuffix(b"\n")
                return
            text = rest + block
        self.rest = text[cut + 1 :]
        yield text[:cut]

    def _name(self, header: bytes, more: int = 0) -> str:
        """Return the name in a header line; `more` is the number of its bytes that were not kept."""
        words, length = header.split(None, 1), len(header) + more
        if not words or length > MAX_HEADER or b"\0" in header or b"\r" in header.rstrip(b"\r"):
            where = f"{self.where}: record {self.number}, line {self.line}"
            raise fasta_errors.bad_header(where, header, length)
        name = words[0].decode("utf-8", "surrogateescape")
        refuse_control(name, f"{self.where}: record {self.number}, line {self.line}", SequenceError)
        return name

    def _count(self, name: str, body: bytes, bases: bytes, *, before: int = 0, lines: int = 1) -> int:
        """Count the changes in a piece of a record; return its number of ambiguous letters."""
        if INVALID in bases:
            raise fasta_errors.bad_letter(self._record(name), body, before=before, line=self.line + lines)
        return fasta_errors.count_changes(body, bases, self.changes)

    def _note_mostly_ambiguous(self, ambiguous: int, length: int) -> None:
        if 2 * ambiguous > length:
            self.changes[MOSTLY_AMBIGUOUS] += 1

    def _check_length(self, name: str, length: int) -> None:
        if not 0 < length <= self.max_length:
            where = f"{self._record(name)}, line {self.line}"
            raise fasta_errors.wrong_length(where, length, self.max_length)

    def _record(self, name: str) -> str:
        return f"{self.where}: record {self.number} {show(name)}"


def _complete_letters(text: bytes) -> bytes:
    """Return a text without an incomplete UTF-8 letter at its end."""
    complete = text.rstrip(_NOT_ASCII)
    return complete if len(text) - len(complete) < 4 else text

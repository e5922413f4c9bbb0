"""Streaming input from a path or '-': blocks of decompressed bytes, or lines of text, in bounded memory.

gzip (one or several members) and bgzip are recognised by content, never by name.  Damaged or truncated
data is an error, and so is a file of another format, which the message names.
"""

from __future__ import annotations

import codecs
import errno
import hashlib
import io
import logging
import os
import re
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from seqcnn.errors import MAX_SHOWN, EnvironmentFault, SeqcnnError, UsageError, place, refuse_nul
from seqcnn.io.gunzip import BLOCK, GZIP, gunzip

logger = logging.getLogger(__name__)

STDIN = Path("-")
"""The path of standard input."""

MAX_LINE = 1 << 22
"""Longest line that `read_lines` yields, in bytes."""

_BOM = b"\xef\xbb\xbf"

_OTHER_FORMATS = (
    (rb"\x1f\x8b", "gzip inside gzip"),
    (rb"BZh[1-9](1AY|\x17)", "bzip2 data; decompress it with bunzip2"),
    (rb"\xfd7zXZ\x00", "xz data; decompress it with unxz"),
    (rb"\x28\xb5\x2f\xfd", "zstd data; decompress it with unzstd"),
    (rb"\x1f\x9d", "compress (.Z) data; decompress it with uncompress"),
    (rb"7z\xbc\xaf", "a 7z archive"),
    (rb"PK(\x03\x04|\x05\x06)", "a ZIP archive (.xlsx or .ods spreadsheet, .zip, .pt); export or extract it"),
    (rb"\xd0\xcf\x11\xe0", "an old Office file (.xls spreadsheet); export it as text"),
    (rb"\xff\xfe\x00\x00|\x00\x00\xfe\xff", "UTF-32 text; save it as UTF-8"),
    (rb"\xff\xfe|\xfe\xff", "UTF-16 text; save it as UTF-8"),
    (rb"\x80[\x02-\x05]", "a Python pickle"),
    (rb"\x89HDF", "HDF5 data"),
    (rb".{5}\x00{3}\{", "a safetensors model"),
    (rb"\x1a\x41\x27\x43|C'A\x1a", "2bit sequence data; convert it with twoBitToFa"),
    (rb"BAM\x01", "BAM data"),
    (rb"CRAM[\x02\x03]", "CRAM data"),
    (rb"BCF\x02", "BCF data; convert it with `bcftools view`"),
    (rb"RD[AX]\d\n", "an R workspace (.Rdata)"),
    (rb"PAR1[\x00-\x1f]", "a Parquet file"),
    (rb"\x7fELF", "a program (ELF)"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\x00|MM\x00\*", "an image"),
    (rb"%PDF-", "a PDF"),
    (rb"version https://git-lfs", "a Git LFS pointer; get the file itself with 'git lfs pull'"),
    (rb"\s*<", "HTML or XML (a failed download?)"),
    (rb"\s*[{\[]", "JSON"),
)


def source_name(path: object) -> str:
    """Return `path` as it is written in messages; '-' is 'standard input'."""
    return "standard input" if path == STDIN else place(path)


def refuse_standard_input(path: Path, expected: str) -> None:
    """Raise `UsageError` for standard input in the place of a file that needs random access."""
    if path == STDIN:
        raise UsageError(f"standard input: random access is needed; give the name of a file of {expected}")


def read_blocks(
    path: Path,
    *,
    expected: str,
    fault: type[SeqcnnError],
    sparse: bool = False,
    encoding: str | None = None,
) -> Iterator[bytes]:
    """Yield the decompressed content of a file, or of standard input.

    Parameters
    ----------
    path
        Plain, gzip or bgzip; '-' is standard input.
    expected
        The expected format for messages, such as 'FASTA'.
    fault
        Class of the error to raise for invalid content.
    sparse
        Whether highly repetitive content, with the ratio of a gzip bomb, is accepted.
    encoding
        Encoding of the text, which is converted to UTF-8; None passes bytes on as they are.

    Yields
    ------
    Blocks of at least `BLOCK` bytes, except the last one, without a byte order mark.

    Raises
    ------
    UsageError
        If there is no such file, or standard input is closed.
    EnvironmentFault
        If the file cannot be read.
    SeqcnnError
        `fault`, if the data is damaged, of another format, or changes while it is read.
    """
    with _opened(path, expected) as stream, unchanged(stream, where=source_name(path), fault=fault):
        head = stream.read(BLOCK)
        raw = _plain(stream, head)
        pieces = gunzip(raw, where=source_name(path), fault=fault, sparse=sparse)
        pieces = pieces if head.startswith(GZIP) else raw
        if encoding is not None:
            pieces = _recoded(pieces, encoding, where=source_name(path), fault=fault)
        for number, block in enumerate(_coalesced(pieces)):
            if number == 0:
                _refuse_other_formats(block, where=source_name(path), expected=expected, fault=fault)
            yield block.removeprefix(_BOM) if number == 0 else block


def head(path: Path, size: int = 1 << 16) -> bytes:
    """Return the first bytes of the decompressed content of a regular file; b'' for anything else.

    Nothing is refused: a file that cannot be read, or is damaged, has no first bytes either.
    """
    try:
        if path == STDIN or not path.is_file():
            return b""
        with path.open("rb") as stream:
            start = stream.read(size)
        text = zlib.decompressobj(wbits=31).decompress(start, size) if start.startswith(GZIP) else start
    except (OSError, ValueError, zlib.error):
        return b""
    return text.removeprefix(_BOM)


def peek_standard_input() -> bytes:
    """Return the first bytes of standard input, decompressed, which stay to be read.

    b'' for a terminal, and for a stream that cannot be peeked.
    """
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None or stream.closed or stream.isatty() or not isinstance(stream, io.BufferedReader):
        return b""
    try:
        start = stream.peek()
        text = zlib.decompressobj(wbits=31).decompress(start) if start.startswith(GZIP) else start
    except (OSError, ValueError, zlib.error):
        return b""
    return text.removeprefix(_BOM)


def is_hdf5(path: Path) -> bool:
    """Return whether a file is HDF5, by its first bytes or, if there is no such file, by its name."""
    return head(path, 4) == b"\x89HDF" or path.suffix.lower() in (".h5", ".hdf5")


def read_lines(
    path: Path,
    *,
    expected: str,
    fault: type[SeqcnnError],
    sparse: bool = False,
    encoding: str | None = None,
    line_end: bytes = b"\n",
) -> Iterator[tuple[int, str]]:
    """Yield the 1-based number and the text of each line, without its line end.

    `line_end` is the last byte of lines.  Other arguments and errors are those of `read_blocks`; a NUL, a
    carriage return inside a line, and a line longer than `MAX_LINE` are errors too.  Bytes that are not UTF-8
    become surrogate escapes.
    """
    count, rest, name = 0, b"", source_name(path)
    for block in read_blocks(path, expected=expected, fault=fault, sparse=sparse, encoding=encoding):
        *lines, rest = (rest + block).split(line_end)
        for line in lines:
            count += 1
            yield count, _decoded(line, where=f"{name}, line {count}", fault=fault)
        if len(rest) > MAX_LINE:
            where = f"{name}, line {count + 1}"
            raise fault(f"{where}: longer than {MAX_LINE} bytes; expected {expected}")
    if rest:
        yield count + 1, _decoded(rest, where=f"{name}, line {count + 1}", fault=fault)


@contextmanager
def unchanged(file: BinaryIO | Path, *, where: str, fault: type[SeqcnnError]) -> Iterator[None]:
    """Raise `fault` if a file changes inside the block, as the data read from it may be inconsistent.

    `file` is a path or an open file; pipes and terminals are not checked.
    """
    before = _state(file)
    yield
    if _state(file) != before:
        raise fault(f"{where}: changed while it was read; wait until it is complete, and try again")


def _state(file: BinaryIO | Path) -> tuple[int, int] | None:
    """Return size and time of change of a regular file, None for anything else."""
    try:
        status = os.stat(file if isinstance(file, Path) else file.fileno())
    except io.UnsupportedOperation:  # standard input replaced by bytes in memory
        return None
    return (status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


def _decoded(line: bytes, *, where: str, fault: type[SeqcnnError]) -> str:
    """Return a line as text; raise `fault` for a NUL or a carriage return inside it."""
    line = line.rstrip(b"\r")
    if b"\r" in line:
        raise fault(f"{where}: carriage return inside the line; save the file with line ends LF or CRLF")
    if b"\0" in line:
        raise fault(f"{where}: NUL (\\x00) found; is this a text file?")
    return line.decode("utf-8", "surrogateescape")


@contextmanager
def _opened(path: Path, expected: str) -> Iterator[BinaryIO]:
    """Open `path` for reading; convert an `OSError`."""
    where = source_name(path)
    refuse_nul(path)
    try:
        if path == STDIN:
            yield _standard_input(expected)
        else:
            with path.open("rb") as stream:
                yield stream
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(f"{where}: No such file; check the path") from None
    except IsADirectoryError:
        raise UsageError(f"{where}: is a directory; expected a file of {expected}") from None
    except PermissionError:
        raise EnvironmentFault(f"{where}: Permission denied; you need the right to read it") from None
    except OSError as error:
        if error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
            raise UsageError(f"{where[:MAX_SHOWN]}...: {error.strerror}; check the path") from None
        raise EnvironmentFault(f"{where}: {error.strerror or error}; check the path and the disk") from error


def _standard_input(expected: str) -> BinaryIO:
    """Return standard input as bytes; warn if it is a terminal."""
    if sys.stdin is None or sys.stdin.closed:
        raise UsageError(f"standard input is closed; pipe {expected} into it or give the name of a file")
    if sys.stdin.isatty():
        logger.warning("standard input: waiting for %s from the terminal; end it with Ctrl-D", expected)
    return sys.stdin.buffer


def _plain(stream: BinaryIO, head: bytes) -> Iterator[bytes]:
    """Yield `head`, then the rest of `stream` in blocks."""
    while head:
        yield head
        head = stream.read(BLOCK)


def _recoded(
    pieces: Iterator[bytes], encoding: str, *, where: str, fault: type[SeqcnnError]
) -> Iterator[bytes]:
    """Convert text in an encoding to UTF-8."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in pieces:
            yield decoder.decode(piece).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise fault(f"{where}: not {encoding} text ({error.__class__.__name__}); name its encoding") from None


def _coalesced(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Join small pieces, so that a file of tiny gzip members is read as fast as another."""
    pending: list[bytes] = []
    size = 0
    for piece in pieces:
        pending.append(piece)
        size += len(piece)
        if size >= BLOCK:
            yield b"".join(pending)
            pending, size = [], 0
    if size:
        yield b"".join(pending)


def _refuse_other_formats(head: bytes, *, where: str, expected: str, fault: type[SeqcnnError]) -> None:
    """Raise `fault` if the first bytes are those of another format."""
    for pattern, kind in _OTHER_FORMATS:
        if re.match(pattern, head[:512], re.DOTALL):
            raise fault(f"{where}, line 1: this is {kind}; expected {expected}, plain or gzip")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file; 'not recorded' for a stream, which can be read only once."""
    if path == STDIN or not path.is_file():
        return "not recorded"
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

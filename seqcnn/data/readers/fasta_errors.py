"""Error messages and counts of changes of the FASTA parser.

Lines and records are 1-based; positions are 1-based and count the letters of a record, not blanks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from seqcnn.errors import SequenceError, show, show_ascii
from seqcnn.sequence.onehot import INVALID, PACK, UNAMBIGUOUS

MAX_HEADER = 1 << 16
"""Longest header line, in bytes."""

MAX_COUNTED = 10_000_000
"""Largest length of a refused record, or of its header, that a message states exactly."""

BLANKS = b" \t\r\n"
"""Bytes inside a sequence that are skipped."""

LOWER_CASE = "lower-case letters read as upper case"
URACIL = "letters U read as T"
AMBIGUOUS = "ambiguous letters (N, R, Y and so on)"
MOSTLY_AMBIGUOUS = "records with more than half of their letters ambiguous (masked, or a protein?)"

_LOWER = bytes(range(ord("a"), ord("z") + 1))
_SUSPECT = bytes(PACK[byte] == INVALID and byte not in BLANKS for byte in range(256))
_HINTS = (
    ("-.~_", "an alignment gap? remove gaps"),
    (">", "a header must start its line"),
    ("0123456789", "line numbers, or a pasted table?"),
    ("@+", "FASTQ inside FASTA?"),
    ("*EFIJLOPQXZefijlopqxz", "a protein?"),
)
_OTHERS = (
    ((b"@HD\t", b"@SQ\t", b"@RG\t", b"@PG\t", b"@CO\t"), "SAM"),
    ((b"@",), "FASTQ"),
    ((b"LOCUS ",), "GenBank"),
    ((b"ID   ",), "EMBL"),
    ((b"CLUSTAL", b"MUSCLE"), "a Clustal alignment"),
    ((b"##gff",), "GFF"),
    ((b"##fileformat=VCF",), "VCF"),
    ((b";",), "a legacy ';' header or comment"),
)


def not_fasta(where: str, text: bytes) -> SequenceError:
    """Return the error for a file of another format; `where` is file and line."""
    kinds = [kind for prefixes, kind in _OTHERS if text.startswith(prefixes)]
    line = text[:200].partition(b"\n")[0].decode("utf-8", "surrogateescape")
    content = f"this is {kinds[0]}" if kinds else f"{show(line, 40)} found"
    remedy = "; a table is read from a file or from standard input (-)" if "\t" in line else ""
    return SequenceError(f"{where}: {content}; expected FASTA, '>name' at the start of a line{remedy}")


def bad_header(where: str, header: bytes, length: int) -> SequenceError:
    """Return the error for a header without a valid name; `length` is that of the whole line, in bytes."""
    if b"\r" in header.rstrip(b"\r"):
        return SequenceError(
            f"{where}: carriage return inside the line; save the file with line ends LF or CRLF"
        )
    if b"\0" in header:
        return SequenceError(f"{where}: NUL (\\x00) in the name line; is this a text file?")
    if length > MAX_HEADER:
        return SequenceError(f"{where}: name line of {_counted(length)} bytes; expected at most {MAX_HEADER}")
    return SequenceError(f"{where}: no name after '>'")


def bad_letter(record: str, body: bytes, *, before: int, line: int) -> SequenceError:
    """Return the error for the first invalid letter of `body`, from `line`, after `before` letters."""
    offset = body.translate(_SUSPECT).find(1)
    letter = body[offset : offset + 4].decode("utf-8", "surrogateescape")[0]
    hint = next((f" ({text})" for letters, text in _HINTS if letter in letters), "")
    line += body.count(b"\n", 0, offset)
    position = before + len(body[:offset].translate(None, BLANKS)) + 1
    expected = "expected an IUPAC DNA letter (ACGTU, RYSWKMBDHVN)"
    return SequenceError(
        f"{record}, line {line}, position {position}: {show_ascii(letter)} found{hint}; {expected}"
    )


def too_many_blanks(where: str) -> SequenceError:
    """Return the error for too much blank space; `where` is file and line."""
    return SequenceError(f"{where}: more than {MAX_COUNTED:,} blanks and line ends; remove them")


TOO_LONG = "cut it; `seqcnn scan` predicts windows of longer sequences"
"""Remedy for a record that is longer than the window."""


def wrong_length(record: str, length: int, max_length: int) -> SequenceError:
    """Return the error for an empty or too long record; `record` is file, record and line."""
    if not length:
        return SequenceError(f"{record}: no sequence; expected at least one base")
    expected = f"expected at most {max_length} bp"
    return SequenceError(f"{record}: {_counted(length)} bp; {expected}; {TOO_LONG}")


def missing_sequence(record: str, word: str) -> SequenceError:
    """Return the error for a word that stands for a missing sequence; `record` is file, record and line."""
    found = f"{record}: {show(word)} is a missing value"
    return SequenceError(f"{found}; expected a sequence, or remove the record")


def count_changes(body: bytes | bytearray, bases: bytes, changes: Counter[str]) -> int:
    """Count the changes of packing valid letters; return the number of ambiguous letters."""
    counts = (
        (LOWER_CASE, len(body) - len(body.translate(None, _LOWER))),
        (URACIL, body.count(b"U") + body.count(b"u")),
        (AMBIGUOUS, ambiguous := len(bases.translate(None, UNAMBIGUOUS))),
    )
    for sentence, count in counts:
        if count:
            changes[sentence] += count
    return ambiguous


def rest_of_line(blocks: Iterator[bytes]) -> int:
    """Return the number of bytes up to the next line end, counting little further than `MAX_COUNTED`."""
    count = 0
    for block in blocks:
        end = block.find(b"\n")
        count += end if end >= 0 else len(block)
        if end >= 0 or count > MAX_COUNTED:
            break
    return count


def _counted(length: int) -> str:
    return f"more than {MAX_COUNTED}" if length > MAX_COUNTED else str(length)

"""Vectorised parser of regular FASTA: many whole records at once, without a Python step per record.

Headers are located by line ends, copied, and overwritten with line ends; one `bytes.translate` then packs all
sequences.  Regular means: names, lines of DNA letters, line ends LF or CRLF, and blank lines anywhere.
Everything else is left to `seqcnn.data.readers.fasta`.
"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from seqcnn.data.readers.fasta_errors import MAX_HEADER, MOSTLY_AMBIGUOUS, count_changes
from seqcnn.data.readers.records import Batch
from seqcnn.sequence.onehot import ALPHABET, INVALID, PACK, PACKED_MISSING

_END = ord("\n")
_PACK = PACK[:_END] + b"\0" + PACK[_END + 1 :]  # as `PACK`, and a line end becomes 0
_PLAIN = bytes(value if chr(byte) in f"{ALPHABET}\n" else INVALID for byte, value in enumerate(_PACK))
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]")  # except line ends
_AMBIGUOUS = np.array([value.bit_count() > 1 for value in range(16)])


def read_regular(
    text: bytes, *, line: int, number: int, max_length: int, changes: Counter[str]
) -> Batch | None:
    """Parse whole records, from a '>' to the last line end.

    Parameters
    ----------
    text
        One or more records.
    line, number
        Line of the header, and number, of the first record.
    max_length
        Longest accepted record, in bp.
    changes
        Counts of changes, as of `read_fasta`; updated.

    Returns
    -------
    The records, or None, with nothing counted, if the text is not regular.
    """
    raw = bytearray(text.replace(b"\r\n", b"\n") if b"\r" in text else text)
    letters = np.frombuffer(raw, np.uint8)
    bounds = np.append(-1, np.flatnonzero(letters == _END)) + 1  # line starts, (lines + 1,)
    head = np.flatnonzero(letters[bounds[:-1]] == ord(">"))  # lines that are headers
    begin, stop = bounds[head], bounds[head + 1]  # of headers
    after = np.append(head[1:], len(bounds) - 1)
    lines = after - head - 1  # of sequence, in each record
    size = bounds[after] - stop - lines
    names = _names(_cut_out(letters, begin, stop - begin))
    if not names or (stop - begin).max() > MAX_HEADER or size.min() < 1 or size.max() > max_length:
        return None
    wrapped = bool(lines.max() > 1)
    start = np.cumsum(size) - size if wrapped else stop
    bases = np.frombuffer(raw.translate(_PLAIN, b"\n" if wrapped else b""), np.uint8)
    if bases.max() == INVALID:
        bases = np.frombuffer(raw.translate(_PACK, b"\n" if wrapped else b""), np.uint8)
        if bases.max() == INVALID:
            return None
        if _any_missing(bases, start, size):
            return None
        _count(raw, bases, start, size, changes)
    return Batch(names, bases, start, size, head + line, number)


def _cut_out(letters: np.ndarray, begin: np.ndarray, size: np.ndarray) -> bytes:
    """Return the concatenated slices of a text, and overwrite them with line ends."""
    # index of every byte of every slice: its slice's start, plus its position within the slice
    index = np.repeat(begin - np.cumsum(size) + size, size)
    index += np.arange(len(index))
    slices = letters[index].tobytes()
    letters[index] = _END
    return slices


def _names(headers: bytes) -> list[str]:
    """Return the first word of each header line, or [] if a header is irregular."""
    if b"\0" in headers or b"\r" in headers:
        return []
    lines = headers[1:-1]
    if any(blank in headers for blank in (b" ", b"\t", b"\v", b"\f")):
        lines = b"\n>".join(b"".join(line.split(None, 1)[:1]) for line in lines.split(b"\n>"))
    if _CONTROL.search(lines):
        return []
    names = lines.decode("utf-8", "surrogateescape").split("\n>")
    return names if all(names) else []


def _any_missing(bases: np.ndarray, start: np.ndarray, size: np.ndarray) -> bool:
    """Return whether a record is a word for a missing value whose letters are those of DNA: NA, or NaN."""
    short = np.flatnonzero(size <= max(map(len, PACKED_MISSING)))
    return any(bases[start[i] : start[i] + size[i]].tobytes() in PACKED_MISSING for i in short)


def _count(
    raw: bytearray, bases: np.ndarray, start: np.ndarray, size: np.ndarray, changes: Counter[str]
) -> None:
    """Count the changes of packing whole records."""
    if count_changes(raw, bases.tobytes().translate(None, b"\0"), changes):
        before = np.append(0, np.cumsum(_AMBIGUOUS[bases]))
        if mostly := np.count_nonzero(2 * (before[start + size] - before[start]) > size):
            changes[MOSTLY_AMBIGUOUS] += int(mostly)

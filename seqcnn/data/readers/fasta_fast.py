"""Many whole FASTA records -> one batch at once, without a step a record; what is odd is left to others.

The headers are found by their line ends, copied out and blanked; then one `bytes.translate` packs the rest.
Regular are names, and lines of DNA letters, with line ends LF or CRLF and blank lines anywhere.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from seqcnn.data.readers.fasta_errors import MAX_HEADER, MOSTLY_AMBIGUOUS, count_changes
from seqcnn.data.readers.records import Batch
from seqcnn.sequence.onehot import ALPHABET, INVALID, PACK

_END = ord("\n")
_PACK = PACK[:_END] + b"\0" + PACK[_END + 1 :]  # as `PACK`, and a line end becomes 0
_PLAIN = bytes(value if chr(byte) in f"{ALPHABET}\n" else INVALID for byte, value in enumerate(_PACK))
_AMBIGUOUS = np.array([value.bit_count() > 1 for value in range(16)])


def read_regular(
    text: bytes, *, line: int, number: int, max_length: int, changes: Counter[str]
) -> Batch | None:
    """Read whole records, from a '>' to the last line end.

    Parameters
    ----------
    text
        Of one record or more.
    line, number
        Those of the first record.
    max_length
        Longest record, in bp.
    changes
        Is added to, as by `read_fasta`.

    Returns
    -------
    None, and then nothing was counted, if something is odd; that need not be a fault.
    """
    raw = bytearray(text.replace(b"\r\n", b"\n") if b"\r" in text else text)
    letters = np.frombuffer(raw, np.uint8)
    bounds = np.append(-1, np.flatnonzero(letters == _END)) + 1  # of lines
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
        _count(raw, bases, start, size, changes)
    return Batch(names, bases, start, size, head + line, number)


def _cut_out(letters: np.ndarray, begin: np.ndarray, size: np.ndarray) -> bytes:
    """Return pieces of a text, one after the other, and leave line ends in their place."""
    at = np.repeat(begin - np.cumsum(size) + size, size)
    at += np.arange(len(at))
    pieces: bytes = letters[at].tobytes()
    letters[at] = _END
    return pieces


def _names(headers: bytes) -> list[str]:
    """Return the first word of each header line; none at all if a header is odd."""
    if b"\0" in headers or b"\r" in headers:
        return []
    lines = headers[1:-1]
    if any(blank in headers for blank in (b" ", b"\t", b"\v", b"\f")):
        lines = b"\n>".join(b"".join(line.split(None, 1)[:1]) for line in lines.split(b"\n>"))
    names = lines.decode("utf-8", "surrogateescape").split("\n>")
    return names if all(names) else []


def _count(
    raw: bytearray, bases: np.ndarray, start: np.ndarray, size: np.ndarray, changes: Counter[str]
) -> None:
    """Count what packing changed in the letters of whole records."""
    if count_changes(raw, bases.tobytes().translate(None, b"\0"), changes):
        before = np.append(0, np.cumsum(_AMBIGUOUS[bases]))
        if mostly := np.count_nonzero(2 * (before[start + size] - before[start]) > size):
            changes[MOSTLY_AMBIGUOUS] += int(mostly)

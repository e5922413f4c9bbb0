"""gzip, several members in a row, or bgzip -> its content in pieces.

Damage and an early end are faults, and so is content that is far larger than what is stored.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from seqcnn.errors import SeqcnnError

BLOCK = 1 << 17
"""Bytes that are read, or decompressed, at a time."""

WATCHED = 1 << 22
"""Bytes of content, of which at least a `MAX_GROWTH`th part must have been stored."""

MAX_GROWTH = 200
"""Bytes of content a stored byte; gzip reaches 1,000."""

GZIP = b"\x1f\x8b"
_BGZIP = re.compile(rb"\x1f\x8b\x08\x04.{8}BC", re.DOTALL)
_BGZIP_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def gunzip(
    raw: Iterator[bytes], *, where: str, fault: type[SeqcnnError], sparse: bool = False
) -> Iterator[bytes]:
    """Yield what all gzip members hold, at most `BLOCK` bytes a piece.

    Parameters
    ----------
    raw
        The file in pieces.
    where
        What a message starts with.
    fault
        The class of error to raise.
    sparse
        Whether content may repeat itself as much as that of a gzip bomb does.
    """
    rest, complete, growth = next(raw, b""), True, _Growth()
    while rest:  # one turn a member
        while len(rest) < len(_BGZIP_END) and (more := next(raw, b"")):
            rest += more
        if not rest.startswith(GZIP):
            raise fault(f"{where}: trailing garbage after the gzip data; compress or download it again")
        complete = not _BGZIP.match(rest) or rest.startswith(_BGZIP_END)
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            rest = rest or next(raw, b"")
            if not rest:
                raise fault(f"{where}: truncated gzip data; copy or download the file again")
            try:
                piece = member.decompress(rest, BLOCK)
            except zlib.error as error:
                raise fault(
                    f"{where}: corrupt gzip data ({error}); copy or download the file again"
                ) from None
            if growth.adds_up(len(rest) - len(member.unconsumed_tail), len(piece)) and not sparse:
                kind = f"over {MAX_GROWTH} times as large when decompressed, as a gzip bomb is"
                raise fault(f"{where}: {kind}; if you trust it, decompress it with gunzip")
            yield piece
            rest = member.unconsumed_tail
        rest = member.unused_data or next(raw, b"")
    if not complete:
        raise fault(f"{where}: truncated bgzip data (no end-of-file block); copy or download it again")


class _Growth:
    """Tells content that is far larger than what is stored, `WATCHED` bytes by `WATCHED` bytes."""

    def __init__(self) -> None:
        self.stored = self.content = 0

    def adds_up(self, stored: int, content: int) -> bool:
        """Count a piece, and tell whether there is too much content."""
        self.stored, self.content = self.stored + stored, self.content + content
        if self.content < WATCHED:
            return False
        far = self.content > MAX_GROWTH * self.stored
        self.stored = self.content = 0
        return far

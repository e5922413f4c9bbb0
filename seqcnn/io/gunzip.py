"""Streaming decompression of gzip (one or several members) and bgzip.

Damaged and truncated data are errors, and so are gzip bombs: content far larger than the compressed data.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from seqcnn.errors import SeqcnnError

BLOCK = 1 << 17
"""Bytes per read or decompression step."""

GROWTH_WINDOW = 1 << 22
"""Bytes of content over which the compression ratio is measured."""

MAX_GROWTH = 200
"""Largest ratio of content to compressed data; gzip can reach 1,000."""

GZIP = b"\x1f\x8b"
_BGZIP = re.compile(rb"\x1f\x8b\x08\x04.{8}BC", re.DOTALL)
_BGZIP_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def gunzip(
    raw: Iterator[bytes], *, where: str, fault: type[SeqcnnError], sparse: bool = False
) -> Iterator[bytes]:
    """Yield the content of all gzip members in pieces of at most `BLOCK` bytes.

    Parameters
    ----------
    raw
        The file in pieces.
    where
        Start of error messages.
    fault
        Class of the error to raise.
    sparse
        Whether highly repetitive content, with the ratio of a gzip bomb, is accepted.
    """
    rest, complete, growth = next(raw, b""), True, _Growth()
    while rest:  # one iteration per member
        while len(rest) < len(_BGZIP_END) and (more := next(raw, b"")):
            rest += more
        if not rest.startswith(GZIP):
            if not rest.strip(b"\0") and not any(block.strip(b"\0") for block in raw):
                break  # padding, as of a tape; gzip(1) ignores it too
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
            if growth.exceeds(len(rest) - len(member.unconsumed_tail), len(piece)) and not sparse:
                kind = f"over {MAX_GROWTH} times as large when decompressed, as a gzip bomb is"
                raise fault(f"{where}: {kind}; if you trust it, decompress it with gunzip")
            yield piece
            rest = member.unconsumed_tail
        rest = member.unused_data or next(raw, b"")
    if not complete:
        raise fault(f"{where}: truncated bgzip data (no end-of-file block); copy or download it again")


class _Growth:
    """Ratio of content to compressed data, measured for every `GROWTH_WINDOW` bytes of content."""

    def __init__(self) -> None:
        self.stored = self.content = 0

    def exceeds(self, stored: int, content: int) -> bool:
        """Add a piece; return whether the ratio is above `MAX_GROWTH`."""
        self.stored, self.content = self.stored + stored, self.content + content
        if self.content < GROWTH_WINDOW:
            return False
        exceeded = self.content > MAX_GROWTH * self.stored
        self.stored = self.content = 0
        return exceeded

"""Read the parts of a table, or of a VCF, as text; refuse parts that do not make one result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import Field

from seqcnn.errors import ConfigError, TableError, UsageError, listed, place, show
from seqcnn.io.json_file import parse_json
from seqcnn.io.shard.part import FIRST, LAST, Part
from seqcnn.io.shard.shard import MAX_SHARDS, Shard
from seqcnn.io.stream import read_blocks
from seqcnn.schema import Strict, validate

_VCF, _COLUMNS = b"##fileformat=VCF", b"#CHROM\t"


class _Record(Strict):
    """The JSON of a part."""

    command: str
    number: int = Field(ge=1, le=MAX_SHARDS)
    of: int = Field(ge=1, le=MAX_SHARDS)
    run: dict[str, str]
    counts: dict[str, Any] = Field(default_factory=dict)


def parse_part(text: str | bytes) -> Part:
    """Return the part that `Part.record` wrote; raise `ValueError` if the text is something else."""
    try:
        record = validate(_Record, parse_json(text), "part")
    except ConfigError as error:
        raise ValueError(str(error)) from error
    return Part(record.command, Shard(record.number, record.of), record.run, dict(record.counts))


class AnyPart(Protocol):
    """A part and its file."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def part(self) -> Part:
        """What it records."""


P = TypeVar("P", bound=AnyPart)


class TextPart:
    """A part that is a text file; `header` is its lines before the first row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        blocks = read_blocks(path, expected="a part of a result", fault=TableError, sparse=True)
        lines = _lines(blocks)
        first = next(lines, b"")
        self.is_vcf = first.startswith(_VCF)
        mark = next(lines, b"") if self.is_vcf else first
        if not mark.startswith(FIRST.encode()):
            raise not_a_part(path)
        try:
            self.part = parse_part(mark.removeprefix(FIRST.encode()))
        except ValueError as error:
            raise not_a_part(path) from error
        self.header = first + _vcf_header(lines) if self.is_vcf else next(lines, b"")
        self._skip = len(self.header) + len(mark)

    def rows(self) -> Iterator[bytes]:
        """Yield the rows in blocks of whole lines; at the end the counts of the part are known.

        Raises
        ------
        TableError
            If the part was cut.
        """
        rest, skip = b"", self._skip
        for block in read_blocks(self.path, expected="a part of a result", fault=TableError, sparse=True):
            text, skip = rest + block[skip:], max(skip - len(block), 0)
            end = text.rfind(b"\n", 0, -1) + 1
            yield text[:end]
            rest = text[end:]
        try:
            if not (rest.startswith(LAST.encode()) and rest.endswith(b"\n")):
                raise ValueError("no last line")
            self.part.counts.update(parse_json(rest.removeprefix(LAST.encode())))
        except (ValueError, TypeError) as error:
            raise TableError(f"{place(self.path)}: the part was cut; compute it again") from error


def not_a_part(path: Path) -> UsageError:
    """Return the error for a file that is no part."""
    return UsageError(f"{place(path)}: not a part of a result; expected an output of a command with --shard")


def ordered(parts: Sequence[P]) -> list[P]:
    """Return the parts of one result in their order.

    Raises
    ------
    UsageError
        If they are of different results, or one is missing or given twice.
    """
    first = parts[0]
    for other in parts[1:]:
        if fault := _difference(first.part, other.part):
            where = f"{place(other.path)} and {place(first.path)}"
            raise UsageError(f"{where}: parts of different results: {fault}; give the parts of one run")
    by_number = sorted(parts, key=lambda part: part.part.shard.number)
    for before, after in pairwise(by_number):
        if before.part.shard == after.part.shard:
            where = f"{place(before.path)} and {place(after.path)}"
            raise UsageError(f"{where}: both are part {before.part.shard}; give each part once")
    count = first.part.shard.count
    given = {part.part.shard.number for part in parts}
    if missing := [f"{number}/{count}" for number in range(1, count + 1) if number not in given]:
        raise UsageError(f"part {listed(missing)} is missing; give all {count} parts of {place(first.path)}")
    return by_number


def _difference(first: Part, other: Part) -> str:
    """Return what shows that two parts are of different results; '' if they are of the same one."""
    facts = [
        {"command": part.command, "number of parts": part.shard.count, **part.run} for part in (first, other)
    ]
    for name in facts[0] | facts[1]:
        values = [fact.get(name) for fact in facts]
        if values[0] != values[1]:
            return f"{show(name, 40)} is {show(values[1], 40)} and {show(values[0], 40)}"
    return ""


def _lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield lines with their ends."""
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        yield from (line + b"\n" for line in lines)
    if rest:
        yield rest


def _vcf_header(lines: Iterator[bytes]) -> bytes:
    """Return the lines up to the names of the columns."""
    header = []
    for line in lines:
        header.append(line)
        if line.startswith(_COLUMNS) or not line.startswith(b"##"):
            break
    return b"".join(header)

"""Records of sequence readers, and batches of records as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from typing import NamedTuple

import numpy as np

from seqcnn.columns.byte_strings import ByteStrings, Texts


class Record(NamedTuple):
    """One record: name, packed bases (`onehot.PACK`), line of the header, and number; both 1-based."""

    name: str
    bases: bytes
    line: int
    number: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive records of a source."""

    names: list[str]
    bases: np.ndarray
    """uint8, packed; record i is `bases[start[i] : start[i] + size[i]]`."""
    start: np.ndarray
    """int64 (n,), ascending."""
    size: np.ndarray
    """int64 (n,), in bp."""
    line: np.ndarray
    """int64 (n,), line of the header, 1-based; 0 if it is not known."""
    number: int
    """Number of the first record, 1-based."""

    def __len__(self) -> int:
        return len(self.names)

    @classmethod
    def of(cls, records: Sequence[Record]) -> Batch:
        """Return consecutive records as one batch."""
        size = np.array([len(record.bases) for record in records], np.int64)
        return cls(
            names=[record.name for record in records],
            bases=np.frombuffer(b"".join(record.bases for record in records), np.uint8),
            start=np.cumsum(size) - size,
            size=size,
            line=np.array([record.line for record in records], np.int64),
            number=records[0].number if records else 1,
        )

    def letters(self) -> bytes:
        """Return the packed bases of the records, without what is between them."""
        bases = self.bases.tobytes()
        return bases if len(bases) == self.size.sum() else bases.translate(None, b"\0")

    def records(self) -> Iterator[Record]:
        """Yield the records one by one."""
        bases, stop = self.bases.tobytes(), (self.start + self.size).tolist()
        pieces = map(bases.__getitem__, map(slice, self.start.tolist(), stop))
        fields = zip(self.names, pieces, self.line.tolist(), count(self.number), strict=False)
        return map(partial(tuple.__new__, Record), fields)

    def part(self, begin: int, end: int) -> Batch:
        """Return the records from `begin` to before `end`."""
        chosen = slice(begin, end)
        start, size = self.start[chosen], self.size[chosen]
        first, last = (start[0], start[-1] + size[-1]) if len(start) else (0, 0)
        return Batch(
            names=self.names[chosen],
            bases=self.bases[first:last],
            start=start - first,
            size=size,
            line=self.line[chosen],
            number=self.number + begin,
        )


@dataclass(frozen=True, slots=True)
class Records:
    """All records of a source, as columns."""

    names: Sequence[str]
    bases: ByteStrings
    """Packed."""
    line: np.ndarray
    """int64 (N,), line of the header, 1-based."""

    def __len__(self) -> int:
        return len(self.line)

    def take(self, index: np.ndarray, memory: int | None = None) -> Records:
        """Return some of the records; `memory` is as for `seqcnn.memory.ScratchBuffer`."""
        return Records(Texts.of(self.names).take(index), self.bases.take(index, memory), self.line[index])


def batches_of(records: Iterable[Record], n: int) -> Iterator[Batch]:
    """Yield batches of `n` records; the last one may be smaller."""
    source = iter(records)
    while chunk := list(islice(source, n)):
        yield Batch.of(chunk)


def resized(batches: Iterable[Batch], n: int) -> Iterator[Batch]:
    """Yield the records in batches of `n`; the last one may be smaller."""
    pending: list[Batch] = []
    missing = n
    for batch in batches:
        begin = 0
        while len(batch) - begin >= missing:
            yield _joined([*pending, batch.part(begin, begin + missing)])
            begin, missing, pending = begin + missing, n, []
        if begin < len(batch):
            pending.append(batch.part(begin, len(batch)))
            missing -= len(batch) - begin
    if pending:
        yield _joined(pending)


def between(batches: Iterable[Batch], start: int, stop: int) -> Iterator[Batch]:
    """Yield the records from number `start`, 0-based, to before `stop`; no batch after them is read."""
    begin = 0
    for batch in batches:
        end = begin + len(batch)
        if max(start, begin) < min(stop, end):
            yield batch.part(max(start - begin, 0), min(stop - begin, len(batch)))
        if end >= stop:
            return
        begin = end


def _joined(batches: list[Batch]) -> Batch:
    """Return consecutive batches as one."""
    if len(batches) == 1:
        return batches[0]
    ends = np.cumsum([len(batch.bases) for batch in batches])
    return Batch(
        names=[name for batch in batches for name in batch.names],
        bases=np.concatenate([batch.bases for batch in batches]),
        start=np.concatenate(
            [batch.start + end - len(batch.bases) for batch, end in zip(batches, ends, strict=True)]
        ),
        size=np.concatenate([batch.size for batch in batches]),
        line=np.concatenate([batch.line for batch in batches]),
        number=batches[0].number,
    )

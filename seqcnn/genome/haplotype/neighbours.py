"""The records near each record of a sorted VCF, in one pass, so that memory does not grow with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from seqcnn.errors import TableError, show
from seqcnn.genome.haplotype.genotypes import Record

Near = tuple[Record, list[Record]]
"""A record and those near it."""


def neighbourhoods(records: Iterable[Record], reach: int, where: str) -> Iterator[Near]:
    """Yield each record with all records of its contig within `reach` bp of its start, and itself.

    There may be others further away.

    Raises
    ------
    TableError
        If the records are not sorted by contig and position.
    """
    near: deque[Record] = deque()
    waiting: deque[Record] = deque()  # the last ones of `near`, whose neighbours are not all known
    seen: set[str] = set()
    for record in records:
        contig, start = record.site.contig, record.site.start
        if near and near[-1].site.contig != contig:
            yield from _emit(near, waiting, reach, until=None)
            near.clear()
        if not near:
            _refuse_unsorted(contig in seen, record, where)
            seen.add(contig)
        _refuse_unsorted(bool(near) and start < near[-1].site.start, record, where)
        yield from _emit(near, waiting, reach, until=start)
        near.append(record)
        waiting.append(record)
    yield from _emit(near, waiting, reach, until=None)


def _emit(near: deque[Record], waiting: deque[Record], reach: int, *, until: int | None) -> Iterator[Near]:
    """Yield the records that no record at `until` or later is near to; None yields all."""
    while waiting and (until is None or waiting[0].site.start + reach < until):
        record = waiting.popleft()
        while near[0].site.start + len(near[0].site.ref) + reach < record.site.start:
            near.popleft()
        yield record, list(near)


def _refuse_unsorted(is_fault: bool, record: Record, where: str) -> None:
    """Raise `TableError` for a record that follows a later one."""
    if is_fault:
        place = f"{show(record.site.fields[0])[1:-1]}:{record.site.start + 1}"
        raise TableError(
            f"{where}: {place} follows a later position; expected a sorted VCF; sort it with `bcftools sort`"
        )

"""Batches of the records of one shard of a file of sequences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from seqcnn.data.readers.fasta import count_repeated_names, parse_fasta
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.readers.id_cut import cut_batches
from seqcnn.data.readers.records import Batch, Record, between, resized
from seqcnn.data.readers.sequences import read_batches
from seqcnn.data.readers.shards.fasta_index import FastaIndex
from seqcnn.errors import SequenceError
from seqcnn.io.shard.part import Part
from seqcnn.io.shard.shard import Shard
from seqcnn.io.stream import source_name
from seqcnn.log import silenced
from seqcnn.sequence.window import MAX_LENGTH

_AT_ONCE = 4096  # records of a batch that is only checked


def sharded_batches(
    path: Path,
    n: int,
    part: Part,
    *,
    changes: Counter[str],
    form: SequenceFormat | None = None,
    max_length: int = MAX_LENGTH,
    whole_batches: bool = False,
) -> Iterator[Batch]:
    """Yield batches of the records of one shard of a sequence source.

    With an index only these records are read; `changes` are those of them, and their lines are 0, unknown.
    Without one the source is read twice, as its number of records is not known before, and `changes` are
    those of all records, of other shards too, repeated names among them.  With `whole_batches` the records
    of a batch are in one shard.  Arguments and errors are otherwise those of `read_batches`.
    """
    form, block = form or SequenceFormat(), n if whole_batches else 1
    if part.has_index:
        index = FastaIndex(path)
        begin, end = part.shard.bounds(len(index), block=block)
        records = _indexed(index, begin, end, max_length=max_length, changes=changes)
        batches = count_repeated_names(resized(records, n), changes=changes)
        yield from _named(batches, path, form, changes)
        return
    with silenced("seqcnn.data"):  # the second reading logs the same
        batches = read_batches(path, n, changes=changes, form=form, max_length=max_length)
        total = sum(map(len, count_repeated_names(batches, changes=changes)))
    again: Counter[str] = Counter()
    begin, end = part.shard.bounds(total, block=block)
    yield from between(read_batches(path, n, changes=again, form=form, max_length=max_length), begin, end)


def indexed_records(
    path: Path,
    shard: Shard,
    number: int,
    *,
    block: int,
    form: SequenceFormat | None,
    max_length: int,
    changes: Counter[str],
) -> tuple[int, int, list[Record]]:
    """Read the records of one shard of the first `number` records of a FASTA with an index.

    Returns
    -------
    The number of records of the FASTA, that of the records before the shard, and the records of the shard.
    Arguments and errors are otherwise those of `sharded_batches`; `block` records are in one shard.
    """
    index = FastaIndex(path)
    begin, end = shard.bounds(min(len(index), number), block=block)
    batches = _indexed(index, begin, end, max_length=max_length, changes=changes)
    named = _named(batches, path, form or SequenceFormat(), changes)
    return len(index), begin, [record for batch in named for record in batch.records()]


def _named(
    batches: Iterator[Batch], path: Path, form: SequenceFormat, changes: Counter[str]
) -> Iterator[Batch]:
    """Return batches whose names are cut as the form says."""
    if form.id_until is None:
        return batches
    return cut_batches(batches, form.id_until, where=source_name(path), changes=changes)


def _indexed(
    index: FastaIndex, begin: int, end: int, *, max_length: int, changes: Counter[str]
) -> Iterator[Batch]:
    """Yield the records from number `begin`, 0-based, to before `end`."""
    if begin == end:
        return
    where = source_name(index.fasta)
    blocks = index.blocks(begin, end)
    batches = parse_fasta(blocks, where, max_length=max_length, changes=changes, before=begin)
    try:
        for batch in index.checked(batches, begin, end):
            yield replace(batch, line=np.zeros(len(batch), np.int64))
    except SequenceError:
        for _ in read_batches(index.fasta, _AT_ONCE, changes=Counter(), max_length=max_length):
            pass  # the error of a record names its line
        raise

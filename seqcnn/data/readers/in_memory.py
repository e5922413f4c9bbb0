"""All records of a file in memory: their names are unique, and they are no gzip bomb."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from seqcnn.data.readers.fasta import check_names
from seqcnn.data.readers.records import Record
from seqcnn.errors import SequenceError, place
from seqcnn.io.gunzip import MAX_GROWTH

MAX_REPEATED = 1000
"""Repeated names after which no more records are read."""

_MIN_LIMIT = 1 << 26  # bp that any file may hold


def load_records(records: Iterable[Record], path: Path, genome: Path | None = None) -> list[Record]:
    """Return the records of a file as a list.

    Parameters
    ----------
    records
        What was read of it.
    path
        The file; '-' is standard input, whose size is not known.
    genome
        Where the bases come from if `path` holds intervals, which may be many more than it has bytes.

    Raises
    ------
    SequenceError
        If two have one name, or they hold far more bases than the file has bytes.
    """
    stored = path.stat().st_size if path.is_file() and genome is None else math.inf
    limit = max(_MIN_LIMIT, MAX_GROWTH * stored)
    held: list[Record] = []
    names: set[str] = set()
    bases = 0
    for record in records:
        held.append(record)
        names.add(record.name)
        bases += len(record.bases)
        if bases > limit:
            kind = f"over {MAX_GROWTH} times as large when decompressed, as a gzip bomb is"
            raise SequenceError(f"{place(path)}: {kind}; if you trust it, decompress it with gunzip")
        if len(held) - len(names) > MAX_REPEATED:
            break
    check_names([record.name for record in held], path)
    return held

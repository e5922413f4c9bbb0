"""Loading of all records of a file, with a check for repeated names and gzip bombs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from seqcnn.data.readers.fasta import check_names
from seqcnn.data.readers.records import Record
from seqcnn.errors import SequenceError
from seqcnn.io.gunzip import MAX_GROWTH
from seqcnn.io.stream import source_name

MAX_REPEATED = 1000
"""Number of repeated names after which reading stops."""

_MIN_LIMIT = 1 << 26  # bp that any file may have


def load_records(records: Iterable[Record], path: Path, genome: Path | None = None) -> list[Record]:
    """Return the records of a file as a list.

    Parameters
    ----------
    records
        The records of the file.
    path
        The file; '-' is standard input, of unknown size.
    genome
        Source of the bases if `path` holds intervals; the limit on their number does not apply then.

    Raises
    ------
    SequenceError
        If two records have the same name, or there are far more bases than the file has bytes.
    """
    stored = path.stat().st_size if path.is_file() and genome is None else math.inf
    limit = max(_MIN_LIMIT, MAX_GROWTH * stored)
    loaded: list[Record] = []
    names: set[str] = set()
    bases = 0
    for record in records:
        loaded.append(record)
        names.add(record.name)
        bases += len(record.bases)
        if bases > limit:
            kind = f"over {MAX_GROWTH} times as large when decompressed, as a gzip bomb is"
            raise SequenceError(f"{source_name(path)}: {kind}; if you trust it, decompress it with gunzip")
        if len(loaded) - len(names) > MAX_REPEATED:
            break
    check_names([record.name for record in loaded], path)
    return loaded

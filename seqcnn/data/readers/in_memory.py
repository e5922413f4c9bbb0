"""Loading of all records of a file, with a check for repeated names and gzip bombs."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from seqcnn.columns.byte_strings import Builder, Texts
from seqcnn.data.readers.fasta import check_names
from seqcnn.data.readers.records import Batch, Records
from seqcnn.errors import SequenceError
from seqcnn.io.gunzip import MAX_GROWTH
from seqcnn.io.stream import source_name

MAX_REPEATED = 1000
"""Number of repeated names above which reading stops; they are counted when the records have doubled."""

_MIN_LIMIT = 1 << 26  # bp that any file may have


def load_records(
    batches: Iterable[Batch], path: Path, genome: Path | None = None, *, memory: int | None = None
) -> Records:
    """Return the records of a file.

    Parameters
    ----------
    batches
        The records of the file.
    path
        The file; '-' is standard input, of unknown size.
    genome
        Source of the bases if `path` holds intervals; the limit on their number does not apply then.
    memory
        Bytes that the process may use, see `seqcnn.memory.scratch_array`.

    Raises
    ------
    SequenceError
        If two records have the same name, or there are far more bases than the file has bytes.
    """
    stored = path.stat().st_size if path.is_file() and genome is None else math.inf
    limit = max(_MIN_LIMIT, MAX_GROWTH * stored)
    names, bases, lines = Builder(), Builder(memory), array("q")
    hashes, checked = array("q"), MAX_REPEATED  # of names, to count the repeated ones
    for batch in batches:
        names.add([name.encode("utf-8", "surrogateescape") for name in batch.names])
        bases.extend(batch.letters(), batch.size)
        lines.frombytes(batch.line.tobytes())
        hashes.extend(map(hash, batch.names))
        if bases.size > limit:
            kind = f"over {MAX_GROWTH} times as large when decompressed, as a gzip bomb is"
            raise SequenceError(f"{source_name(path)}: {kind}; if you trust it, decompress it with gunzip")
        if len(lines) >= 2 * checked:
            checked = len(lines)
            if checked - len(np.unique(np.array(hashes))) > MAX_REPEATED:
                break
    texts = Texts(names.strings())
    check_names(texts, path)
    return Records(texts, bases.strings(), np.frombuffer(lines, np.int64))

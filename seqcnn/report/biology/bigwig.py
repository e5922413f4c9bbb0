"""Values of a bigWig around a position.

The library that reads bigWig ends the whole process at some kinds of damage, so it runs in a process of its
own with bounded memory and time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from seqcnn.extras import extra

MAX_SECONDS, MAX_BYTES = 60, 4 << 30
"""Time and address space of the reading process."""

_SCRIPT = """
import json, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[5]),) * 2)
except (ImportError, ValueError, OSError):
    pass  # the system has no such limit
import pybigtools
track, contig = pybigtools.open(sys.argv[1]), sys.argv[2]
size = track.chroms()[contig]
start, end = max(int(sys.argv[3]), 0), min(int(sys.argv[4]), size)
json.dump([start, end, list(track.records(contig, start, end))], sys.stdout)
"""


def read_bigwig(path: Path, contig: str, start: int, end: int) -> tuple[int, np.ndarray]:
    """Return the values of a part of a contig.

    Parameters
    ----------
    path
        The file.
    contig
        Name of the contig.
    start, end
        The part, 0-based half-open; it is cut at the ends of the contig.

    Returns
    -------
    Its start, and float64 (bp,), NaN where there is no value.

    Raises
    ------
    ValueError
        If the file is damaged.
    """
    extra("pybigtools")
    with path.open("rb") as file:
        mark = file.read(4)
        file.seek(max(file.seek(0, 2) - 4, 0))
        if len(mark) < 4 or file.read() != mark:  # a bigWig begins and ends with the same four bytes
            raise ValueError(f"{path.name} was cut")
    arguments = [str(path), contig, str(start), str(end), str(MAX_BYTES)]
    command = [sys.executable, "-P", "-c", _SCRIPT, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=MAX_SECONDS, check=True)
    except subprocess.SubprocessError as error:
        raise ValueError(f"{path.name} cannot be read") from error
    start, end, records = json.loads(done.stdout)
    values = np.full(end - start, np.nan)
    for first, stop, value in records:
        values[max(first - start, 0) : stop - start] = value
    return start, values

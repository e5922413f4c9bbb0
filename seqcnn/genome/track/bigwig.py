"""Write a bedGraph as bigWig, and read values of a bigWig.

The library, pybigtools, ends the whole process at some kinds of damage, and returns without an error if a
disk is full.  It therefore runs in a process of its own, and files that it wrote are checked.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from seqcnn.errors import EnvironmentFault, place
from seqcnn.extras import extra
from seqcnn.io.atomic import atomic_path, environment_faults, temporary_folder

MAX_SECONDS, MAX_BYTES = 60, 4 << 30
"""Time and address space of a process that reads."""

_SYSTEM_ERROR = re.compile(r"\w[\w ]*(?= \(os error)")
_MAGIC = b"\x26\xfc\x8f\x88"  # first and last bytes of a bigWig, little-endian

_WRITE = """
import json, sys, pybigtools

def intervals():
    with open(sys.argv[1], encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            contig, start, end, value = line.rstrip("\\n").split("\\t")
            yield contig, int(start), int(end), float(value)

pybigtools.open(sys.argv[2], "w").write(json.load(sys.stdin), intervals())
"""

_READ = """
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


def write_bigwig(bedgraph: Path, output: Path, *, sizes: dict[str, int]) -> None:
    """Write a bedGraph that is not empty as bigWig.

    Parameters
    ----------
    bedgraph
        Values, sorted by position within each contig.
    output
        The bigWig.
    sizes
        Length of each contig, bp.

    Raises
    ------
    EnvironmentFault
        If pybigtools is not installed, or the disk is full.
    """
    extra("pybigtools")
    with temporary_folder() as folder, atomic_path(output) as temporary:
        track = folder / "track.bw"  # pybigtools goes by the name
        done = _run(_WRITE, [str(bedgraph), str(track)], text=json.dumps(sizes))
        messages = (done.stdout + done.stderr).decode(errors="replace")
        with environment_faults(output):
            if done.returncode or messages or not _is_whole(track):
                reason = _SYSTEM_ERROR.search(messages) or ["damaged file"]
                remedy = f"check the space in {place(output.parent)} and {place(folder.parent)}"
                raise EnvironmentFault(f"{place(output)}: not written ({reason[0]}); {remedy}")
            shutil.copyfile(track, temporary)


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
        If the file is truncated or damaged.
    """
    extra("pybigtools")
    if not _is_whole(path):
        raise ValueError(f"{path.name} was cut")
    arguments = [str(path), contig, str(start), str(end), str(MAX_BYTES)]
    try:
        done = _run(_READ, arguments, seconds=MAX_SECONDS)
        done.check_returncode()
    except subprocess.SubprocessError as error:
        raise ValueError(f"{path.name} cannot be read") from error
    start, end, records = json.loads(done.stdout)
    values = np.full(end - start, np.nan)
    for first, stop, value in records:
        values[max(first - start, 0) : stop - start] = value
    return start, values


def _run(
    script: str, arguments: list[str], *, text: str = "", seconds: int | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a script in a Python of its own, with `text` as its standard input."""
    command = [sys.executable, "-P", "-c", script, *arguments]
    return subprocess.run(command, input=text.encode(), capture_output=True, timeout=seconds, check=False)


def _is_whole(track: Path) -> bool:
    """Return whether a bigWig has its first and last bytes."""
    with track.open("rb") as file:
        first = file.read(len(_MAGIC))
        file.seek(max(track.stat().st_size - len(_MAGIC), 0))
        return first == file.read() == _MAGIC

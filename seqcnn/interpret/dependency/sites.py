"""Read a table of named sites of sequences, such as `hits.tsv` of `seqcnn motifs --hits`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from seqcnn.errors import TableError, place
from seqcnn.interpret.motif.hit_tables import HIT_FILES
from seqcnn.io.tsv import limited, read_rows
from seqcnn.sequence.window import MAX_LENGTH

STRANDS = ("+", "-", ".")
"""Strands of a site; `.` if none is known."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site of a named motif in a sequence."""

    motif: str
    start: int
    """0-based position in the sequence."""
    end: int
    """Position after the last one."""
    strand: str
    line: int
    """Line of the table."""


def hits_file(path: Path) -> Path:
    """Return the table of hits of a folder that `seqcnn motifs --hits` wrote; another path as it is."""
    return path / HIT_FILES[0] if path.is_dir() else path


def read_sites(path: Path) -> dict[str, list[Site]]:
    """Read the sites of each record, in the order of their starts.

    Parameters
    ----------
    path
        Tab-separated table with the columns record, motif, start and end (bp, 0-based and half-open) and, if
        they are known, strand.

    Raises
    ------
    TableError
        If the table cannot be read, has no sites, or a site has no base.
    """
    sites: dict[str, list[Site]] = defaultdict(list)
    for row in limited(read_rows(path, "record", "motif", "start", "end")):
        start = row.whole("start", 0, MAX_LENGTH)
        end = row.whole("end", start + 1, MAX_LENGTH)
        strand = row.one_of("strand", STRANDS) if "strand" in row else "."
        sites[row["record"]].append(Site(row["motif"], start, end, strand, row.line))
    if not sites:
        raise TableError(f"{place(path)}: no sites; expected hits of `seqcnn motifs --hits`, or other sites")
    return {name: sorted(mine, key=lambda site: (site.start, site.end)) for name, mine in sites.items()}

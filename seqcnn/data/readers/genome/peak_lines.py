"""Lines of HOMER's peak files and of SAF tables: name, chromosome, start, end, strand, and further columns.

Positions are 1-based inclusive, and become 0-based half-open.  HOMER's strand may be 0 (+) or 1 (-).
Formats: http://homer.ucsd.edu/homer/ngs/formats.html and featureCounts of Subread.
"""

from __future__ import annotations

import re

_CHROMOSOME_NAMES = {"chr", "chrom", "chromosome"}
_POSITION = re.compile(r"[0-9]{1,15}", re.ASCII)
_STRANDS = {"+": "+", "-": "-", ".": ".", "*": ".", "0": "+", "1": "-"}  # as written -> as in BED

ONE_BASED = "intervals with 1-based positions (HOMER or SAF: name, chromosome, start, end, strand)"


def is_peak_header(fields: list[str]) -> bool:
    """Return whether a line names the columns of a HOMER or SAF file, such as GeneID Chr Start End Strand."""
    names = [field.strip().lower() for field in fields[1:5]]
    return len(names) == 4 and names[0] in _CHROMOSOME_NAMES and names[1:] == ["start", "end", "strand"]


def is_peak(fields: list[str]) -> bool:
    """Return whether a line has start, end and strand in its third to fifth column."""
    positions = len(fields) >= 5 and all(map(_POSITION.fullmatch, fields[2:4]))
    return positions and fields[4] in _STRANDS


def peak_place(fields: list[str]) -> tuple[str, str, int, int, str]:
    """Return name, chromosome, start, end (0-based half-open) and strand of a line that `is_peak`."""
    name, chrom, start, end, strand = fields[:5]
    return name, chrom, int(start) - 1, int(end), _STRANDS[strand]

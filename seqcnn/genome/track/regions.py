"""The regions of a genome to scan: all of it, or the regions of a BED file."""

from __future__ import annotations

import logging
from operator import ne
from pathlib import Path

from seqcnn.data.readers.genome.bed import read_loci
from seqcnn.data.readers.genome.contigs import ChromosomePrefix, contig_name, renamed_contigs, unknown_contigs
from seqcnn.data.similarity.loci import Locus
from seqcnn.errors import SequenceError, counted, place, show

logger = logging.getLogger(__name__)


def regions(
    sizes: dict[str, int], bed: Path | None, *, min_length: int, prefix: ChromosomePrefix | None = None
) -> list[Locus]:
    """Return contig, start and end of the regions to scan, 0-based half-open, in the order of a sorted BED.

    Parameters
    ----------
    sizes
        Contigs of the genome and their lengths in bp.
    bed
        Regions; overlapping ones are merged.  None is the whole genome.
    min_length
        Regions shorter than this hold no window: they are skipped, and counted.
    prefix
        Change of the contigs of the BED file that the genome does not have.

    Raises
    ------
    SequenceError
        If a region lies outside the genome, or none is long enough.
    """
    places = [(contig, 0, size) for contig, size in sizes.items()] if bed is None else read_loci(bed)
    if prefix:
        written, places = places, [(contig_name(c, sizes, prefix), s, e) for c, s, e in places]
        changed = sum(map(ne, written, places))
        logger.info("%s", counted(changed, renamed_contigs(prefix, "regions")))
    for contig, start, end in places:
        if end > sizes.get(contig, 0):
            found = f"{place(bed)}: {show(contig)}:{start}-{end} found"
            if contig not in sizes:
                raise SequenceError(f"{found}; {unknown_contigs([contig], sizes, 'the genome')}")
            raise SequenceError(f"{found}; {show(contig)} has {sizes[contig]} bp")
    merged = _merged(places)
    kept = [region for region in merged if region[2] - region[1] >= min_length]
    if not kept:
        raise SequenceError(f"no region is as long as a window of {min_length} bp")
    if len(kept) < len(merged):
        logger.warning(
            "%s than a window of %d bp: skipped",
            counted(len(merged) - len(kept), "regions are shorter"),
            min_length,
        )
    return kept


def _merged(places: list[Locus]) -> list[Locus]:
    """Sort places, and merge those that overlap."""
    merged: list[Locus] = []
    for contig, start, end in sorted(places):
        if merged and merged[-1][0] == contig and start < merged[-1][2]:
            merged[-1] = (contig, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((contig, start, end))
    return merged

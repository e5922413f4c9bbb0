"""Regions of a genome or library: a BED file, or text such as chr1:1,000-2,000, counted from 1."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import itemgetter
from pathlib import Path

from seqcnn.data.readers.genome.contigs import ChromosomePrefix, contig_name, unknown_contigs
from seqcnn.data.similarity.loci import Locus
from seqcnn.errors import UsageError, show
from seqcnn.genome.track.regions import regions
from seqcnn.genome.variant.tally import Tally
from seqcnn.genome.variant.vcf import Site

_REGION = re.compile(r"(?P<contig>.+):(?P<start>[0-9][0-9,]{0,18})-(?P<end>[0-9][0-9,]{0,18})")


def parse_region(text: str, sizes: Mapping[str, int], prefix: ChromosomePrefix | None = None) -> Locus:
    """Return contig, start and end, 0-based half-open, of a region such as chr1:1,000-2,000.

    Parameters
    ----------
    text
        The region, counted from 1; both ends belong to it.
    sizes
        Contigs and their lengths in bp.
    prefix
        Change of a contig that is not among them.

    Raises
    ------
    UsageError
        If it is no region, or not inside a contig.

    Examples
    --------
    >>> parse_region("chr1:11-20", {"chr1": 1000})
    ('chr1', 10, 20)
    """
    written, start, end = split_region(text)
    contig = contig_name(written, sizes, prefix)
    if contig not in sizes:
        raise UsageError(f"region {show(text)}: {unknown_contigs([contig], sizes, 'the genome or library')}")
    if not 1 <= start <= end <= sizes[contig]:
        expected = f"{show(contig)} has the positions 1 to {sizes[contig]:,}"
        raise UsageError(f"region {show(text)}: {start:,}-{end:,} found; {expected}")
    return contig, start - 1, end


def split_region(text: str) -> Locus:
    """Return contig, start and end of a region as they are written; raise `UsageError` if it is none."""
    if not (match := _REGION.fullmatch(text)):
        raise UsageError(f"region {show(text)}; expected contig:start-end, counted from 1: chr1:1,000-2,000")
    start, end = (int(match[name].replace(",", "")) for name in ("start", "end"))
    if end < start:
        form = f"expected contig:start-end, such as {match['contig']}:{match['end']}-{match['start']}"
        raise UsageError(f"region {show(text)}: the start {start:,} is after the end {end:,}; {form}")
    return match["contig"], start, end


class Regions:
    """Regions of contigs.

    Parameters
    ----------
    places
        Contig, start and end of each region, 0-based half-open; they do not overlap.
    """

    def __init__(self, places: Iterable[Locus]) -> None:
        self._spans: dict[str, list[tuple[int, int]]] = {}
        for contig, start, end in sorted(places):
            self._spans.setdefault(contig, []).append((start, end))

    def has(self, site: Site) -> bool:
        """Return whether REF of a site shares a base with a region."""
        spans = self._spans.get(site.contig, [])
        last = bisect_right(spans, site.start + len(site.ref) - 1, key=itemgetter(0)) - 1
        return last >= 0 and spans[last][1] > site.start


def read_regions(text: str, sizes: Mapping[str, int], prefix: ChromosomePrefix | None) -> Regions:
    """Return the region of a text as for `parse_region`, or those of the BED file of this name."""
    refuse_no_regions(text)
    if Path(text).is_file():
        return Regions(regions(dict(sizes), Path(text), min_length=1, prefix=prefix))
    return Regions([parse_region(text, sizes, prefix)])


def refuse_no_regions(text: str) -> None:
    """Raise `UsageError` for a text that is neither a file nor a region."""
    if Path(text).is_file():
        return
    if not _REGION.fullmatch(text):
        expected = "expected a BED file, or contig:start-end, counted from 1, such as chr1:1,000-2,000"
        raise UsageError(f"--regions {show(text)}: no such file; {expected}")
    split_region(text)


def in_regions(
    sites: Iterable[Site], chosen: Regions, sizes: Collection[str], tally: Tally
) -> Iterator[Site]:
    """Yield the sites in regions, and those of unknown contigs, which are reported; count the others.

    Parameters
    ----------
    sites
        Sites with the contigs of the genome.
    chosen
        The regions.
    sizes
        Contigs of the genome.
    tally
        Counts; updated.
    """
    for site in sites:
        if site.contig not in sizes or chosen.has(site):
            yield site
        else:
            tally.outside += 1

"""Every single-base change of a locus, as sites and the header of a VCF."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version

from seqcnn.data.readers.genome.contigs import ChromosomePrefix
from seqcnn.errors import UsageError, show
from seqcnn.genome.locus.regions import parse_region
from seqcnn.genome.variant.tally import Tally
from seqcnn.genome.variant.vcf import COLUMNS, Site
from seqcnn.genome.variant.windows import WindowMaker
from seqcnn.io.shard.part import Part
from seqcnn.sequence.onehot import ALPHABET, unpack

_NAME = re.compile(r"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")  # VCF 4.3, section 1.4.7
_BLOCK = 4096  # bp per read


def saturation_header(sizes: Mapping[str, int]) -> list[str]:
    """Return the header of a VCF (version 4.3) with the contigs and their lengths, line by line.

    Raises
    ------
    UsageError
        If a contig has a name that a VCF does not allow.
    """
    for name in sizes:
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"contig {show(name)}: a VCF does not allow this name; rename it, e.g. with letters"
            )
    contigs = [f"##contig=<ID={name},length={size}>" for name, size in sizes.items()]
    return ["##fileformat=VCFv4.3", f"##source=seqcnn {version('seqcnn')}", *contigs, "\t".join(COLUMNS)]


def saturation_sites(
    text: str, prefix: ChromosomePrefix | None, part: Part | None, make: WindowMaker, tally: Tally
) -> Iterator[Site]:
    """Yield one site per base of a region, with the three other bases; count ambiguous bases, left out.

    Parameters
    ----------
    text, prefix
        As for `seqcnn.genome.locus.regions.parse_region`.
    part
        The part of the region, by position; None is all of it.
    make
        Maker of windows, which knows the bases.
    tally
        Counts; updated.
    """
    contig, start, end = parse_region(text, make.sizes, prefix)
    if part:
        first, last = part.shard.bounds(end - start)
        start, end = start + first, start + last
    for block in range(start, end, _BLOCK):
        bases = unpack(make.fetch(contig, block, min(block + _BLOCK, end)))
        for position, ref in enumerate(bases, start=block):
            if ref not in ALPHABET:
                tally.ambiguous += 1
                continue
            alts = [base for base in ALPHABET if base != ref]
            fields = [contig, str(position + 1), ".", ref, ",".join(alts), ".", ".", "."]
            yield Site(contig, position, ".", ref, alts, fields)

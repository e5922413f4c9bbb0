"""Sites of a file, with the contigs of a genome or library, and those of a shard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from seqcnn.data.readers.genome.contigs import ChromosomePrefix, contig_name
from seqcnn.genome.variant.tally import Tally
from seqcnn.genome.variant.vcf import Site, read_vcf
from seqcnn.genome.variant.windows import WindowMaker
from seqcnn.io.shard.part import Part


def in_source(
    sites: Iterable[Site], prefix: ChromosomePrefix | None, make: WindowMaker, tally: Tally
) -> Iterator[Site]:
    """Yield the sites with the names of their contigs in the genome or library; count those that change."""
    for site in sites:
        contig = contig_name(site.contig, make.sizes, prefix)
        tally.renamed += contig != site.contig
        yield site if contig == site.contig else site._replace(contig=contig)


def of_shard(sites: Iterable[Site], vcf: Path, part: Part) -> Iterator[Site]:
    """Yield the sites of one shard of a VCF, which is read twice."""
    total = sum(1 for _ in read_vcf(vcf)[1])
    return islice(sites, *part.shard.bounds(total))

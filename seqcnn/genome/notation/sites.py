"""Changes of a table -> sites in the notation of a VCF, on the contigs of a genome or library."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import partial

from seqcnn.data.readers.genome.contigs import ChromosomePrefix, contig_name
from seqcnn.genome.notation.changes import Change, Unread
from seqcnn.genome.variant.normalise import NormalisedAlleles
from seqcnn.genome.variant.tally import Tally
from seqcnn.genome.variant.vcf import Site, unread_site
from seqcnn.genome.variant.windows import WindowMaker
from seqcnn.sequence.onehot import unpack

_ACCESSION = re.compile(r"(?:NC_0000(0[1-9]|1[0-9]|2[0-4])|NC_012920)\.[0-9]+")  # human chromosomes


def sites_of(
    changes: Iterable[tuple[str, Change | Unread]],
    prefix: ChromosomePrefix | None,
    make: WindowMaker,
    tally: Tally,
) -> Iterator[Site]:
    """Yield the sites of changes, on the contigs of the genome; count contigs with another name there."""
    for text, change in changes:
        if isinstance(change, Unread):
            tally.examples.setdefault(change.reason, change.message)
            yield unread_site(text, change.reason)
            continue
        contig = contig_name(change.contig, make.sizes, prefix)
        tally.renamed += contig != change.contig
        contig = contig if contig in make.sizes else _of_accession(contig, make.sizes, tally)
        yield site_of(change._replace(contig=contig), text, make)


def _of_accession(name: str, known: Collection[str], tally: Tally) -> str:
    """Return the name that a genome has for a human chromosome given by its RefSeq accession, else `name`."""
    accession = _ACCESSION.fullmatch(name)
    if not accession:
        return name
    number = int(accession[1] or 25)
    chromosome = {23: "X", 24: "Y", 25: "M"}.get(number, str(number))
    contig = next((c for c in (f"chr{chromosome}", chromosome, f"{chromosome}T") if c in known), name)
    tally.accessions += contig != name
    return contig


def site_of(change: Change, text: str, make: WindowMaker) -> Site:
    """Return the site of a change in the notation of a VCF, or with the reason why it has none.

    Parameters
    ----------
    change
        The change, on a contig with the name that it has in the genome.
    text
        Its notation in the file, the id of the site.
    make
        Maker of windows, which knows the contigs.
    """
    size = make.sizes.get(change.contig)
    if size is None or change.start < 0 or change.end > size:
        place = "contig_end" if change.start < 0 else "beyond_contig"
        reason = "missing_contig" if size is None else place
        ref, alt = (change.ref, change.becomes(change.ref) or ".") if change.ref else (".", ".")
        return _site(change, change.start, text, ref=ref, alt=alt, reason=reason)
    fetch = partial(make.fetch, change.contig)
    ref = change.ref if change.ref is not None else unpack(fetch(change.start, change.end))
    start, ref, alt = NormalisedAlleles(change.start, ref, change.becomes(ref)).vcf_notation(fetch)
    return _site(change, start, text, ref=ref, alt=alt)


def _site(change: Change, start: int, text: str, *, ref: str, alt: str, reason: str = "") -> Site:
    """Return a site with the first fields of a line of a VCF."""
    fields = [change.contig, str(start + 1), text, ref, alt]
    return Site(change.contig, start, text, ref, [alt], fields, reason, change.where)

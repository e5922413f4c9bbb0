"""Normalise alleles: each haplotype has one notation, however the VCF writes it.

Bases that both alleles share are trimmed, and insertions and deletions are shifted to the start of the contig
as far as their sequence allows (Tan, Abecasis & Kang 2015, doi:10.1093/bioinformatics/btv112), as `bcftools
norm` and `vt normalize` do.  An insertion has no `ref` and a deletion no `alt` here; `vcf_notation` adds the
base that a VCF needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from seqcnn.sequence.onehot import pack, unpack

Fetch = Callable[[int, int], bytes]
"""Start and end, 0-based half-open -> the packed bases of a contig."""

_FIRST_BLOCK, _MAX_BLOCK = 1 << 8, 1 << 18  # bp that are compared at a time


class NormalisedAlleles(NamedTuple):
    """The differing bases of two alleles: `ref` at `start` (0-based) becomes `alt`; either may be ''."""

    start: int
    ref: str
    alt: str

    def vcf_notation(self, fetch: Fetch) -> NormalisedAlleles:
        """Return the alleles with the base before them, or at a contig's start after them, if one is ''."""
        if self.ref and self.alt:
            return self
        if self.start:
            before = unpack(fetch(self.start - 1, self.start))
            return NormalisedAlleles(self.start - 1, before + self.ref, before + self.alt)
        end = self.start + len(self.ref)
        after = unpack(fetch(end, end + 1))
        return NormalisedAlleles(self.start, self.ref + after, self.alt + after)


def normalise(start: int, ref: str, alt: str, fetch: Fetch) -> NormalisedAlleles:
    """Trim and left-align two alleles.

    Parameters
    ----------
    start
        0-based position of the first base of `ref`.
    ref, alt
        Different alleles of A, C, G and T; `ref` is what `fetch` returns there.
    fetch
        Reader of the contig.

    Examples
    --------
    >>> contig = pack("GCACACAT")
    >>> normalise(5, "CAT", "T", lambda start, end: contig[start:end])
    NormalisedAlleles(start=1, ref='CA', alt='')
    """
    change = trim_alleles(start, ref, alt)
    if change.ref and change.alt:
        return change
    bases = change.ref or change.alt
    shift = _left_shift(change.start, pack(bases), fetch)
    turn = len(bases) - shift % len(bases)
    bases = bases[turn:] + bases[:turn]
    return NormalisedAlleles(change.start - shift, *((bases, "") if change.ref else ("", bases)))


def trim_alleles(start: int, ref: str, alt: str) -> NormalisedAlleles:
    """Trim the bases that two alleles share: first the common suffix, then the common prefix.

    Examples
    --------
    >>> trim_alleles(10, "CAG", "CG")
    NormalisedAlleles(start=11, ref='A', alt='')
    """
    shorter = min(len(ref), len(alt))
    end = next((i for i in range(shorter) if ref[-1 - i] != alt[-1 - i]), shorter)
    ref, alt = ref[: len(ref) - end], alt[: len(alt) - end]
    shorter -= end
    begin = next((i for i in range(shorter) if ref[i] != alt[i]), shorter)
    return NormalisedAlleles(start + begin, ref[begin:], alt[begin:])


def _left_shift(start: int, bases: bytes, fetch: Fetch) -> int:
    """Return by how many bp an insertion or deletion of packed `bases` at `start` can move to the left.

    A shift by one bp is possible if the base before the change equals the last base of the change, which
    then becomes its first base.  So the bases before the change are compared, from right to left, with the
    periodic extension of the change.
    """
    shift, block = 0, _FIRST_BLOCK
    reverse = np.frombuffer(bases, np.uint8)[::-1]
    while shift < start:
        size = min(start - shift, block)
        before = np.frombuffer(fetch(start - shift - size, start - shift), np.uint8)[::-1]
        equal = before == reverse[(shift + np.arange(size)) % len(reverse)]
        if not equal.all():
            return shift + int(np.argmin(equal))
        shift, block = shift + size, min(2 * block, _MAX_BLOCK)
    return shift

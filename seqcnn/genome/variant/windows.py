"""A variant -> the windows that a model sees of both alleles, or the reason why there are none.

In a genome each allele sits in the middle of its own full window: of W bp, (W - n) // 2 precede an
allele of n bp, read 5' to 3', once the bases that both alleles share are trimmed.  A longer allele so
takes as much from both flanks, and exchanging the alleles changes the sign of the effect and nothing else.
Several windows are shifted evenly so that the allele comes to lie anywhere in the middle half.  In a
library the window is the whole record, with one allele or the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from seqcnn.genome.reference import Genome
from seqcnn.genome.variant.alleles import Change, trimmed, unscored_allele
from seqcnn.genome.window_limits import too_ambiguous
from seqcnn.model.network.header import Header
from seqcnn.sequence.onehot import pack, reverse_complement


class Pair(NamedTuple):
    """The windows of two alleles as packed bases, one each a shift."""

    ref: list[bytes]
    alt: list[bytes]


MakeWindows = Callable[[str, int, str, str], Pair | str]
"""From contig, 0-based start, REF and ALT to windows, or to one of `alleles.REASONS`."""


def even_shifts(windows: int, size: int) -> list[int]:
    """Return how far each of several windows of `size` bp lies from the middle, towards the 3' end.

    Examples
    --------
    >>> even_shifts(3, 60)
    [-10, 0, 10]
    """
    return [round(((k + 0.5) / windows - 0.5) * size / 2) for k in range(windows)]


class GenomeWindows:
    """Windows of variants of a genome.

    Parameters
    ----------
    genome
        The genome.
    size
        W, bp of it in a window.
    shifts
        bp that each window lies from the middle, towards the 3' end.
    strand
        The strand that is read, '+' or '-'.
    """

    def __init__(self, genome: Genome, size: int, *, shifts: Sequence[int] = (0,), strand: str = "+") -> None:
        self.genome, self.size, self.shifts, self.strand = genome, size, shifts, strand

    def __call__(self, contig: str, start: int, ref: str, alt: str) -> Pair | str:
        """Make the windows of one variant; see `MakeWindows`."""
        size = self.genome.sizes.get(contig)
        if reason := unscored_allele(ref, alt):
            return reason
        if size is None:
            return "missing_contig"
        if start < 0:
            return "contig_end"
        if start + len(ref) > size or self.genome.fetch(contig, start, start + len(ref)) != pack(ref):
            return "ref_mismatch"
        change = trimmed(start, ref, alt)
        pair = Pair([], [])
        for allele, windows in zip(change[1:], pair, strict=True):
            for shift in self.shifts:
                if isinstance(window := self._window(contig, change, allele=allele, shift=shift), str):
                    return window
                windows.append(window)
        return "n_rich" if any(map(too_ambiguous, (*pair.ref, *pair.alt))) else pair

    def _window(self, contig: str, change: Change, *, allele: str, shift: int) -> bytes | str:
        """Return one window, on the strand that is read, or the reason why there is none."""
        before = (self.size - len(allele)) // 2 - shift
        after = self.size - len(allele) - before
        if before < 0 or after < 0:
            return "too_long"
        left, right = (before, after) if self.strand == "+" else (after, before)
        start, end = change.start, change.start + len(change.ref)
        if start < left or end + right > self.genome.sizes[contig]:
            return "contig_end"
        packed = pack(allele) if allele else b""
        window = self.genome.fetch(contig, start - left, start) + packed
        window += self.genome.fetch(contig, end, end + right)
        return window if self.strand == "+" else reverse_complement(window)


class RecordWindows:
    """Windows of variants whose contigs are the records of a library, name -> packed bases."""

    def __init__(self, records: dict[str, bytes], header: Header) -> None:
        self.records, self.header = records, header

    def __call__(self, contig: str, start: int, ref: str, alt: str) -> Pair | str:
        """Make the windows of one variant; see `MakeWindows`."""
        if reason := unscored_allele(ref, alt):
            return reason
        if contig not in self.records:
            return "missing_contig"
        bases, end = self.records[contig], start + len(ref)
        if start < 0:
            return "contig_end"
        if bases[start:end] != pack(ref):
            return "ref_mismatch"
        return record_pair(bases, bases[:start] + pack(alt) + bases[end:], self.header)


def record_pair(ref: bytes, alt: bytes, header: Header) -> Pair | str:
    """Return two whole records as windows, or the reason why a model cannot score them."""
    for bases in (ref, alt):
        if len(bases) < header.shortest:
            return "too_short"
        if len(bases) > header.layout.length and not header.layout.crop:
            return "too_long"
    return "n_rich" if too_ambiguous(ref) or too_ambiguous(alt) else Pair([ref], [alt])

"""A variant -> the windows of both alleles, or the reason why it cannot be scored.

In a genome each allele sits in the middle of its own full window: of W bp, (W - n) // 2 precede an
allele of n bp, read 5' to 3', once the bases that both alleles share are trimmed.  A longer allele so
takes as much from both flanks, and exchanging the alleles changes the sign of the effect and nothing else.
Several windows are shifted evenly so that the allele comes to lie anywhere in the middle half.  In a
library the window is the whole record, with the reference or the alternative allele.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from seqcnn.genome.reference import Genome
from seqcnn.genome.variant.alleles import TrimmedAlleles, reason_not_scored, trim_alleles
from seqcnn.genome.window_limits import too_ambiguous
from seqcnn.model.network.header import Header
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack


class AlleleWindows(NamedTuple):
    """The windows of both alleles as packed bases, one per shift."""

    ref: list[bytes]
    alt: list[bytes]


WindowsOrReason = AlleleWindows | str
"""The windows of a variant, or one of `alleles.REASONS`."""

WindowMaker = Callable[[str, int, str, str], WindowsOrReason]
"""Contig, 0-based start, REF and ALT (upper case) -> windows, or the reason why there are none."""


def even_shifts(windows: int, size: int) -> list[int]:
    """Return the offset of each of several windows of `size` bp from the centre, towards the 3' end.

    Examples
    --------
    >>> even_shifts(3, 60)
    [-10, 0, 10]
    """
    return [round(((k + 0.5) / windows - 0.5) * size / 2) for k in range(windows)]


class GenomeWindows:
    """Maker of the windows of variants in a genome.

    Parameters
    ----------
    genome
        The genome.
    size
        W, bp of the genome per window.
    shifts
        Offset in bp of each window from the centre, towards the 3' end.
    strand
        The strand to predict, '+' or '-'.
    """

    def __init__(self, genome: Genome, size: int, *, shifts: Sequence[int] = (0,), strand: str = "+") -> None:
        self.genome, self.size, self.shifts, self.strand = genome, size, shifts, strand

    def __call__(self, contig: str, start: int, ref: str, alt: str) -> WindowsOrReason:
        """Make the windows of one variant; see `WindowMaker`."""
        size = self.genome.sizes.get(contig)
        if reason := reason_not_scored(ref, alt):
            return reason
        if size is None:
            return "missing_contig"
        if start < 0:
            return "contig_end"
        if start + len(ref) > size or self.genome.fetch(contig, start, start + len(ref)) != pack(ref):
            return "ref_mismatch"
        change = trim_alleles(start, ref, alt)
        pair = AlleleWindows([], [])
        for allele, windows in zip(change[1:], pair, strict=True):
            for shift in self.shifts:
                if isinstance(window := self._window(contig, change, allele=allele, shift=shift), str):
                    return window
                windows.append(window)
        return "n_rich" if any(map(too_ambiguous, (*pair.ref, *pair.alt))) else pair

    def _window(self, contig: str, change: TrimmedAlleles, *, allele: str, shift: int) -> bytes | str:
        """Return one window, on the strand to predict, or the reason why there is none."""
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
    """Maker of the windows of variants whose contigs are the records of a library, name -> packed bases."""

    def __init__(self, records: dict[str, bytes], header: Header) -> None:
        self.records, self.header = records, header

    def __call__(self, contig: str, start: int, ref: str, alt: str) -> WindowsOrReason:
        """Make the windows of one variant; see `WindowMaker`."""
        if reason := reason_not_scored(ref, alt):
            return reason
        if contig not in self.records:
            return "missing_contig"
        bases, end = self.records[contig], start + len(ref)
        if start < 0:
            return "contig_end"
        if bases[start:end] != pack(ref):
            return "ref_mismatch"
        return record_windows(bases, bases[:start] + pack(alt) + bases[end:], self.header)


def record_windows(ref: bytes, alt: bytes, header: Header) -> WindowsOrReason:
    """Return two whole records as windows, or the reason why a model cannot score them."""
    for bases in (ref, alt):
        if len(bases) < header.min_length:
            return "too_short"
        if len(bases) > header.layout.length and not header.layout.crop:
            return "too_long"
    return "n_rich" if too_ambiguous(ref) or too_ambiguous(alt) else AlleleWindows([ref], [alt])

"""A variant -> the windows of both alleles, or the reason why it cannot be scored.

In a genome the alleles are normalised first, so that all notations of a haplotype have the same windows.
Each allele is in the middle of its own window of W bp: (W - n) // 2 bp precede an allele of n bp, read 5' to
3' on the strand to predict.  A longer allele takes as much from both flanks, and exchanging the alleles
changes the sign of the effect and nothing else.  Several windows are shifted evenly so that the allele is
anywhere in the middle half.  In a library the window is the whole record, with the reference or the
alternative allele, which does not depend on the notation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from seqcnn.genome.reference import Genome
from seqcnn.genome.variant.alleles import Kind, kind_of, reason_not_scored
from seqcnn.genome.variant.normalise import NormalisedAlleles, normalise
from seqcnn.genome.window_limits import too_ambiguous
from seqcnn.model.network.header import Header
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack


class AlleleWindows(NamedTuple):
    """The windows of both alleles as packed bases, one per shift."""

    ref: list[bytes]
    alt: list[bytes]
    kind: Kind = Kind(1, 1)
    """Kind of the change."""
    normalised: bool = False
    """Whether the VCF has another notation than the normalised one."""


WindowsOrReason = AlleleWindows | str
"""The windows of a variant, or one of `alleles.REASONS`."""


class WindowMaker(Protocol):
    """Maker of the windows of variants; contigs are those of a genome, or the records of a library."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Length of each contig, bp."""

    def __call__(self, contig: str, start: int, ref: str, alt: str) -> WindowsOrReason:
        """Return windows, or the reason why there are none; `start` is 0-based, alleles in upper case."""

    def fetch(self, contig: str, start: int, end: int) -> bytes:
        """Return the packed bases of a place inside a contig."""

    def margins(self, n_ref: int, n_alt: int) -> tuple[int, int]:
        """Return the bp of a contig that are needed before and after alleles of these lengths."""


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
        self.sizes, self.fetch = genome.sizes, genome.fetch

    def __call__(self, contig: str, start: int, ref: str, alt: str) -> WindowsOrReason:
        """Make the windows of one variant; see `WindowMaker`."""
        if reason := allele_fault(self, contig, start, ref, alt):
            return reason
        fetch = partial(self.fetch, contig)
        change = normalise(start, ref, alt, fetch)
        normalised = change.vcf_notation(fetch) != (start, ref, alt)
        pair = AlleleWindows([], [], kind_of(ref, alt), normalised)
        for allele, windows in ((change.ref, pair.ref), (change.alt, pair.alt)):
            for shift in self.shifts:
                if isinstance(window := self._window(contig, change, allele=allele, shift=shift), str):
                    return window
                windows.append(window)
        return "n_rich" if any(map(too_ambiguous, (*pair.ref, *pair.alt))) else pair

    def margins(self, n_ref: int, n_alt: int) -> tuple[int, int]:
        """Return the bp needed before and after alleles of these lengths; see `WindowMaker`."""
        flanks = [self.flanks(n, shift) for n in (n_ref, n_alt) for shift in self.shifts]
        return max(left for left, _ in flanks), max(right for _, right in flanks)

    def flanks(self, n: int, shift: int) -> tuple[int, int]:
        """Return the bp of a window on either side of an allele of n bp, in the order of the genome."""
        before = (self.size - n) // 2 - shift
        after = self.size - n - before
        return (before, after) if self.strand == "+" else (after, before)

    def _window(self, contig: str, change: NormalisedAlleles, *, allele: str, shift: int) -> bytes | str:
        """Return one window, on the strand to predict, or the reason why there is none."""
        left, right = self.flanks(len(allele), shift)
        if left < 0 or right < 0:
            return "too_long"
        start, end = change.start, change.start + len(change.ref)
        if start < left or end + right > self.sizes[contig]:
            return "contig_end"
        packed = pack(allele) if allele else b""
        window = self.fetch(contig, start - left, start) + packed + self.fetch(contig, end, end + right)
        return window if self.strand == "+" else reverse_complement(window)


class RecordWindows:
    """Maker of the windows of variants whose contigs are the records of a library, name -> packed bases."""

    def __init__(self, records: dict[str, bytes], header: Header) -> None:
        self.records, self.header = records, header
        self.sizes = {name: len(bases) for name, bases in records.items()}

    def __call__(self, contig: str, start: int, ref: str, alt: str) -> WindowsOrReason:
        """Make the windows of one variant; see `WindowMaker`."""
        if reason := allele_fault(self, contig, start, ref, alt):
            return reason
        bases = self.records[contig]
        return record_windows(bases, bases[:start] + pack(alt) + bases[start + len(ref) :], self.header)

    def fetch(self, contig: str, start: int, end: int) -> bytes:
        """Return the packed bases of a part of a record."""
        return self.records[contig][start:end]

    def margins(self, n_ref: int, n_alt: int) -> tuple[int, int]:
        """Return (0, 0): the window is the record; see `WindowMaker`."""
        return 0, 0


def allele_fault(make: WindowMaker, contig: str, start: int, ref: str, alt: str) -> str:
    """Return why an allele cannot be scored, of its letters and of its place, as `WindowMaker`; else ''."""
    if reason := reason_not_scored(ref, alt):
        return reason
    end, size = start + len(ref), make.sizes.get(contig)
    if size is None:
        return "missing_contig"
    if start < 0 or end > size:
        return "contig_end" if start < 0 else "beyond_contig"
    return "" if make.fetch(contig, start, end) == pack(ref) else "ref_mismatch"


def record_windows(ref: bytes, alt: bytes, header: Header) -> WindowsOrReason:
    """Return two whole records as windows, or the reason why a model cannot score them."""
    for bases in (ref, alt):
        if len(bases) < header.min_length:
            return "too_short"
        if len(bases) > header.layout.length and not header.layout.crop:
            return "too_long"
    if too_ambiguous(ref) or too_ambiguous(alt):
        return "n_rich"
    return AlleleWindows([ref], [alt], kind_of(ref, alt))

"""Variants of one haplotype -> windows with all of them, and with one at a time.

The window is that of one variant, the focal one, as without `--phased`: its allele of n bp is in the middle,
after (W - n) // 2 bp on the strand to predict.  Bases on either side are those of the haplotype: other
variants in the window of the reference are applied as they are written, only trimmed: one that is shifted
past another would be another haplotype.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, takewhile
from typing import NamedTuple

from seqcnn.genome.variant.vcf import Site
from seqcnn.genome.variant.windows import AlleleWindows, GenomeWindows, allele_fault
from seqcnn.genome.window_limits import too_ambiguous
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack

OVERLAP = "overlap"
"""Reason of a haplotype whose variants overlap."""


class Edit(NamedTuple):
    """The differing bases of one allele: `ref` at `start` (0-based) becomes `alt`; either may be ''."""

    start: int
    end: int
    alt: str
    site: Site
    number: int
    """Number of the alternative allele, from 0."""

    @property
    def label(self) -> str:
        """The allele as written in the VCF: `position:ref>alt`."""
        return f"{self.site.start + 1}:{self.site.fields[3]}>{self.site.written_alts[self.number]}"

    def is_over(self, start: int, end: int) -> bool:
        """Return whether it changes bases from `start` to `end`, or inserts some between them."""
        return self.start < end and (self.end > start or start < self.start)


def edit_of(site: Site, number: int) -> Edit:
    """Return the change of one alternative allele of a site, without its first and last common bases."""
    ref, alt = site.ref, site.alts[number]
    first = _common(ref, alt)
    last = _common(ref[first:][::-1], alt[first:][::-1])
    end = len(ref) - last
    return Edit(site.start + first, site.start + end, alt[first : len(alt) - last], site, number)


def haplotype_windows(make: GenomeWindows, focal: Edit, others: Sequence[Edit]) -> list[AlleleWindows] | str:
    """Return the windows of a haplotype against the reference, and of each variant alone if there are others.

    Parameters
    ----------
    make
        Maker of windows, which knows the genome.
    focal
        The variant in the middle.
    others
        The other variants of the haplotype in the window, whose bases and places are known.

    Returns
    -------
    The pair with all variants, then, in the order of their positions, pairs with one variant; or the reason
    why there are none: one of `alleles.REASONS`, or `OVERLAP`.
    """
    edits = sorted([focal, *others])
    if reason := _reason(make, focal, edits):
        return reason
    combinations = [(True, others)]
    if others:
        combinations += [(True, ()) if edit is focal else (False, (edit,)) for edit in edits]
    plain = _windows(make, focal, changed=False, others=())
    pairs = []
    for changed, applied in combinations:
        windows = _windows(make, focal, changed=changed, others=applied)
        if isinstance(plain, str) or isinstance(windows, str):
            return plain if isinstance(plain, str) else str(windows)
        pairs.append(AlleleWindows(plain, windows))
    return pairs


def is_moved_out(make: GenomeWindows, focal: Edit, others: Sequence[Edit]) -> bool:
    """Return whether insertions of a haplotype move one of its variants out of a window of the focal one."""
    flanks = [make.flanks(len(focal.alt), shift) for shift in make.shifts]
    left, right = (min(sides) for sides in zip(*flanks, strict=True))
    after = [edit for edit in others if edit.start >= focal.end]
    before = [edit for edit in others if edit.start < focal.end]
    return any(
        edit.start - focal.end + _growth(e for e in after if e < edit) >= right for edit in after
    ) or any(focal.start - edit.end + _growth(e for e in before if e > edit) >= left for edit in before)


def _growth(edits: Iterable[Edit]) -> int:
    """Return by how many bp changes make a sequence longer."""
    return sum(len(edit.alt) - (edit.end - edit.start) for edit in edits)


def _reason(make: GenomeWindows, focal: Edit, edits: Sequence[Edit]) -> str:
    """Return why a haplotype has no sequence, or ''."""
    site = focal.site
    if reason := allele_fault(make, site.contig, site.start, site.ref, site.alts[focal.number]):
        return reason
    is_clash = any(a.end > b.start or (a.start, a.end) == (b.start, b.end) for a, b in pairwise(edits))
    return OVERLAP if is_clash else ""


def _windows(make: GenomeWindows, focal: Edit, *, changed: bool, others: Sequence[Edit]) -> list[bytes] | str:
    """Return one window per shift with the focal allele or its reference, or the reason why there is none."""
    contig, size = focal.site.contig, make.sizes[focal.site.contig]
    allele = _packed(focal.alt) if changed else make.fetch(contig, focal.start, focal.end)
    deleted = sum(edit.end - edit.start for edit in others)
    windows = []
    for shift in make.shifts:
        left, right = make.flanks(len(allele), shift)
        if left < 0 or right < 0:
            return "too_long"
        first, last = max(focal.start - left - deleted, 0), min(focal.end + right + deleted, size)
        before = _applied(make, contig, first, focal.start, [e for e in others if e.end <= focal.start])
        after = _applied(make, contig, focal.end, last, [e for e in others if e.start >= focal.end])
        if len(before) < left or len(after) < right:
            return "contig_end"
        window = before[len(before) - left :] + allele + after[:right]
        windows.append(window if make.strand == "+" else reverse_complement(window))
    return "n_rich" if any(map(too_ambiguous, windows)) else windows


def _applied(make: GenomeWindows, contig: str, start: int, end: int, edits: Sequence[Edit]) -> bytes:
    """Return the packed bases from `start` to `end` of a contig with variants, some of which reach beyond."""
    parts, position = [], start
    for edit in sorted(edits):
        parts += [make.fetch(contig, position, max(edit.start, position)), _packed(edit.alt)]
        position = edit.end
    return b"".join([*parts, make.fetch(contig, position, max(end, position))])


def _common(first: str, second: str) -> int:
    """Return the number of bases that two texts have in common at their start."""
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _packed(bases: str) -> bytes:
    """Return packed bases; none of no letters."""
    return pack(bases) if bases else b""

"""Synthesis and cloning constraints of designed sequences, and by how much sequences violate them.

Sequences are codes 0..3 (A C G T), uint8 (N, L).  What is ordered is the design between adapters, and between
the flanks of the construct if they are ordered too: length, GC content and repeats are those of the order.
Homopolymers and forbidden sites are also searched across the junctions to the adapters and to the flanks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seqcnn.design.synthesis.composition import GcContent, GcWindows, Homopolymers, OrderLength
from seqcnn.design.synthesis.oligos import Check, Context, Oligos
from seqcnn.design.synthesis.repeats import Repeats
from seqcnn.design.synthesis.sites import ForbiddenSite
from seqcnn.errors import SequenceError, UsageError, show
from seqcnn.sequence.onehot import BASE_INDEX, NO_INDEX

_RANGE = re.compile(r"([0-9]+)(?:-([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Constraints:
    """Constraints of a design; None and empty ones do not apply."""

    fixed: tuple[tuple[int, int], ...] = ()
    """Ranges that stay as in the start sequence, 0-based half-open."""
    gc: tuple[float, float] | None = None
    """Lowest and highest GC fraction of the ordered sequence."""
    homopolymer: int | None = None
    """Longest run of one base, in bp."""
    forbidden: tuple[bytes, ...] = ()
    """Packed IUPAC sequences that may occur on neither strand."""
    max_edits: int | None = None
    """Maximum number of positions that differ from the start sequence."""
    min_distance: int = 1
    """Minimum edit distance between two designs."""
    max_per_cluster: int | None = None
    """Maximum number of designs of one cluster of similar sequences."""
    flank5: bytes = b""
    flank3: bytes = b""
    """Packed bases of the construct on both sides of the designed sequence."""
    with_flanks: bool = False
    """Whether the flanks are ordered."""
    adapter5: bytes = b""
    adapter3: bytes = b""
    """Packed bases that are ordered on both sides of all that."""
    order_length: tuple[int, int] | None = None
    """Shortest and longest ordered sequence, bp."""
    gc_window: tuple[int, float, float] | None = None
    """Width of windows of the ordered sequence in bp, and their lowest and highest GC fraction."""
    homopolymer_gc: int | None = None
    """Longest run of G or of C, in bp, where it is shorter than `homopolymer`."""
    repeat: int | None = None
    """Longest sequence that occurs twice on one strand of the ordered sequence, in bp."""
    inverted_repeat: int | None = None
    """Longest sequence whose reverse complement follows it, in bp."""
    hairpin: int | None = None
    """Longest stem of a hairpin, in bp: an inverted repeat with a loop of 3 to 30 bp."""
    supplier: str | None = None
    """Name of the supplier that states the limits that no option replaces."""

    def editable(self, length: int) -> np.ndarray:
        """Return the positions that may be edited, ascending.

        Raises
        ------
        UsageError
            If a fixed range lies outside the sequence, or all positions are fixed.
        """
        editable = np.ones(length, bool)
        for start, stop in self.fixed:
            if stop > length:
                raise UsageError(f"--fix {start + 1}-{stop}: the sequence has {length} bp")
            editable[start:stop] = False
        if not editable.any():
            raise UsageError(f"--fix: all {length} bp are fixed; nothing is left to design")
        return np.flatnonzero(editable)

    @property
    def ordered_context(self) -> Context:
        """What is ordered 5' and 3' of a design, packed."""
        flanks = (self.flank5, self.flank3) if self.with_flanks else (b"", b"")
        return self.adapter5 + flanks[0], flanks[1] + self.adapter3

    def oligos(self, codes: np.ndarray) -> Oligos:
        """Place sequences, uint8 (N, L), between what is ordered with them, and in the construct."""
        packed = np.left_shift(1, codes).astype(np.uint8)
        return Oligos(packed, self.ordered_context, (self.flank5, self.flank3))

    def checks(self) -> Iterator[Check]:
        """Yield the constraints that a search has to satisfy."""
        if self.order_length is not None:
            yield OrderLength(*self.order_length)
        if self.gc is not None:
            yield GcContent(*self.gc)
        if self.gc_window is not None:
            yield GcWindows(*self.gc_window)
        if self.homopolymer is not None:
            yield Homopolymers(self.homopolymer)
        if self.homopolymer_gc is not None:
            yield Homopolymers(self.homopolymer_gc, "GC")
        if self.repeat is not None:
            yield Repeats("repeat", self.repeat)
        if self.inverted_repeat is not None:
            yield Repeats("inverted_repeat", self.inverted_repeat)
        if self.hairpin is not None:
            yield Repeats("hairpin", self.hairpin)
        yield from map(ForbiddenSite, self.forbidden)

    def violations(self, codes: np.ndarray) -> dict[str, np.ndarray]:
        """Return by how much sequences violate each constraint: name -> float64 (N,); 0 if they satisfy it.

        One unit is a base to change for the GC content, an excess base of a homopolymer, a repeated k-mer, or
        a forbidden site.  Fixed positions and the number of edits are not counted: the search always
        respects them.
        """
        oligos = self.oligos(codes)
        return {check.name: check.violations(oligos) for check in self.checks()}


def fixed_ranges(text: str) -> tuple[tuple[int, int], ...]:
    """Return ranges, 0-based half-open, from text such as `1-20,150-170` (bp from 1, ends included).

    Raises
    ------
    UsageError
        If the text cannot be read.
    """
    ranges = []
    for part in filter(None, text.replace(" ", "").split(",")):
        match = _RANGE.fullmatch(part)
        start, stop = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= start <= stop:
            raise UsageError(f"--fix {show(part)}: expected ranges such as 1-20,151-170")
        ranges.append((start - 1, stop))
    return tuple(ranges)


def base_codes(packed: bytes) -> np.ndarray:
    """Return the codes 0..3 of packed bases, uint8 (L,).

    Raises
    ------
    SequenceError
        If a base is ambiguous.
    """
    codes = np.frombuffer(bytearray(packed.translate(BASE_INDEX)), np.uint8)
    ambiguous = np.flatnonzero(codes == NO_INDEX)
    if len(ambiguous):
        raise SequenceError(f"ambiguous base at position {ambiguous[0] + 1}; expected A, C, G or T")
    return codes

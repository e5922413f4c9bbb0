"""Synthesis and cloning constraints of designed sequences, and by how much sequences violate them.

Sequences are codes 0..3 (A C G T), uint8 (N, L).  Homopolymers and forbidden sites are also searched across
the junctions to the flanks of the construct.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.errors import SequenceError, UsageError, did_you_mean, show
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import BASE_INDEX, IUPAC, NO_INDEX, pack

_MIN_SITE_BP = 4  # bp of a forbidden sequence that is not the site of an enzyme
_RANGE = re.compile(r"([0-9]+)(?:-([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Constraints:
    """Constraints of a design; None and empty ones do not apply."""

    fixed: tuple[tuple[int, int], ...] = ()
    """Ranges that stay as in the start sequence, 0-based half-open."""
    gc: tuple[float, float] | None = None
    """Lowest and highest GC fraction of the designed sequence."""
    homopolymer: int | None = None
    """Longest run of one base, in bp."""
    forbidden: tuple[bytes, ...] = ()
    """Packed IUPAC sequences that may occur on neither strand."""
    max_edits: int | None = None
    """Maximum number of positions that differ from the start sequence."""
    min_distance: int = 1
    """Minimum edit distance between two designs."""
    flank5: bytes = b""
    flank3: bytes = b""
    """Packed bases of the construct on both sides of the designed sequence."""

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

    def violations(self, codes: np.ndarray) -> np.ndarray:
        """Return by how much sequences violate the constraints, float64 (N,); 0 if they satisfy all.

        One unit is a base to change for the GC content, an excess base of a homopolymer, or a forbidden
        site.  Fixed positions and the number of edits are not counted: the search always respects them.
        """
        violations = self._gc_violations(codes)
        packed = np.left_shift(1, codes).astype(np.uint8)
        if self.homopolymer is not None:
            with_flanks = _add_flanks(self.flank5, packed, self.flank3, self.homopolymer)
            violations += count_long_runs(with_flanks, self.homopolymer)
        for site in self.forbidden:
            with_flanks = _add_flanks(self.flank5, packed, self.flank3, len(site) - 1)
            violations += sum(count_sites(with_flanks, s) for s in {site, reverse_complement(site)})
        return violations

    def _gc_violations(self, codes: np.ndarray) -> np.ndarray:
        """Return the number of bases to change for the GC content, float64 (N,)."""
        length = codes.shape[1]
        if self.gc is None:
            return np.zeros(len(codes))
        low, high = np.ceil(self.gc[0] * length - 1e-9), np.floor(self.gc[1] * length + 1e-9)
        count = ((codes == 1) | (codes == 2)).sum(1)
        missed: np.ndarray = np.maximum(low - count, 0.0) + np.maximum(count - high, 0.0)
        return missed


def count_long_runs(packed: np.ndarray, longest: int) -> np.ndarray:
    """Count the windows of `longest` + 1 equal bases in packed sequences (N, L), int (N,)."""
    n_windows = packed.shape[1] - longest
    if n_windows < 1:
        return np.zeros(len(packed), np.int64)
    equal_next = np.concatenate(
        [packed[:, 1:] == packed[:, :-1], np.zeros((len(packed), 1), bool)], axis=1
    )  # (N, L): whether a base equals the next one
    uniform = np.all([equal_next[:, i : i + n_windows] for i in range(longest)], axis=0)  # (N, windows)
    return np.asarray(uniform.sum(1))


def count_sites(packed: np.ndarray, site: bytes) -> np.ndarray:
    """Count the matches of a packed IUPAC site on one strand of packed sequences (N, L), int (N,)."""
    n_windows = packed.shape[1] - len(site) + 1
    if n_windows < 1:
        return np.zeros(len(packed), np.int64)
    match = np.ones((len(packed), n_windows), bool)
    for i, letter in enumerate(site):
        match &= (packed[:, i : i + n_windows] & letter) > 0
    return np.asarray(match.sum(1))


def forbidden_sites(names: Sequence[str]) -> tuple[bytes, ...]:
    """Return packed sites from names of restriction enzymes or IUPAC sequences.

    Raises
    ------
    UsageError
        If a name is neither; the message names the nearest enzyme.
    """
    return tuple(_site(name) for name in names)


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


def _site(name: str) -> bytes:
    """Return the recognition site of an enzyme, or the sequence itself."""
    from Bio.Restriction import AllEnzymes  # type: ignore[attr-defined]

    known = {str(enzyme): str(enzyme.site) for enzyme in AllEnzymes}
    if name in known:
        return pack(known[name])
    if len(name) >= _MIN_SITE_BP and set(name.upper()) <= set(IUPAC[1:]):
        return pack(name)
    hint = did_you_mean(name, known, cutoff=0.5)
    raise UsageError(f"--forbid {show(name)}: not a restriction enzyme or a sequence of 4 bp or more{hint}")


def _add_flanks(flank5: bytes, packed: np.ndarray, flank3: bytes, reach: int) -> np.ndarray:
    """Return packed sequences (N, L) with up to `reach` bases of the flanks on each side."""
    left = np.frombuffer(flank5[len(flank5) - min(reach, len(flank5)) :], np.uint8)
    right = np.frombuffer(flank3[:reach], np.uint8)
    sides = [np.broadcast_to(side, (len(packed), len(side))) for side in (left, right)]
    return np.concatenate([sides[0], packed, sides[1]], axis=1)


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

"""What a bench demands of a designed sequence, and by how much sequences miss it.

Sequences are codes 0..3 (A C G T), uint8 (N, L).  What may not occur is looked for across the junctions to
the construct's flanks too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.errors import SequenceError, UsageError, did_you_mean, show
from seqcnn.sequence.onehot import BASE_INDEX, IUPAC, NO_INDEX, pack, reverse_complement

_SHORTEST = 4  # bp of a forbidden sequence that is no enzyme's
_RANGE = re.compile(r"([0-9]+)(?:-([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Constraints:
    """The demands; None and empty ones are not made."""

    fixed: tuple[tuple[int, int], ...] = ()
    """Stretches that stay as they are in the seed, 0-based half-open."""
    gc: tuple[float, float] | None = None
    """Lowest and highest GC fraction of the designed sequence."""
    homopolymer: int | None = None
    """Longest run of one base, in bp."""
    forbidden: tuple[bytes, ...] = ()
    """Packed IUPAC sequences that may occur on neither strand."""
    max_edits: int | None = None
    """Most positions that differ from the seed."""
    min_distance: int = 1
    """Fewest edits between two designs."""
    flank5: bytes = b""
    flank3: bytes = b""
    """Packed bases of the construct beside the designed sequence."""

    def free(self, length: int) -> np.ndarray:
        """Return the positions that may change, ascending.

        Raises
        ------
        UsageError
            If a fixed stretch lies outside the sequence, or nothing may change.
        """
        free = np.ones(length, bool)
        for start, stop in self.fixed:
            if stop > length:
                raise UsageError(f"fix {start + 1}-{stop}: the sequence has {length} bp")
            free[start:stop] = False
        if not free.any():
            raise UsageError(f"fix: all {length} bp are fixed; nothing is left to design")
        return np.flatnonzero(free)

    def missed(self, codes: np.ndarray) -> np.ndarray:
        """Say by how much sequences miss the demands, float64 (N,); 0 where they meet them all.

        One unit is a base that GC content has to change, a base too many in a run, or a forbidden
        sequence.  Fixed positions and edits are not counted: the search never breaks them.
        """
        missed = self._missed_gc(codes)
        bits = np.left_shift(1, codes).astype(np.uint8)
        if self.homopolymer is not None:
            missed += long_runs(_between(self.flank5, bits, self.flank3, self.homopolymer), self.homopolymer)
        for site in self.forbidden:
            around = _between(self.flank5, bits, self.flank3, len(site) - 1)
            missed += sum(occurrences(around, either) for either in {site, reverse_complement(site)})
        return missed

    def _missed_gc(self, codes: np.ndarray) -> np.ndarray:
        """Return how many bases have to change for the GC content."""
        length = codes.shape[1]
        if self.gc is None:
            return np.zeros(len(codes))
        low, high = np.ceil(self.gc[0] * length - 1e-9), np.floor(self.gc[1] * length + 1e-9)
        count = ((codes == 1) | (codes == 2)).sum(1)
        missed: np.ndarray = np.maximum(low - count, 0.0) + np.maximum(count - high, 0.0)
        return missed


def long_runs(bits: np.ndarray, longest: int) -> np.ndarray:
    """Count the windows of `longest` + 1 equal bases in packed sequences (N, L), int (N,)."""
    same = np.concatenate([bits[:, 1:] == bits[:, :-1], np.zeros((len(bits), 1), bool)], axis=1)
    windows = bits.shape[1] - longest
    if windows < 1:
        return np.zeros(len(bits), np.int64)
    whole = np.all([same[:, i : i + windows] for i in range(longest)], axis=0)
    found: np.ndarray = whole.sum(1)
    return found


def occurrences(bits: np.ndarray, site: bytes) -> np.ndarray:
    """Count where packed sequences (N, L) can be a packed IUPAC site, one strand, int (N,)."""
    windows = bits.shape[1] - len(site) + 1
    if windows < 1:
        return np.zeros(len(bits), np.int64)
    hit = np.ones((len(bits), windows), bool)
    for i, base in enumerate(site):
        hit &= (bits[:, i : i + windows] & base) > 0
    found: np.ndarray = hit.sum(1)
    return found


def forbidden_sites(names: Sequence[str]) -> tuple[bytes, ...]:
    """Turn names of restriction enzymes, or IUPAC sequences, into packed sites.

    Raises
    ------
    UsageError
        If a name is neither; the nearest enzyme is named.
    """
    return tuple(_site(name) for name in names)


def fixed_stretches(text: str) -> tuple[tuple[int, int], ...]:
    """Read stretches such as `1-20,150-170` (bp from 1, both ends included).

    Raises
    ------
    UsageError
        If it is none.
    """
    stretches = []
    for part in filter(None, text.replace(" ", "").split(",")):
        found = _RANGE.fullmatch(part)
        start, stop = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= start <= stop:
            raise UsageError(f"fix {show(part)}: expected stretches such as 1-20,151-170")
        stretches.append((start - 1, stop))
    return tuple(stretches)


def _site(name: str) -> bytes:
    """Return the recognition site of an enzyme, or the sequence itself."""
    from Bio.Restriction import AllEnzymes  # type: ignore[attr-defined]

    known = {str(enzyme): str(enzyme.site) for enzyme in AllEnzymes}
    if name in known:
        return pack(known[name])
    if len(name) >= _SHORTEST and set(name.upper()) <= set(IUPAC[1:]):
        return pack(name)
    hint = did_you_mean(name, known, cutoff=0.5)
    raise UsageError(f"forbid {show(name)}: no restriction enzyme, nor a sequence of 4 bp or more{hint}")


def _between(before: bytes, bits: np.ndarray, after: bytes, reach: int) -> np.ndarray:
    """Put up to `reach` bases of the flanks beside packed sequences (N, L)."""
    left = np.frombuffer(before[len(before) - min(reach, len(before)) :], np.uint8)
    right = np.frombuffer(after[:reach], np.uint8)
    sides = [np.broadcast_to(side, (len(bits), len(side))) for side in (left, right)]
    return np.concatenate([sides[0], bits, sides[1]], axis=1)


def codes_of(packed: bytes) -> np.ndarray:
    """Return the codes 0..3 of packed bases, uint8 (L,).

    Raises
    ------
    SequenceError
        If a base is ambiguous.
    """
    codes = np.frombuffer(bytearray(packed.translate(BASE_INDEX)), np.uint8)
    odd = np.flatnonzero(codes == NO_INDEX)
    if len(odd):
        raise SequenceError(f"ambiguous base at position {odd[0] + 1}; a design starts from A, C, G and T")
    return codes

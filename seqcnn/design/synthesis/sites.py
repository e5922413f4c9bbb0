"""Forbidden sites on both strands, across the junctions to the neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.design.synthesis.oligos import Oligos
from seqcnn.errors import UsageError, did_you_mean, show
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import IUPAC, pack, unpack

_MIN_SITE_BP = 4  # bp of a forbidden sequence that is not the site of an enzyme


@dataclass(frozen=True, slots=True)
class ForbiddenSite:
    """A sequence that may occur on neither strand, with a base of the design."""

    site: bytes
    """Packed IUPAC sequence."""

    @property
    def name(self) -> str:
        """The site as letters."""
        return f"site_{unpack(self.site)}"

    @property
    def limit(self) -> str:
        """No site."""
        return "0"

    def violations(self, oligos: Oligos) -> np.ndarray:
        """Return the number of sites, float64 (N,)."""
        return np.max([(mismatches == 0).sum(1) for mismatches in self._mismatches(oligos)], axis=0).astype(
            float
        )

    def values(self, oligos: Oligos) -> np.ndarray:
        """Return the number of sites, float64 (N,)."""
        return self.violations(oligos)

    def margins(self, oligos: Oligos) -> np.ndarray:
        """Return how many more substitutions than one make the nearest site, float64 (N,)."""
        nearest = [m.min(1, initial=len(self.site)) for m in self._mismatches(oligos)]
        return np.min(nearest, axis=0).astype(float) - 1

    def _mismatches(self, oligos: Oligos) -> list[np.ndarray]:
        """Return the mismatches of each window with the site, both strands, int (N, windows) per context."""
        strands = {self.site, reverse_complement(self.site)}
        return [
            np.concatenate([_count_mismatches(packed, strand) for strand in strands], axis=1)
            for packed in oligos.junctions(len(self.site) - 1)
        ]


def forbidden_sites(names: Sequence[str]) -> tuple[bytes, ...]:
    """Return packed sites from names of restriction enzymes or IUPAC sequences.

    Raises
    ------
    UsageError
        If a name is neither; the message names the nearest enzyme.
    """
    return tuple(_site(name) for name in names)


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


def _count_mismatches(packed: np.ndarray, site: bytes) -> np.ndarray:
    """Return the mismatches of each window of packed sequences with an IUPAC site, int (N, windows)."""
    n_windows = max(packed.shape[1] - len(site) + 1, 0)
    mismatches = np.zeros((len(packed), n_windows), np.int16)
    for i, letter in enumerate(site):
        mismatches += (packed[:, i : i + n_windows] & letter) == 0
    return mismatches

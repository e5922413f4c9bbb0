"""The dependency map of a sequence: one number per pair of positions, from the epistasis of all base pairs.

At a pair of positions there are three changes of either base, nine pairs of changes (more where a base is
ambiguous).  The map has the pair whose mean epistasis over the networks is largest in absolute value, with
its sign; the mean absolute value over all pairs stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqcnn.plotting.heat_map import reference_heights
from seqcnn.sequence.onehot import ALPHABET


@dataclass(frozen=True, slots=True, eq=False)
class DependencyMap:
    """Pairs of P positions of a sequence; arrays (P, P) have values for i < j, NaN elsewhere."""

    name: str
    bases: str
    """Letters of the P positions."""
    first: int
    """Position of the first one in the sequence, bp from 1."""
    prediction: float
    effects: np.ndarray
    """(4, P), effect of each single change."""
    alt: np.ndarray
    """int (2, P, P), indices of the bases of the strongest pair of changes, at i and at j."""
    epistasis: np.ndarray
    """(P, P), that of the strongest pair of changes."""
    sd: np.ndarray | None
    """(P, P), its SD over the networks; None for one network."""
    mean_absolute: np.ndarray
    """(P, P), mean of the absolute epistasis over all pairs of changes."""

    @property
    def heights(self) -> np.ndarray:
        """Attributions of the bases of the sequence by ISM, (4, P)."""
        return reference_heights(self.effects, self.bases)

    def strongest(self) -> tuple[int, int]:
        """Return the pair of positions with the largest absolute epistasis, from 0."""
        index = int(np.nanargmax(np.abs(self.epistasis)))
        return divmod(index, len(self.bases))

    def change(self, side: int, i: int, j: int) -> str:
        """Return the strongest change at i (`side` 0) or at j (1) of a pair, such as A12G."""
        place = (i, j)[side]
        return f"{self.bases[place]}{place + self.first}{ALPHABET[self.alt[side, i, j]]}"


def dependency_map(
    name: str, bases: str, values: np.ndarray, *, first: int, prediction: float, effects: np.ndarray
) -> DependencyMap:
    """Reduce the epistasis of all pairs of changes, (M, P, 4, P, 4), to one number per pair of positions.

    The other parameters are those of `DependencyMap`.
    """
    n, size = len(values), len(bases)
    is_change = np.array([[letter != base for letter in ALPHABET] for base in bases])  # (P, 4)
    pairs = (is_change[:, None, :, None] & is_change[:, None]).reshape(size, size, 16)  # (P, P, 16)
    by_pair = values.transpose(0, 1, 3, 2, 4).reshape(n, size, size, 16)
    mean = by_pair.mean(0, dtype=np.float64)
    absolute = np.where(pairs, np.abs(mean), -1.0)
    strongest = absolute.argmax(2)[:, :, None]
    later = np.triu(np.ones((size, size), bool), 1)
    sd = None
    if n > 1:
        chosen = np.take_along_axis(by_pair, strongest[None], 3)[..., 0]
        sd = np.where(later, chosen.std(0, ddof=1, dtype=np.float64), np.nan)
    return DependencyMap(
        name, bases, first, prediction, effects,
        alt=np.stack(np.divmod(strongest[:, :, 0], 4)),
        epistasis=np.where(later, np.take_along_axis(mean, strongest, 2)[:, :, 0], np.nan),
        sd=sd,
        mean_absolute=np.where(later, np.abs(mean).sum(2) / pairs.sum(2), np.nan),
    )  # fmt: skip

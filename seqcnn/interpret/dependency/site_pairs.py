"""Epistasis of two sites of a sequence: both replaced, minus each alone.

A site is replaced by random bases of equal frequencies, several times; the mean prediction stands for the
sequence without it.  The bases are the same where the site is replaced alone and together with the other.
With f the prediction, x the sequence, and x-A, x-B, x-AB the sequence without one site or both,

    epistasis = f(x) - f(x-A) - f(x-B) + f(x-AB):

what both sites add to the prediction beyond the sum of what each adds where the other is missing.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from seqcnn.interpret.dependency.sites import Site
from seqcnn.model.inference.batches import predict_members
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.sequence.onehot import PACKED_BASES
from seqcnn.sequence.window import Rows


@dataclass(frozen=True, slots=True)
class SitePair:
    """Two sites of one sequence that do not overlap, from 5' to 3', and what they add to its prediction."""

    record: str
    first: Site
    second: Site
    effects: tuple[float, float]
    """What each site adds: the prediction of the sequence minus the mean of those without the site."""
    effect: float
    """What both add."""
    epistasis: float
    """Sum of the effects of the sites minus the effect of both."""
    background_sd: float
    """SD of the epistasis over the random replacements, NaN for one."""
    sd: float
    """SD of the epistasis over the networks, NaN for one."""

    @property
    def gap(self) -> int:
        """Distance between the sites, bp."""
        return self.second.start - self.first.end

    @property
    def strands(self) -> str:
        """Strands of both, such as `+-`."""
        return self.first.strand + self.second.strand


def separate(sites: Sequence[Site]) -> list[tuple[int, int]]:
    """Return the pairs of sites, in the order of their starts, that do not overlap."""
    return [(a, b) for a, b in combinations(range(len(sites)), 2) if sites[a].end <= sites[b].start]


def site_pairs(
    model: LoadedModel,
    name: str,
    row: Rows,
    sites: Sequence[Site],
    *,
    target: int,
    backgrounds: int,
    seed: int,
) -> list[SitePair]:
    """Measure the epistasis of every pair of sites of one sequence.

    Parameters
    ----------
    model
        Any trained model.
    name, row
        The sequence in the window of the model, with its name, of which the random bases depend.
    sites
        Its sites, by start.
    target
        Index of the target.
    backgrounds
        Number of random replacements.
    seed
        Random seed of the replacements.
    """
    pairs = separate(sites)
    rng = np.random.default_rng([seed, zlib.crc32(name.encode("utf-8", "surrogateescape"))])
    length = row.bases.shape[1]
    random = PACKED_BASES[rng.integers(0, 4, (backgrounds, length))]  # (R, L)
    offset = int(row.start[0])
    chosen = [(k,) for k in range(len(sites))] + pairs
    replaced = np.zeros((len(chosen), length), bool)
    for mask, numbers in zip(replaced, chosen, strict=True):
        for k in numbers:
            mask[offset + sites[k].start : offset + sites[k].end] = True
    bases = np.where(replaced[:, None], random, row.bases[0]).reshape(-1, length)
    rows = row.take(np.zeros(1 + len(bases), int))
    rows.bases[1:] = bases
    y = predict_members(model.network, model.header, rows, flag_ood=False).members[:, :, target].astype(float)
    # (M, sites and pairs, R), what they add to the prediction
    effects = y[:, :1, None] - y[:, 1:].reshape(len(y), len(chosen), backgrounds)
    return [
        _pair(name, (sites[a], sites[b]), effects[:, [a, b, len(sites) + number]])
        for number, (a, b) in enumerate(pairs)
    ]


def _pair(name: str, sites: tuple[Site, Site], effects: np.ndarray) -> SitePair:
    """Return a pair from the effects (M, 3, R) of the sites and of both."""
    epistasis = effects[:, 0] + effects[:, 1] - effects[:, 2]  # (M, R)
    first, second, both = effects.mean((0, 2)).tolist()
    return SitePair(
        name, *sites, (first, second), both, float(epistasis.mean()),
        background_sd=_sd(epistasis.mean(0)), sd=_sd(epistasis.mean(1)),
    )  # fmt: skip


def _sd(values: np.ndarray) -> float:
    """Return the standard deviation of n values, NaN for one."""
    return float(values.std(ddof=1)) if len(values) > 1 else np.nan

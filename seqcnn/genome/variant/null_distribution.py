"""Effects of random changes of a genome or library: the null distributions of the percentile.

An allele is compared with random changes of the same kind, scored in the same way: alleles of equal lengths
with single-base substitutions, longer or shorter ones with insertions or deletions of as many bases.  Places
are uniform over all positions whose windows can be scored, inserted bases are A, C, G and T with equal
probability.  The changes depend on the genome or library, the windows, the kind and the seed only, so the
percentile of a variant does not depend on the other variants of its file.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import numpy as np

from seqcnn.genome.variant.effects import percentiles, score_pairs
from seqcnn.genome.variant.windows import AlleleWindows, WindowMaker
from seqcnn.model.inference.trained_model import Model
from seqcnn.sequence.onehot import ALPHABET, unpack

logger = logging.getLogger(__name__)

CHUNK = 1024
"""Number of changes to score at a time."""

MAX_TRIES = 20
"""Places to try per change; a place may be ambiguous, or too near a contig's end after left-alignment."""

_MAX_KINDS = 1024  # null distributions in memory


class RandomVariant(NamedTuple):
    """A random change in the notation of a VCF; `start` is 0-based."""

    contig: str
    start: int
    ref: str
    alt: str


def random_variants(
    make: WindowMaker, length_change: int, rng: np.random.Generator
) -> Iterator[RandomVariant]:
    """Yield random changes without end; some cannot be scored, as their bases or windows are ambiguous.

    Parameters
    ----------
    make
        Maker of windows, which knows the contigs.
    length_change
        0 for substitutions of one base, n for insertions and -n for deletions of n bases.
    rng
        Random generator.
    """
    anchor = int(length_change != 0)  # an insertion or deletion follows the base at its position in a VCF
    n_ref = 1 if length_change == 0 else max(-length_change, 0)
    before, after = make.margins(n_ref, n_ref + length_change)
    before = max(before, anchor)
    places = np.array([max(size - before - n_ref - after + 1, 0) for size in make.sizes.values()], np.int64)
    contigs, ends = list(make.sizes), np.cumsum(places)  # (contigs,)
    while len(ends) and ends[-1]:
        place = int(rng.integers(ends[-1]))
        number = int(np.searchsorted(ends, place, side="right"))
        start = before + place - int(ends[number] - places[number]) - anchor
        ref = unpack(make.fetch(contigs[number], start, start + anchor + n_ref))
        alt = ref[:anchor] + _random_bases(n_ref + length_change, rng)
        yield RandomVariant(contigs[number], start, ref, alt)


def _random_bases(n: int, rng: np.random.Generator) -> str:
    """Return n random bases."""
    return "".join(ALPHABET[i] for i in rng.integers(len(ALPHABET), size=n))


class NullDistributions:
    """The null distribution of each kind of change, computed when it is first needed.

    Parameters
    ----------
    model
        A trained model.
    make
        Maker of the windows of the variants.
    target
        Column of the predictions.
    n
        Number of random changes of each kind.
    seed
        Random seed.
    """

    def __init__(self, model: Model, make: WindowMaker, *, target: int, n: int, seed: int) -> None:
        self.model, self.make, self.target, self.n, self.seed = model, make, target, n, seed
        self.counts: dict[int, int] = {}
        self.effects = lru_cache(_MAX_KINDS)(self._effects)

    def percentiles(self, effects: np.ndarray, length_changes: Sequence[int]) -> np.ndarray:
        """Return the percentile of the absolute value of each effect among changes of its kind."""
        kinds, result = np.array(length_changes, np.int64), np.full(len(effects), np.nan)
        for kind in np.unique(kinds):
            result[kinds == kind] = percentiles(effects[kinds == kind], self.effects(int(kind)))
        return result

    def log(self) -> None:
        """Log the kinds that were used, and those with fewer changes than requested."""
        indels = sum(kind != 0 for kind in self.counts)
        logger.info(
            "percentiles: two-sided, among %d random substitutions, or %d random insertions or deletions of "
            "the same length (%d lengths)", self.n, self.n, indels,
        )  # fmt: skip
        for kind, count in sorted(self.counts.items()):
            if count < self.n:
                logger.warning(
                    "percentiles of %s: only %d random changes could be scored", _name(kind), count
                )

    def _effects(self, length_change: int) -> np.ndarray:
        """Return the effects of the random changes of one kind, float64 (n,); fewer if places are few."""
        rng = np.random.default_rng([self.seed, abs(length_change), int(length_change < 0)])
        tries = islice(random_variants(self.make, length_change, rng), MAX_TRIES * self.n)
        scored = (pair for change in tries if isinstance(pair := self.make(*change), AlleleWindows))
        effects, pairs = [np.empty(0)], islice(scored, self.n)
        while chunk := list(islice(pairs, CHUNK)):
            effects.append(score_pairs(self.model, chunk, target=self.target).effect)
        self.counts[length_change] = sum(map(len, effects))
        return np.concatenate(effects)


def _name(length_change: int) -> str:
    """Return a kind of change in words."""
    if length_change == 0:
        return "substitutions"
    return f"{'insertions' if length_change > 0 else 'deletions'} of {abs(length_change)} bp"

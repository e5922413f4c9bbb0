"""Effects of random changes of a genome or library: the null distributions of the percentile.

An allele is compared with random changes of the same kind, scored in the same way: substitutions of as many
adjacent bases if both alleles have the same length, otherwise insertions or deletions of the difference.
Places are uniform over all positions whose windows can be scored, and bases are A, C, G and T with equal
probability.  The changes depend on the genome or library, the windows, the kind and the seed only, so the
percentile of a variant does not depend on the other variants of its file.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import numpy as np

from seqcnn.genome.variant.alleles import Kind
from seqcnn.genome.variant.effects import percentiles, score_pairs
from seqcnn.genome.variant.windows import AlleleWindows, WindowMaker
from seqcnn.model.inference.trained_model import LoadedModel
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


def random_variants(make: WindowMaker, kind: Kind, rng: np.random.Generator) -> Iterator[RandomVariant]:
    """Yield random changes of one kind without end; some cannot be scored, as their windows are ambiguous.

    Parameters
    ----------
    make
        Maker of windows, which knows the contigs.
    kind
        Adjacent bases to substitute, or bases to insert or to delete.
    rng
        Random generator.
    """
    anchor = int(kind.n_ref != kind.n_alt)  # the base before an insertion or deletion, as in a VCF
    before, after = make.margins(*kind)
    before, after = max(before, anchor), after + kind.n_ref
    places = np.array([max(size - before - after + 1, 0) for size in make.sizes.values()], np.int64)
    contigs, ends = list(make.sizes), np.cumsum(places)  # (contigs,)
    while len(ends) and ends[-1]:
        place = int(rng.integers(ends[-1]))
        number = int(np.searchsorted(ends, place, side="right"))
        start = before + place - int(ends[number] - places[number]) - anchor
        ref = unpack(make.fetch(contigs[number], start, start + anchor + kind.n_ref))
        excluded = ref[anchor:] if kind.n_alt == kind.n_ref else "-" * kind.n_alt
        yield RandomVariant(contigs[number], start, ref, ref[:anchor] + _random_bases(excluded, rng))


def log_null(n: int, counts: Mapping[str, int]) -> None:
    """Log the number of random changes per kind, and the kinds with fewer than `n`."""
    logger.info(
        "percentiles: two-sided, among %d random substitutions, insertions or deletions of as many bases", n
    )
    for kind, count in counts.items():
        if count < n:
            logger.warning("percentiles of %s: only %d random changes could be scored", kind, count)


def _random_bases(excluded: str, rng: np.random.Generator) -> str:
    """Return as many random bases as there are letters; no base is the letter at its position."""
    choices = [ALPHABET.replace(letter, "") for letter in excluded]
    return "".join(bases[rng.integers(len(bases))] for bases in choices)


def threshold(null_effects: np.ndarray, alpha: float) -> float:
    """Return the absolute effect above which a change is called an effect at a false-positive rate.

    The p-value of larger effects, (1 + number of null effects at least as large) / (1 + n), is at most alpha.
    NaN if there are too few null effects: fewer than 1 / alpha - 1.

    Parameters
    ----------
    null_effects
        float64 (n,), effects of random changes.
    alpha
        False-positive rate, 0 to 1.

    Examples
    --------
    >>> threshold(np.array([-4.0, 1.0, 2.0, 3.0]), 0.4)
    3.0
    """
    rank = int(alpha * (len(null_effects) + 1) + 1e-9)
    return float(np.sort(np.abs(null_effects))[-rank]) if 0 < rank <= len(null_effects) else np.nan


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
    alpha
        Fraction of random changes that are called an effect, 0 to 1.
    """

    def __init__(
        self, model: LoadedModel, make: WindowMaker, *, target: int, n: int, seed: int, alpha: float = 0.05
    ) -> None:
        self.model, self.make, self.target = model, make, target
        self.n, self.seed, self.alpha = n, seed, alpha
        self.counts: dict[Kind, int] = {}
        self.effects = lru_cache(_MAX_KINDS)(self._effects)
        self.threshold = lru_cache(_MAX_KINDS)(self._threshold)

    def percentiles(self, effects: np.ndarray, kinds: Sequence[Kind]) -> np.ndarray:
        """Return the percentile of the absolute value of each effect among changes of its kind."""
        result = np.full(len(effects), np.nan)
        for kind in set(kinds):
            index = [i for i, other in enumerate(kinds) if other == kind]
            result[index] = percentiles(effects[index], self.effects(kind))
        return result

    def thresholds(self, kinds: Sequence[Kind]) -> np.ndarray:
        """Return the threshold of an effect of each kind, float64 (n,); see `threshold`."""
        return np.array([self.threshold(kind) for kind in kinds], np.float64)

    def log(self) -> None:
        """Log the kinds that were used, and those with fewer changes than requested."""
        log_null(self.n, {str(kind): count for kind, count in sorted(self.counts.items())})

    def _threshold(self, kind: Kind) -> float:
        """Return the threshold of one kind."""
        return threshold(self.effects(kind), self.alpha)

    def _effects(self, kind: Kind) -> np.ndarray:
        """Return the effects of the random changes of one kind, float64 (n,); fewer if places are few."""
        rng = np.random.default_rng([self.seed, *kind])
        tries = islice(random_variants(self.make, kind, rng), MAX_TRIES * self.n)
        scored = (pair for change in tries if isinstance(pair := self.make(*change), AlleleWindows))
        effects, pairs = [np.empty(0)], islice(scored, self.n)
        while chunk := list(islice(pairs, CHUNK)):
            effects.append(score_pairs(self.model, chunk, target=self.target).effect)
        self.counts[kind] = sum(map(len, effects))
        return np.concatenate(effects)

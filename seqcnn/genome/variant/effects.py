"""Windows of both alleles -> predictions of each allele, the effect, and its percentile.

The effect is the prediction of the alternative allele minus that of the reference allele; its SD is that
of the difference over the members of an ensemble.  The percentile is the share of random single-base
substitutions with a smaller absolute effect; ties count half.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from seqcnn.genome.variant.windows import AlleleWindows
from seqcnn.model.inference.trained_model import Model
from seqcnn.sequence.onehot import UNAMBIGUOUS

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Effects:
    """Predictions of n pairs of alleles, in the units of the target."""

    ref: np.ndarray
    """float64 (n,), prediction of the reference allele."""
    alt: np.ndarray
    """float64 (n,), prediction of the alternative allele."""
    sd: np.ndarray | None = None
    """float64 (n,), SD of the effect over the members of an ensemble; None for a single network."""
    ood: np.ndarray | None = None
    """bool (n,), whether a window is out of distribution; None if the model does not know."""

    @property
    def effect(self) -> np.ndarray:
        """Alternative minus reference, float64 (n,)."""
        return np.asarray(self.alt - self.ref)


def score_pairs(model: Model, pairs: Sequence[AlleleWindows], *, target: int = 0) -> Effects:
    """Predict both alleles of each pair: the mean over its windows.

    Parameters
    ----------
    model
        A trained model; for a double-stranded assay both strands are predicted and averaged.
    pairs
        n pairs with the same number of windows each.
    target
        Column of the predictions.
    """
    windows = [window for allele in (0, 1) for pair in pairs for window in pair[allele]]
    predictions = model.predict_members(model.header.layout.rows(windows))
    n_windows = -1 if pairs else 1
    per_member = predictions.members[:, :, target].astype(np.float64)  # (members, 2 * n * windows)
    per_member = per_member.reshape(len(per_member), 2, len(pairs), n_windows).mean(3)  # (members, 2, n)
    ref, alt = per_member.mean(0)
    sd = (per_member[:, 1] - per_member[:, 0]).std(0, ddof=1) if len(per_member) > 1 else None
    ood = None
    if predictions.ood is not None:
        ood = np.any(predictions.ood.reshape(2, len(pairs), n_windows), axis=(0, 2))
    return Effects(ref, alt, sd, ood)


def percentiles(effects: np.ndarray, null_effects: np.ndarray) -> np.ndarray:
    """Return the percentage of null effects that are smaller than each effect, in absolute value.

    Ties count half.  Without null effects the percentile is NaN.

    Examples
    --------
    >>> percentiles(np.array([-2.0, 0.5]), np.array([1.0, -2.0, 3.0, 0.0])).tolist()
    [62.5, 25.0]
    """
    if not len(null_effects):
        return np.full(len(effects), np.nan)
    null_sizes, sizes = np.sort(np.abs(null_effects)), np.abs(effects)
    smaller = np.searchsorted(null_sizes, sizes, side="left")
    smaller_or_equal = np.searchsorted(null_sizes, sizes, side="right")
    return np.asarray(50.0 * (smaller + smaller_or_equal) / len(null_sizes))


def reservoir_sample(items: Iterable[_Item], n: int, *, rng: np.random.Generator) -> list[_Item]:
    """Return n items of a stream, sampled uniformly (Vitter 1985, doi:10.1145/3147.3165)."""
    reservoir: list[_Item] = []
    for number, item in enumerate(items):
        if number < n:
            reservoir.append(item)
        elif (slot := int(rng.integers(number + 1))) < n:
            reservoir[slot] = item
    return reservoir


def random_substitutions(
    pairs: Sequence[AlleleWindows], n: int, *, shifts: Sequence[int] = (0,), rng: np.random.Generator
) -> list[AlleleWindows]:
    """Return n random single-base substitutions in the reference windows of some pairs, in turn.

    Parameters
    ----------
    pairs
        Pairs of alleles; their alternative windows are not used.
    n
        Number of substitutions; fewer are returned if windows hold no unambiguous base.
    shifts
        Offset in bp of each window of a pair, towards the 3' end.
    """
    changed = [_random_substitution(pairs[i % len(pairs)].ref, shifts, rng) for i in range(n if pairs else 0)]
    return [pair for pair in changed if pair is not None]


def _random_substitution(
    windows: list[bytes], shifts: Sequence[int], rng: np.random.Generator
) -> AlleleWindows | None:
    """Substitute one base that all windows contain, in each of them; None if all are ambiguous."""
    # All windows contain the bases from the first base of the window that is shifted most to the
    # last base of the window that is shifted least.
    last_shift = max(shifts)
    length = len(windows[0]) - (last_shift - min(shifts))
    shared = windows[shifts.index(last_shift)][:length]
    candidates = [i for i, base in enumerate(shared) if base in UNAMBIGUOUS]
    if not candidates:
        return None
    position = candidates[int(rng.integers(len(candidates)))]
    base = [b for b in UNAMBIGUOUS if b != shared[position]][int(rng.integers(3))]
    alt = []
    for window, shift in zip(windows, shifts, strict=True):
        i = position + last_shift - shift  # the same base of the genome in this window
        alt.append(window[:i] + bytes([base]) + window[i + 1 :])
    return AlleleWindows(windows, alt)

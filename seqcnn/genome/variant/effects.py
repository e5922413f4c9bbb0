"""Windows of both alleles -> what a model predicts of each, the effect, and how rare such an effect is.

The effect is the prediction of the alternative allele less that of the reference; its SD is that of the
difference over the members of an ensemble.  The percentile is the part of random single-base changes
whose effect is smaller, either way; equal ones count half.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from seqcnn.genome.variant.windows import Pair
from seqcnn.model.inference.trained_model import Model
from seqcnn.sequence.onehot import UNAMBIGUOUS

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Effects:
    """What a model says of n pairs of alleles."""

    ref: np.ndarray
    """float64 (n,), prediction of the reference allele, in the units of the target."""
    alt: np.ndarray
    """float64 (n,), prediction of the alternative allele."""
    sd: np.ndarray | None = None
    """float64 (n,), SD of the effect over the members of an ensemble; None of a single network."""
    unlike: np.ndarray | None = None
    """bool (n,), whether a window is unlike those of the training; None if that is not known."""

    @property
    def effect(self) -> np.ndarray:
        """Alternative less reference, float64 (n,)."""
        effect: np.ndarray = self.alt - self.ref
        return effect


def score_pairs(model: Model, pairs: Sequence[Pair], *, target: int = 0) -> Effects:
    """Predict both alleles of each pair, the mean over its windows.

    Parameters
    ----------
    model
        A trained model; of a double-stranded assay both strands are predicted.
    pairs
        n pairs of as many windows each.
    target
        Column of the predictions.
    """
    windows = [window for side in (0, 1) for pair in pairs for window in pair[side]]
    found = model.estimate_rows(model.header.layout.rows(windows))
    each = found.each[:, :, target].astype(np.float64)  # (M, 2 n K)
    each = each.reshape(len(each), 2, len(pairs), -1 if pairs else 1).mean(3)  # (M, 2, n)
    ref, alt = each.mean(0)
    sd = (each[:, 1] - each[:, 0]).std(0, ddof=1) if len(each) > 1 else None
    unlike = None
    if found.unlike is not None:
        unlike = np.any(found.unlike.reshape(2, len(pairs), -1 if pairs else 1), axis=(0, 2))
    return Effects(ref, alt, sd, unlike)


def percentiles(effects: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Return the part in percent of null effects that are smaller than each effect, whatever the signs.

    Without any null effect it is NaN.

    Examples
    --------
    >>> percentiles(np.array([-2.0, 0.5]), np.array([1.0, -2.0, 3.0, 0.0])).tolist()
    [62.5, 25.0]
    """
    null, size = np.sort(np.abs(null)), np.abs(effects)
    if not len(null):
        return np.full(len(effects), np.nan)
    below = np.searchsorted(null, size, "left") + np.searchsorted(null, size, "right")
    found: np.ndarray = 50.0 * below / len(null)
    return found


def sampled(items: Iterable[_Item], n: int, *, rng: np.random.Generator) -> list[_Item]:
    """Return n items of a stream, each as likely as any other (Vitter 1985, doi:10.1145/3147.3165)."""
    kept: list[_Item] = []
    for number, item in enumerate(items):
        if number < n:
            kept.append(item)
        elif (at := int(rng.integers(number + 1))) < n:
            kept[at] = item
    return kept


def random_changes(
    pairs: Sequence[Pair], n: int, *, shifts: Sequence[int] = (0,), rng: np.random.Generator
) -> list[Pair]:
    """Return n random single-base changes of the reference windows of some pairs, in turn.

    Parameters
    ----------
    pairs
        Pairs of alleles; their alternative windows are not used.
    n
        How many changes; fewer if windows hold no base that is certain.
    shifts
        bp that each window of a pair lies from the first position, towards the 3' end.
    """
    changed = [_random_change(pairs[i % len(pairs)].ref, shifts, rng) for i in range(n if pairs else 0)]
    return [pair for pair in changed if pair is not None]


def _random_change(windows: list[bytes], shifts: Sequence[int], rng: np.random.Generator) -> Pair | None:
    """Change one base that all windows show, in each of them."""
    first = max(shifts)
    shared = windows[shifts.index(first)][: len(windows[0]) + min(shifts) - first]
    places = [i for i, base in enumerate(shared) if base in UNAMBIGUOUS]
    if not places:
        return None
    at = places[int(rng.integers(len(places)))]
    base = [b for b in UNAMBIGUOUS if b != shared[at]][int(rng.integers(3))]
    alt = []
    for window, shift in zip(windows, shifts, strict=True):
        here = at + first - shift
        alt.append(window[:here] + bytes([base]) + window[here + 1 :])
    return Pair(windows, alt)

"""Windows of both alleles -> predictions of each allele, the effect, and its percentile.

The effect is the prediction of the alternative allele minus that of the reference allele; its SD is that
of the difference over the members of an ensemble.  The percentile is two-sided: the percentage of random
changes (`null_distribution`) with a smaller absolute effect; ties count half.  An allele is called
to have an effect if it is larger than all but a fraction alpha of these changes; see `calls`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from seqcnn.genome.variant.windows import AlleleWindows
from seqcnn.model.inference.trained_model import LoadedModel

LEVEL = 0.95
"""Level of the interval of an effect over the networks of an ensemble."""

CALLS = ("effect", "none", "uncertain")
"""Whether an allele has an effect."""


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
    by_member: np.ndarray | None = None
    """float64 (members, n), the effect by each network of an ensemble; None for a single network."""

    @property
    def effect(self) -> np.ndarray:
        """Alternative minus reference, float64 (n,)."""
        return np.asarray(self.alt - self.ref)


def score_pairs(model: LoadedModel, pairs: Sequence[AlleleWindows], *, target: int = 0) -> Effects:
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
    windows = [window for pair in pairs for window in pair.ref]
    windows += [window for pair in pairs for window in pair.alt]
    predictions = model.predict_members(model.header.layout.rows(windows))
    n_windows = -1 if pairs else 1
    per_member = predictions.members[:, :, target].astype(np.float64)  # (members, 2 * n * windows)
    per_member = per_member.reshape(len(per_member), 2, len(pairs), n_windows).mean(3)  # (members, 2, n)
    ref, alt = per_member.mean(0)
    by_member = per_member[:, 1] - per_member[:, 0] if len(per_member) > 1 else None
    sd = None if by_member is None else by_member.std(0, ddof=1)
    ood = None
    if predictions.ood is not None:
        ood = np.any(predictions.ood.reshape(2, len(pairs), n_windows), axis=(0, 2))
    return Effects(ref, alt, sd, ood, by_member)


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


def interval(effects: Effects) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the interval of each effect, float64 (n,): both are the effect of a single network.

    For an ensemble it is Student's interval at `LEVEL` of the mean over its networks.

    Examples
    --------
    >>> by_member = np.array([[1.0], [2.0], [3.0]])
    >>> low, high = interval(Effects(np.zeros(1), np.full(1, 2.0), np.ones(1), None, by_member))
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([-0.48], [4.48])
    """
    if effects.by_member is None or effects.sd is None:
        return effects.effect, effects.effect
    members = len(effects.by_member)
    half = stdtrit(members - 1, 0.5 + LEVEL / 2) * effects.sd / members**0.5
    return effects.effect - half, effects.effect + half


def calls(effects: Effects, thresholds: np.ndarray) -> list[str]:
    """Return `CALLS` of each effect; 'NA' where the threshold is NaN.

    `effect` if the absolute effect is above the threshold and the interval excludes 0; `none` if the whole
    interval is within the threshold on both sides; and else `uncertain`.

    Parameters
    ----------
    effects
        n effects.
    thresholds
        float64 (n,), absolute effects of random changes, see `null_distribution.threshold`.
    """
    low, high = interval(effects)
    is_effect = (np.abs(effects.effect) > thresholds) & ((low > 0) | (high < 0))
    is_none = (low >= -thresholds) & (high <= thresholds)
    conditions = [np.isnan(thresholds), is_effect, is_none]
    return [str(call) for call in np.select(conditions, ["NA", *CALLS[:2]], CALLS[2])]

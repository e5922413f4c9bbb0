"""Detect sequences that are out of distribution: unlike the training sequences in their k-mers.

Two numbers describe the composition of a sequence.  *Distance* is the Mahalanobis distance of its 3-mer
frequencies from their mean over the training sequences, with a shrunk covariance (Ledoit & Wolf 2004,
doi:10.1016/S0047-259X(03)00096-4); another GC content, repeats and ambiguous bases make it large.
*Surprisal* is the mean negative log-probability of each base given the five before it, as estimated from the
training sequences; sequences of another origin make it large.  A sequence is flagged when one of them is
larger than in all but `RATE` / 2 of the validation sequences.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil

import numpy as np

from seqcnn.model.network.header import Header, OODThresholds
from seqcnn.sequence.kmers import kmer_counts, kmer_index
from seqcnn.sequence.window import Rows

K = 3
"""Length in bp of the k-mers of the distance."""

CONTEXT = 6
"""Length in bp of the k-mers of the surprisal: a base and those before it."""

PROFILE_SHAPES = {"mean": (4**K,), "whitening": (4**K, 4**K), "surprisal": (4**CONTEXT,)}
"""Array of a profile -> its shape."""

RATE = 0.01
"""Fraction of in-distribution sequences that are flagged."""

AMBIGUOUS_DISTANCE = 1e9
"""Distance of a sequence most of whose 3-mers are ambiguous."""

_MAX_FITTED = 50_000  # sequences from which the profile is estimated
_BLOCK = 512  # sequences at a time: few enough for the cache


def fit_profile(rows: Rows, *, double: bool) -> dict[str, np.ndarray]:
    """Return the profile of training sequences: `mean`, `whitening` and `surprisal`, float64.

    With `double` the two strands are equal.  The arrays have the shapes (64,), (64, 64) and (4096,).
    """
    from sklearn.covariance import LedoitWolf

    sample = rows.select(np.linspace(0, len(rows) - 1, min(len(rows), _MAX_FITTED), dtype=int))
    frequencies = np.concatenate([_frequencies(block, double=double) for block in _blocks(sample)])
    estimator = LedoitWolf(store_precision=False).fit(frequencies)
    ridge = np.finfo(np.float32).eps * np.eye(4**K)
    whitening = np.linalg.cholesky(np.linalg.inv(estimator.covariance_ + ridge))
    surprisal = _surprisal(sample, double=double)
    return {"mean": estimator.location_, "whitening": whitening, "surprisal": surprisal}


def distances(profile: Mapping[str, np.ndarray], rows: Rows, *, double: bool) -> np.ndarray:
    """Return distance and surprisal of sequences, float64 (N, 2), no unit and nat.

    `profile` is that of `fit_profile`.  Sequences most of whose 3-mers hold an ambiguous base are at
    `AMBIGUOUS_DISTANCE`.
    """
    mean, whitening, surprisal = (
        profile[name].astype(np.float64) for name in ("mean", "whitening", "surprisal")
    )
    if double:
        surprisal = (surprisal + surprisal[_reverse_complement_index(CONTEXT)]) / 2
    surprisal = np.append(surprisal, 0)  # of a k-mer with an ambiguous base, which has the last index
    parts = [np.empty((0, 2))]
    for block in _blocks(rows):
        frequencies = _frequencies(block, double=double)
        distance = np.linalg.norm((frequencies - mean) @ whitening, axis=1)
        ambiguous = (block.insert_length >= K) & (frequencies.sum(1) < 0.5)
        index = kmer_index(block, CONTEXT)
        known = np.maximum(np.count_nonzero(index < 4**CONTEXT, axis=1), 1)
        mean_surprisal = np.take(surprisal, index).sum(1) / known
        parts.append(np.stack([np.where(ambiguous, AMBIGUOUS_DISTANCE, distance), mean_surprisal], axis=1))
    return np.concatenate(parts)


def out_of_distribution(profile: Mapping[str, np.ndarray], header: Header, rows: Rows) -> np.ndarray | None:
    """Return which rows are out of distribution, bool (n,); None if the bundle has no thresholds."""
    if header.ood is None:
        return None
    limits = np.array([header.ood.distance, header.ood.surprisal])
    exceeds = distances(profile, rows, double=header.strand == "double") > limits  # (n, 2)
    return np.asarray(exceeds.any(1))


def calibrate_ood(distances: np.ndarray) -> OODThresholds | None:
    """Return the thresholds from `distances` (n, 2) of validation rows; None without rows."""
    n = len(distances)
    if not n:
        return None
    rank = min(n, ceil(round((n + 1) * (1 - RATE / 2), 9)))
    distance, surprisal = np.sort(distances, axis=0)[rank - 1].tolist()
    return OODThresholds(n=n, rate=min(1.0, max(RATE, 2 / (n + 1))), distance=distance, surprisal=surprisal)


def _blocks(rows: Rows) -> Iterator[Rows]:
    """Split rows into blocks that fit into the cache."""
    return (rows.take(slice(start, start + _BLOCK)) for start in range(0, len(rows), _BLOCK))


def _frequencies(rows: Rows, *, double: bool) -> np.ndarray:
    """Return the frequency of each 3-mer in each sequence, float64 (N, 64); ambiguous 3-mers have none."""
    counts = kmer_counts(rows, K).astype(np.float64)
    if double:
        counts = (counts + counts[:, _reverse_complement_index(K)]) / 2
    return counts / np.maximum(rows.insert_length - K + 1, 1)[:, None]


def _surprisal(rows: Rows, *, double: bool) -> np.ndarray:
    """Return -log P(last base of each k-mer | the bases before it), (4096,)."""
    counts = np.ones(4**CONTEXT)  # a pseudocount of 1 for each k-mer
    for block in _blocks(rows):
        counts += np.bincount(kmer_index(block, CONTEXT).ravel(), minlength=4**CONTEXT + 1)[:-1]
    if double:
        counts = counts + counts[_reverse_complement_index(CONTEXT)]
    by_context = counts.reshape(-1, 4)  # (1024, 4): the bases before, the last base
    return -np.log(by_context / by_context.sum(1, keepdims=True)).ravel()


def _reverse_complement_index(k: int) -> np.ndarray:
    """Return the index of the reverse complement of each k-mer, in the order of `kmer_counts`."""
    digits = np.stack(np.unravel_index(np.arange(4**k), (4,) * k))
    return np.asarray(np.ravel_multi_index(tuple(3 - digits[::-1]), (4,) * k))

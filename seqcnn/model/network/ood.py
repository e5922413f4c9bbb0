"""How unlike its training sequences a sequence is, and from where on that is told.

Two numbers look at its composition.  *Distance* is Mahalanobis', of the shares of 3-mers from their mean over
the training sequences, with a shrunk covariance (Ledoit & Wolf 2004, doi:10.1016/S0047-259X(03)00096-4): it
sees another GC content, repeats, ambiguous bases.  *Surprise* is minus the mean logarithm of the chance of
each base after the five before it, as the training sequences have it: it sees sequences of another origin.
A sequence is flagged when one of them is larger than in all but `RATE` / 2 of the validation sequences.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil

import numpy as np

from seqcnn.model.network.header import Header, Novelty
from seqcnn.sequence.kmers import kmer_counts, kmer_index
from seqcnn.sequence.window import Rows

K = 3
"""Length in bp of the k-mers of the distance."""

CONTEXT = 6
"""Length in bp of the k-mers of the surprise: a base and those before it."""

RATE = 0.01
"""Part of the sequences like those of the training that is flagged."""

BEYOND = 1e9
"""Distance of a sequence that is ambiguous for the most part."""

_ENOUGH = 50_000  # sequences whose k-mers tell of all
_BLOCK = 512  # sequences that are looked at at once: few enough for the cache


def distances(profile: Mapping[str, np.ndarray], rows: Rows, *, double: bool) -> np.ndarray:
    """Return distance and surprise of sequences, float64 (N, 2), no unit.

    `profile` holds `mean` (64,), `whitening` (64, 64) and `surprise` (4096,).  Sequences of which most
    3-mers hold an ambiguous base are at the distance `BEYOND`.
    """
    mean, whitening, surprise = (
        profile[name].astype(np.float64) for name in ("mean", "whitening", "surprise")
    )
    if double:
        surprise = (surprise + surprise[_mirrored(CONTEXT)]) / 2
    surprise = np.append(surprise, 0)  # of a k-mer with an ambiguous base
    parts = [np.empty((0, 2))]
    for block in _blocks(rows):
        shares = _shares(block, double=double)
        distance = np.linalg.norm((shares - mean) @ whitening, axis=1)
        distance = np.where((block.insert_length >= K) & (shares.sum(1) < 0.5), BEYOND, distance)
        index = kmer_index(block, CONTEXT)
        known = np.count_nonzero(index < 4**CONTEXT, axis=1)
        parts.append(np.stack([distance, np.take(surprise, index).sum(1) / np.maximum(known, 1)], axis=1))
    return np.concatenate(parts)


def fitted(rows: Rows, *, double: bool) -> dict[str, np.ndarray]:
    """Learn the profile of training sequences, float64; `double` takes both strands as equal."""
    from sklearn.covariance import LedoitWolf

    some = rows.select(np.linspace(0, len(rows) - 1, min(len(rows), _ENOUGH), dtype=int))
    shares = np.concatenate([_shares(block, double=double) for block in _blocks(some)])
    found = LedoitWolf(store_precision=False).fit(shares)
    floor = np.finfo(np.float32).eps * np.eye(4**K)
    whitening = np.linalg.cholesky(np.linalg.inv(found.covariance_ + floor))
    return {"mean": found.location_, "whitening": whitening, "surprise": _surprise(some, double=double)}


def unlike(profile: Mapping[str, np.ndarray], header: Header, rows: Rows) -> np.ndarray | None:
    """Tell which rows are unlike those of the training, bool (n,); None if the bundle does not know."""
    if header.novelty is None:
        return None
    limits = np.array([header.novelty.distance, header.novelty.surprise])
    return np.asarray((distances(profile, rows, double=header.strand == "double") > limits).any(1))


def calibrate_novelty(distances: np.ndarray) -> Novelty | None:
    """Return from where on a sequence is flagged, given `distances` (n, 2) of validation rows, if any."""
    n = len(distances)
    if not n:
        return None
    rank = min(n, ceil(round((n + 1) * (1 - RATE / 2), 9)))
    distance, surprise = np.sort(distances, axis=0)[rank - 1].tolist()
    return Novelty(n=n, rate=min(1.0, max(RATE, 2 / (n + 1))), distance=distance, surprise=surprise)


def _blocks(rows: Rows) -> Iterator[Rows]:
    """Cut rows into blocks that fit into memory."""
    return (rows.take(slice(start, start + _BLOCK)) for start in range(0, len(rows), _BLOCK))


def _shares(rows: Rows, *, double: bool) -> np.ndarray:
    """Return the share of each 3-mer in each sequence, float64 (N, 64); ambiguous ones are in no share."""
    counts = kmer_counts(rows, K).astype(np.float64)
    if double:
        counts = (counts + counts[:, _mirrored(K)]) / 2
    shares: np.ndarray = counts / np.maximum(rows.insert_length - K + 1, 1)[:, None]
    return shares


def _surprise(rows: Rows, *, double: bool) -> np.ndarray:
    """Return minus the logarithm of the chance of the last base of each k-mer after the others, (4096,)."""
    counts = np.ones(4**CONTEXT)  # each was seen once before
    for block in _blocks(rows):
        counts += np.bincount(kmer_index(block, CONTEXT).ravel(), minlength=4**CONTEXT + 1)[:-1]
    if double:
        counts = counts + counts[_mirrored(CONTEXT)]
    of_context = counts.reshape(-1, 4)
    surprise: np.ndarray = -np.log(of_context / of_context.sum(1, keepdims=True)).ravel()
    return surprise


def _mirrored(k: int) -> np.ndarray:
    """Return the number of the reverse complement of each k-mer, in the order of `kmer_counts`."""
    digits = np.stack(np.unravel_index(np.arange(4**k), (4,) * k))
    mirrored: np.ndarray = np.ravel_multi_index(tuple(3 - digits[::-1]), (4,) * k)
    return mirrored

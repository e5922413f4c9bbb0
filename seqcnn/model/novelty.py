"""How unlike its training sequences a sequence is, and from where on that is told.

The distance is Mahalanobis', of the shares of 3-mers from their mean over the training sequences; the
covariance is shrunk (Ledoit & Wolf 2004, doi:10.1016/S0047-259X(03)00096-4).  A sequence is flagged when
it is farther than all but `RATE` of the validation sequences: so often one of their kind is flagged too.
"""

from __future__ import annotations

from math import ceil

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.data.kmers import kmer_counts
from seqcnn.data.layout import Rows
from seqcnn.model.header import Novelty

K = 3
"""Length of the k-mers in bp."""

RATE = 0.01
"""Part of the sequences like those of the training that is flagged."""

BEYOND = 1e9
"""Distance of a sequence that is ambiguous for the most part."""

_BLOCK = 4096  # sequences whose distance is computed at once


class KmerProfile(nn.Module):
    """What the 3-mers of the training sequences look like: their mean, and what makes distances of it."""

    mean: Tensor
    whitening: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(4**K))
        self.register_buffer("whitening", torch.zeros(4**K, 4**K))

    def fit(self, rows: Rows, *, double: bool) -> None:
        """Learn the profile of training sequences; `double` takes both strands as equal."""
        from sklearn.covariance import LedoitWolf

        shares = _shares(rows, double=double)
        found = LedoitWolf(store_precision=False).fit(shares)
        floor = np.finfo(np.float32).eps * np.eye(4**K)
        triangle = np.linalg.cholesky(np.linalg.inv(found.covariance_ + floor))
        self.mean.copy_(torch.from_numpy(found.location_))
        self.whitening.copy_(torch.from_numpy(triangle))

    def distances(self, rows: Rows, *, double: bool) -> np.ndarray:
        """Return how far sequences are from the training sequences, float64 (N,), no unit.

        Those of which most 3-mers hold an ambiguous base are at `BEYOND`, whatever the others are.
        """
        mean, whitening = (t.cpu().numpy().astype(np.float64) for t in (self.mean, self.whitening))
        parts = [np.empty(0)]
        for start in range(0, len(rows), _BLOCK):
            block = rows.take(np.arange(start, min(start + _BLOCK, len(rows))))
            shares = _shares(block, double=double)
            distances = np.linalg.norm((shares - mean) @ whitening, axis=1)
            parts.append(np.where((block.size >= K) & (shares.sum(1) < 0.5), BEYOND, distances))
        return np.concatenate(parts)


def calibrate_novelty(distances: np.ndarray) -> Novelty | None:
    """Return from which distance on a sequence is flagged, given those of validation rows, if any."""
    n = len(distances)
    if not n:
        return None
    rank = min(n, ceil(round((n + 1) * (1 - RATE), 9)))
    return Novelty(n=n, rate=max(RATE, 1 / (n + 1)), limit=float(np.sort(distances)[rank - 1]))


def _shares(rows: Rows, *, double: bool) -> np.ndarray:
    """Return the share of each 3-mer in each sequence, float64 (N, 64); ambiguous ones are in no share."""
    counts = kmer_counts(rows, K).astype(np.float64)
    if double:
        counts = (counts + counts[:, _mirrored()]) / 2
    shares: np.ndarray = counts / np.maximum(rows.size - K + 1, 1)[:, None]
    return shares


def _mirrored() -> np.ndarray:
    """Return the number of the reverse complement of each 3-mer, in the order of `kmer_counts`."""
    digits = np.stack(np.unravel_index(np.arange(4**K), (4,) * K))
    mirrored: np.ndarray = np.ravel_multi_index(tuple(3 - digits[::-1]), (4,) * K)
    return mirrored

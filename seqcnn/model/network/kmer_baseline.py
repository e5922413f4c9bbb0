"""Fitted baselines as part of a bundle: coefficients, or regression trees, of k-mer counts as arrays.

A baseline predicts laid-out sequences on the strand as given.  It has no layers and no gradients.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from seqcnn.config.arguments import BASELINE_ARGS, KmerArgs
from seqcnn.errors import UsageError, place
from seqcnn.model.network.kmer_profile import KmerProfile
from seqcnn.model.network.regressor import Network
from seqcnn.schema import Strict
from seqcnn.sequence.kmers import gc_content, kmer_counts
from seqcnn.sequence.window import Rows

_BLOCK = 8192  # sequences that are predicted at a time
_LARGEST = 5e31  # above the numbers of fits of values up to 1e30; times k and `MAX_LENGTH` within float32


class TreeArgs(KmerArgs):
    """Arguments of boosted trees in a bundle."""

    trees: int = Field(ge=1, le=1000)
    """Largest number of trees of a target."""
    nodes: int = Field(ge=1, le=255)
    """Largest number of nodes of a tree."""


BUNDLE_ARGS: dict[str, type[Strict]] = BASELINE_ARGS | {"boosting": TreeArgs}
"""Baseline -> schema of its arguments in a bundle."""


def features(baseline: str, rows: Rows, k: int) -> np.ndarray:
    """Return what a baseline sees of each sequence, float32 (N, F); `k` is the longest k-mer."""
    if baseline == "gc":
        return gc_content(rows)
    if baseline == "mean":
        return np.zeros((len(rows), 1), np.float32)
    return np.concatenate([kmer_counts(rows, size) for size in range(1, k + 1)], axis=1)


def feature_count(baseline: str, k: int) -> int:
    """Return the number of features, F."""
    return 1 if baseline in ("mean", "gc") else sum(4**size for size in range(1, k + 1))


class KmerBaseline(nn.Module):
    """A fitted baseline; a subclass holds its numbers as buffers and defines `evaluate`."""

    profile: KmerProfile

    def __init__(self, baseline: str, k: int) -> None:
        super().__init__()
        self.baseline, self.k = baseline, k

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        """Predict features (n, F), float64 (n, T)."""
        raise NotImplementedError

    def predict_rows(self, rows: Rows) -> np.ndarray:
        """Predict rows, float32 (N, T)."""
        starts = range(0, max(len(rows), 1), _BLOCK)
        blocks = (rows.take(slice(start, start + _BLOCK)) for start in starts)
        parts = [self.evaluate(features(self.baseline, block, self.k)) for block in blocks]
        return np.concatenate(parts).astype(np.float32)

    def refuse_damage(self) -> None:
        """Raise `ValueError` if numbers are out of range."""
        for name, buffer in self.named_buffers(recurse=False):
            if buffer.is_floating_point() and bool((buffer.abs() > _LARGEST).any()):
                raise ValueError(f"{name} beyond {_LARGEST:g}, the largest of a fit")


class LinearBaseline(KmerBaseline):
    """Intercept and one coefficient per feature: `mean`, `gc` and `ridge`."""

    coefficients: Tensor
    intercept: Tensor

    def __init__(self, baseline: str, k: int, targets: int) -> None:
        super().__init__(baseline, k)
        shape = targets, feature_count(baseline, k)
        self.register_buffer("coefficients", torch.zeros(shape, dtype=torch.float64))
        self.register_buffer("intercept", torch.zeros(targets, dtype=torch.float64))

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        """Predict features (n, F), float64 (n, T)."""
        return np.asarray(x @ self.coefficients.numpy().T + self.intercept.numpy())


class TreeBaseline(KmerBaseline):
    """Sums of regression trees: `boosting`.

    Node 0 is the root.  A sequence goes left if its feature is at most the threshold.  Both children of a
    leaf are the leaf itself; other children have larger numbers than their parent.
    """

    feature: Tensor
    threshold: Tensor
    left: Tensor
    right: Tensor
    value: Tensor
    intercept: Tensor

    def __init__(self, baseline: str, k: int, targets: int, *, trees: int, nodes: int) -> None:
        super().__init__(baseline, k)
        shape = targets, trees, nodes
        for name in ("feature", "left", "right"):
            self.register_buffer(name, torch.zeros(shape, dtype=torch.int64))
        for name in ("threshold", "value"):
            self.register_buffer(name, torch.zeros(shape, dtype=torch.float64))
        self.register_buffer("intercept", torch.zeros(targets, dtype=torch.float64))

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        """Predict features (n, F), float64 (n, T)."""
        buffers = (self.feature, self.threshold, self.left, self.right, self.value)
        arrays = [buffer.numpy() for buffer in buffers]
        y_hat = np.tile(self.intercept.numpy(), (len(x), 1))
        for t in range(y_hat.shape[1]):
            for tree in zip(*(array[t] for array in arrays), strict=True):
                y_hat[:, t] += _leaf_values(x, *tree)
        return y_hat

    def refuse_damage(self) -> None:
        """Raise `ValueError` if numbers are out of range, or an index names no feature or no later node."""
        super().refuse_damage()
        nodes, count = self.value.shape[2], feature_count(self.baseline, self.k)
        for index, limit in ((self.feature, count), (self.left, nodes), (self.right, nodes)):
            if bool(((index < 0) | (index >= limit)).any()):
                raise ValueError(f"index of a tree outside 0 to {limit - 1}")
        parent = torch.arange(nodes)
        leaf = (self.left == parent) & (self.right == parent)
        # unused nodes behind those of a smaller tree are zeros, and no node leads to them
        used = torch.zeros(self.left.shape, dtype=torch.bool)
        used[:, :, 0] = True
        used = used.scatter(2, self.left, value=True).scatter(2, self.right, value=True)
        if bool((used & ~leaf & ((self.left <= parent) | (self.right <= parent))).any()):
            raise ValueError("a tree leads to an earlier node")


def build_baseline(baseline: str, args: dict[str, int], targets: int) -> KmerBaseline:
    """Return the baseline of a header, with zeros for its numbers."""
    k = args.get("k", KmerArgs().k)
    if baseline != "boosting":
        return LinearBaseline(baseline, k, targets)
    return TreeBaseline(baseline, k, targets, trees=args["trees"], nodes=args["nodes"])


def require_network(network: Network | KmerBaseline, path: Path | None) -> Network:
    """Return a network; raise `UsageError` for a baseline, of the file `path`."""
    if isinstance(network, KmerBaseline):
        where = place(path or "model")
        expected = "expected a network, whose layers or gradients are used here"
        raise UsageError(f"{where}: the baseline {network.baseline} found; {expected}")
    return network


def _leaf_values(
    x: np.ndarray, feature: np.ndarray, threshold: np.ndarray, left: np.ndarray, right: np.ndarray,
    value: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Return the value of the leaf of one tree that each row of features (n, F) reaches."""
    node, row = np.zeros(len(x), np.int64), np.arange(len(x))
    for _ in range(len(value)):  # no path is longer
        below = x[row, feature[node]] <= threshold[node]
        following = np.where(below, left[node], right[node])
        if np.array_equal(following, node):
            break
        node = following
    return np.asarray(value[node])

"""Measure time and recall of the search for similar sequences.

`python -m benchmarks.validation.splits.similarity_search` prints the tables of
benchmarks/validation/splits/similarity_search.md; `--million` adds a library of
1,000,000 x 200 bp (minutes, gigabytes), and `--seeds` prints the table of seeds only.
"""

from __future__ import annotations

import resource
import sys
import time
from itertools import product

import numpy as np

from seqcnn.data.similarity.masking import Codes
from seqcnn.data.similarity.search import IDENTITY, SHARED, components, similarity_links
from seqcnn.data.similarity.spaced_seeds import patterns_for


def library(n: int, length: int, *, size: int, changed: float) -> tuple[Codes, np.ndarray]:
    """Return sequences, half of them in families of variants and tiles, and their family numbers.

    `size` is the size of a family, `changed` the maximum fraction of a parent's bases replaced at random.
    """
    rng = np.random.default_rng(1)
    families = n // 2 // size
    family = np.concatenate([np.repeat(np.arange(families), size), np.arange(n, 2 * n - families * size)])
    bases = rng.integers(0, 4, (n, length), np.uint8)
    for number in range(families):
        rows = slice(number * size, (number + 1) * size)
        parent = rng.integers(0, 4, length + length // 2, np.uint8)
        for row in range(rows.start, rows.stop):
            shift = rng.integers(0, length // 4) * rng.integers(0, 2)
            anew = rng.random(length) < rng.uniform(0, changed)
            bases[row] = np.where(anew, bases[row], parent[shift : shift + length])
    order = rng.permutation(n)
    return Codes(bases[order].ravel(), np.arange(n + 1) * length), family[order]


def all_against_all(codes: Codes) -> np.ndarray:
    """Return which pairs are similar, bool (N, N), from all diagonals of both strands."""
    n = len(codes)
    rows = codes.bases.reshape(n, -1)
    length, found = rows.shape[1], np.zeros((n, n), bool)
    for other in (rows, 3 - rows[:, ::-1]):
        for shift in range(-int(length * SHARED), int(length * SHARED) + 1):
            a = rows[:, max(shift, 0) : length + min(shift, 0)]
            b = other[:, max(-shift, 0) : length - max(shift, 0)]
            both = [np.eye(4, dtype=np.float32)[side].reshape(n, -1) for side in (a, b)]
            found |= both[0] @ both[1].T >= IDENTITY * a.shape[1]
    return found | found.T


def recall(n: int = 3000, length: int = 170) -> tuple[float, int]:
    """Return the fraction of similar pairs in one cluster, and the number of similar pairs."""
    codes, _ = library(n, length, size=2, changed=0.25)
    i, j = np.nonzero(np.triu(all_against_all(codes), 1))
    cluster = components(n, similarity_links(codes))
    return float((cluster[i] == cluster[j]).mean()), len(i)


def sensitivity(bases: int, length: int, identity: float, n: int = 20_000) -> float:
    """Return the fraction of gapless random pairs that share a seed, for a dataset of `bases` bases."""
    agree = np.random.default_rng(2).random((n, length)).argsort(1) < round(identity * length)
    shared = np.zeros(n, bool)
    for pattern in patterns_for(bases):
        places = length - len(pattern) + 1
        hits = np.ones((n, places), bool)
        for at in (at for at, one in enumerate(pattern) if one == "1"):
            hits &= agree[:, at : at + places]
        shared |= hits.any(1)
    return float(shared.mean())


def chance_links(n: int = 100_000, length: int = 200) -> int:
    """Return the number of links among unrelated random sequences."""
    bases = np.random.default_rng(3).integers(0, 4, n * length, np.uint8)
    return len(similarity_links(Codes(bases, np.arange(n + 1) * length)))


def times_table(*, million: bool) -> None:
    """Print time, memory and correctness of the clusters by number of sequences."""
    print("| sequences | bp | seconds | us per sequence | peak GB | whole families | false merges |")
    print("|---|---|---|---|---|---|---|")
    sizes = [(12_500, 170), (25_000, 170), (50_000, 170), (100_000, 170), (200_000, 170)]
    for n, length in [*sizes, *([(1_000_000, 200)] if million else [])]:
        codes, family = library(n, length, size=10, changed=0.1)
        begin = time.perf_counter()
        cluster = components(n, similarity_links(codes))
        seconds = time.perf_counter() - begin
        pairs_found = np.unique(np.stack([family, cluster]), axis=1)
        families = np.unique(family)
        whole = np.bincount(np.searchsorted(families, pairs_found[0])) == 1
        joined = np.bincount(pairs_found[1]) > 1
        in_families = families < n
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(
            f"| {n:,} | {length} | {seconds:.1f} | {seconds / n * 1e6:.0f} | {peak:.1f} "
            f"| {whole[in_families].mean():.4f} | {int(joined.sum())} |",
            flush=True,
        )


def seeds_table() -> None:
    """Print the fraction of pairs that share a seed."""
    print("| bases of the library | aligned bp | 80 % identical | 85 % | 90 % |\n|---|---|---|---|---|")
    for bases, length in product((4**10, 4**12, 4**14, 4**16, 4**17), (60, 100, 200)):
        shares = " | ".join(f"{sensitivity(bases, length, identity):.3f}" for identity in (0.8, 0.85, 0.9))
        print(f"| up to {bases:,} | {length} | {shares} |")


def main() -> None:
    """Print the tables, or with `--seeds` that of the seeds only."""
    if "--seeds" not in sys.argv[1:]:
        print(f"links among 100,000 unrelated random sequences of 200 bp: {chance_links()}\n")
        share, pairs = recall()
        print(f"recall relative to all against all, 3,000 x 170 bp, {pairs:,} pairs: {share:.4f}\n")
        times_table(million="--million" in sys.argv[1:])
    seeds_table()


if __name__ == "__main__":
    main()

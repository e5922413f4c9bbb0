"""Are there enough sequences?  What public libraries of the same size gave, and parts with few rows."""

from __future__ import annotations

from collections.abc import Iterator
from math import atanh, log, sqrt, tanh

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.data.split.splits import PARTS
from seqcnn.documentation import page
from seqcnn.errors import show

PAGE = "benchmarks/accuracy/library_size.md"
"""Table from which `MEASURED` is."""

MEASURED: dict[int, dict[str, tuple[float, float]]] = {
    300: {
        "yeast_5utr": (0.43, 0.57),
        "plant_terminators": (0.47, 0.34),
        "human_splicing_exons": (0.15, 0.01),
    },
    1000: {
        "yeast_5utr": (0.51, 0.60),
        "plant_terminators": (0.57, 0.40),
        "human_splicing_exons": (0.20, 0.21),
    },
    3000: {
        "yeast_5utr": (0.61, 0.62),
        "plant_terminators": (0.69, 0.53),
        "human_splicing_exons": (0.34, 0.31),
    },
    9000: {"yeast_5utr": (0.67, 0.66), "plant_terminators": (0.76, 0.57)},
}
"""Number of training rows -> public library -> Pearson r of test rows of the network `cnn` and of `ridge`."""

FEW_FOR_NETWORKS = 1500
"""Training rows below which a k-mer ridge is recommended beside the networks."""

MIN_SCORED = 50
"""Measured validation or test rows below which a note is given."""


def expectations(dataset: Dataset) -> Iterator[str]:
    """Yield what public libraries with about as many training rows gave, and the next larger size."""
    rows = _fewest_training_rows(dataset)
    nearest = min(MEASURED, key=lambda size: abs(log(size / rows)))
    source = f"Pearson r of test rows, {page(PAGE)}"
    yield f"are there enough sequences? {rows:,} training rows; {_scores(nearest)} ({source})"
    if larger := [size for size in MEASURED if size > max(rows, nearest)]:
        yield f"for comparison, {_scores(larger[0])}"


def size_warnings(dataset: Dataset) -> Iterator[str]:
    """Yield warnings on few training rows, and on targets with few validation or test rows."""
    rows = _fewest_training_rows(dataset)
    if rows < FEW_FOR_NETWORKS:
        size = min(MEASURED, key=lambda size: abs(log(size / rows)))
        better = [(name, r) for name, r in MEASURED[size].items() if r[1] > r[0]]
        text = " and ".join(f"on {name} (r {ridge:.2f} against {cnn:.2f})" for name, (cnn, ridge) in better)
        yield (
            f"{rows:,} training rows: with so few a k-mer ridge can be better than a network, as with about "
            f"{size:,} {text}; recommended: --configs ridge, or compare it with networks as every fit does"
        )
    yield from few_scored_rows(dataset)


def few_scored_rows(dataset: Dataset) -> Iterator[str]:
    """Yield warnings on targets with few validation or test rows, whose scores are imprecise."""
    for t, target in enumerate(dataset.target_names):
        for part in PARTS[1:]:
            measured = int(np.isfinite(dataset.targets[dataset.part(part), t]).sum())
            if 0 < measured < MIN_SCORED:
                counted = f"measured in {measured} {part} rows"
                yield f"target {show(target)}: {counted}; {_imprecision(measured)}"


def _fewest_training_rows(dataset: Dataset) -> int:
    """Return the number of measured training rows of the target with the fewest, at least 1."""
    measured = np.isfinite(dataset.targets[dataset.part("train")]).sum(0)
    return max(int(measured.min()), 1)


def _scores(size: int) -> str:
    """Return the range of scores of the public libraries of a size."""
    ranges = []
    for model, column in (("a CNN", 0), ("a k-mer ridge", 1)):
        values = [scores[column] for scores in MEASURED[size].values()]
        ranges.append(f"{model} {min(values):.2f} to {max(values):.2f}")
    count = len(MEASURED[size])
    return f"with about {size:,}, on {count} public libraries, {' and '.join(ranges)}"


def _imprecision(n: int) -> str:
    """Return how imprecise a correlation of n rows is, by Fisher's transformation."""
    if n < 4:
        return "too few for an interval"
    low, high = (tanh(atanh(0.5) + side * 1.96 / sqrt(n - 3)) for side in (-1, 1))
    return f"the 95% interval of r = 0.5 would be {low:.2f} to {high:.2f}; cross-validate, or measure more"

"""Dataset -> strata of its test rows: fifths by measurement, length and GC content, and every category.

A model can be good on the whole and fail where it matters; scores of strata show where.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.sequence.kmers import gc_content

FIFTHS = ("lowest fifth", "second fifth", "middle fifth", "fourth fifth", "highest fifth")

STRATUM_METRICS = ("pearson", "rmse")
"""Metrics of a stratum, beside its mean error."""

NO_VALUE = "(none)"
"""Stratum of the rows without a value in a category column."""


@dataclass(frozen=True, slots=True, eq=False)
class Stratum:
    """Some test rows that have something in common."""

    by: str
    """`measured`, `length`, `GC`, or the name of a category column."""
    name: str
    """Such as 'lowest fifth: -1.2 to -0.3'; the value of a category."""
    rows: np.ndarray
    """Row numbers in the dataset, all of them measured."""
    is_category: bool = False

    @property
    def is_measured(self) -> bool:
        """Whether it is cut by the measurement itself, so that r within it is low by construction."""
        return self.by == "measured" and not self.is_category


def strata(dataset: Dataset, count: int | None = None) -> dict[str, list[Stratum]]:
    """Cut the test rows of the first `count` targets; what all rows have in common is no stratum.

    Returns
    -------
    Target -> strata, those of the measurement first, then of length, GC content and categories.
    """
    at = dataset.part("test")
    length, gc = dataset.rows.insert_length[at], gc_fraction(dataset, at)
    found: dict[str, list[Stratum]] = {}
    for t, target in enumerate(dataset.target_names[:count]):
        y = dataset.targets[at, t]
        kept = np.isfinite(y)
        rows = at[kept]
        cut = [_cut("measured", y[kept], rows, "{:.3g}"), _cut("length", length[kept], rows, "{:.0f}", " bp")]
        cut += [_cut("GC", gc[kept], rows, "{:.1%}")]
        columns = zip(dataset.category_names, dataset.categories[rows].T, strict=True)
        cut += [_by_category(name, values, rows) for name, values in columns]
        found[target] = [stratum for part in cut if len(part) > 1 for stratum in part]
    return found


def gc_fraction(dataset: Dataset, at: np.ndarray) -> np.ndarray:
    """Return the GC fraction (n,) of some rows' inserts."""
    return np.asarray(gc_content(dataset.rows.take(at))[:, 0], np.float64)


def fifths(values: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the positions of each fifth of some values, from low to high; equal values stay together."""
    if not len(values):
        return
    edges = np.unique(np.quantile(values, np.linspace(0, 1, len(FIFTHS) + 1)[1:-1]))
    bin_of = np.searchsorted(edges, values, side="left")
    for i in range(len(edges) + 1):
        if len(at := np.flatnonzero(bin_of == i)):
            yield at


def _cut(by: str, values: np.ndarray, rows: np.ndarray, form: str, unit: str = "") -> list[Stratum]:
    """Cut rows by the fifths of some values."""
    parts = list(fifths(values))
    names = [
        " to ".join(dict.fromkeys(form.format(x) for x in (values[at].min(), values[at].max()))) + unit
        for at in parts
    ]
    if len(parts) == len(FIFTHS):
        names = [f"{fifth}: {name}" for fifth, name in zip(FIFTHS, names, strict=True)]
    return [Stratum(by, name, rows[at]) for name, at in zip(names, parts, strict=True)]


def _by_category(by: str, values: np.ndarray, rows: np.ndarray) -> list[Stratum]:
    """Cut rows by the values of a category column."""
    return [
        Stratum(by, str(value) or NO_VALUE, rows[values == value], is_category=True)
        for value in np.unique(values)
    ]

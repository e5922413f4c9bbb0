"""Strata of the test rows: fifths of measurement, length and GC content, and the values of each category.

A model with a good overall score can fail on a subset; the scores of strata show where.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.model.inference.coverage import FIFTHS
from seqcnn.sequence.kmers import gc_content

STRATUM_METRICS = ("pearson", "rmse")
"""Metrics of a stratum, beside its mean error."""

NO_VALUE = "(none)"
"""Stratum of the rows without a value in a category column."""


@dataclass(frozen=True, slots=True, eq=False)
class Stratum:
    """A subset of the test rows."""

    by: str
    """`measured`, `length`, `GC`, or the name of a category column."""
    name: str
    """Such as 'lowest fifth: -1.2 to -0.3'; the value of a category."""
    rows: np.ndarray
    """Row numbers in the dataset, all of them measured."""
    is_category: bool = False

    @property
    def is_measured(self) -> bool:
        """Whether it is a range of the measurement itself, so that r within it is low by construction."""
        return self.by == "measured" and not self.is_category


def strata(dataset: Dataset, count: int | None = None) -> dict[str, list[Stratum]]:
    """Return the strata of the test rows, for the first `count` targets.

    Returns
    -------
    Target -> strata by measurement, then by length, GC content and categories.  A variable that has one
    value in all rows makes no stratum.
    """
    test = dataset.part("test")
    length, gc = dataset.rows.insert_length[test], gc_fraction(dataset, test)
    by_target: dict[str, list[Stratum]] = {}
    for t, target in enumerate(dataset.target_names[:count]):
        y = dataset.targets[test, t]
        kept = np.isfinite(y)
        rows = test[kept]
        cut = [_cut("measured", y[kept], rows, "{:.3g}"), _cut("length", length[kept], rows, "{:.0f}", " bp")]
        cut += [_cut("GC", gc[kept], rows, "{:.1%}")]
        columns = zip(dataset.category_names, dataset.categories[rows].T, strict=True)
        cut += [_by_category(name, values, rows) for name, values in columns]
        by_target[target] = [stratum for subsets in cut if len(subsets) > 1 for stratum in subsets]
    return by_target


def gc_fraction(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return the GC fraction (n,) of the inserts of some rows."""
    return np.asarray(gc_content(dataset.rows.take(rows))[:, 0], np.float64)


def fifths(values: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the indices of each fifth of some values, from low to high; equal values stay together."""
    if not len(values):
        return
    edges = np.unique(np.quantile(values, np.linspace(0, 1, len(FIFTHS) + 1)[1:-1]))
    bin_of = np.searchsorted(edges, values, side="left")
    for i in range(len(edges) + 1):
        if len(members := np.flatnonzero(bin_of == i)):
            yield members


def _cut(by: str, values: np.ndarray, rows: np.ndarray, form: str, unit: str = "") -> list[Stratum]:
    """Return the strata of the fifths of some values."""
    parts = list(fifths(values))
    names = [
        " to ".join(dict.fromkeys(form.format(x) for x in (values[m].min(), values[m].max()))) + unit
        for m in parts
    ]
    if len(parts) == len(FIFTHS):
        names = [f"{fifth}: {name}" for fifth, name in zip(FIFTHS, names, strict=True)]
    return [Stratum(by, name, rows[members]) for name, members in zip(names, parts, strict=True)]


def _by_category(by: str, values: np.ndarray, rows: np.ndarray) -> list[Stratum]:
    """Return the strata of the values of a category column."""
    return [
        Stratum(by, str(value) or NO_VALUE, rows[values == value], is_category=True)
        for value in np.unique(values)
    ]

"""Study of the coverage of 95 % confidence intervals of a score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.validation.population import Population, population
from benchmarks.validation.study import Row, Study, percent
from seqcnn.evaluation.evaluate import bootstrap_scores
from seqcnn.model.metrics import METRICS

GUARANTEED = 0.92, 0.98
"""Lowest and highest coverage of 95 % intervals."""

_TEST_CLUSTERS = 375  # of a tenth of 6,000 oligos
_FAMILIES = 5, 10, 30, 100, 900
_MIXED = "single oligos and families"
_BY_ROW = "100 families, with a bootstrap over rows (not used by seqcnn)"
_DESCRIPTION = (
    "A model that knows all but two motifs of the simulated truth is scored on newly sampled test rows;"
    " its true score is known from 20,000 oligos.  The value is the coverage: how often the interval of"
    " the report contains the true score.  With fewer than five clusters there is no interval."
)


def coverage(
    source: Population,
    clusters: int,
    repetitions: int,
    *,
    metrics: Sequence[str] = ("pearson",),
    by_row: bool = False,
    seed: int = 0,
) -> dict[str, float]:
    """Return the coverage of the intervals of each metric.

    Parameters
    ----------
    source
        Population of oligos.
    clusters
        Number of clusters of test rows.
    repetitions
        Number of experiments.
    metrics
        Names of `METRICS`.
    by_row
        Resample rows instead of clusters.
    seed
        Random seed.
    """
    rng = np.random.default_rng(seed)
    true = {name: source.score(name) for name in metrics}
    held = dict.fromkeys(metrics, 0)
    for repetition in range(repetitions):
        sample = source.sample_rows(rng, clusters)
        groups = np.arange(len(sample.y)) if by_row else sample.groups
        found = bootstrap_scores(
            sample.y, sample.y_hat, groups, seed=repetition, resamples=1000, metrics=metrics
        )
        for name, score in found.items():
            low, high = score["low"], score["high"]
            held[name] += low is not None and high is not None and low <= true[name] <= high
    return {name: count / repetitions for name, count in held.items()}


def study(repetitions: int = 1000) -> Study:
    """Measure coverage for libraries of many and of few clusters."""
    library, families = population(), population(singles=False)
    rows = [_row(f"{k} clusters: {_MIXED}", library, k, repetitions) for k in (_TEST_CLUSTERS, 100)]
    for clusters in _FAMILIES:
        what = f"{clusters} families of about 17 variants"
        rows.append(_row(what, families, clusters, repetitions // (1 + clusters // 300)))
    alone = coverage(families, 100, repetitions, by_row=True)["pearson"]
    rows.append(Row(f"Pearson r, {_BY_ROW}", "", percent(alone), repetitions))
    others = [name for name in METRICS if name != "pearson"]
    fewer = repetitions // 2
    for name, share in coverage(library, _TEST_CLUSTERS, fewer, metrics=others).items():
        what = f"{METRICS[name].label}, {_TEST_CLUSTERS} clusters: {_MIXED}"
        rows.append(Row(what, "", percent(share), fewer))
    return Study("Coverage of 95 % confidence intervals", _DESCRIPTION, rows)


def _row(what: str, source: Population, clusters: int, repetitions: int) -> Row:
    """Measure one setting."""
    share = coverage(source, clusters, repetitions)["pearson"]
    low, high = GUARANTEED
    guarantee = f"{100 * low:.0f} to {100 * high:.0f} %"
    return Row(f"Pearson r, {what}", guarantee, percent(share), repetitions, low <= share <= high)

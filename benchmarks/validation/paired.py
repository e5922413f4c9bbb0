"""Study of false positives and power of the comparison of models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.validation.population import NOISE, Population, Sample, population
from benchmarks.validation.study import Row, Study, chance, percent
from seqcnn.data.dataset import Dataset
from seqcnn.evaluation.multiple_testing import holm
from seqcnn.report.content.comparison import differences
from seqcnn.report.run.members import Member, Run
from seqcnn.sequence.window import Layout, Rows

SIGNIFICANT = 0.05
"""Significance level."""

ERROR = 0.5
"""SD of a model's own error, in SDs of the truth."""


@dataclass(frozen=True, slots=True)
class Models:
    """Models with equal true scores and exchangeable errors."""

    count: int = 2
    common: float = 0.0
    """Fraction of the error variance shared by all models."""
    by_family: float = 0.0
    """Fraction of the error variance shared by the rows of a cluster."""
    worse: float = 0.0
    """Difference by which the true r of the last model is lower."""

    def predict(self, rng: np.random.Generator, sample: Sample, source: Population) -> list[np.ndarray]:
        """Return the prediction of each model."""
        sd, shared = ERROR * source.truth.std(), self._error(rng, sample.groups)
        sds = [sd] * (self.count - 1) + [self.error_of_last(source)]
        return [
            sample.y_hat
            + np.sqrt(self.common) * sd * shared
            + np.sqrt(own**2 - self.common * sd**2) * self._error(rng, sample.groups)
            for own in sds
        ]

    def error_of_last(self, source: Population) -> float:
        """Return the SD of the last model's error, which makes its true r lower by `worse`."""
        variance = source.y_hat.var()
        r = self.true_r(source)
        return float(
            np.sqrt((variance + (ERROR * source.truth.std()) ** 2) * (r / (r - self.worse)) ** 2 - variance)
        )

    def true_r(self, source: Population) -> float:
        """Return the true r of all models but the last one."""
        covariance = np.cov(source.truth, source.y_hat, bias=True)[0, 1]
        own, noise = ((sd * source.truth.std()) ** 2 for sd in (ERROR, NOISE))
        return float(covariance / np.sqrt((source.truth.var() + noise) * (source.y_hat.var() + own)))

    def _error(self, rng: np.random.Generator, groups: np.ndarray) -> np.ndarray:
        """Sample errors of variance 1."""
        families = rng.standard_normal(int(groups.max()) + 1)[groups]
        rows = rng.standard_normal(len(groups))
        return np.asarray(np.sqrt(self.by_family) * families + np.sqrt(1 - self.by_family) * rows)


_MIXED = "single oligos and families"
_EQUAL = {
    "two models, independent errors": Models(),
    "two models, nearly the same errors": Models(common=0.9),
    "two models, errors by family": Models(by_family=0.8),
    "five models, p adjusted by Holm": Models(5, common=0.5, by_family=0.4),
}
_DESCRIPTION = (
    "Models with equal true scores and errors in different rows are compared as in the report.  The "
    "value is how often p is below 0.05 without a true difference (false positives) and, in the last "
    "rows, how often a true difference is detected (power).  The test controls false positives but has "
    "low power: most true differences of 0.02 are not detected."
)


def called_different(
    source: Population, clusters: int, repetitions: int, models: Models, *, seed: int = 0
) -> float:
    """Return the fraction of experiments in which any model differs significantly from the first one.

    Parameters
    ----------
    source
        Population of oligos.
    clusters
        Number of clusters of test rows.
    repetitions
        Number of experiments.
    models
        Models to compare; p is adjusted for their number.
    seed
        Random seed.
    """
    rng, called = np.random.default_rng(seed), 0
    for _ in range(repetitions):
        sample = source.sample_rows(rng, clusters)
        members = [_member(y_hat) for y_hat in models.predict(rng, sample, source)]
        found = differences(Run("", _dataset(sample), members), 0, members[1:], members[0])
        called += any(p is not None and p < SIGNIFICANT for p in holm([gap.p for gap in found]))
    return called / repetitions


def study(repetitions: int = 1000) -> Study:
    """Measure the false-positive rate and the power."""
    library, families = population(), population(singles=False)
    settings = [(library, 375, f"375 clusters: {_MIXED}")]
    settings += [(families, clusters, f"{clusters} families of about 17 variants") for clusters in (10, 30)]
    most = SIGNIFICANT + chance(SIGNIFICANT, repetitions)
    guarantee = f"5 %, by chance at most {percent(most)}"
    rows = []
    for source, clusters, where in settings:
        for kind, models in _EQUAL.items():
            share = called_different(source, clusters, repetitions, models)
            rows.append(Row(f"{kind}; {where}", guarantee, percent(share), repetitions, share <= most))
    fewer = repetitions // 4
    for worse in (0.02, 0.05):
        models = Models(common=0.5, by_family=0.4, worse=worse)
        for clusters in (100, 375, 900):
            share = called_different(library, clusters, fewer, models)
            what = f"a true difference of {worse:g} detected; {clusters} clusters: {_MIXED}"
            rows.append(Row(what, "", percent(share), fewer))
    return Study("Comparison of models with equal scores", _DESCRIPTION, rows)


def _dataset(sample: Sample) -> Dataset:
    """Return a dataset of test rows with empty sequences."""
    n = len(sample.y)
    nothing = np.zeros(n, np.int32)
    return Dataset(
        ids=[str(i) for i in range(n)],
        rows=Rows(np.zeros((n, 1), np.uint8), nothing, nothing),
        targets=sample.y[:, None].astype(np.float32),
        weights=np.ones(n, np.float32),
        split=np.full(n, "test"),
        groups=sample.groups.astype(np.int32),
        max_train_identity=np.zeros(n, np.float32),
        nearest_train_row=nothing - 1,
        recurring_fraction=np.zeros(n, np.float32),
        replicates=np.empty((n, 1, 0), np.float32),
        categories=np.empty((n, 0), str),
        target_names=["activity"],
        category_names=[],
        units=[""],
        layout=Layout(1),
    )


def _member(y_hat: np.ndarray) -> Member:
    """Return a member with predictions only."""
    return Member("model", "fit", {}, y_hat[:, None], {}, {}, None, {}, {}, None, None)

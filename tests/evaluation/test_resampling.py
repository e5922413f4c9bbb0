"""Intervals that know how few clusters carry a score."""

import numpy as np
import pytest
from scipy.stats import norm, t
from support.fake_run import dataset, make_run

from seqcnn.evaluation.evaluate import bootstrap_scores
from seqcnn.evaluation.resampling import (
    bootstrap_interval,
    bootstrap_p_value,
    effective_clusters,
    influence,
    resample_counts,
)
from seqcnn.model.metrics import pearson
from seqcnn.report.content.comparison import difference
from seqcnn.report.run.collect import collect

NORMAL = norm.ppf(np.arange(1, 10_000) / 10_000)
"""What 9,999 resamples of a score would be if it were normal with SD 1."""


def noisy(n, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n)
    return y, 0.8 * y + 0.6 * rng.normal(size=n)


def test_every_resample_draws_as_many_clusters_as_there_are():
    (first, second) = resample_counts(7, resamples=5, chunk=3)
    assert (first.shape, second.shape) == ((3, 7), (2, 7))
    assert (first.sum(1) == 7).all()


def test_the_influence_of_a_row_is_what_r_changes_when_the_row_counts_more():
    y, y_hat = noisy(50)
    found = influence(y, y_hat)
    assert found.sum() == pytest.approx(0, abs=1e-9)
    times = 1 + 1e-5 * np.eye(50)
    assert found == pytest.approx((pearson.resampled(y, y_hat, times) - pearson(y, y_hat)) * 50e5, abs=1e-3)


def test_a_constant_moves_nothing_and_all_clusters_count():
    moved = influence(np.arange(6.0), np.full(6, 0.1))
    assert (moved == 0).all()
    assert effective_clusters(moved, np.array([0, 0, 1, 1, 2, 2])) == 3


def test_one_cluster_that_moves_ten_times_as_much_leaves_twelve_of_101():
    """u is 10, and 100 times 1: 3 (100 + 100)^2 / (10,000 + 100)."""
    influences = np.concatenate([np.full(10, 1.0), np.full(100, -1.0)])
    cluster = np.concatenate([np.zeros(10, int), np.arange(1, 101)])
    assert effective_clusters(influences, cluster) == pytest.approx(120_000 / 10_100)
    assert effective_clusters(np.ones(100), np.arange(100)) == 100
    assert effective_clusters(np.array([1.0, 0, 0, 0]), np.arange(4)) == 3


def test_clusters_of_normal_pull_count_fully():
    assert effective_clusters(NORMAL, np.arange(len(NORMAL))) == pytest.approx(len(NORMAL), rel=0.01)


def test_the_interval_of_very_many_clusters_is_the_middle_95_percent():
    assert bootstrap_interval(NORMAL, 1e7) == pytest.approx((-1.96, 1.96), abs=2e-3)


@pytest.mark.parametrize("clusters", [8, 10, 30.5])
def test_the_interval_of_few_clusters_is_as_wide_as_students_t(clusters):
    half = t.isf(0.025, clusters - 1) * (clusters / (clusters - 1)) ** 0.5
    assert bootstrap_interval(NORMAL, clusters) == pytest.approx((-half, half), abs=0.02)


@pytest.mark.parametrize("clusters", [3, 10, 1e6])
@pytest.mark.parametrize("value", [0.5, 1.8, 1.95, 1.97, 2.3, 2.5, 3.4])
def test_p_is_below_5_percent_where_the_interval_leaves_0_out(clusters, value):
    low, _ = bootstrap_interval(value + NORMAL, clusters)
    assert (bootstrap_p_value(value + NORMAL, clusters) < 0.05) == (low > 0)
    assert bootstrap_p_value(-value - NORMAL, clusters) == pytest.approx(
        bootstrap_p_value(value + NORMAL, clusters), rel=0.1
    )


def test_no_difference_at_all_has_p_1():
    assert bootstrap_p_value(np.zeros(100), 10) == 1.0
    assert bootstrap_p_value(NORMAL, 10) == pytest.approx(1, abs=1e-3)


def test_a_score_that_one_family_carries_has_a_wider_interval_than_its_percentiles():
    y, y_hat = noisy(300)
    y_hat[:60] += 2
    groups = np.maximum(np.arange(300) - 59, 0)
    found = bootstrap_scores(y, y_hat, groups, seed=0, resamples=1000)["pearson"]
    (times,) = resample_counts(241, resamples=1000, chunk=1000)
    low, high = np.quantile(pearson.resampled(y, y_hat, times[:, groups]), [0.025, 0.975])
    assert found["low"] < low
    assert found["high"] > high


@pytest.mark.parametrize(("clusters", "there"), [(1, False), (4, False), (5, True)])
def test_four_clusters_are_too_few_for_an_interval(clusters, there):
    y, y_hat = noisy(100)
    found = bootstrap_scores(y, y_hat, np.arange(100) % clusters, seed=0, resamples=100)
    for score in found.values():
        assert score["value"] is not None
        assert (score["low"] is not None) == (score["high"] is not None) == there


def test_models_cannot_be_compared_on_four_clusters(tmp_path):
    data = dataset()
    data.groups[:] = np.arange(240) // 4 % 4
    experiment = collect(make_run(tmp_path / "r", data, {"cnn/seed1": 0.4, "rnn/seed1": 2.0}, extras=False))
    found = difference(experiment, 0, *experiment.members)
    assert found.value > 0
    assert (found.low, found.high, found.p) == (None, None, None)


def test_a_difference_far_out_is_not_held_back_by_the_number_of_resamples():
    """Ten SD away, of 13 clusters: t = 10 (12/13)^(1/2) with 12 degrees of freedom."""
    from scipy.stats import t

    found = bootstrap_p_value(10 + NORMAL, 13)
    assert found == pytest.approx(2 * t.sf(10 * (12 / 13) ** 0.5, 12), rel=0.2)
    assert found < 1e-5

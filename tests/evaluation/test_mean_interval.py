"""Intervals of a mean from resampled clusters."""

import numpy as np
import pytest

from seqcnn.evaluation.resampling import mean_interval


def test_there_is_no_interval_for_fewer_than_five_clusters():
    values = np.arange(40.0)
    assert mean_interval(values, np.arange(40) % 4) is None
    assert mean_interval(values, np.arange(40) % 5) is not None


def test_rows_of_one_cluster_are_resampled_together():
    values, groups = np.repeat(np.random.default_rng(0).normal(size=20), 25), np.repeat(np.arange(20), 25)
    low, high = mean_interval(values, groups)
    rows = mean_interval(values, np.arange(500))
    assert high - low > 3 * (rows[1] - rows[0])  # 5 times as wide in expectation, the root of 25


def test_the_interval_of_single_rows_is_that_of_the_standard_error():
    values = np.random.default_rng(1).normal(size=400)
    low, high = mean_interval(values, np.arange(400))
    se = values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - 1.96 * se, values.mean() + 1.96 * se), abs=0.2 * se)


def test_equal_values_have_an_interval_without_width():
    assert mean_interval(np.ones(9), np.arange(9)) == (1.0, 1.0)

"""Models against each other on the same resamples, and the spread over seeds."""

import numpy as np
import pytest
from scipy.stats import pearsonr
from support.fake_run import dataset, make_run

from seqcnn.evaluation.multiple_testing import holm
from seqcnn.evaluation.paired_bootstrap import resampled_pearson
from seqcnn.report.content.comparison import difference, seed_variation
from seqcnn.report.run.collect import collect


@pytest.fixture
def experiment(tmp_path):
    members = {"cnn/seed1": 0.4, "cnn/seed20": 0.42, "rnn/seed1": 2.0, "mean/fit": np.inf}
    return collect(make_run(tmp_path / "r", dataset(), members, extras=False))


def member(experiment, label):
    return next(m for m in experiment.members if m.label == label)


def test_r_of_all_rows_is_pearsons():
    rng = np.random.default_rng(0)
    y, noise = rng.normal(5, 2, 50), rng.normal(0, 1, (50, 3))
    y_hat = y[:, None] + noise * [0.1, 1, 10]
    whole, drawn = resampled_pearson(y, y_hat, np.arange(50), resamples=100)
    assert whole == pytest.approx([pearsonr(y, y_hat[:, k])[0] for k in range(3)])
    assert drawn.shape == (100, 3)
    assert drawn.mean(0) == pytest.approx(whole, abs=0.05)


def test_whole_groups_are_resampled():
    """Two groups, in one of which r is 1: every resample holds each group 0, 1 or 2 times."""
    y = np.array([0.0, 1, 2, 0, 1, 2])
    y_hat = np.array([0.0, 1, 2, 2, 1, 0])[:, None]
    _, drawn = resampled_pearson(y, y_hat, np.array([0, 0, 0, 1, 1, 1]), resamples=100)
    assert set(np.round(drawn[:, 0], 6)) == {-1.0, 0.0, 1.0}


def test_a_constant_prediction_has_no_r():
    whole, drawn = resampled_pearson(np.arange(5.0), np.full((5, 1), 0.1), np.arange(5))
    assert np.isnan(whole).all()
    assert np.isnan(drawn).all()


def test_a_better_model_differs_with_an_interval_above_0(experiment):
    found = difference(experiment, 0, member(experiment, "cnn, seed 1"), member(experiment, "rnn, seed 1"))
    assert 0 < found.low < found.value < found.high
    assert found.p < 0.01


def test_a_model_does_not_differ_from_itself(experiment):
    same = member(experiment, "cnn, seed 1")
    found = difference(experiment, 0, same, same)
    assert (found.value, found.low, found.high) == pytest.approx((0, 0, 0))


def test_a_constant_model_cannot_be_compared(experiment):
    found = difference(experiment, 0, member(experiment, "mean"), experiment.best)
    assert (found.value, found.low, found.p) == (None, None, None)


def test_p_values_are_adjusted_for_their_number():
    assert holm([0.01, None, 0.04, 0.03]) == pytest.approx([0.03, None, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]


def test_spread_is_of_the_seeds_of_one_model(experiment):
    (spread,) = seed_variation(experiment, "activity")
    r = [m.score("test", "activity", "pearson").value for m in experiment.members if m.model == "cnn"]
    assert (spread.model, spread.seeds) == ("cnn", 2)
    assert (spread.mean, spread.sd) == pytest.approx((np.mean(r), abs(r[0] - r[1]) / 2**0.5))

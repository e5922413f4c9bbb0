import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from sklearn import metrics as sklearn_metrics

from seqcnn.model.metrics import METRICS, metric, pearson

Y = np.array([1.0, 2.0, 3.0, 4.0])
Y_HAT = np.array([1.0, 3.0, 2.0, 4.0])
VALUES = arrays(np.float64, 12, elements=st.floats(-1e6, 1e6, width=32))
REFERENCE = {
    "pearson": lambda y, y_hat: stats.pearsonr(y, y_hat)[0],
    "spearman": lambda y, y_hat: stats.spearmanr(y, y_hat)[0],
    "r2": sklearn_metrics.r2_score,
    "rmse": sklearn_metrics.root_mean_squared_error,
    "mae": sklearn_metrics.mean_absolute_error,
}


@pytest.mark.parametrize(
    ("name", "value"), [("pearson", 0.8), ("spearman", 0.8), ("r2", 0.6), ("rmse", 0.5**0.5), ("mae", 0.5)]
)
def test_a_metric_is_what_one_computes_by_hand(name, value):
    # differences 0, -1, 1, 0; SST 5; covariance 4 of 5
    assert METRICS[name](Y, Y_HAT) == pytest.approx(value)


def test_every_metric_has_a_reference():
    assert set(REFERENCE) == set(METRICS)


@pytest.mark.parametrize("name", METRICS)
@given(y=VALUES, noise=VALUES)
@settings(max_examples=30, deadline=None)
def test_a_metric_agrees_with_scipy_and_scikit_learn(name, y, noise):
    y_hat = y + noise
    assume(np.ptp(y) > 1e-3 and np.ptp(y_hat) > 1e-3)
    assert METRICS[name](y, y_hat) == pytest.approx(REFERENCE[name](y, y_hat), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", METRICS)
def test_a_resample_is_scored_as_its_rows_written_out(name):
    rng = np.random.default_rng(0)
    y, y_hat = rng.integers(0, 9, (2, 40)).astype(float)  # with ties
    times = rng.multinomial(40, np.full(40, 1 / 40), size=20).astype(float)
    drawn = [np.repeat(np.arange(40), row.astype(int)) for row in times]
    expected = [METRICS[name](y[at], y_hat[at]) for at in drawn]
    assert METRICS[name].resampled(y, y_hat, times) == pytest.approx(expected, abs=1e-12)


def test_a_plain_function_is_a_metric_whose_resamples_are_looped_over(monkeypatch):
    monkeypatch.setattr("seqcnn.model.metrics.METRICS", {})

    @metric("largest error", higher_is_better=False)
    def largest(y, y_hat):
        return np.abs(y - y_hat).max()

    assert largest(Y, Y_HAT) == 1
    assert largest.resampled(Y, Y_HAT, np.array([[2.0, 0, 0, 2], [0, 4, 0, 0]])).tolist() == [0, 1]


@pytest.mark.parametrize("name", ["pearson", "spearman", "r2"])
@pytest.mark.parametrize("shift", [0.0, 0.1, 1e6])
def test_a_resample_of_one_row_is_constant(name, shift):
    times = np.array([[0.0, 0.0, 4.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    found = METRICS[name].resampled(Y + shift, Y_HAT + shift, times)
    assert np.isnan(found).tolist() == [True, False]


@pytest.mark.parametrize("name", METRICS)
def test_no_prediction_beats_the_measurement_itself(name):
    metric = METRICS[name]
    best, other = metric(Y, Y), metric(Y, Y_HAT)
    assert best > other if metric.higher_is_better else best < other


@pytest.mark.parametrize("name", ["pearson", "spearman"])
@pytest.mark.parametrize("constant", [0.0, 0.1, 1e9, -3.3e-7])
def test_the_correlation_with_a_constant_is_undefined(name, constant):
    assert math.isnan(METRICS[name](Y, np.full(4, constant)))
    assert math.isnan(METRICS[name](np.full(4, constant), Y))


def test_r2_of_a_constant_measurement_is_undefined_and_of_the_mean_prediction_0():
    assert math.isnan(METRICS["r2"](np.ones(4), Y))
    assert math.isnan(METRICS["r2"](np.full(10, 0.1), np.arange(10.0)))
    assert METRICS["r2"](Y, np.full(4, 2.5)) == 0


@pytest.mark.parametrize("scale", [1e-30, 1e-6, 1.0, 1e30, 1e200])
def test_a_correlation_does_not_depend_on_the_unit(scale):
    assert pearson(Y * scale, Y_HAT) == pytest.approx(0.8)
    assert pearson(Y * scale, Y_HAT * scale) == pytest.approx(0.8)


def test_ties_share_their_mean_rank():
    y, y_hat = np.array([1.0, 1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0, 4.0])
    assert METRICS["spearman"](y, y_hat) == pytest.approx(stats.spearmanr(y, y_hat)[0])


def test_metrics_have_labels_for_the_report():
    assert [metric.label for metric in METRICS.values()] == ["Pearson r", "Spearman rho", "R²", "RMSE", "MAE"]

"""The noise ceiling of replicates, with values that can be checked by hand."""

import math

import numpy as np
import pytest

from seqcnn.data.assay.noise_ceiling import MIN_CEILING_ROWS, copied_columns, no_ceiling_reason, noise_ceiling

NAN = float("nan")


def repeated(*replicates, times=10):
    """Repeat the measurements of a few rows, so that there are enough of them."""
    return np.tile(np.array(replicates, float).T, (times, 1))


def alpha(values):
    """Cronbach's alpha, as in its definition."""
    k = values.shape[1]
    return k / (k - 1) * (1 - values.var(0, ddof=1).sum() / values.sum(1).var(ddof=1))


def test_two_replicates_of_equal_variance_give_the_ceiling_of_spearman_and_brown():
    """Deviations -3 -1 1 3 and -3 1 -1 3: covariance 16 of 20, r = 0.8."""
    found = noise_ceiling(np.vstack([repeated([0, 1, 2, 3], [0, 2, 1, 3]), [NAN, NAN]]))
    reliability = 2 * 0.8 / 1.8
    assert found == {
        "replicate_r": pytest.approx(0.8),
        "reliability": pytest.approx(reliability),
        "attainable_r": pytest.approx(math.sqrt(reliability)),
        "n": 40,
    }


def test_replicates_of_unequal_noise_give_cronbachs_alpha():
    """Sums of squares 20, 36 and 20, of products 12, 20 and 12: 76 of the 164 of the sum are variances."""
    values = repeated([-3, -1, 1, 3], [-3, 3, -3, 3], [-2, 0, 2, 4])
    found = noise_ceiling(values)
    covariances = np.cov(values.T) * 39 / 40 * 4
    assert covariances.round(9).tolist() == [[20, 12, 20], [12, 36, 12], [20, 12, 20]]
    assert found["reliability"] == pytest.approx(1.5 * (1 - 76 / 164))
    assert found["reliability"] == pytest.approx(alpha(values))
    assert found["replicate_r"] == pytest.approx((2 * 12 / math.sqrt(20 * 36) + 1) / 3)


def test_complete_replicates_of_any_number_give_cronbachs_alpha():
    rng = np.random.default_rng(0)
    for count in (2, 3, 5):
        values = rng.normal(size=(50, 1)) + rng.normal(size=(50, count)) * np.linspace(0.2, 2, count)
        assert noise_ceiling(values)["reliability"] == pytest.approx(alpha(values))


def test_offsets_of_replicates_change_nothing_where_all_are_measured():
    values = repeated([0, 1, 2, 3], [0, 2, 1, 3])
    assert noise_ceiling(values + np.array([5, -7]))["reliability"] == pytest.approx(
        noise_ceiling(values)["reliability"]
    )


def test_rows_with_one_replicate_are_noisier_than_those_with_two():
    """Noise variances 4 and 4 of 20 (divisor n - 1 left out): 2 in rows with both, 4 in the others."""
    both = repeated([-3, -1, 1, 3], [-3, 1, -1, 3])
    one = repeated([-3, -1, 1, 3], [NAN] * 4)
    noise = 4 / 4 * 40 / 39  # of one replicate
    means = np.concatenate([both.mean(1), one[:, 0]])
    found = noise_ceiling(np.vstack([both, one]))
    assert found["reliability"] == pytest.approx(1 - (0.5 * noise / 2 + 0.5 * noise) / means.var(ddof=1))
    assert found["n"] == 80


def test_an_offset_is_noise_where_rows_have_different_replicates():
    both, one = repeated([-3, -1, 1, 3], [-3, 1, -1, 3]), repeated([-3, -1, 1, 3], [NAN] * 4)
    plain, shifted = (noise_ceiling(np.vstack([both, one]) + np.array([0, offset])) for offset in (0, 2))
    means = np.concatenate([both.mean(1) + 1, one[:, 0]])
    noise = (1 - plain["reliability"]) * (means - np.repeat([1, 0], 40)).var(ddof=1)
    assert shifted["reliability"] == pytest.approx(1 - (noise + 0.25 * 80 / 79) / means.var(ddof=1))


def test_a_replicate_of_a_few_rows_does_not_decide():
    """Only seven rows have all three replicates; the other 193 have two."""
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(200, 1))
    values = truth + rng.normal(size=(200, 3)) * 0.47
    values[7:, 2] = NAN
    found, two = noise_ceiling(values), noise_ceiling(values[:, :2])
    assert found == two
    assert found["n"] == 200
    assert found["reliability"] == pytest.approx(1 / (1 + 0.47**2 / 2), abs=0.03)


def test_rows_without_a_replicate_that_counts_are_left_out():
    values = np.vstack([repeated([0, 1, 2, 3], [0, 2, 1, 3], [NAN] * 4), [[NAN, NAN, 5.0]] * 20])
    assert noise_ceiling(values) == noise_ceiling(values[:40, :2])


def test_replicates_that_differ_by_an_offset_have_no_noise():
    found = noise_ceiling(repeated([0, 1, 2, 3], [1, 2, 3, 4]))
    assert (found["reliability"], found["attainable_r"]) == pytest.approx((1, 1))


def test_the_ceiling_is_what_a_perfect_model_reaches_on_simulated_replicates():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=20_000)
    values = truth[:, None] + rng.normal(size=(20_000, 3)) * [0.5, 1, 2]
    values[rng.random(values.shape) < [0.1, 0.3, 0.6]] = NAN
    rows = np.isfinite(values).any(1)
    reached = np.corrcoef(truth[rows], np.nanmean(values[rows], axis=1))[0, 1]
    assert noise_ceiling(values)["attainable_r"] == pytest.approx(reached, abs=0.01)


ENOUGH = np.arange(30.0)


@pytest.mark.parametrize(
    ("replicates", "reason"),
    [
        (np.empty((30, 0)), "there are no replicates to estimate measurement noise from"),
        (np.ones((30, 1)), "there are no replicates to estimate measurement noise from"),
        (np.column_stack([ENOUGH, [NAN] * 30]), "there are no replicates to estimate measurement noise from"),
        (
            np.column_stack([ENOUGH, -ENOUGH]),
            "the replicates do not agree (mean r between two of them -1.00)",
        ),
        (
            np.column_stack([ENOUGH, np.ones(30)]),
            "the replicates do not agree (mean r between two of them 0.00)",
        ),
        (np.column_stack([ENOUGH, ENOUGH + 1])[1:], "two replicates share 29 rows; at least 30 are expected"),
    ],
    ids=["none", "one", "one measured", "opposed", "constant", "too few rows"],
)
def test_there_is_no_ceiling_without_enough_replicates_that_agree_and_the_reason_is_said(replicates, reason):
    assert noise_ceiling(replicates) is None
    assert no_ceiling_reason(replicates) == reason


def test_thirty_rows_are_enough():
    assert MIN_CEILING_ROWS == 30
    assert noise_ceiling(np.column_stack([ENOUGH, ENOUGH + 1])) is not None
    assert no_ceiling_reason(np.column_stack([ENOUGH, ENOUGH + 1])) == ""


def test_copies_of_a_replicate_do_not_count():
    first, second = [0, 1, 2, 3, NAN], [0, 2, 1, 3, 4]
    values = repeated(first, second, first, second)
    assert copied_columns(values) == [(0, 2), (1, 3)]
    assert noise_ceiling(values) == noise_ceiling(values[:, :2])
    assert noise_ceiling(values[:, [0, 2]]) is None
    assert no_ceiling_reason(values[:, [0, 2]]) == (
        "the replicates are copies of one column, which is no second measurement"
    )


def test_two_columns_that_are_never_measured_are_no_copies():
    assert copied_columns(np.full((40, 2), NAN)) == []

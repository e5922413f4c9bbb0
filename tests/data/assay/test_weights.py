import numpy as np
import pytest

from seqcnn.data.assay.weights import standard_errors, weights_of, weights_of_replicates


def test_the_standard_error_of_three_replicates_is_their_deviation_by_the_root_of_three():
    errors = standard_errors(np.array([[1, 2, 3], [1, np.nan, 3], [1, np.nan, np.nan]], np.float32))
    np.testing.assert_allclose(errors, [1 / np.sqrt(3), 1, np.nan])


@pytest.mark.parametrize(
    ("by", "values", "expected"),
    [
        ("sd", [1, 2, 4], [4 / 5, 1 / 2, 1 / 5]),
        ("counts", [0, 10, 30], [0, 1 / 2, 3 / 4]),
        ("weight", [0, 10, 30], [0, 10, 30]),
    ],
)
def test_the_median_noise_has_weight_one_half_but_for_plain_weights(by, values, expected):
    np.testing.assert_allclose(weights_of(np.array(values, float), by), expected)


def test_more_noise_is_less_weight_and_only_the_ratios_matter():
    noise = np.random.default_rng(1).gamma(2, size=100)
    weights = weights_of(noise, "sd")
    assert (np.argsort(weights) == np.argsort(-noise)).all()
    np.testing.assert_allclose(weights_of(10 * noise, "sd"), weights)


def test_replicates_without_noise_or_without_a_second_one_tell_no_weight():
    assert weights_of_replicates(np.ones((5, 1, 2))) is None
    assert weights_of_replicates(np.full((5, 2, 2), [1, np.nan])) is None
    assert weights_of_replicates(np.empty((5, 2, 0))) is None

import numpy as np
import pytest

from seqcnn.data.assay.weights import count_note, standard_errors, weights_of, weights_of_replicates


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


@pytest.fixture
def counted_rows():
    """Return reads of 600 rows, and measurements whose variance is 1 / reads."""
    draw = np.random.default_rng(1)
    reads = draw.integers(1, 400, 600).astype(float)
    return reads, (draw.standard_normal(600) / np.sqrt(reads))[:, None]


def test_counts_of_imprecise_measurements_are_advised_as_weights(counted_rows):
    reads, y = counted_rows
    low, high = y[np.argsort(reads), 0][:200].std(), y[np.argsort(reads), 0][400:].std()
    assert count_note("reads", reads, y) == (
        "column 'reads': the measurement varies more in the third of rows with its smallest numbers "
        f"(SD {low:.3g}) than with its largest ({high:.3g}); if it counts reads or barcodes, weight the "
        "rows: --weight reads --weight-by counts"
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda reads, y: (reads + 0.5, y),  # no whole numbers
        lambda reads, y: (-reads, y),
        lambda reads, y: (reads[::-1], y),  # unrelated to the variance
        lambda reads, y: (reads + 300, y),  # less than a range of four
        lambda reads, y: (reads[:150], y[:150]),
        lambda reads, y: (np.where(reads > 200, 1.0, 100.0), y),
    ],
)  # fmt: skip
def test_columns_that_tell_nothing_of_the_variance_are_not_advised(counted_rows, change):
    assert count_note("reads", *change(*counted_rows)) == ""

"""Transforms of targets: exact values, inversion, and what is refused."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import norm
from support.planted import planted, split_of

from seqcnn.data.dataset import load_dataset
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.data.transform import Transform, fit_transform
from seqcnn.errors import TableError


def fitted(name, train, values=None):
    every = np.array(train if values is None else values, float)
    return fit_transform(name, np.array(train, float), every, where="t: target 'y'")


@pytest.mark.parametrize(
    ("train", "values", "pseudocount"),
    [
        ([0, 1, 5, 300], None, 1),  # counts
        ([1, 5, 300], None, 1),
        ([0.5, 1.5, 2.25], None, 0),
        ([0.5, 1.5, 2.25], [0.5, 1.5, 2.25, 0], 0.6),  # 5 % quantile of the positive training values
        ([0, 0.5, 1.5, 2.25], None, 0.6),
    ],
)
def test_the_pseudocount_follows_its_rule(train, values, pseudocount):
    assert fitted("log2", train, values).pseudocount == pseudocount
    assert fitted("log10", train, values).pseudocount == pseudocount
    assert fitted("log1p", train, values).pseudocount == 0


def test_logarithms_are_exact_and_never_inverted_below_zero():
    log2, log10 = Transform(name="log2", pseudocount=1), Transform(name="log10")
    assert log2.apply(np.array([0, 1, 7, np.nan])).tolist()[:3] == [0, 1, 3]
    assert log2.invert(np.array([3.0, -2.0, np.nan])).tolist()[:2] == [7, 0]
    assert np.isnan(log2.invert(np.array([np.nan]))[0])
    assert log10.apply(np.array([[0.01, 100]])).tolist() == [[-2, 2]]
    assert Transform(name="log1p").invert(np.log([4.0])).tolist() == pytest.approx([3])


def test_the_rank_normal_scores_are_those_of_hazens_ranks():
    y = np.random.default_rng(0).standard_cauchy(101)
    transform = fitted("rank-normal", y)
    assert (transform.n, len(transform.quantiles)) == (101, 101)
    expected = norm.ppf((np.argsort(np.argsort(y)) + 0.5) / 101)
    np.testing.assert_allclose(transform.apply(y), expected, atol=0.05)
    ends = norm.ppf([0.5 / 101, 1 - 0.5 / 101])
    assert transform.apply(np.array([y.min(), y.max()])) == pytest.approx(ends)


def test_the_rank_normal_transform_keeps_the_order_and_puts_ties_in_their_middle():
    transform = fitted("rank-normal", [0] * 50 + list(range(1, 51)))
    z = transform.apply(np.arange(51.0))
    assert (np.diff(z) > 0).all()
    assert z[0] == pytest.approx((norm.ppf(0.005) + 0) / 2, abs=0.05)


@pytest.mark.parametrize("name", ["log2", "log10", "log1p", "rank-normal"])
def test_every_transform_is_inverted(name):
    y = np.random.default_rng(1).lognormal(0, 2, 500)
    transform = fitted(name, y)
    np.testing.assert_allclose(transform.invert(transform.apply(y)), y, rtol=1e-9, atol=1e-9)


def test_rank_normal_predictions_stay_within_the_training_values():
    transform = fitted("rank-normal", [1, 2, 3, 4])
    assert transform.invert(np.array([-9.0, 9.0])).tolist() == [1, 4]
    assert transform.apply(np.array([-100.0, 100.0])) == pytest.approx(norm.ppf([1 / 8, 7 / 8]))


def test_the_sd_is_half_the_distance_of_the_transformed_ends():
    transform = Transform(name="log2")
    assert transform.invert_sd(np.array([3.0]), np.array([1.0])).tolist() == [(16 - 4) / 2]


@pytest.mark.parametrize(
    ("transform", "unit", "text"),
    [
        (Transform(name="log2", pseudocount=0.1), "RLU", "log2(RLU + 0.1)"),
        (Transform(name="log1p"), "", "log1p(y)"),
        (Transform(name="rank-normal", n=2, quantiles=(1, 2)), "", "normal score of y"),
    ],
)
def test_the_unit_names_the_transform(transform, unit, text):
    assert transform.unit_of(unit) == text


@pytest.mark.parametrize("name", ["log2", "log10", "log1p"])
def test_negative_values_have_no_logarithm(name):
    message = f"t: target 'y': 2 values below 0, the smallest -3; transform {name} needs values of 0 or more"
    with pytest.raises(TableError, match=message):
        fitted(name, [1, 2], [1, 2, -1, -3])


def test_a_dataset_keeps_transformed_measurements_their_unit_and_the_transform(tmp_path):
    sequences, y = planted(64)
    counts = np.round(np.exp2(np.array(y)) * 10)
    replicates = np.stack([counts, counts + 1], axis=1)
    dataset = dataset_from_arrays(
        sequences, counts, split=split_of(64), replicates=replicates, transform="log2"
    )
    np.testing.assert_allclose(dataset.targets[:, 0], np.log2(counts + 1), rtol=1e-6)
    np.testing.assert_allclose(dataset.replicates[:, 0, 1], np.log2(counts + 2), rtol=1e-6)
    assert dataset.units == ["log2(y + 1)"]
    dataset.save(tmp_path / "d.h5")
    loaded = load_dataset(tmp_path / "d.h5")
    assert loaded.transforms == dataset.transforms == {"target": Transform(name="log2", pseudocount=1)}
    assert loaded.take(np.arange(3)).transforms == dataset.transforms


def test_rank_normal_takes_the_largest_value_that_is_read():
    y = np.array([1e30, 1, -1e30, 2], np.float32)
    transform = fit_transform("rank-normal", y, y, where="t.tsv")
    assert (transform.quantiles[0], transform.quantiles[-1]) == (y.min(), y.max())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"n": 2, "quantiles": (1.0,)},
            "rank-normal: expected at least two quantiles of at least two values",
        ),
        ({"n": 1, "quantiles": (1.0, 2.0)}, "rank-normal: expected at least two quantiles of at least two"),
        ({"n": 2, "quantiles": (2.0, 1.0)}, "quantiles: expected ascending order"),
    ],
)
def test_quantiles_that_are_not_those_of_values_are_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        Transform(name="rank-normal", **values)


def test_one_value_has_no_ranks():
    message = "t: target 'y': 1 training values; transform rank-normal needs at least 2"
    with pytest.raises(TableError, match=message):
        fitted("rank-normal", [1.0], [1.0, 2.0])

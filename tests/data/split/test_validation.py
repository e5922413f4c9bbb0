"""Which validation rows choose a model, and which calibrate its intervals."""

import hashlib

import numpy as np
import pytest

from seqcnn.data.split.validation import divide_validation


def rows(n=100, per_cluster=1, others=20):
    """`n` validation rows in clusters of one size, after some training rows."""
    split = np.array(["train"] * others + ["val"] * n)
    groups = np.concatenate([np.full(others, 10_000), np.arange(n) // per_cluster])
    return split, groups, np.zeros((len(split), 1), np.float32)


def shared(split, groups, targets):
    """Return whether the same rows choose and calibrate."""
    selection, calibration = divide_validation(split, groups, targets)
    return np.array_equal(selection, calibration)


@pytest.mark.parametrize("per_cluster", [1, 2, 5])
def test_half_of_a_large_validation_part_calibrates_and_clusters_stay_whole(per_cluster):
    split, groups, targets = rows(100, per_cluster)
    selection, calibration = divide_validation(split, groups, targets)
    assert (len(selection), len(calibration)) == (50, 50)
    assert sorted([*selection, *calibration]) == np.flatnonzero(split == "val").tolist()
    assert not {*groups[selection]} & {*groups[calibration]}


def test_the_clusters_with_the_smallest_hashes_calibrate():
    split, groups, targets = rows(100)
    smallest = sorted(range(100), key=lambda number: hashlib.sha256(str(number).encode()).digest())[:50]
    assert sorted(groups[divide_validation(split, groups, targets)[1]]) == sorted(smallest)


def test_the_order_of_the_rows_does_not_matter():
    split, groups, targets = rows(120, 3)
    order = np.random.default_rng(0).permutation(len(split))
    _, calibration = divide_validation(split, groups, targets)
    _, reordered = divide_validation(split[order], groups[order], targets[order])
    assert sorted(order[reordered]) == calibration.tolist()


def test_too_few_rows_or_clusters_choose_and_calibrate():
    assert not shared(*rows(70))
    assert shared(*rows(69))
    assert not shared(*rows(100, 5))  # 20 clusters
    assert shared(*rows(100, 6))  # 17 clusters


def test_a_cluster_of_more_than_a_quarter_is_not_divided_from_the_others():
    split, groups, targets = rows(100)
    groups[20:45] = 0
    assert not shared(split, groups, targets)
    groups[45] = 0
    assert shared(split, groups, targets)


def test_every_target_that_is_measured_needs_enough_rows():
    split, groups, targets = rows(70)
    unmeasured = np.full_like(targets, np.nan)
    assert not shared(split, groups, np.hstack([targets, unmeasured]))
    some = targets.copy()
    some[-1] = np.nan
    assert shared(split, groups, np.hstack([targets, some]))


def test_without_validation_rows_there_are_none():
    split, groups, targets = rows(0)
    assert [len(part) for part in divide_validation(split, groups, targets)] == [0, 0]

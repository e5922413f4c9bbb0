"""LCMD: the worst represented part of the space first, and what is said of each choice."""

import numpy as np
import pytest

from seqcnn.selection.lcmd import lcmd

LINE = np.array([[1.0], [5.0], [6.0], [20.0]])
ORIGIN = np.zeros((1, 1))


def test_each_choice_states_what_was_nearest_and_how_large_its_cluster_was():
    batch = lcmd(LINE, ORIGIN, 3)
    assert batch.rows.tolist() == [3, 2, 0]  # 5 is next to 6
    assert batch.nearest.tolist() == [0, 0, 0]
    assert batch.distance.tolist() == [20.0, 6.0, 1.0]
    assert batch.cluster_size.tolist() == [4, 3, 1]
    assert batch.known_distance.tolist() == [20.0, 6.0, 1.0]


def test_a_later_choice_names_an_earlier_one_as_its_nearest():
    batch = lcmd(np.array([[10.0], [12.0]]), ORIGIN, 2)
    assert batch.rows.tolist() == [1, 0]
    assert batch.nearest.tolist() == [0, 1]  # one known point, then choice 0
    assert batch.distance.tolist() == [12.0, 2.0]
    assert batch.known_distance.tolist() == [12.0, 10.0]


def test_the_cluster_with_the_largest_sum_comes_before_the_farthest_point():
    known = np.array([[0.0, 0.0], [100.0, 0.0]])
    crowd = [[3.0, y] for y in (0.0, 0.1, 0.2, 0.3)]
    batch = lcmd(np.array([*crowd, [104.0, 0.0]]), known, 1)
    assert batch.rows.tolist() == [3]
    assert batch.cluster_size.tolist() == [4]


def test_a_candidate_of_weight_0_comes_last():
    assert lcmd(LINE, ORIGIN, 4, weights=np.array([1.0, 1.0, 1.0, 0.0])).rows.tolist() == [2, 0, 1, 3]


@pytest.mark.parametrize("weights", [None, np.zeros(4)])
def test_all_candidates_are_chosen_once_also_without_distances(weights):
    batch = lcmd(np.zeros((4, 1)), ORIGIN, 4, weights=weights)
    assert sorted(batch.rows.tolist()) == [0, 1, 2, 3]
    assert batch.distance.tolist() == [0.0] * 4


def test_two_runs_choose_the_same():
    rng = np.random.default_rng(1)
    candidates, known = rng.standard_normal((200, 5)), rng.standard_normal((20, 5))
    assert lcmd(candidates, known, 30).rows.tolist() == lcmd(candidates, known, 30).rows.tolist()

"""Scatters of two measures of one quantity."""

import numpy as np

from seqcnn.plotting.scatter import scatter


def test_both_axes_have_the_same_limits_and_ticks():
    figure = scatter(np.array([-1.9, 0, 4]), np.array([-0.6, 0.2, 2]), labels=("a", "b"), text="r = 1")
    (axes,) = figure.axes
    assert axes.get_xlim() == axes.get_ylim() == (-1.9 - 0.236, 4 + 0.236)
    assert axes.get_xticks().tolist() == axes.get_yticks().tolist() == [-2, 0, 2, 4]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_aspect()) == ("a", "b", 1)


def test_the_text_is_in_the_drawing():
    figure = scatter(np.array([0.0, 1]), np.array([0.0, 1]), labels=("a", "b"), text="r = 1\nn = 2")
    assert [text.get_text() for text in figure.axes[0].texts] == ["r = 1\nn = 2"]


def test_equal_numbers_have_a_range_and_ticks():
    axes = scatter(np.full(3, 2.0), np.full(3, 2.0), labels=("a", "b"), text="").axes[0]
    assert axes.get_xlim()[0] < 2 < axes.get_xlim()[1]
    assert 2 in axes.get_xticks().tolist()

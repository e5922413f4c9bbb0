import numpy as np

from seqcnn.evaluation.multiple_testing import q_values


def test_q_values_are_those_of_benjamini_and_hochberg():
    np.testing.assert_allclose(q_values(np.array([0.01, 0.04, 0.03, 0.5])), [0.04, 0.16 / 3, 0.16 / 3, 0.5])


def test_no_test_has_no_q_value():
    assert q_values(np.empty(0)).tolist() == []

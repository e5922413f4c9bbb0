"""Effects of pairs of windows, and their percentiles among other effects."""

import numpy as np
import pytest

from seqcnn.genome.variant.effects import percentiles, score_pairs
from seqcnn.genome.variant.windows import AlleleWindows
from seqcnn.model.inference.predictions import Predictions
from seqcnn.sequence.onehot import pack


def test_an_ensemble_gives_the_sd_of_the_difference(model, monkeypatch):
    each = np.array([[[1.0], [2.0]], [[3.0], [7.0]]], np.float32)  # two networks: effects 1 and 4
    monkeypatch.setattr(type(model), "predict_members", lambda self, rows: Predictions(each))
    found = score_pairs(model, [AlleleWindows([pack("A" * 30)], [pack("C" * 30)])])
    assert (found.ref[0], found.alt[0], found.effect[0]) == (2.0, 4.5, 2.5)
    assert found.sd == pytest.approx([np.sqrt(4.5)])


def test_percentiles_count_smaller_effects_and_half_of_equal_ones():
    assert percentiles(np.array([2.0, -9.0, 0.0]), np.array([1.0, -2.0, 3.0, 4.0])).tolist() == [37.5, 100, 0]
    assert np.isnan(percentiles(np.array([1.0]), np.empty(0))).all()


def test_percentiles_are_of_the_absolute_effect():
    null = np.array([-3.0, 1.0, 2.0, -0.5])
    assert percentiles(np.array([2.5]), null) == percentiles(np.array([-2.5]), null) == [75.0]

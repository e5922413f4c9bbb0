"""Effects of pairs of windows, and their percentiles among other effects."""

import numpy as np
import pytest

from seqcnn.genome.variant.effects import Effects, calls, interval, percentiles, score_pairs
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


def effects_of(*by_member):
    """Return the effects of networks, (members, n)."""
    each = np.array(by_member)
    if len(each) == 1:
        return Effects(np.zeros(each.shape[1]), each[0])
    return Effects(np.zeros(each.shape[1]), each.mean(0), each.std(0, ddof=1), None, each)


def test_the_call_of_a_single_network_compares_the_effect_with_the_threshold():
    effects = effects_of([1.0, -1.1, 1.1, 0.0, 5.0])
    thresholds = np.array([1.0, 1.0, 1.0, 1.0, np.nan])
    assert calls(effects, thresholds) == ["none", "effect", "effect", "none", "NA"]


def test_the_interval_of_an_effect_excludes_0_and_that_of_none_is_within_the_threshold():
    networks = [2.0, 2.0, -1.1, 0.1, 0.9], [2.1, 1.5, -1.0, -0.1, 0.1], [2.2, 0.1, -1.2, 0.0, 0.3]
    effects = effects_of(*networks)
    low, high = interval(effects)
    half = 4.302653 * effects.sd / np.sqrt(3)  # Student's t of 2 degrees of freedom
    assert high == pytest.approx(effects.effect + half)
    assert low == pytest.approx(effects.effect - half)
    assert calls(effects, np.ones(5)) == ["effect", "uncertain", "effect", "none", "uncertain"]

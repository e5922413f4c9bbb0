"""Effects of pairs of windows, and the random changes that they are compared with."""

import numpy as np
import pytest

from seqcnn.genome.variant.effects import percentiles, random_substitutions, reservoir_sample, score_pairs
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


def test_a_random_change_changes_one_base_that_all_windows_show():
    # windows of ACGTACGT at 1, 2 and 3: they share positions 3, 4, 5
    whole, shifts = pack("ACGTACGT"), [-1, 0, 1]
    pair = AlleleWindows([whole[1:6], whole[2:7], whole[3:8]], [])
    seen = set()
    for ref, alt in random_substitutions([pair], 60, shifts=shifts, rng=np.random.default_rng(0)):
        changed = [
            {(i + start, b) for i, (a, b) in enumerate(zip(r, s, strict=True)) if a != b}
            for start, r, s in zip((1, 2, 3), ref, alt, strict=True)
        ]
        assert len(changed[0]) == 1
        assert changed[0] == changed[1] == changed[2]
        seen |= changed[0]
    assert {at for at, _ in seen} == {3, 4, 5}
    assert len(seen) == 9  # three other bases each


def test_windows_without_a_certain_base_give_no_random_change():
    assert random_substitutions([AlleleWindows([pack("NNN")], [])], 5, rng=np.random.default_rng(0)) == []
    assert random_substitutions([], 5, rng=np.random.default_rng(0)) == []


def test_a_sample_of_a_stream_is_fair():
    counts = np.zeros(10)
    for seed in range(400):
        counts[reservoir_sample(range(10), 3, rng=np.random.default_rng(seed))] += 1
    assert counts.sum() == 1200
    assert (abs(counts - 120) < 4 * np.sqrt(400 * 0.3 * 0.7)).all()

"""TF-MoDISco on attributions that are made up, so that its pattern is known."""

import numpy as np
import pytest

pytest.importorskip("modiscolite")

from seqcnn.data.layout import Layout
from seqcnn.data.onehot import pack
from seqcnn.probe.patterns import find_patterns
from seqcnn.probe.sample import Sample

WORD, LENGTH, N = "TGACTCA", 60, 120


def planted_attributions(sign):
    """Sequences with the word, and hypothetical attributions: `sign` for each of its letters, and noise."""
    rng = np.random.default_rng(1)
    starts = rng.integers(0, LENGTH - len(WORD) + 1, N)
    letters = ["".join(rng.choice(list("ACGT"), LENGTH)) for _ in starts]
    letters = [s[:at] + WORD + s[at + len(WORD) :] for s, at in zip(letters, starts, strict=True)]
    one_hot = np.array([[[base == c for c in s] for base in "ACGT"] for s in letters], np.float32)
    hypothetical = rng.normal(0, 0.01, one_hot.shape).astype(np.float32)
    for n, at in enumerate(starts):
        part = slice(at, at + len(WORD))
        hypothetical[n, :, part] += sign * (one_hot[n, :, part] - 0.25)
    sample = Sample([f"s{n}" for n in range(N)], Layout(LENGTH).rows([pack(s) for s in letters]))
    return one_hot, hypothetical, sample, starts


@pytest.mark.parametrize(("sign", "name"), [(1, "pattern+1"), (-1, "pattern-1")])
def test_a_planted_word_is_the_only_pattern_and_its_sites_are_where_it_was_planted(sign, name):
    *tracks, sample, starts = planted_attributions(sign)
    (found,) = find_patterns(*tracks, sample)
    assert found.name == name
    assert found.consensus.strip("nacgt") == WORD
    assert len(found.row) >= N // 3  # TF-MoDISco leaves some out
    at = found.start + found.consensus.index(WORD)
    np.testing.assert_array_equal(at, starts[found.row])
    assert at.min() < 15 <= LENGTH - 15 < at.max() + len(WORD)  # near both ends too

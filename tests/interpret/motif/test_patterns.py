"""TF-MoDISco on attributions that are made up, so that its pattern is known."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("modiscolite")

from seqcnn.interpret.attribution.sample import Sample
from seqcnn.interpret.motif.patterns import _motif, find_patterns
from seqcnn.sequence.onehot import pack
from seqcnn.sequence.window import Layout

WORD, LENGTH, N = "TGACTCA", 90, 120


def planted_attributions(sign):
    """Sequences with the word, and hypothetical attributions: `sign` for each of its letters, and noise."""
    rng = np.random.default_rng(1)
    starts = rng.integers(25, LENGTH - 25 - len(WORD), N)
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


@pytest.mark.parametrize("kind", ["noise", "nothing", "one value", "one sign"])
def test_without_a_pattern_it_is_said_what_was_tried(kind, caplog):
    one_hot, _, sample, _ = planted_attributions(1)
    noise = np.random.default_rng(0).normal(0, 0.01, one_hot.shape).astype(np.float32)
    made = {"noise": noise, "nothing": 0 * noise, "one value": 0 * noise + 1, "one sign": abs(noise)}
    assert find_patterns(one_hot, made[kind], sample) == []
    (message,) = caplog.messages
    assert message == (
        "TF-MoDISco found no pattern in 120 sequences: it needs more than 50 spans of 15 bp whose "
        "attributions of one sign are high (FDR 5%) and that resemble each other; give more sequences "
        "(--number), or a model that predicts better"
    )


@pytest.mark.parametrize(("turned", "consensus"), [(1, "AACC"), (0, "GGTT")])
def test_a_pattern_reads_as_most_of_its_seqlets_do(turned, consensus):
    """A pattern nGGTT at 4 bp of every insert: most of its seqlets read it as it is, or turned."""
    shares = np.full((5, 4), 0.25)
    shares[1:] = [[base == c for c in "ACGT"] for base in "GGTT"]
    seqlets = [SimpleNamespace(example_idx=n, start=4, is_revcomp=turned) for n in range(9)]
    seqlets.append(SimpleNamespace(example_idx=9, start=4, is_revcomp=1 - turned))
    sample = Sample([f"s{n}" for n in range(10)], Layout(20).rows([pack("ACGT" * 5)] * 10))
    found = _motif("p", SimpleNamespace(sequence=shares, seqlets=seqlets), sample)
    assert found.consensus == consensus
    assert found.start.tolist() == [4 if turned else 5] * 9 + [5 if turned else 4]

"""The flag of sequences that are unlike those of the training."""

import random

import numpy as np
import pytest

from seqcnn.model.network.kmer_profile import KmerProfile
from seqcnn.model.network.ood import RATE, calibrate_ood
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack
from seqcnn.sequence.window import Layout

LENGTH = 120


def letters(n, seed, *, repeat="", weights=(3, 2, 2, 3)):
    """Random sequences, of which each holds `repeat` once for every 20 bp."""
    draw = random.Random(seed)
    found = []
    for _ in range(n):
        text = "".join(draw.choices("ACGT", weights, k=LENGTH))
        for at in range(0, LENGTH if repeat else 0, 20):
            text = text[:at] + repeat + text[at + len(repeat) :]
        found.append(text)
    return found


def rows(sequences):
    return Layout(LENGTH).rows([pack(s) for s in sequences])


@pytest.fixture(scope="module")
def profile():
    found = KmerProfile()
    found.fit(rows(letters(2000, 1)), double=False)
    return found


def flagged(profile, sequences):
    found = calibrate_ood(profile.distances(rows(letters(1000, 2)), double=False))
    distances = profile.distances(rows(sequences), double=False)
    return (distances > [found.distance, found.surprisal]).any(1).mean()


def test_of_sequences_like_the_training_as_many_are_flagged_as_the_bundle_says(profile):
    assert flagged(profile, letters(4000, 3)) == pytest.approx(RATE, abs=0.006)


@pytest.mark.parametrize(
    "others",
    [
        letters(100, 4, repeat="CACACACA"),
        letters(100, 5, weights=(1, 4, 4, 1)),
        ["N" * LENGTH, "A" * LENGTH, "CA" * (LENGTH // 2), "ACGT" * (LENGTH // 4)],
        [s[:60] + "N" * 60 for s in letters(100, 6)],
    ],
    ids=["repeats", "GC", "simple", "half N"],
)
def test_sequences_of_another_kind_are_flagged(profile, others):
    assert flagged(profile, others) > 0.95


def test_a_single_ambiguous_base_is_no_reason(profile):
    assert flagged(profile, [s[:50] + "N" + s[51:] for s in letters(1000, 7)]) < 0.05


def test_the_limit_is_the_conformal_rank_of_the_validation_rows():
    """Of 399 numbers 1 to 399 the limit is 400 * 0.995 = 398; two of 400 are flagged by mistake for each."""
    found = calibrate_ood(np.stack([np.arange(399.0, 0, -1), np.arange(399.0)], axis=1))
    assert (found.n, found.distance, found.surprisal, found.rate) == (399, 398.0, 397.0, RATE)


def test_few_validation_rows_allow_a_larger_rate_only():
    found = calibrate_ood(np.ones((9, 2)) * np.arange(1.0, 10.0)[:, None])
    assert (found.n, found.distance, found.surprisal, found.rate) == (9, 9.0, 9.0, 0.2)
    assert calibrate_ood(np.empty((0, 2))) is None


def test_both_strands_are_equally_far_where_the_strand_does_not_matter():
    found, sequences = KmerProfile(), [pack(s) for s in letters(300, 8)]
    layout = Layout(LENGTH)
    found.fit(layout.rows(sequences), double=True)
    one = found.distances(layout.rows(sequences), double=True)
    other = found.distances(layout.rows([reverse_complement(s) for s in sequences]), double=True)
    assert one == pytest.approx(other)


def test_distances_are_those_of_mahalanobis_up_to_the_shrinkage(profile):
    from sklearn.covariance import LedoitWolf

    from seqcnn.model.network.ood import _frequencies

    sequences = rows(letters(2000, 1))
    expected = (
        LedoitWolf()
        .fit(_frequencies(sequences, double=False))
        .mahalanobis(_frequencies(sequences, double=False))
    )
    assert profile.distances(sequences, double=False)[:, 0] ** 2 == pytest.approx(expected, rel=0.02)


def test_surprise_is_the_mean_of_each_base_after_the_five_before_it():
    """After AAAAA came C twice and T once, and each letter once before: C has 3 of 7, T 2 of 7."""
    layout, found = Layout(7), KmerProfile()
    found.fit(layout.rows([pack(s) for s in ("AAAAAC", "AAAAAC", "AAAAAT")]), double=False)
    surprisal = found.distances(layout.rows([pack("AAAAAC"), pack("AAAAATG")]), double=False)[:, 1]
    assert surprisal == pytest.approx([np.log(7 / 3), (np.log(7 / 2) + np.log(4)) / 2])


def test_sequences_of_another_origin_have_a_high_surprisal():
    """The training has CpG nowhere; the others are of the same bases, CpG and all."""
    trained = KmerProfile()
    trained.fit(rows([s.replace("CG", "CA") for s in letters(2000, 1)]), double=False)
    limit = np.quantile(
        trained.distances(rows([s.replace("CG", "CA") for s in letters(500, 2)]), double=False)[:, 1], 0.995
    )
    others = trained.distances(rows([s.replace("CA", "CG") for s in letters(100, 3)]), double=False)[:, 1]
    assert (others > limit).mean() > 0.95


def test_a_model_flags_what_it_was_not_trained_on(model):
    assert model.header.ood.n == 8
    assert model.out_of_distribution(["A" * 30, "N" * 30]).tolist() == [True, True]
    assert model.out_of_distribution([]).tolist() == []


def test_a_bundle_without_the_calibration_flags_nothing(model):
    model.header = model.header.model_copy(update={"ood": None})
    assert not model.out_of_distribution(["N" * 30]).any()

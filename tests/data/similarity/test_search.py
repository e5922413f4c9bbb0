"""Sequences that are alike, against an all-against-all comparison."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcnn.data.similarity import alignment
from seqcnn.data.similarity.masking import masked_codes
from seqcnn.data.similarity.search import IDENTITY, components, nearest_reference, similarity_links
from seqcnn.data.similarity.spaced_seeds import _PATTERNS, missed_fraction, patterns_for
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack

L = 120


def letters(n=L, seed=0):
    return "".join(random.Random(seed).choices("ACGT", k=n))


def substituted(sequence, count, seed=0):
    draw = random.Random(seed)
    out = list(sequence)
    for at in draw.sample(range(len(sequence)), count):
        out[at] = draw.choice([base for base in "ACGT" if base != out[at]])
    return "".join(out)


def clusters(*sequences):
    """Number the clusters of sequences, in a crowd of unrelated ones."""
    crowd = [letters(len(sequences[0]), seed=1000 + i) for i in range(40)]
    codes, _ = masked_codes([pack(s) for s in (*sequences, *crowd)])
    return components(len(codes), similarity_links(codes))[: len(sequences)].tolist()


PARENT = letters()


@pytest.mark.parametrize(
    "relative",
    [
        PARENT,
        substituted(PARENT, 12),
        PARENT[:50] + PARENT[51:] + "A",
        PARENT[:50] + "ACG" + PARENT[50:-3],
        PARENT[40:] + letters(40, seed=5),
        letters(60, seed=6) + PARENT[:60],
        PARENT[30:100],
        reverse_complement(pack(PARENT)).translate(bytes.maketrans(bytes([1, 2, 4, 8]), b"ACGT")).decode(),
        substituted(PARENT[30:], 9) + letters(30, seed=7),
        letters(60, seed=6) + PARENT[60:],
        letters(30, seed=6) + PARENT[30:90] + letters(30, seed=7),
        PARENT[60:] + PARENT[:60],
    ],
    ids=[
        "twin",
        "substitutions",
        "deletion",
        "insertion",
        "tile",
        "half a tile",
        "part",
        "turned",
        "varied tile",
        "chimera",
        "shared middle",
        "halves exchanged",
    ],
)
def test_a_relative_joins_its_parent(relative):
    assert len(set(clusters(PARENT, relative))) == 1


@pytest.mark.parametrize(
    "stranger",
    [
        letters(seed=9),
        substituted(PARENT, 40),
        letters(90, seed=4) + PARENT[:30],
        PARENT[::-1],
        "A" * L,
    ],
    ids=["unrelated", "two thirds identical", "short overlap", "reversed, not complemented", "one base"],
)
def test_a_stranger_does_not_join(stranger):
    assert len(set(clusters(PARENT, stranger))) == 2


def test_a_chain_of_tiles_is_one_cluster_although_its_ends_share_nothing():
    locus = letters(400, seed=3)
    assert len(set(clusters(*(locus[at : at + L] for at in range(0, 280, 40))))) == 1


def test_sequences_too_short_for_a_seed_are_left_alone():
    codes, _ = masked_codes([pack("ACGTACG"), pack("ACGTACG"), pack("A")])
    assert similarity_links(codes).shape == (0, 2)


def test_ambiguous_bases_do_not_count_as_agreement():
    assert (
        len(set(clusters("N" * 80 + PARENT[80:100] + "N" * 20, "N" * 80 + letters(20, seed=8) + "N" * 20)))
        == 2
    )


def _all_against_all(codes):
    """Say which pairs are alike, (N, N): every diagonal of both strands, base by base."""
    n, found = len(codes), np.eye(len(codes), dtype=bool)
    rows = codes.bases.reshape(n, -1)
    length = rows.shape[1]
    for other in (rows, np.array([3, 2, 1, 0, 4])[rows[:, ::-1]]):
        for shift in range(-length // 2, length // 2 + 1):
            a, b = (
                rows[:, max(shift, 0) : length + min(shift, 0)],
                other[:, max(-shift, 0) : length - max(shift, 0)],
            )
            same = sum((a == base).astype(np.float32) @ (b == base).astype(np.float32).T for base in range(4))
            found |= same >= IDENTITY * a.shape[1]
    return found | found.T


@pytest.mark.parametrize("patterns", _PATTERNS.values(), ids=_PATTERNS)
def test_a_relative_joins_its_parent_by_the_seeds_of_every_size(patterns, monkeypatch):
    monkeypatch.setattr(alignment, "patterns_for", lambda bases: patterns)
    parent = letters(200, seed=11)
    assert len(set(clusters(parent, substituted(parent, 24), parent[60:] + letters(60, seed=12)))) == 1


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_pairs_that_are_skipped_at_a_glance_link_nothing(seed):
    draw = random.Random(seed)
    parents = [letters(90, seed=seed + family) for family in range(20)]
    sequences = [
        (substituted(parent, draw.randint(0, 18), draw.random()) + letters(20, seed=draw.random()))[at:][:90]
        for parent in parents
        for at in (0, 0, draw.randint(0, 20))
    ]
    codes, _ = masked_codes([pack(s) for s in sequences])
    found = components(len(codes), similarity_links(codes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "_MIN_AGREEMENT", -np.inf)
        assert np.array_equal(components(len(codes), similarity_links(codes)), found)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_nearly_all_pairs_of_an_all_against_all_search_are_in_one_cluster(seed):
    draw = random.Random(seed)
    sequences, families = [], []
    for family in range(25):
        parent = letters(100, seed=seed + family)
        for _ in range(draw.randint(1, 6)):
            at = draw.choice([0, 0, 0, 10, 30, 50])
            child = substituted(parent, draw.randint(0, 20), draw.random())
            sequences.append((child[at:] + letters(at, seed=draw.random()))[:100])
            families.append(family)
    codes, _ = masked_codes([pack(s) for s in sequences])
    expected = _all_against_all(codes)
    cluster = components(len(codes), similarity_links(codes))
    together = cluster[:, None] == cluster
    assert together[expected].mean() >= 0.97
    assert not (together & (np.array(families)[:, None] != families)).any()


def test_the_nearest_training_sequence_is_found_with_its_identity():
    sequences = [
        PARENT,
        substituted(PARENT, 6, seed=1),
        substituted(PARENT, 18, seed=2),
        letters(seed=9),
        PARENT,
    ]
    crowd = [letters(seed=2000 + i) for i in range(40)]
    codes, _ = masked_codes([pack(s) for s in sequences + crowd])
    query = np.zeros(45, bool)
    query[[1, 2, 3, 4]] = True
    nearest = nearest_reference(codes, query, ~query)
    identity, row = nearest.identity, nearest.row
    assert identity[[1, 2, 4]] == pytest.approx([1 - 6 / L, 1 - 18 / L, 1.0])
    assert row[[1, 2, 4]].tolist() == [0, 0, 0]
    assert identity[3] < IDENTITY
    assert np.isnan(identity[~query]).all()
    assert (row[~query] == -1).all()
    assert nearest.recurring[[1, 2, 4]] == pytest.approx([1, 1, 1])
    assert nearest.recurring[3] == 0


def test_every_seed_has_the_number_of_ones_of_its_name():
    assert all(
        pattern.count("1") == weight and pattern[0] == pattern[-1] == "1"
        for weight, patterns in _PATTERNS.items()
        for pattern in patterns
    )


def test_seeds_have_at_least_as_many_values_as_there_are_bases():
    assert [patterns_for(4**ones) for ones in _PATTERNS] == [*_PATTERNS.values()]
    counts = (1, 4**10 + 1, 4**12 + 1, 4**14 + 1, 4**16 + 1, 4**17)
    assert all(4 ** patterns_for(n)[0].count("1") >= n for n in counts)


@pytest.mark.parametrize("weight", _PATTERNS)
def test_the_part_of_distant_pairs_that_share_no_seed_is_what_drawn_pairs_have(weight):
    agree = np.random.default_rng(7).random((5000, 100)).argsort(1) < IDENTITY * 100
    shared = np.zeros(5000, bool)
    for pattern in _PATTERNS[weight]:
        ones = np.flatnonzero([one == "1" for one in pattern])
        shared |= agree[:, np.arange(100 - len(pattern) + 1)[:, None] + ones].all(2).any(1)
    missed = missed_fraction(4**weight)
    assert missed == pytest.approx(1 - shared.mean(), abs=0.01)


def test_libraries_up_to_268_million_bases_miss_less_than_1_percent_of_distant_pairs():
    assert all(missed_fraction(bases) < 0.01 for bases in (1, 4**12 + 1, 4**14))


def test_pairs_that_share_no_seed_of_one_pattern_share_one_of_another():
    parents = [letters(50, seed=k) for k in range(300)]
    copies = [substituted(parent, 10, seed=k) for k, parent in enumerate(parents)]
    codes, _ = masked_codes([pack(s) for s in parents + copies])
    cluster = components(600, similarity_links(codes))
    assert (cluster[:300] == cluster[300:]).mean() > 0.97  # 0.89 with the first pattern

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.strategies import dna

from seqcnn.sequence.onehot import pack, unpack
from seqcnn.sequence.shuffle import shuffle_bases, shuffle_dinucleotides, shuffle_rows
from seqcnn.sequence.window import Layout


def shuffled(shuffle, sequence, seed=0):
    bases = np.frombuffer(pack(sequence), np.uint8)
    return unpack(shuffle(bases, np.random.default_rng(seed)).tobytes())


def pairs(sequence):
    return Counter(pairwise(sequence))


@given(dna("ACGTN", max_size=60), st.integers(0, 99))
def test_dinucleotide_counts_and_both_ends_stay(sequence, seed):
    found = shuffled(shuffle_dinucleotides, sequence, seed)
    assert pairs(found) == pairs(sequence)
    assert (found[0], found[-1]) == (sequence[0], sequence[-1])


@given(dna("ACGTN", max_size=60), st.integers(0, 99))
def test_bases_keep_their_counts(sequence, seed):
    assert Counter(shuffled(shuffle_bases, sequence, seed)) == Counter(sequence)


def test_all_orders_with_the_same_dinucleotides_are_equally_likely():
    """AACAGA has the six walks that put AA, AC-CA and AG-GA in any order."""
    found = Counter(shuffled(shuffle_dinucleotides, "AACAGA", seed) for seed in range(3000))
    assert set(found) == {"AACAGA", "AAGACA", "ACAAGA", "AGAACA", "ACAGAA", "AGACAA"}
    assert all(count == pytest.approx(500, abs=90) for count in found.values())


def test_only_the_insert_is_shuffled():
    layout = Layout(12, "center", "GGGGGGGG", "CCCCCCCC")
    rows = layout.rows([pack("ATATATAA"), pack("TTAA")])
    found = shuffle_rows(rows, shuffle_bases, seed=1)
    first, second = (unpack(row.tobytes()) for row in found.bases)
    assert (first[:2], first[10:], Counter(first[2:10])) == ("GG", "CC", Counter("ATATATAA"))
    assert (second[:4], second[8:]) == ("GGGG", "CCCC")
    assert unpack(rows.bases[0].tobytes()) == "GGATATATAACC"

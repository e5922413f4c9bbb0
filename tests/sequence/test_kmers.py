from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.strategies import dna

from seqcnn.sequence.kmers import gc_content, kmer_counts
from seqcnn.sequence.onehot import pack
from seqcnn.sequence.window import Layout


def _rows(*sequences, **layout):
    layout = {"length": max(map(len, sequences)), **layout}
    return Layout(**layout).rows([pack(sequence) for sequence in sequences])


def _nonzero(counts, k):
    """K-mer -> count of one row."""
    return {
        "".join("ACGT"[at // 4**place % 4] for place in reversed(range(k))): int(counts[at])
        for at in np.flatnonzero(counts)
    }


@pytest.mark.parametrize(
    ("sequence", "k", "expected"),
    [
        ("AACGT", 1, {"A": 2, "C": 1, "G": 1, "T": 1}),
        ("AACGT", 2, {"AA": 1, "AC": 1, "CG": 1, "GT": 1}),
        ("AAAA", 2, {"AA": 3}),
        ("AACGT", 3, {"AAC": 1, "ACG": 1, "CGT": 1}),
        ("TTTTTT", 6, {"TTTTTT": 1}),
        ("acgu", 4, {"ACGT": 1}),
        ("AANAA", 2, {"AA": 2}),
        ("ARCYG", 2, {}),
        ("NNN", 1, {}),
        ("AC", 3, {}),
    ],
)
def test_kmers_are_counted_as_by_hand_and_ambiguous_ones_left_out(sequence, k, expected):
    counts = kmer_counts(_rows(sequence), k)
    assert (counts.shape, counts.dtype) == ((1, 4**k), np.float32)
    assert _nonzero(counts[0], k) == expected


@pytest.mark.parametrize("align", ["left", "right", "center"])
def test_flanks_and_padding_are_not_counted(align):
    rows = _rows("CAC", "CGCGCGCGCG", align=align, flank5="AAAAA", flank3="AA", length=10)
    assert _nonzero(kmer_counts(rows, 2)[0], 2) == {"CA": 1, "AC": 1}
    assert _nonzero(kmer_counts(rows, 2)[1], 2) == {"CG": 5, "GC": 4}


def test_gc_content_is_that_of_the_unambiguous_bases():
    rows = _rows("GGCA", "NNGA", "NNNN", "AT")
    assert gc_content(rows).tolist() == [[0.75], [0.5], [0.0], [0.0]]


@given(
    st.lists(dna("ACGTN", max_size=9), min_size=1, max_size=6),
    st.sampled_from(["left", "right", "center"]),
    st.integers(1, 6),
)
def test_kmers_of_many_rows_are_those_of_the_letters(sequences, align, k):
    counts = kmer_counts(_rows(*sequences, align=align, flank5="ACGT", flank3="GT", length=9), k)
    for letters, found in zip(sequences, counts, strict=True):
        words = Counter(letters[i : i + k] for i in range(len(letters) - k + 1))
        assert _nonzero(found, k) == {word: n for word, n in words.items() if "N" not in word}

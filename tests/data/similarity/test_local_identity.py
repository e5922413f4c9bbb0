"""Segments of at least 80 % identity: by hand, and against a search of all segments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcnn.data.similarity.local_identity import (
    Columns,
    best_segment,
    longest_segment,
    min_score,
)


def columns(*texts):
    """Alignments from texts: | a match, . a mismatch."""
    width = max(map(len, texts))
    match = np.array([[c == "|" for c in text.ljust(width, ".")] for text in texts])
    return Columns(match, np.array([len(text) for text in texts]))


@pytest.mark.parametrize(
    ("text", "longest"),
    [("", 0), ("....", 0), ("||||", 4), ("||||.", 5), ("..||||||||..", 10), ("||||.....||||", 5)],
)
def test_the_longest_segment_may_end_in_mismatches(text, longest):
    assert longest_segment(columns(text)).tolist() == [longest]


def test_the_best_segment_ends_before_unrelated_bases():
    best = best_segment(columns(".|||||.|||....|", "....", "||"))
    assert list(zip(best.begin.tolist(), best.end.tolist(), best.score.tolist(), strict=True)) == [
        (1, 10, 7),
        (0, 0, 0),
        (0, 2, 2),
    ]
    assert best.identity[[0, 2]] == pytest.approx([8 / 9, 1])


@given(st.lists(st.text("||||.", max_size=30), min_size=1, max_size=5))
def test_segments_are_those_of_a_search_of_all_segments(texts):
    longest = []
    for text in texts:
        spans = [text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)]
        longest.append(max([0, *(len(s) for s in spans if s.count("|") >= 4 * s.count("."))]))
    assert longest_segment(columns(*texts)).tolist() == longest


def test_random_sequences_do_not_reach_the_smallest_score():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 4, (2, 4000, 200))
    random = Columns(x == y, np.full(4000, 200))
    assert best_segment(random).score.max() < min_score(4000 * 200)


def test_the_smallest_score_grows_with_the_logarithm_of_the_library():
    assert min_score(20_000_000) == pytest.approx(32.33, abs=0.01)
    assert min_score(60_000_000) - min_score(20_000_000) == pytest.approx(2)
    assert min_score(0) == min_score(1)

"""What a page of motifs shows: those with an effect, the largest first, and confident matches."""

import re

import numpy as np
import pytest

from seqcnn.interpret.motif.motif import LearnedMotif, frequencies
from seqcnn.interpret.motif.page import hidden_sentence, known_match, render, shown_by_effect
from seqcnn.interpret.motif.tomtom import Match


def motif(name, kind, effect):
    """Return a motif with one site of an effect; NaN is not measured."""
    shares = frequencies(np.array([[9, 0], [0, 9], [0, 0], [0, 0]]))
    effects = np.empty(0) if np.isnan(effect) else np.array([effect])
    return LearnedMotif(name, kind, shares, np.array([0]), np.array([3]), effects)


def test_patterns_come_first_each_kind_by_decreasing_size_of_the_effect():
    effects = [("filter", 0.5), ("pattern", 0.1), ("pattern", -0.4), ("filter", -0.9)]
    assert shown_by_effect(effects) == [2, 1, 3, 0]


def test_motifs_without_an_effect_are_left_out():
    effects = [
        ("pattern", 1.0),
        ("pattern", np.nan),
        ("pattern", 0.0),
        ("pattern", 0.0099),
        ("filter", 0.001),
    ]
    assert shown_by_effect(effects) == [0, 4]
    assert shown_by_effect([("filter", np.nan)]) == []


def test_hidden_motifs_are_counted():
    assert hidden_sentence(0) == []
    assert hidden_sentence(1) == [
        "not shown: 1 motif without an effect, or with less than 1% of the largest of their kind "
        "(motifs.tsv has all)"
    ]


@pytest.mark.parametrize(("q", "name"), [(0.0099, "GATA"), (0.01, None), (0.4, None), (None, None)])
def test_a_match_is_named_below_the_threshold_only(q, name):
    assert known_match("GATA", q) == name


def test_the_page_is_in_order_and_names_confident_matches_only():
    motifs = [motif("p1", "pattern", 0.2), motif("p2", "pattern", -0.7), motif("p3", "pattern", np.nan)]
    matches = [Match("SURE", 1e-9, 1e-6, "+"), Match("WEAK", 0.1, 0.4, "+"), None]
    page = render(motifs, matches, title="cnn", facts=[], length=30)
    assert re.findall(r'<th scope="row">(p\d)<br>', page) == ["p2", "p1"]
    assert "SURE (+)" in page
    assert "WEAK" not in page
    assert "not shown: 1 motif without an effect" in page

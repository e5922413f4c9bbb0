"""Groups of a split: labels, twins and relatives."""

import random

import numpy as np
import pytest

from seqcnn.data.split.clusters import Clusters, group_keys, link_similar, strand_keys
from seqcnn.sequence.onehot import pack


def inserts(n, length=80, seed=0):
    draw = random.Random(seed)
    return [pack("".join(draw.choices("ACGT", k=length))) for _ in range(n)]


def test_links_labels_and_twins_join_into_one_group():
    rows = inserts(6)
    rows[5] = rows[4]
    keys = group_keys(strand_keys(rows), ["", "g", "g", "", "", ""], np.array([[0, 1], [2, 3]]))
    assert len(set(keys[:4])) == 1
    assert keys[4] == keys[5] != keys[0]


def test_relatives_are_linked_and_nothing_is_said():
    rows = inserts(30)
    rows[1] = rows[0][:40] + rows[2][:2] + rows[0][42:]
    clusters = link_similar(rows)
    assert {tuple(sorted(pair)) for pair in clusters.links.tolist()} == {(0, 1)}
    assert (clusters.giant.any(), clusters.notes) == (False, [])


def test_places_count_as_alike():
    clusters = link_similar(inserts(30), np.array([[3, 4], [4, 9]]))
    assert clusters.links.tolist() == [[3, 4], [4, 9]]
    assert clusters.notes == [
        "3 sequences share a locus or a variant with another one; they count as similar"
    ]


def test_places_that_no_split_separates_are_left_out_and_that_is_said():
    rows = inserts(30)
    rows[1] = rows[0][:40] + rows[2][:2] + rows[0][42:]
    clusters = link_similar(rows, np.array([[i, i + 1] for i in range(20)]))
    assert {tuple(sorted(pair)) for pair in clusters.links.tolist()} == {(0, 1)}
    assert not clusters.giant.any()
    assert clusters.notes[0].startswith(
        "70% of the sequences are of one locus, so no split separates overlapping loci"
    )


def test_places_that_join_most_of_the_rows_make_a_giant_cluster_if_enough_others_remain():
    rows = inserts(60)
    clusters = link_similar(rows, np.array([[i, i + 1] for i in range(34)]))
    assert clusters.giant.tolist() == [True] * 35 + [False] * 25
    assert not clusters.inseparable
    assert clusters.reason == "as variants, by shared parts or by overlapping loci"
    assert len(clusters.outside()) == 0


@pytest.mark.parametrize(
    ("rows", "outside", "inseparable"),
    [
        (100, 19, True),
        (100, 20, False),
        (1000, 99, True),
        (1000, 100, False),
        (6136, 199, True),
        (6136, 239, False),
    ],
)
def test_a_giant_cluster_trains_if_enough_rows_for_a_verdict_are_outside(rows, outside, inseparable):
    giant = np.arange(rows) >= outside
    assert Clusters(np.zeros((0, 2), np.int64), giant, "", []).inseparable == inseparable

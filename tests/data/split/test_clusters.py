"""Groups of a split: labels, twins and relatives."""

import random

import numpy as np

from seqcnn.data.audit import verdict
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.data.split.clusters import group_keys, link_similar
from seqcnn.sequence.onehot import pack, unpack


def inserts(n, length=80, seed=0):
    draw = random.Random(seed)
    return [pack("".join(draw.choices("ACGT", k=length))) for _ in range(n)]


def test_links_labels_and_twins_join_into_one_group():
    rows = inserts(6)
    rows[5] = rows[4]
    keys = group_keys(rows, ["", "g", "g", "", "", ""], np.array([[0, 1], [2, 3]]))
    assert len(set(keys[:4])) == 1
    assert keys[4] == keys[5] != keys[0]


def test_relatives_are_linked_and_nothing_is_said():
    rows = inserts(30)
    rows[1] = rows[0][:40] + rows[2][:2] + rows[0][42:]
    links, notes = link_similar(rows)
    assert {tuple(sorted(pair)) for pair in links.tolist()} == {(0, 1)}
    assert notes == []


def test_a_library_of_one_parent_is_not_clustered_and_that_is_said():
    parent = inserts(1)[0]
    rows = [parent[:i] + pack("A") + parent[i + 1 :] for i in range(40)] + inserts(10, seed=3)
    links, notes = link_similar(rows)
    assert links is None
    assert notes[-1].startswith("80% of the sequences are variants of one another")


def shared_parts(count, others):
    """All pairs of `count` first and `count` second parts of 60 bp, and unrelated sequences."""
    first, second = inserts(count, 60, seed=1), inserts(count, 60, seed=2)
    return [a + b for a in first for b in second] + inserts(others, 120, seed=3)


def test_a_giant_cluster_trains_and_the_other_rows_are_validation_and_test():
    rows = shared_parts(10, 40)
    _, notes = link_similar(rows)
    assert notes[-1].startswith("71% of the sequences are linked to one cluster, as variants or by shared")
    assert notes[-1].endswith("validation and test rows are among the 40 other sequences")
    data = dataset_from_arrays([unpack(row) for row in rows], np.arange(140.0))
    assert (data.split[:100] == "train").all()
    assert {(data.split == "test").sum(), (data.split == "val").sum()} <= {13, 14, 15}
    assert np.nanmax(data.max_train_identity) == 0


def test_shared_parts_without_other_sequences_are_never_called_clean():
    data = dataset_from_arrays([unpack(row) for row in shared_parts(34, 0)], np.arange(34.0**2))
    assert "share parts, so no split of rows separates them" in data.provenance["notes"][-1]
    assert data.provenance["split"] == "random rows (seed 1)"
    assert verdict(data).startswith("This split is leaky: ")
    assert (data.recurring_fraction[data.split != "train"] >= 0.5).all()


def test_places_count_as_alike():
    links, notes = link_similar(inserts(30), np.array([[3, 4], [4, 9]]))
    assert links.tolist() == [[3, 4], [4, 9]]
    assert notes == ["3 sequences share a locus or a variant with another one; they count as similar"]


def test_places_that_join_most_of_the_rows_are_left_out_and_that_is_said():
    rows = inserts(30)
    rows[1] = rows[0][:40] + rows[2][:2] + rows[0][42:]
    links, notes = link_similar(rows, np.array([[i, i + 1] for i in range(20)]))
    assert {tuple(sorted(pair)) for pair in links.tolist()} == {(0, 1)}
    assert notes[0].startswith(
        "70% of the sequences are of one locus, so no split separates overlapping loci"
    )


def test_the_split_of_a_library_of_one_parent_is_not_said_to_keep_variants_apart():
    parent = "".join(random.Random(1).choices("ACGT", k=160))
    rows = [parent[:i] + "A" + parent[i + 1 :] for i in range(160)]
    data = dataset_from_arrays(rows, np.arange(160.0))
    assert data.provenance["split"] == "random rows (seed 1)"
    assert "variants of one another" in data.provenance["notes"][0]
    assert verdict(data).startswith("This split is leaky")

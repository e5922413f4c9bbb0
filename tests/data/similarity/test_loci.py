import random

import numpy as np

from seqcnn.data.similarity.loci import label_links, overlap_links
from seqcnn.data.similarity.search import components


def groups(n, links):
    """The connected rows, as a set of frozen sets."""
    number = components(n, links)
    return {frozenset(np.flatnonzero(number == k).tolist()) for k in set(number.tolist())}


def test_places_that_share_a_base_are_one_locus():
    places = [("chr1", 0, 10), ("chr1", 9, 20), ("chr1", 20, 30), ("chr2", 0, 10), None, None]
    assert overlap_links(places).tolist() == [[0, 1]]  # 20 is the first base after the second place


def test_a_place_inside_another_hides_none_behind_it():
    places = [("chr1", 50, 60), ("chr1", 0, 100), ("chr1", 10, 20), ("chr1", 90, 120), ("chr1", 110, 130)]
    assert groups(5, overlap_links(places)) == {frozenset(range(5))}


def test_loci_are_those_of_all_pairs():
    draw = random.Random(1)
    starts = [draw.randrange(2000) for _ in range(300)]
    places = [(draw.choice(["chr1", "chr2"]), s, s + draw.randrange(1, 12)) for s in starts]
    pairs = [
        (i, j)
        for i, (chrom, start, end) in enumerate(places)
        for j, (other, begin, stop) in enumerate(places)
        if i < j and chrom == other and start < stop and begin < end
    ]
    assert len(pairs) > 50
    assert groups(300, overlap_links(places)) == groups(300, np.array(pairs))


def test_rows_that_share_one_of_their_labels_are_linked():
    labels = [["a"], ["b", "c"], [], ["c", "a"], ["d"], []]
    assert groups(6, label_links(labels)) == {
        frozenset({0, 1, 3}),
        frozenset({2}),
        frozenset({4}),
        frozenset({5}),
    }


def test_without_places_or_labels_there_are_no_links():
    assert overlap_links([None, None]).shape == label_links([[], []]).shape == (0, 2)

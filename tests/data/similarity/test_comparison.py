"""Relatives of combined parts and of insertions and deletions; none among unrelated sequences."""

import random

import numpy as np
import pytest

from seqcnn.data.similarity import alignment
from seqcnn.data.similarity.masking import Codes, masked_codes
from seqcnn.data.similarity.search import components, nearest_reference, similarity_links
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack, unpack

DRAW = random.Random(3)


def letters(n):
    return "".join(DRAW.choices("ACGT", k=n))


def mutated(sequence, rate):
    return "".join(DRAW.choice("ACGT".replace(b, "")) if DRAW.random() < rate else b for b in sequence)


def cluster(sequences):
    codes, _ = masked_codes([pack(s) for s in sequences])
    return components(len(codes), similarity_links(codes))


def with_indel(parent, gap, kind):
    """A variant of a parent with one long insertion or deletion."""
    at = DRAW.randint(20, len(parent) - 20 - gap)
    if kind == "insertion":
        return parent[:at] + letters(gap) + parent[at:]
    if kind == "insertion, cut to length":
        return (parent[:at] + letters(gap) + parent[at:])[: len(parent)]
    return parent[:at] + parent[at + gap :]


@pytest.mark.parametrize("gap", [5, 12, 20, 30, 40])
@pytest.mark.parametrize("kind", ["insertion", "insertion, cut to length", "deletion"])
@pytest.mark.parametrize("rate", [0, 0.1])
def test_every_family_with_one_long_indel_is_one_cluster(gap, kind, rate):
    parents = [letters(200) for _ in range(60)]
    children = [mutated(with_indel(parent, gap, kind), rate) for parent in parents]
    children = [
        unpack(reverse_complement(pack(child))) if k % 2 else child for k, child in enumerate(children)
    ]
    found = cluster(parents + children)
    assert (found[:60] == found[60:]).all()
    assert len(set(found)) == 60


@pytest.mark.parametrize("gap", [5, 15, 40])
def test_nearly_all_short_sequences_with_an_indel_are_similar_although_neither_side_is_significant(gap):
    parents = [letters(44) for _ in range(100)]
    children = [parent[:22] + letters(gap) + parent[22:] for parent in parents]
    sequences = parents + children + [letters(100) for _ in range(2000)]
    strands = alignment.Strands(masked_codes([pack(s) for s in sequences])[0])
    assert strands.min_core_score < 22 < strands.min_score < 44 - 6
    found = cluster(sequences)
    assert (found[:100] == found[100:200]).sum() >= 95
    assert len(set(found)) == 2200 - (found[:100] == found[100:200]).sum()


def test_several_indels_are_one_cluster():
    parents = [letters(200) for _ in range(60)]
    children = [mutated(p[:45] + p[50:95] + letters(6) + p[95:150] + p[158:], 0.05) for p in parents]
    found = cluster(parents + children)
    assert (found[:60] == found[60:]).all()


def test_sequences_that_share_a_part_of_a_combinatorial_library_are_similar():
    first, second = ([letters(100) for _ in range(10)] for _ in range(2))
    assert len(set(cluster([a + b for a in first for b in second]))) == 1


def test_parts_shorter_than_half_are_no_relatives_but_recur():
    train = [letters(200) for _ in range(50)]
    test = [letters(140) + parent[20:80] for parent in train[:20]] + [letters(200) for _ in range(20)]
    codes, _ = masked_codes([pack(s) for s in train + test])
    query = np.arange(90) >= 50
    nearest = nearest_reference(codes, query, ~query)
    assert (nearest.identity[query] == 0).all()
    assert (nearest.row == -1).all()
    assert (nearest.recurring[50:70] >= 0.3).all()
    assert (nearest.recurring[50:70] < 0.45).all()
    assert (nearest.recurring[70:] == 0).all()
    assert np.isnan(nearest.recurring[:50]).all()


def test_no_unrelated_sequences_are_linked():
    bases = np.random.default_rng(5).integers(0, 4, (3000, 200), np.uint8)
    codes = Codes(bases.ravel(), np.arange(3001) * 200)
    assert similarity_links(codes).shape == (0, 2)
    query = np.arange(3000) < 1000
    nearest = nearest_reference(codes, query, ~query)
    assert (nearest.identity[query] == 0).all()
    assert (nearest.recurring[query] == 0).all()


def test_a_pair_is_compared_once():
    strands = alignment.Strands(masked_codes([pack(letters(50)) for _ in range(3)])[0])
    pairs = alignment.Pairs(*np.array([[0, 0, 1], [1, 1, 2], [0, 0, 5]]))
    assert len(strands.new_pairs(pairs)) == 2
    assert len(strands.new_pairs(pairs)) == 0
    assert len(strands.new_pairs(alignment.Pairs(*np.array([[0], [1], [3]])))) == 1


def test_the_number_of_gapped_comparisons_per_sequence_is_bounded(monkeypatch):
    monkeypatch.setattr(alignment, "_MAX_GAPPED", 2)
    strands = alignment.Strands(masked_codes([pack(letters(50)) for _ in range(3)])[0])
    assert strands.spend_gapped(np.array([0, 1, 0, 0])).tolist() == [0, 1, 2]
    assert strands.spend_gapped(np.array([1, 0, 1])).tolist() == [0]

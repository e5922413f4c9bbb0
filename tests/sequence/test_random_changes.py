import pytest
import torch

from seqcnn.sequence.onehot import PACK, pack, unpack
from seqcnn.sequence.random_changes import CHANGES, MUTATION, RandomChanges

INSERT = "ACGTACGGTC"
WINDOW = b"\0\0" + pack("T") + pack(INSERT) + pack("GG")
"""Two bp of padding, a flank, the insert, a flank."""


def change(kind, *, position=0.4, span=0.5, fill="NNNNNNNNNNNNNNN", fixed_3p=False, max_span=0.3):
    """Return the insert after one change; `kind` may be several, which are made in turn."""
    kinds = [kind] if isinstance(kind, str) else kind
    columns = {"kind": [CHANGES.index(k) + 1 for k in kinds], "position": [position] * len(kinds)}
    drawn = {name: torch.tensor([column]) for name, column in columns.items()}
    drawn["span"] = torch.full((1, len(kinds)), span)
    drawn["fill"] = torch.tensor([[list(fill.encode().translate(PACK.replace(b"\xff", b"\0")))] * len(kinds)])
    bases = torch.tensor([list(WINDOW)], dtype=torch.uint8)
    place = torch.tensor([3], dtype=torch.int32), torch.tensor([len(INSERT)], dtype=torch.int32)
    changes = RandomChanges(max_span=max_span)
    changed = unpack(bytes(changes.apply(bases, *place, drawn, fixed_3p=fixed_3p)[0].tolist()))
    assert changed[:3] + changed[-2:] == "--TGG"
    return changed[3:-2]


@pytest.mark.parametrize(
    ("kind", "fixed_5p", "fixed_3p"),
    [
        ("deletion", "ACGTGGTCNN", "NNACGTGGTC"),  # of AC, and of AC counted from the 3' end
        ("insertion", "ACGTNNACGG", "GTACNNGGTC"),
        ("translocation", "ACGGTCACGT", "GGTCACGTAC"),
        ("mutation", "NNNNNNNNNN", "NNNNNNNNNN"),
    ],
)
def test_a_change_keeps_the_length_and_one_end_in_place(kind, fixed_5p, fixed_3p):
    assert change(kind) == fixed_5p
    assert change(kind, fixed_3p=True) == fixed_3p


@pytest.mark.parametrize(("span", "deleted"), [(0.0, 1), (0.33, 1), (0.34, 2), (0.67, 3), (1.0, 3)])
def test_a_span_is_1_bp_to_the_longest(span, deleted):
    assert change("deletion", span=span).count("N") == deleted
    assert change("insertion", span=span).count("N") == deleted


def test_a_change_at_the_end_of_an_insert_reaches_no_flank():
    assert change("deletion", position=1.0, span=1.0) == "ACGTACGGTN"
    assert change("insertion", position=1.0, span=1.0) == "ACGTACGGTN"
    assert change("translocation", position=1.0) == "CACGTACGGT"


def test_the_longest_span_of_a_short_insert_is_1_bp():
    assert change("deletion", span=1.0, max_span=0.01).count("N") == 1


def test_a_mutation_replaces_bases_where_it_drew_some():
    assert change("mutation", fill="TTTT-A--N-TTTTT") == "TCATANGTTT"


def test_changes_are_made_in_turn():
    assert change(["translocation", "deletion"]) == "ACGGACGTNN"
    assert change(["deletion", "translocation"]) == "GGTCNNACGT"


def drawn(n=3000, length=50, seed=1, **changes):
    return RandomChanges(**changes).draw(n, length, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("kinds", "counts"), [(CHANGES, 3), (("deletion",), 2), (("insertion", "mutation"), 3)]
)
def test_counts_and_kinds_are_equally_frequent_and_no_kind_comes_twice(kinds, counts):
    kind = drawn(kinds=kinds)["kind"]
    number = (kind > 0).sum(1)
    assert number.unique().tolist() == [*range(counts)]
    assert number.bincount() / len(kind) == pytest.approx([1 / counts] * counts, abs=0.03)
    found = kind[kind > 0]
    assert {CHANGES[i - 1] for i in found.unique().tolist()} == set(kinds)
    frequencies = found.bincount()[found.unique()] / len(found)
    assert frequencies == pytest.approx([1 / len(kinds)] * len(kinds), abs=0.03)
    assert not ((kind[:, :1] == kind[:, 1:]) & (kind[:, 1:] > 0)).any()


def test_a_mutation_draws_new_bases_for_the_given_fraction_and_other_changes_for_all():
    found = drawn(max_span=0.2)
    is_mutation = found["kind"] == MUTATION
    assert (found["fill"][is_mutation] > 0).float().mean() == pytest.approx(0.2, abs=0.01)
    bases = found["fill"][~is_mutation].flatten()
    assert bases.unique().tolist() == list(pack("ACGT"))
    assert bases.unique(return_counts=True)[1] / len(bases) == pytest.approx([0.25] * 4, abs=0.01)


def test_draws_are_those_of_the_generator():
    one, same, other = drawn(), drawn(), drawn(seed=2)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not any(torch.equal(one[name], other[name]) for name in one)


def test_bases_of_a_sequence_with_no_change_stay():
    found = drawn(length=len(WINDOW))
    bases = torch.tensor([list(WINDOW)] * 3000, dtype=torch.uint8)
    place = torch.full((3000,), 3), torch.full((3000,), len(INSERT))
    changed = RandomChanges().apply(bases, *place, found, fixed_3p=False)
    is_same = (changed == bases).all(1)
    assert is_same[(found["kind"] == 0).all(1)].all()
    assert is_same.float().mean() < 0.5
    assert set(changed[:, 3:-2].unique().tolist()) == set(pack("ACGT"))

"""Each constraint of synthesis: violations, quantity and distance from the limit, counted by hand."""

import random

import numpy as np
import pytest

from seqcnn.design.constraints import Constraints, base_codes
from seqcnn.design.synthesis.composition import count_long_runs
from seqcnn.design.synthesis.repeats import MAX_LOOP, MAX_REPEAT, MIN_LOOP, Repeats
from seqcnn.design.synthesis.sites import forbidden_sites
from seqcnn.errors import UsageError
from seqcnn.sequence.onehot import pack


def codes(*sequences):
    return np.array([base_codes(pack(sequence)) for sequence in sequences])


def total(constraints, sequences):
    """The sum of all violations of each sequence."""
    return np.sum(list(constraints.violations(codes(*sequences)).values()), axis=0).tolist()


@pytest.mark.parametrize(
    ("constraints", "violations"),
    [
        (Constraints(gc=(0.5, 0.75)), [2, 0, 0]),
        (Constraints(homopolymer=3), [1, 0, 0]),
        (Constraints(homopolymer=3, flank5=pack("GA")), [2, 0, 0]),
        (Constraints(homopolymer=3, flank5=b"", flank3=pack("CC")), [1, 0, 1]),
        (Constraints(homopolymer=3, adapter3=pack("CC")), [1, 0, 1]),
        (Constraints(homopolymer_gc=1, flank3=pack("CC")), [0, 1, 2]),
        (Constraints(forbidden=(pack("CCGN"),)), [0, 1, 0]),
        (Constraints(forbidden=(pack("CGGCAT"),), flank5=pack("ATG")), [0, 1, 0]),
        (Constraints(forbidden=(pack("CGGCAT"),), adapter5=pack("ATG")), [0, 1, 0]),
        (Constraints(forbidden=(pack("GCCTTT"),), flank3=pack("AA"), adapter3=pack("TTT")), [0, 0, 1]),
        (Constraints(forbidden=(pack("AAGG"),), adapter5=pack("AAGG")), [0, 0, 0]),
        (Constraints(gc=(0.5, 1), adapter5=pack("GGG")), [1, 0, 0]),
        (Constraints(gc=(0.5, 1), flank5=pack("GGGG")), [2, 0, 0]),
        (Constraints(gc=(0.5, 1), flank5=pack("GGGG"), with_flanks=True), [0, 0, 0]),
        (Constraints(gc_window=(2, 0.5, 1)), [1, 0, 0]),
        (Constraints(gc_window=(2, 0, 0.5)), [0, 1, 1]),
        (Constraints(gc_window=(5, 0.9, 1)), [0, 0, 0]),
        (Constraints(order_length=(5, 6)), [1, 1, 1]),
        (Constraints(order_length=(5, 6), adapter5=pack("AC")), [0, 0, 0]),
        (Constraints(repeat=2), [1, 0, 0]),
        (Constraints(repeat=1), [2, 0, 0]),
        (Constraints(repeat=1, adapter3=pack("GC")), [2, 0, 1]),
    ],
)
def test_constraints_are_violated_by_hand_counted_amounts(constraints, violations):
    assert total(constraints, ("AAAA", "CCGA", "AGCC")) == violations


@pytest.mark.parametrize(
    ("sequence", "inverted", "hairpin"),
    [
        ("GGACC" + "TTT" + "GGTCC", 5, 5),
        ("GGACC" + "TT" + "GGTCC", 4, 4),  # the loop of 5 bp arms would be too short
        ("GGACC" + "GGTCC", 3, 3),
        ("GGACC" + "AAAA" + "GGACC", 2, 2),
        ("GGACC" + "A" * MAX_LOOP + "GGTCC", 5, 5),
        ("GGACC" + "A" * (MAX_LOOP + 1) + "GGTCC", 5, 1),
    ],
)
def test_arms_of_hairpins_pair_with_a_loop_of_3_to_30_bp(sequence, inverted, hairpin):
    oligos = Constraints().oligos(codes(sequence))
    assert Repeats("inverted_repeat", 9).values(oligos).tolist() == [inverted]
    assert Repeats("hairpin", 9).values(oligos).tolist() == [hairpin]


def slow_count(sequence, name, k):
    """Count k-mers with a partner, pair by pair."""
    other = sequence.translate(str.maketrans("ACGT", "TGCA"))
    kmers = [sequence[i : i + k] for i in range(len(sequence) - k + 1)]
    wanted = kmers if name == "repeat" else [other[i : i + k][::-1] for i in range(len(kmers))]
    low = 1 if name == "repeat" else k + MIN_LOOP
    high = k + MAX_LOOP if name == "hairpin" else len(sequence)
    return sum(
        any(low <= j - i <= high and kmers[j] == wanted[i] for j in range(len(kmers)))
        for i in range(len(kmers))
    )


@pytest.mark.parametrize("name", ["repeat", "inverted_repeat", "hairpin"])
@pytest.mark.parametrize("k", [1, 2, 4, MAX_REPEAT + 1])
def test_repeats_are_those_of_a_search_pair_by_pair(name, k):
    rng = random.Random(k)
    sequences = ["".join(rng.choices("AACGT", k=70)) for _ in range(6)] + ["ACG" * 23 + "T"]
    violations = Repeats(name, k - 1).violations(Constraints().oligos(codes(*sequences)))
    assert violations.tolist() == [slow_count(s, name, k) for s in sequences]


def test_ambiguous_bases_of_flanks_are_part_of_no_repeat():
    flanked = Constraints(flank5=pack("NNNN"), flank3=pack("NNNN"), with_flanks=True, repeat=2)
    assert total(flanked, ("ACGT",)) == [0]


@pytest.mark.parametrize(
    ("constraints", "name", "value", "margin"),
    [
        (Constraints(gc=(0.3, 0.6)), "gc", 0.4, 1),
        (Constraints(gc=(0.4, 0.6)), "gc", 0.4, 0),
        (Constraints(gc_window=(4, 0.25, 1)), "gc_window", 0.25, 0),
        (Constraints(gc_window=(99, 0.25, 1)), "gc_window", None, np.inf),
        (Constraints(homopolymer=3), "homopolymer", 3, 0),
        (Constraints(homopolymer=9, flank5=pack("GA")), "homopolymer", 4, 5),
        (Constraints(homopolymer_gc=9, flank5=pack("GGGGGA")), "homopolymer_gc", 2, 7),
        (Constraints(repeat=5), "repeat", 2, 3),
        (Constraints(order_length=(5, 20)), "order_length", 10, 5),
        (Constraints(forbidden=(pack("CCGCTG"),)), "site_CCGCTG", 0, 1),
        (Constraints(forbidden=(pack("CCTTTG"),)), "site_CCTTTG", 0, 0),
        (Constraints(max_edits=3), None, None, None),
    ],
)
def test_the_distance_from_a_limit_is_counted_in_bases(constraints, name, value, margin):
    oligos = constraints.oligos(codes("AAACCTATGG"))
    measured = [(c.name, c.values(oligos)[0], c.margins(oligos)[0]) for c in constraints.checks()]
    if name is None:
        assert measured == []
    else:
        expected = pytest.approx(np.nan if value is None else value, nan_ok=True)
        assert measured == [(name, expected, margin)]


def test_a_sequence_that_is_shorter_than_a_run_or_a_site_has_none():
    packed = np.frombuffer(pack("AAA") * 2, np.uint8).reshape(2, 3)
    assert count_long_runs(packed, 2, pack("A")).tolist() == [1, 1]
    assert count_long_runs(packed, 2, pack("C")).tolist() == [0, 0]
    assert count_long_runs(packed, 3, pack("A")).tolist() == [0, 0]
    assert total(Constraints(forbidden=(pack("AA"),)), ("AAA",)) == [2]
    assert total(Constraints(forbidden=(pack("AAAA"),)), ("AAA",)) == [0]


def test_enzymes_are_known_by_name_and_sequences_as_they_are():
    assert forbidden_sites(["BsaI", "GGNCC"]) == (pack("GGTCTC"), pack("GGNCC"))
    with pytest.raises(UsageError, match=r"'BsaJ1': not a restriction enzyme.*did you mean 'BsaJI'"):
        forbidden_sites(["BsaJ1"])

"""Candidates: made of the library, and left out with a reason."""

import numpy as np
import pytest
from support.networks import sequences, untrained

from seqcnn.design.constraints import Constraints
from seqcnn.errors import SequenceError
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.selection.candidates import (
    AMBIGUOUS,
    CONSTRAINED,
    MEASURED,
    REPEATED,
    TRAINED,
    left_out,
    make_candidates,
)
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack
from seqcnn.sequence.window import Layout


def sample(inserts, length=30):
    return Sample([f"s{i}" for i in range(len(inserts))], Layout(length).rows(inserts))


def differences(a, b):
    return sum(x != y for x, y in zip(a, b, strict=True))


def test_mutants_are_near_their_parent_and_recombinants_have_two():
    library = sample(sequences(20, 30))
    made = make_candidates(library, Layout(30), 40)
    inserts = dict(zip(library.ids, library.rows.inserts(), strict=True))
    for name, parents, insert in zip(made.sample.ids, made.parents, made.sample.rows.inserts(), strict=True):
        nearest = min(differences(insert, inserts[parent]) for parent in parents.split(","))
        if name.startswith("mutant"):
            assert "," not in parents
            assert 1 <= nearest < 12
    assert made.sample.ids[:4] == ["mutant_1", "recombinant_1", "mutant_2", "recombinant_2"]
    assert sum("," in parents for parents in made.parents) > 15


def test_parents_of_a_recombinant_have_one_length_and_candidates_keep_it():
    library = sample(sequences(30, 30, shortest=10))
    made = make_candidates(library, Layout(30), 60)
    length = dict(zip(library.ids, library.rows.insert_length.tolist(), strict=True))
    for parents, size in zip(made.parents, made.sample.rows.insert_length.tolist(), strict=True):
        assert {length[parent] for parent in parents.split(",")} == {size}


def test_the_seed_decides_and_names_of_the_library_are_not_used_again():
    library = Sample(["mutant_1", "b"], sample(sequences(2, 30)).rows)
    made = [make_candidates(library, Layout(30), 6, seed=seed) for seed in (1, 1, 2)]
    inserts = [candidates.sample.rows.inserts() for candidates in made]
    assert inserts[0] == inserts[1] != inserts[2]
    assert made[0].sample.ids[::2] == ["mutant_2", "mutant_3", "mutant_4"]


def test_a_library_of_ambiguous_sequences_makes_no_candidates():
    with pytest.raises(SequenceError, match="library: every sequence has ambiguous bases; give --candidates"):
        make_candidates(sample([pack("ACGN")]), Layout(30), 2)


@pytest.mark.parametrize("strand", ["single", "double"])
def test_candidates_are_left_out_for_the_first_reason_that_holds(strand):
    library = [pack("ACGTACGTAA"), pack("TTTGTTGGGG")]
    given = [
        library[0], reverse_complement(library[1]), pack("GATCGATCAA"), pack("GATCGATCAA"),
        pack("GATCGATNAA"), pack("GATTTTTTAA"), pack("CCATGGCATC"),
    ]  # fmt: skip
    model = untrained(strand=strand, filters=(4, 4), hidden=4)
    limits = Constraints(homopolymer=5)
    out, counts = left_out(model, sample(given).rows, sample(library).rows, limits)
    measured = 1 + (strand == "double")
    assert counts == {AMBIGUOUS: 1, MEASURED: measured, TRAINED: 0, REPEATED: 1, CONSTRAINED: 1}
    assert np.flatnonzero(~out).tolist() == ([2, 6] if strand == "double" else [1, 2, 6])


def test_sequences_of_the_training_that_are_not_in_the_library_are_counted_apart(model, dataset):
    train = dataset.part("train")
    _, counts = left_out(model, dataset.rows.take(train[:3]), dataset.rows.take(train[2:3]), Constraints())
    assert (counts[MEASURED], counts[TRAINED]) == (1, 2)

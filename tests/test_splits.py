import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcnn.data.onehot import pack, reverse_complement
from seqcnn.data.splits import PARTS, SPLITS, SplitInput, SplitPlan, group_keys, split_rows
from seqcnn.errors import SeqcnnError, TableError

KEYS = [f"g{i // 3}" for i in range(90)]


def rows(values=None, keys=KEYS):
    return SplitInput(keys, values or [""] * len(keys))


PLANS = {
    "random": (SplitPlan(), rows()),
    "column": (SplitPlan("column", "part"), rows(["train"] * 60 + ["valid"] * 15 + ["test"] * 15)),
    "values": (
        SplitPlan("values", "chrom", val=("chr2",), test=("chr1",)),
        rows(["chr1", "chr2", "chr3"] * 30),
    ),
    "kfold": (SplitPlan("kfold", folds=5, fold=1), rows()),
}


@pytest.mark.parametrize("method", SPLITS)
def test_every_method_fills_every_part(method):
    plan, given_rows = PLANS[method]
    assert set(split_rows(plan, given_rows)) == set(PARTS)


@pytest.mark.parametrize("method", ["random", "kfold"])
@given(order=st.permutations(range(90)))
def test_a_drawn_split_keeps_groups_whole_and_does_not_depend_on_the_order_of_rows(method, order):
    plan, given_rows = PLANS[method]
    split = split_rows(plan, given_rows)
    assert all(len(set(split[i : i + 3])) == 1 for i in range(0, 90, 3))
    shuffled = split_rows(plan, rows(keys=[KEYS[i] for i in order]))
    assert shuffled.tolist() == split[list(order)].tolist()


def test_a_random_split_has_the_sizes_asked_for():
    split = split_rows(SplitPlan(val_fraction=0.2, test_fraction=0.3), rows())
    assert [(split == part).sum() for part in PARTS] == [45, 18, 27]


def test_every_row_is_tested_by_exactly_one_fold():
    tested = [split_rows(SplitPlan("kfold", folds=5, fold=k), rows()) == "test" for k in range(5)]
    assert np.sum(tested, axis=0).tolist() == [1] * 90


def test_a_column_without_validation_rows_gets_a_tenth_of_its_training_rows():
    split = split_rows(SplitPlan("column", "part"), rows(["train"] * 60 + ["test"] * 27 + ["NA"] * 3))
    assert [(split == part).sum() for part in (*PARTS, "")] == [54, 6, 27, 3]


def test_an_unknown_part_is_named():
    with pytest.raises(TableError, match="'holdout' found; expected train, val, test or NA"):
        split_rows(SplitPlan("column", "part"), rows(["train"] * 89 + ["holdout"]))


def test_a_chromosome_that_no_row_has_is_named():
    with pytest.raises(TableError, match="no row has 'chr9'"):
        split_rows(SplitPlan("values", "chrom", test=("chr9",)), rows(["chr1"] * 90))


def test_a_fold_that_is_not_there_is_refused():
    with pytest.raises(SeqcnnError, match="fold"):
        split_rows(SplitPlan("kfold", folds=5, fold=7), rows())


def test_equal_sequences_and_reverse_complements_share_a_group():
    inserts = [pack("AACC"), pack("AACC"), reverse_complement(pack("AACC")), pack("AACG")]
    a, b, c, d = group_keys(inserts, None)
    assert a == b == c != d


def test_groups_that_share_a_twin_become_one():
    inserts = [pack("AACC"), pack("GGTT"), pack("AAAA"), pack("TGCC")]
    one, two, three, four = group_keys(inserts, ["gene1", "gene2", "gene2", "gene3"])
    assert one == two == three != four

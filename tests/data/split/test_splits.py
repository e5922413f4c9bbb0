from collections import Counter
from hashlib import sha256
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcnn.data.split.clusters import group_keys, strand_keys
from seqcnn.data.split.splits import PARTS, SPLITS, SplitInput, SplitPlan, split_rows
from seqcnn.errors import ConfigError, TableError
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack

KEYS = st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=40)


def rows(keys, values=None):
    keys = list(keys)
    return SplitInput(keys, values or [""] * len(keys))


def column(values, **plan):
    return split_rows(SplitPlan("column", "set", **plan), rows(map(str, range(len(values))), values)).tolist()


@pytest.mark.parametrize("method", ["auto", "random", "kfold"])
@given(keys=KEYS, seed=st.integers(0, 5))
def test_a_group_never_crosses_parts(method, keys, seed):
    split = split_rows(SplitPlan(method, seed=seed), rows(keys))
    assert len({(key, part) for key, part in zip(keys, split, strict=True)}) == len(set(keys))
    assert set(split) <= set(PARTS)


@pytest.mark.parametrize("method", ["auto", "random", "kfold"])
@given(keys=KEYS, random=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_change_the_split(method, keys, random):
    order = list(range(len(keys)))
    random.shuffle(order)
    split = split_rows(SplitPlan(method), rows(keys))
    assert split_rows(SplitPlan(method), rows(keys[i] for i in order)).tolist() == split[order].tolist()


def test_random_parts_have_the_asked_fractions():
    plan = SplitPlan(val_fraction=0.2, test_fraction=0.15)
    counts = Counter(split_rows(plan, rows(map(str, range(1000)))).tolist())
    assert counts == {"train": 650, "val": 200, "test": 150}


def test_another_seed_draws_other_groups():
    keys = list(map(str, range(100)))
    first, again, other = (split_rows(SplitPlan(seed=s), rows(keys)).tolist() for s in (1, 1, 2))
    assert first == again != other


def test_every_row_tests_in_one_fold_and_validates_in_one():
    keys = [str(i // 3) for i in range(300)]
    splits = np.array([split_rows(SplitPlan("kfold", folds=5, fold=k), rows(keys)) for k in range(5)])
    assert ((splits == "test").sum(0) == 1).all()
    assert ((splits == "val").sum(0) == 1).all()
    assert ((splits == "test").sum(1) == 60).all()
    assert all((a[b == "test"] == "val").all() for a, b in pairwise(splits))


def test_a_given_column_is_read_with_its_synonyms():
    values = ["train", "Training", "val", "valid", "VALIDATION", "dev", "test", "Testing", "NA", "na", ""]
    assert column(values) == [*["train"] * 2, *["val"] * 4, *["test"] * 2, "", "", ""]


def test_a_column_without_val_rows_gives_a_part_of_its_training_rows():
    split = column(["train"] * 100 + ["test"] * 20, val_fraction=0.1)
    assert Counter(split[:100]) == {"train": 90, "val": 10}
    assert split[100:] == ["test"] * 20


def test_a_drawn_validation_row_takes_its_group_along():
    keys = [str(i // 4) for i in range(100)]
    split = split_rows(SplitPlan("column", "set"), rows(keys, ["train"] * 80 + ["test"] * 20))
    assert len(set(zip(keys, split, strict=True))) == 25
    assert {"train", "val", "test"} == set(split)


def test_unknown_values_of_a_column_are_listed():
    with pytest.raises(TableError, match=r"'set': '1'; 'trian' found; expected train, val, test or NA"):
        column(["train", "trian", "1", "trian"])


def test_values_hold_out_chromosomes():
    values = ["chr1", "chr2", "chr3", "chr1", "NA"]
    plan = SplitPlan("values", "chrom", val=("chr2",), test=("chr3",))
    assert split_rows(plan, rows("abcde", values)).tolist() == ["train", "val", "test", "train", "train"]


def test_values_without_val_draw_it_from_the_training_rows():
    keys = list(map(str, range(50)))
    split = split_rows(SplitPlan("values", "chrom", test=("X",)), rows(keys, ["1"] * 40 + ["X"] * 10))
    assert Counter(split.tolist()) == {"train": 36, "val": 4, "test": 10}


def test_a_value_that_no_row_has_is_named():
    with pytest.raises(TableError, match=r"'chrom': no row has 'chr9'; found 'chr1'; 'chr2'"):
        split_rows(SplitPlan("values", "chrom", test=("chr9",)), rows("ab", ["chr1", "chr2"]))


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (SplitPlan("column"), "method column needs `column`"),
        (SplitPlan("values", test=("a",)), "method values needs `column`"),
        (SplitPlan("values", "chrom", val=("a",)), "needs `test`, values of 'chrom'"),
        (SplitPlan("values", "chrom", val=("a",), test=("a",)), "'a' is in `val` and in `test`"),
        (SplitPlan("kfold", folds=5, fold=5), "fold 5 of 5; expected 0 to 4"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(plan, message):
    with pytest.raises(ConfigError, match=message):
        split_rows(plan, rows("ab"))


def test_every_method_of_a_plan_is_registered():
    assert set(SPLITS) == {"auto", "random", "column", "values", "kfold", "parts"}


def test_twins_and_reverse_complements_share_a_group():
    inserts = [pack(s) for s in ("AACG", "CGTT", "AACG", "AACC")]
    keys = group_keys(strand_keys(inserts), None)
    assert keys[0] == keys[1] == keys[2] != keys[3]


def test_the_first_of_the_hashes_and_labels_of_a_group_is_its_key():
    inserts = [pack(s) for s in ("AAAA", "CCCC", "GACA", "GGTA")]
    a, c, ga, gg = hashes = [sha256(min(i, reverse_complement(i))).hexdigest() for i in inserts]
    assert group_keys(strand_keys(inserts), None) == hashes
    assert group_keys(strand_keys(inserts), None, np.array([[0, 1]])) == [min(a, c), min(a, c), ga, gg]
    keys = group_keys(strand_keys(inserts), ["", "x", "x", "h"])
    assert keys == [a, min("=x", c, ga), min("=x", c, ga), min("=h", gg)]
    assert keys.distinct == sorted(set(keys))


def test_labels_join_sequences_and_sequences_join_labels():
    inserts = [pack(s) for s in ("AAAA", "CCCC", "CCCC", "GACA", "TTTT")]
    keys = group_keys(strand_keys(inserts), ["g1", "g1", "g2", "g2", "g3"])
    assert len(set(keys)) == 1  # AAAA and TTTT are one sequence: g1 - CCCC - g2, g1 - AAAA - g3


def test_rows_without_a_label_are_not_one_group():
    inserts = [pack(s) for s in ("AAAA", "CACC", "CCCC", "TTTT")]
    keys = group_keys(strand_keys(inserts), ["", "", "g", ""])
    assert keys[0] == keys[3]
    assert len(set(keys)) == 3


def test_a_group_of_many_identical_rows_stays_one_group():
    assert len(set(group_keys(strand_keys([pack("ACGTA")] * 256 + [pack("CCCCC")]), ["g"] * 257))) == 1


@given(st.lists(st.text("ACGT", min_size=1, max_size=3), min_size=1, max_size=30), st.data())
def test_groups_do_not_depend_on_the_order_or_on_the_strand(letters, data):
    inserts = [pack(s) for s in letters]
    labels = data.draw(
        st.lists(st.sampled_from(["", "g", "h"]), min_size=len(letters), max_size=len(letters))
    )
    keys = group_keys(strand_keys(inserts), labels)
    assert group_keys(strand_keys(inserts[::-1]), labels[::-1]) == keys[::-1]
    assert group_keys(strand_keys([reverse_complement(i) for i in inserts]), labels) == keys


@pytest.mark.parametrize("method", ["auto", "random"])
@pytest.mark.parametrize("sizes", [(40, 40, 40), (50, 30, 20, 5), (1, 1, 1), (99, 2, 3)])
def test_few_large_groups_leave_no_part_empty(method, sizes):
    keys = [f"g{k}" for k, size in enumerate(sizes) for _ in range(size)]
    for seed in range(20):
        split = split_rows(SplitPlan(method, seed=seed), rows(keys))
        assert set(split) == set(PARTS)
        assert all(len(set(split[np.array(keys) == key])) == 1 for key in set(keys))


def relatives(torn):
    """40 clusters of two; of the first `torn` one row tests, of the last four both."""
    keys = [f"c{i // 2}" for i in range(80)]
    values = ["test" if i >= 72 or (i % 2 and i // 2 < torn) else "train" for i in range(80)]
    return keys, values


@pytest.mark.parametrize("torn", [0, 2, 3, 20])
def test_validation_rows_have_relatives_in_training_where_the_given_test_rows_have(torn):
    """Eight rows test whole clusters: two torn ones more are a fifth of the test rows, three are 27 %."""
    keys, values = relatives(torn)
    twins = [f"{key}{i}" for i, key in enumerate(keys)]
    split = split_rows(SplitPlan("column", column="c", val_fraction=0.3), SplitInput(keys, values, twins))
    val = {key for key, part in zip(keys, split, strict=True) if part == "val"}
    train = {key for key, part in zip(keys, split, strict=True) if part == "train"}
    assert bool(val & train) == (torn >= 3)


def test_a_large_family_teaches_where_the_others_are_enough_to_test():
    """Of 1,000 rows a part of 100 takes groups of at most 33; groups of 34 and 300 train."""
    keys = ["huge"] * 300 + ["large"] * 34 + [f"g{i // 6}" for i in range(666)]
    for seed in range(20):
        split = split_rows(SplitPlan("auto", seed=seed), rows(keys))
        assert set(split[:334]) == {"train"}
        assert (split == "test").sum() == pytest.approx(100, abs=6)
        assert (split == "val").sum() == pytest.approx(100, abs=6)


def test_large_families_test_where_there_is_little_else():
    keys = [f"large{i // 90}" for i in range(900)] + [f"g{i}" for i in range(100)]
    tested = [
        set(np.array(keys)[split_rows(SplitPlan("auto", seed=s), rows(keys)) == "test"]) for s in range(9)
    ]
    assert any(name.startswith("large") for names in tested for name in names)

"""What a split keeps together: clusters, the parts of a combinatorial library, or single rows."""

import random
from itertools import product

import numpy as np
import pytest

from seqcnn.data.audit import verdict
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.data.split.parts import part_numbers
from seqcnn.data.split.splits import SplitInput, SplitPlan, split_rows
from seqcnn.data.split.units import split_units
from seqcnn.sequence.onehot import pack, unpack


def inserts(n, length=80, seed=0):
    draw = random.Random(seed)
    return [pack("".join(draw.choices("ACGT", k=length))) for _ in range(n)]


def shared_parts(count, others=0):
    """All pairs of `count` first and `count` second parts of 60 bp, and unrelated sequences."""
    first, second = inserts(count, 60, seed=1), inserts(count, 60, seed=2)
    return [a + b for a in first for b in second] + inserts(others, 120, seed=3)


def variants(count, others=0):
    """Substitutions of one parent, and others."""
    parent = inserts(1, 160)[0]
    return [parent[:i] + pack("A") + parent[i + 1 :] for i in range(count)] + inserts(others, 160, seed=3)


COMBINED = shared_parts(20)
GIANT = shared_parts(10, 40)


@pytest.fixture(scope="module")
def combined():
    return dataset_from_arrays([unpack(row) for row in COMBINED], np.arange(400.0))


def test_a_giant_cluster_trains_and_the_other_rows_are_validation_and_test():
    plan, units, notes = split_units(SplitPlan(), GIANT)
    assert (plan.method, units.kind) == ("auto", "clusters")
    assert notes[-1].startswith("71% of the sequences are linked to one cluster, as variants or by shared")
    assert notes[-1].endswith("validation and test rows are among the 40 other sequences")
    data = dataset_from_arrays([unpack(row) for row in GIANT], np.arange(140.0))
    assert (data.split[:100] == "train").all()
    assert {(data.split == "test").sum(), (data.split == "val").sum()} <= {13, 14, 15}
    assert np.nanmax(data.max_train_identity) == 0


def test_a_giant_cluster_is_in_training_in_every_fold():
    _, units, _ = split_units(SplitPlan("kfold"), GIANT)
    keys = ["giant"] * 100 + [str(k) for k in range(40)]
    folds = np.array([split_rows(SplitPlan("kfold", fold=k), SplitInput(keys, [])) for k in range(5)])
    assert units.kind == "clusters"
    assert (folds[:, :100] == "train").all()
    assert ((folds[:, 100:] == "test").sum(0) == 1).all()
    assert ((folds[:, 100:] == "test").sum(1) == 8).all()


def test_arrays_of_a_combinatorial_library_are_split_by_parts_and_mixed_rows_are_left_out(combined):
    left_out = 400 - len(combined)
    assert left_out > 100
    assert combined.provenance["split"].startswith("by parts, all of a test sequence in no training sequence")
    assert combined.provenance["split_unit"] == "parts"
    assert f"{left_out} sequences dropped: the split assigns them to no part" in combined.provenance["notes"]
    assert [int(y) + 1 for y in combined.targets[:, 0]] == [int(name) for name in combined.ids]
    assert np.nanmax(combined.max_train_identity) == 0


def test_a_combinatorial_library_has_folds_by_parts():
    plan, units, notes = split_units(SplitPlan("kfold", folds=4), COMBINED)
    assert (plan.method, units.kind) == ("kfold", "parts")
    assert notes[-1].startswith("the sequences combine 40 shared parts: they are split by parts")
    tested = np.zeros(400, int)
    for fold in range(4):
        split = split_rows(SplitPlan("kfold", folds=4, fold=fold), SplitInput([], [], parts=units.parts))
        tested += split == "test"
        test, train = (set(units.parts[split == part].ravel()) for part in ("test", "train"))
        assert not test & train
    assert set(tested) == {0, 1}
    assert tested.sum() >= 80


def test_one_unseen_part_is_enough_where_too_few_rows_have_test_parts_only():
    rows = [b"".join(parts) for parts in product(*(inserts(5, 40, seed=k) for k in range(4)))]
    plan, units, notes = split_units(SplitPlan(), random.Random(1).sample(rows, 300))
    assert (plan.method, plan.parts, units.kind) == ("parts", "one", "parts")
    assert "split by parts, one of a test sequence in no training sequence" in notes[-1]
    split = split_rows(plan, SplitInput([], [], parts=units.parts))
    train = set(units.parts[split == "train"].ravel())
    assert all(set(row) - train for row in units.parts[split == "test"])


def test_every_side_has_parts_of_every_bin():
    parts = np.random.default_rng(0).integers(0, 8, (6000, 4)) + 8 * np.arange(4)
    for seed in range(20):
        split = split_rows(SplitPlan("parts", seed=seed), SplitInput([], [], parts=parts))
        assert min((split == part).sum() for part in ("train", "val", "test")) >= 8


def test_labelled_groups_are_not_replaced_by_parts():
    plan, units, notes = split_units(SplitPlan(), COMBINED, labelled=True)
    assert (plan.method, units.kind) == ("auto", "rows")
    assert "share parts, so no split separates them" in notes[-1]


def test_only_the_rows_of_an_inseparable_cluster_are_assigned_one_by_one():
    rows = variants(150, 6)
    rows[151] = rows[150][:150] + rows[152][:10]
    plan, units, notes = split_units(SplitPlan(), rows)
    assert (plan.method, units.kind, units.inseparable.sum()) == ("auto", "smaller clusters", 150)
    assert {tuple(sorted(pair)) for pair in units.links.tolist()} == {(150, 151)}
    assert notes[-1].startswith(
        "96% of the sequences are variants of one another, or share parts, so no split"
    )
    assert notes[-1].endswith("clusters of the 6 other sequences are kept together")
    data = dataset_from_arrays([unpack(row) for row in rows], np.arange(156.0))
    assert data.split[150] == data.split[151]
    assert data.provenance["split"] == (
        "random, clusters of similar sequences except the largest kept together (seed 1)"
    )
    assert verdict(data).startswith("This split is leaky")


def test_the_split_of_a_library_of_one_parent_is_not_said_to_keep_variants_apart():
    data = dataset_from_arrays([unpack(row) for row in variants(160)], np.arange(160.0))
    assert data.provenance["split"] == "random rows (seed 1)"
    assert "variants of one another" in data.provenance["notes"][0]
    assert verdict(data).startswith("This split is leaky")


@pytest.mark.parametrize("rows", [GIANT, COMBINED, variants(60)], ids=["giant", "parts", "variants"])
def test_nothing_is_said_about_the_assignment_of_rows_whose_split_is_given(rows):
    plan, units, notes = split_units(SplitPlan("column", column="set"), rows)
    assert (plan.method, units.parts, notes) == ("column", None, [])


def test_parts_and_random_rows_compare_nothing_else():
    assert split_units(SplitPlan("random"), COMBINED)[1].kind == "rows"
    plan, units, notes = split_units(SplitPlan("parts"), COMBINED)
    assert (plan.method, notes) == ("parts", [])
    assert np.array_equal(units.parts, part_numbers(COMBINED))

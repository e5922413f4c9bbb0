"""Splits of combinatorial libraries by their parts."""

import random

import numpy as np
import pytest

from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.audit import verdict
from seqcnn.data.prepare import prepare
from seqcnn.data.split.audited_split import split_and_audit
from seqcnn.data.split.parts import part_numbers
from seqcnn.data.split.splits import SplitInput, SplitPlan, split_rows
from seqcnn.data.split.units import SplitUnits
from seqcnn.errors import TableError
from seqcnn.sequence.onehot import pack, unpack

DRAW = random.Random(1)
FIRST, SECOND = ([pack("".join(DRAW.choices("ACGT", k=60))) for _ in range(20)] for _ in range(2))
LIBRARY = [a + b for a in FIRST for b in SECOND]


def split(parts):
    everything = np.ones(len(LIBRARY), bool)
    plan = SplitPlan("parts", parts=parts)
    values, units = [""] * len(LIBRARY), SplitUnits(parts=part_numbers(LIBRARY))
    return split_and_audit(
        plan, LIBRARY, everything, units, values=values, labels=None, check=lambda *_: None
    )


def sides(found, name):
    """Return the numbers of first and of second parts in one part of the split."""
    rows = np.flatnonzero(found.split == name)
    return set(rows // 20), set(rows % 20)


def test_parts_are_found_in_any_order_of_the_rows():
    numbers = part_numbers(LIBRARY)
    assert numbers.shape == (400, 2)
    assert len(np.unique(numbers)) == 40
    assert np.array_equal(part_numbers(LIBRARY[::-1]), numbers[::-1])


def test_no_part_of_a_test_row_is_in_training():
    found = split("all")
    for one, other in zip(sides(found, "test"), sides(found, "train"), strict=True):
        assert not one & other
    assert {name: (found.split == name).sum() > 5 for name in ("train", "val", "test", "")} == dict.fromkeys(
        ("train", "val", "test", ""), True
    )
    assert np.nanmax(found.max_train_identity) == 0
    assert len(found.keep) == (found.split != "").sum()


def test_one_part_of_a_test_row_is_in_no_training_row():
    found = split("one")
    train = sides(found, "train")
    rows = np.flatnonzero(found.split == "test")
    assert len(rows) > 20
    assert all((row // 20 not in train[0]) or (row % 20 not in train[1]) for row in rows)
    assert (found.split == "train").sum() > 150


def test_variants_of_one_parent_have_no_parts_to_separate():
    rows = [LIBRARY[0][:k] + pack("A") + LIBRARY[0][k + 1 :] for k in range(60)]
    assert part_numbers(rows) is None
    with pytest.raises(TableError, match=r"^split: the sequences do not consist of parts"):
        split_rows(SplitPlan("parts"), SplitInput([""] * 60, [""] * 60))


def test_a_combinatorial_library_is_split_by_parts_and_that_is_said(tmp_path):
    rows = [f">{k}\n{unpack(row)}\n" for k, row in enumerate(LIBRARY)]
    (tmp_path / "c.fa").write_text("".join(rows))
    (tmp_path / "c.tsv").write_text("id\ty\n" + "".join(f"{k}\t{k % 7}\n" for k in range(len(LIBRARY))))
    inputs = Inputs(tmp_path / "c.fa", tmp_path / "c.tsv")
    data = prepare(inputs, DataPlan(targets=("y",)))
    dropped = len(LIBRARY) - len(data)
    assert dropped > 100
    assert f"{dropped} sequences dropped: the split assigns them to no part" in data.provenance["notes"]
    assert any(note.startswith("the sequences combine 40 shared parts") for note in data.provenance["notes"])
    assert data.provenance["split"] == "by parts, all of a test sequence in no training sequence (seed 1)"
    assert np.nanmax(data.max_train_identity) == 0
    assert "too few test rows to say" in verdict(data)

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from seqcnn.data.arrays import dataset_from_arrays
from seqcnn.data.dataset import load_dataset
from seqcnn.data.onehot import unpack
from seqcnn.errors import SequenceError, TableError, UsageError


@pytest.fixture
def small():
    draw = np.random.default_rng(0)
    sequences = ["".join(draw.choice(list("ACGT"), 8)) for _ in range(12)]
    return dataset_from_arrays(sequences, np.arange(12.0), split=["train"] * 8 + ["val"] * 2 + ["test"] * 2)


def test_a_dataset_comes_back_as_it_was(small, tmp_path):
    named = replace(small, ids=["caf\udce9", "a\tb", *small.ids[2:]])
    named.save(tmp_path / "d.h5")
    back = load_dataset(tmp_path / "d.h5")
    assert back.ids == named.ids
    assert (back.layout, back.provenance) == (named.layout, named.provenance)
    for column in ("targets", "weights", "split", "groups", "replicates"):
        np.testing.assert_array_equal(getattr(back, column), getattr(named, column))
    np.testing.assert_array_equal(back.rows.bases, named.rows.bases)


def test_equal_datasets_are_equal_bytes(small, tmp_path):
    small.save(tmp_path / "a.h5")
    small.save(tmp_path / "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_the_digest_changes_with_one_measurement_of_its_part_only(small):
    targets = small.targets.copy()
    targets[0] += 1
    changed = replace(small, targets=targets)
    assert changed.digest("train") != small.digest("train")
    assert changed.digest("test") == small.digest("test")


@pytest.mark.parametrize("content", [b"", b"not hdf5", b"\x89HDF\r\n\x1a\n" + b"\0" * 200])
def test_another_or_a_damaged_file_is_refused(content, tmp_path):
    (tmp_path / "d.h5").write_bytes(content)
    with pytest.raises(TableError, match="not a seqcnn dataset"):
        load_dataset(tmp_path / "d.h5")


def test_a_missing_file_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        load_dataset(tmp_path / "none.h5")


def test_sequences_in_memory_keep_their_order_and_their_targets_names():
    import pandas as pd

    frame = pd.DataFrame({"a": np.arange(60.0), "b": np.arange(60.0) * 2})
    letters = ["".join(three) for three in product("ACGT", repeat=3)][:60]
    data = dataset_from_arrays(letters, frame, seed=3)
    assert data.target_names == ["a", "b"]
    np.testing.assert_array_equal(data.targets[:, 1], np.arange(60.0) * 2)
    assert unpack(data.rows.bases[6].tobytes()) == letters[6]
    assert set(data.split) == {"train", "val", "test"}


@pytest.mark.parametrize(
    ("sequences", "targets", "error", "message"),
    [
        (["ACGT"] * 3, [1.0, 2.0], TableError, "3 sequences, 2 rows"),
        (["ACGT", "AC-T"] * 6, np.arange(12.0), SequenceError, "sequence 2: '-' at position 3"),
        (["ACGT", "AC"] * 6, [np.inf] * 12, TableError, "infinite"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(sequences, targets, error, message):
    with pytest.raises(error, match=message):
        dataset_from_arrays(sequences, targets)

"""A dataset as a DataFrame."""

from dataclasses import replace

import numpy as np
import pytest
from support.planted import planted

import seqcnn
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.errors import TableError, UsageError


def test_sequences_split_and_targets_are_those_that_were_given(dataset, tmp_path):
    dataset.save(tmp_path / "d.h5")
    table = seqcnn.read_dataset(tmp_path / "d.h5")
    sequences, y = planted()
    assert table["sequence"].tolist() == sequences
    assert table["split"].tolist() == dataset.split.tolist()
    assert table["group"].tolist() == dataset.groups.tolist()
    assert table.index.tolist() == dataset.ids
    target = table[dataset.target_names[0]]
    np.testing.assert_allclose(target, y, rtol=1e-6)
    assert table["max_train_identity"].isna().tolist() == (dataset.split == "train").tolist()


def test_transformed_targets_are_on_the_original_scale(tmp_path):
    sequences, y = planted()
    values = 10.0 ** np.asarray(y)
    dataset_from_arrays(sequences, values, transform="log10").save(tmp_path / "d.h5")
    table = seqcnn.read_dataset(tmp_path / "d.h5")
    np.testing.assert_allclose(table.iloc[:, -1], values, rtol=1e-5)


def test_values_beyond_the_training_values_of_rank_normal_are_nan(tmp_path, caplog):
    sequences, y = planted()
    y = np.clip(np.round(y, 3), -1, 1)
    split = np.array(["train", "val", "test", "train"] * (len(y) // 4 + 1))[: len(y)]
    y[[1, 2]] = 100, -50
    dataset_from_arrays(sequences, y, split=split, transform="rank-normal").save(tmp_path / "d.h5")
    found = seqcnn.read_dataset(tmp_path / "d.h5").iloc[:, -1].to_numpy()
    assert np.flatnonzero(np.isnan(found)).tolist() == [1, 2]
    known = ~np.isnan(found)
    np.testing.assert_allclose(found[known], y[known], atol=1e-5)
    assert "2 values are NaN: at or beyond the least or largest training value" in caplog.text


@pytest.mark.parametrize("name", ["sequence", "split", "group", "max_train_identity"])
def test_a_target_with_the_name_of_another_column_is_refused(tmp_path, dataset, name):
    replace(dataset, target_names=[name]).save(tmp_path / "d.h5")
    with pytest.raises(TableError, match=f"target '{name}': the table has another column of this name"):
        seqcnn.read_dataset(tmp_path / "d.h5")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none\.h5: No such file"):
        seqcnn.read_dataset(tmp_path / "none.h5")

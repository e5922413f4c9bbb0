"""A dataset as a DataFrame."""

import numpy as np
import pytest
from support.planted import planted

import seqcnn
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.errors import UsageError


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


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none\.h5: No such file"):
        seqcnn.read_dataset(tmp_path / "none.h5")

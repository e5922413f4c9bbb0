"""Rows that score a trial."""

import numpy as np
import pytest
from support.planted import planted

from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.model.tuning import folds
from seqcnn.model.tuning.folds import FOLDS, scoring_datasets


@pytest.fixture(scope="module")
def library():
    sequences, y = planted(n=900)
    return dataset_from_arrays(sequences, y)


def test_few_validation_rows_are_scored_in_folds_of_whole_clusters(library):
    datasets = scoring_datasets(library)
    assert len(datasets) == FOLDS
    ids = [np.array(d.ids)[d.part("val")] for d in datasets]
    known = np.concatenate([library.part("train"), library.part("selection")])
    assert sorted(np.concatenate(ids)) == sorted(library.ids[i] for i in known)
    for d in datasets:
        assert not set(d.groups[d.part("val")]) & set(d.groups[d.part("train")])
        assert set(d.split) == {"train", "val"}


def test_rows_that_calibrate_intervals_choose_nothing(library):
    calibrating = {library.ids[i] for i in library.part("calibration")}
    assert calibrating
    assert not calibrating & {name for d in scoring_datasets(library) for name in d.ids}


def test_many_validation_rows_are_scored_as_they_are(library, monkeypatch):
    monkeypatch.setattr(folds, "MIN_SCORED_ROWS", len(library.part("selection")))
    (alone,) = scoring_datasets(library)
    assert [alone.ids[i] for i in alone.part("selection")] == [
        library.ids[i] for i in library.part("selection")
    ]
    assert "test" not in alone.split

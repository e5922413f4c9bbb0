import numpy as np
import pandas as pd
import pytest
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord
from support.planted import planted, split_of

from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.data.split.splits import SplitPlan
from seqcnn.errors import SequenceError, TableError
from seqcnn.sequence.onehot import unpack

LETTERS = [f"{a}{b}AC" for a in "ACGT" for b in "ACG"]
SPLIT = ["train"] * 8 + ["val"] * 2 + ["test"] * 2
Y = np.arange(12.0)


def make(sequences=LETTERS, targets=Y, split=SPLIT):
    return dataset_from_arrays(sequences, targets, split=split)


def test_sequences_and_targets_keep_their_order():
    data = make([*LETTERS[:11], "AC"])
    assert [unpack(row.tobytes()) for row in data.rows.bases] == [*LETTERS[:11], "AC--"]
    assert data.targets.tolist() == [[y] for y in range(12)]
    assert data.targets.dtype == np.float32
    assert data.ids == [str(n) for n in range(1, 13)]
    assert data.split.tolist() == SPLIT
    assert (data.target_names, data.units) == (["target"], [""])
    assert data.layout.length == 4
    assert data.replicates.shape == (12, 1, 0)
    assert (data.categories.shape, data.category_names) == ((12, 0), [])
    assert data.provenance == {"inputs": {}, "split": "given", "split_unit": "clusters", "notes": []}


def test_a_dataset_of_arrays_can_be_saved(tmp_path):
    from seqcnn.data.dataset import load_dataset

    make().save(tmp_path / "d.h5")
    assert load_dataset(tmp_path / "d.h5").digest() == make().digest()


def test_text_bytes_and_biopython_give_the_same():
    kinds = [LETTERS, [s.encode() for s in LETTERS], [Seq(s) for s in LETTERS], pd.Series(LETTERS)]
    kinds.append([SeqRecord(Seq(s)) for s in LETTERS])
    assert len({make(kind).digest() for kind in kinds}) == 1


def test_records_keep_their_names():
    records = [SeqRecord(Seq(s), id=f"r{n}") for n, s in enumerate(LETTERS[:-1])] + [LETTERS[-1]]
    assert make(records).ids == [f"r{n}" for n in range(11)] + ["12"]


def test_names_with_control_characters_are_refused():
    with pytest.raises(SequenceError, match=r"record 1: control character '\\x1b' in the name 'x\\x1b0'"):
        make([SeqRecord(Seq(s), id=f"x\x1b{n}") for n, s in enumerate(LETTERS)])
    with pytest.raises(TableError, match=r"targets: column: control character '\\n' in the name 'y\\n'"):
        make(targets=pd.Series(Y, name="y\n"))


def test_records_with_one_name_are_refused():
    with pytest.raises(SequenceError, match="'x' names records 1 and 2"):
        make([SeqRecord(Seq(s), id="x") for s in LETTERS])


@pytest.mark.parametrize(
    ("targets", "names"),
    [
        (Y.tolist(), ["target"]),
        (pd.Series(Y, name="y"), ["y"]),
        (pd.Series(Y), ["target"]),
        (pd.DataFrame({"y": Y}), ["y"]),
        (pd.DataFrame({"y": Y, 3: -Y}), ["y", "3"]),
        (np.stack([Y, -Y], 1), ["target 1", "target 2"]),
    ],
)
def test_targets_are_named_by_their_columns(targets, names):
    data = make(targets=targets)
    assert data.target_names == names
    assert data.targets[:, -1].tolist() == [y if len(names) == 1 else -y for y in range(12)]


@pytest.mark.parametrize(
    "missing", [pd.Series([*range(11), pd.NA], dtype="Int64"), [*range(11), None], [*range(11), float("nan")]]
)
def test_missing_values_of_every_kind_are_not_measured(missing):
    both = make(targets=pd.DataFrame({"a": range(12), "b": list(missing)}))
    assert np.isnan(both.targets[-1, 1])
    assert both.targets[:-1, 1].tolist() == list(range(11))


def test_without_a_split_a_tenth_each_validates_and_tests():
    sequences = [f"{a}{b}{c}{d}" for a in "ACGT" for b in "ACGT" for c in "ACGT" for d in "ACGT"]
    data = dataset_from_arrays(sequences, range(256), seed=3)
    assert [round(len(data.part(part)) / 256, 1) for part in ("train", "val", "test")] == [0.8, 0.1, 0.1]
    of = dict(zip(sequences, data.split, strict=True))
    assert of["AACC"] == of["GGTT"]  # the other strand
    assert data.provenance["split"] == "random, clusters of similar sequences kept together (seed 3)"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sequences": []}, "0 sequences, 12 rows of targets"),
        ({"targets": Y[:3]}, "12 sequences, 3 rows of targets"),
        ({"split": SPLIT[:3]}, "expected one row per sequence"),
        ({"targets": [*Y[:11], np.inf]}, "targets: infinite"),
        ({"targets": [*Y[:11], -1e31]}, r"targets: row 12: -1e\+31 found; expected numbers from -1e\+30"),
        ({"targets": [*Y[:11], 1e39]}, "targets: infinite"),
        ({"targets": ["a"] * 12}, "expected numbers, NaN where not measured"),
        ({"targets": np.zeros((12, 0))}, r"shape \(12, 0\) found"),
        ({"targets": np.zeros((12, 1, 1))}, r"shape \(12, 1, 1\) found"),
        ({"targets": 3.0}, r"targets: '3.0' \(float\) found; expected an array"),
        ({"targets": [np.nan] * 12}, "too few sequences in train 0, val 0, test 0"),
        ({"targets": [5] * 12}, r"all values are equal \(5\)"),
        ({"targets": [np.nan] * 8 + [1, 2, 3, 4]}, "too few sequences in train 0"),
        ({"targets": [7] * 8 + [1, 2, 3, 4]}, "in the training rows all 8 values are equal"),
        ({"split": ["train"] * 11 + [None]}, "'None' found; expected train, val or test"),
        ({"split": ["train"] * 11 + ["val"]}, "too few sequences in val 1, test 0"),
    ],
)
def test_arrays_that_cannot_be_learned_from_are_refused(changes, message):
    with pytest.raises(TableError, match=message):
        make(**changes)


@pytest.mark.parametrize("index", [list("lkjihgfedcba"), list(range(11, -1, -1))])
def test_pandas_objects_are_paired_by_their_index(index, caplog):
    order = sorted(index)
    sequences, targets = pd.Series(LETTERS, index), pd.Series(Y, index)
    split = pd.Series(SPLIT, index)
    data = make(sequences, targets.loc[order], split.loc[order])
    assert data.digest() == make().digest()
    assert "targets: put into the order of the sequences by their index" in caplog.text
    frame = make(sequences, targets.loc[order].to_frame("y"), split.loc[order])
    assert frame.targets.tolist() == make().targets.tolist()


@pytest.mark.parametrize(
    ("ours", "theirs", "message"),
    [
        (range(12), range(1, 13), "targets: the index differs .*: 2 labels are in one only, such as '0'"),
        (list("abcdefghijkl"), range(12), "targets: the index differs .*: 24 labels are in one only"),
        ([0, 0, *range(10)], [*range(10), 0, 0], "another order than the sequences' and repeated labels"),
    ],
)
def test_pandas_objects_of_different_indexes_are_refused(ours, theirs, message):
    with pytest.raises(TableError, match=message):
        make(pd.Series(LETTERS, list(ours)), pd.Series(Y, list(theirs)))


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        (pd.DataFrame({"sequence": LETTERS}), r"pass the column of sequences, such as table\['sequence'\]"),
        (dict.fromkeys(LETTERS), r"pass the sequences, list\(d.values\(\)\)"),
        ([*LETTERS[:-1], None], r"sequence 12: 'None' \(NoneType\) found; expected DNA as str"),
        ([*LETTERS[:-1], float("nan")], r"sequence 12: 'nan' \(float\) found"),
        ([*LETTERS[:-1], pd.NA], r"sequence 12: '<NA>' \(NAType\) found; .*dropna"),
        (pd.Series([*LETTERS[:-1], None]), "sequence 12: .* found; .*dropna"),
        ([*LETTERS[:-1], "NA"], "sequence 12: 'NA' is a missing value"),
    ],
)
def test_what_is_no_collection_of_sequences_is_refused(sequences, message):
    with pytest.raises(SequenceError, match=message):
        make(sequences)


def test_a_sequence_that_is_no_dna_is_named_by_its_number():
    with pytest.raises(SequenceError, match="sequence 3: 'X' at position 2"):
        make(["ACGT", "ACGT", "AXGT"])


def test_rows_of_one_label_stay_together_and_missing_labels_group_nothing():
    sequences, y = planted(120, seed=5)
    groups = [f"g{i // 6}" if i < 60 else None if i % 2 else float("nan") for i in range(120)]
    data = dataset_from_arrays(sequences, y, groups=groups)
    for start in range(0, 60, 6):
        assert len(set(data.split[start : start + 6])) == 1
    assert len(set(data.split[60:])) == 3


def test_weights_and_replicates_are_those_of_their_rows():
    weights, replicates = np.linspace(0, 1, 12), np.stack([Y, Y + 1], axis=1)
    data = dataset_from_arrays(LETTERS, Y, split=SPLIT, weights=weights, replicates=replicates)
    np.testing.assert_allclose(data.weights, weights)
    assert data.replicates.shape == (12, 1, 2)
    np.testing.assert_allclose(data.replicates[:, 0], replicates)


def test_a_split_without_test_rows_is_of_training_and_validation():
    sequences, y = planted(120, seed=5)
    data = dataset_from_arrays(sequences, y, split=SplitPlan(val_fraction=0.2, test_fraction=0))
    assert set(data.split) == {"train", "val"}
    assert 0.1 < (data.split == "val").mean() < 0.3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": [1.0] * 11}, "12 sequences, 11 rows of weights"),
        ({"weights": [-1.0] + [1.0] * 11}, "weights: row 1: -1 found; expected numbers of 0 or more"),
        ({"weights": [np.nan] + [1.0] * 11}, "weights: row 1: nan found"),
        ({"groups": ["a"]}, "12 sequences, 1 row of groups"),
        ({"replicates": np.ones((11, 2))}, "12 sequences, 11 rows of replicates"),
        ({"targets": np.ones((12, 2)), "replicates": np.ones((12, 2))}, "replicates: belong to one target"),
    ],
)
def test_values_that_do_not_belong_to_the_rows_are_refused(options, message):
    with pytest.raises(TableError, match=message):
        dataset_from_arrays(LETTERS, **{"targets": Y, "split": SPLIT, **options})


def test_rows_without_any_measurement_are_left_out_and_counted():
    sequences, y = planted(64)
    y = np.array(y)
    y[[3, 5, 8]] = np.nan
    for split in (None, split_of(64)):
        dataset = dataset_from_arrays(sequences, y, split=split)
        assert len(dataset) == 61
        assert "3 sequences dropped: no target was measured" in dataset.provenance["notes"]
        assert dataset.ids[3:5] == ["5", "7"]


def test_the_split_names_the_column_of_groups():
    sequences, y = planted(64)
    labels = pd.Series(np.arange(64) // 2, name="family")
    text = "random, clusters of similar sequences kept together (seed 1), grouped by "
    assert dataset_from_arrays(sequences, y, groups=labels).provenance["split"] == text + "family"
    assert dataset_from_arrays(sequences, y, groups=list(labels)).provenance["split"] == text + "labels"
    assert dataset_from_arrays(sequences, y, groups=labels, split=split_of(64)).provenance["split"] == "given"

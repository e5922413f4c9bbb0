import errno
import hashlib
import os
import re
import resource
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from seqcnn.data.dataset import Dataset, load_dataset
from seqcnn.data.transform import Transform
from seqcnn.errors import EnvironmentFault, TableError, UsageError
from seqcnn.sequence.onehot import pack
from seqcnn.sequence.window import Layout, Rows


def dataset(**changes):
    layout = Layout(5, "right", "AC", "", ambiguity="zero")
    values = {
        "ids": ["s1", "naïve 🧬", "\udcff\udcfe", "=1+1"],
        "rows": layout.rows([pack(s) for s in ("ACGTN", "A", "GGG", "TTTT")]),
        "targets": np.array([[0.1, np.nan], [1, 2], [-3e38, 1e-40], [np.nan, 0]], np.float32),
        "weights": np.array([1, 0.5, 0, 2], np.float32),
        "split": np.array(["train", "val", "test", "train"]),
        "groups": np.array([0, 1, 2, 0], np.int32),
        "max_train_identity": np.array([np.nan, 0, 0.9, np.nan], np.float32),
        "nearest_train_row": np.array([-1, 3, 0, -1], np.int32),
        "recurring_fraction": np.array([np.nan, 0.3, 1, np.nan], np.float32),
        "replicates": np.array([[[1, np.nan], [2, 3]]] * 4, np.float32),
        "categories": np.array([["a", ""], ["b", "naïve\udcff"], ["a", ""], ["", "x"]], object),
        "target_names": ["y", "log\udcff"],
        "category_names": ["class", "=1"],
        "units": ["log2", ""],
        "layout": layout,
        "provenance": {"inputs": {"a.fa": "00"}, "split": "random", "notes": ["n"]},
    }
    return Dataset(**values | changes)


def assert_equal(a, b):
    for field in fields(Dataset):
        if not field.compare:  # the file that it was read from
            continue
        ours, theirs = getattr(a, field.name), getattr(b, field.name)
        if isinstance(ours, Rows):
            ours, theirs = (np.column_stack([r.bases, r.start, r.insert_length]) for r in (ours, theirs))
        if isinstance(ours, np.ndarray):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)
        else:
            assert ours == theirs


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dataset.h5"


def test_a_dataset_is_read_as_it_was_saved(path):
    dataset().save(path)
    assert_equal(load_dataset(path), dataset())
    assert (load_dataset(path).path, dataset().path) == (path, None)
    assert os.listdir(path.parent) == ["dataset.h5"]


def test_a_dataset_without_replicates_or_provenance_is_read_as_it_was_saved(path):
    plain = dataset(replicates=np.empty((4, 2, 0), np.float32), provenance={})
    plain.save(path)
    assert_equal(load_dataset(path), plain)


def test_a_dataset_without_categories_is_read_as_it_was_saved(path):
    plain = dataset(categories=np.empty((4, 0), object), category_names=[])
    plain.save(path)
    assert_equal(load_dataset(path), plain)


def test_rows_are_taken_with_their_categories():
    assert dataset().take(np.array([3, 1])).categories.tolist() == [["", "x"], ["b", "naïve\udcff"]]


def test_a_large_dataset_is_compressed_and_read_as_it_was_saved(path):
    n = 30_000
    layout = Layout(5, flank5="A" * 100_000)
    large = Dataset(
        ids=[str(i) for i in range(n)],
        rows=layout.rows([pack("ACGTA")] * n),
        targets=np.zeros((n, 1), np.float32),
        weights=np.ones(n, np.float32),
        split=np.repeat(["train", "val", "test"], n // 3),
        groups=np.arange(n, dtype=np.int32),
        max_train_identity=np.full(n, np.nan, np.float32),
        nearest_train_row=np.full(n, -1, np.int32),
        recurring_fraction=np.full(n, np.nan, np.float32),
        replicates=np.empty((n, 1, 0), np.float32),
        categories=np.empty((n, 0), object),
        target_names=["y"],
        category_names=[],
        units=[""],
        layout=layout,
    )
    large.save(path)
    assert path.stat().st_size < 2_500_000
    assert_equal(load_dataset(path), large)


def test_equal_datasets_are_equal_files_whenever_they_are_written(tmp_path):
    dataset().save(tmp_path / "a")
    time.sleep(1.1)  # HDF5 keeps times in seconds
    dataset().save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_part_and_digest_are_of_the_named_rows():
    data = dataset()
    assert data.part("train").tolist() == [0, 3]
    assert len(data) == 4
    content = bytes([1, 2, 4, 8, 15, 2, 8, 8, 8, 8][:5]) + data.rows.bases[3].tobytes()
    content += np.array([0, 1], np.int32).tobytes() + np.array([5, 4], np.int32).tobytes()
    content += data.targets[[0, 3]].tobytes() + np.array([1, 2], np.float32).tobytes()
    assert data.digest() == hashlib.sha256(content).hexdigest()
    assert data.digest("test") != data.digest("val") != data.digest()
    assert replace(data, ids=list("abcd")).digest() == data.digest()


def test_a_missing_file_is_a_usage_error(path):
    with pytest.raises(UsageError, match=r"dataset\.h5: No such file; `seqcnn prepare` writes"):
        load_dataset(path)
    with pytest.raises(UsageError, match="a folder found; expected a regular file"):
        load_dataset(path.parent)


@pytest.mark.parametrize("content", [b"", b">s1\nACGT\n", b"\x89HDF\r\n\x1a\n" + b"\0" * 100])
def test_another_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(TableError, match=r"dataset\.h5: not a seqcnn dataset, or damaged"):
        load_dataset(path)


def test_another_hdf5_file_is_refused(path):
    with h5py.File(path, "w") as file:
        file["x"] = 1
    with pytest.raises(TableError, match=r"not a seqcnn dataset; expected the \.h5 file of `seqcnn prepare`"):
        load_dataset(path)


def test_a_dataset_of_the_previous_format_is_refused_with_the_new_column_names_and_the_remedy():
    tests = next(path for path in Path(__file__).parents if path.name == "tests")
    message = (
        "dataset_3.h5: dataset format 3 found; expected format 4; columns identity, nearest and size are now "
        "max_train_identity, nearest_train_row and insert_length; run `seqcnn prepare` again"
    )
    with pytest.raises(TableError, match=re.escape(message)):
        load_dataset(tests / "old_formats" / "dataset_3.h5")


def test_a_dataset_of_a_newer_format_is_refused(path):
    dataset().save(path)
    with h5py.File(path, "a") as file:
        file.attrs["format"] = "seqcnn dataset 5"
    with pytest.raises(TableError, match="dataset format 5 found; expected format 4; update seqcnn"):
        load_dataset(path)


@pytest.mark.parametrize("name", ["ids", "bases", "start", "split", "replicates", "categories"])
def test_a_dataset_without_one_of_its_arrays_is_refused(path, name):
    dataset().save(path)
    with h5py.File(path, "a") as file:
        del file[name]
    with pytest.raises(TableError, match="damaged"):
        load_dataset(path)


@pytest.mark.parametrize(
    "name",
    [
        "targets",
        "weights",
        "groups",
        "max_train_identity",
        "nearest_train_row",
        "recurring_fraction",
        "categories",
        "bases",
        "split",
    ],
)
def test_a_dataset_with_a_changed_number_is_refused(path, name):
    dataset().save(path)
    with h5py.File(path, "a") as file:
        file[name][0] = file[name][1]
    with pytest.raises(TableError, match="damaged"):
        load_dataset(path)


def test_a_dataset_with_a_changed_header_is_refused(path):
    dataset().save(path)
    with h5py.File(path, "a") as file:
        file.attrs["header"] = file.attrs["header"].replace("log2", "log3")
    with pytest.raises(TableError, match="damaged"):
        load_dataset(path)


def test_every_truncation_of_a_dataset_is_refused(path):
    dataset().save(path)
    content = path.read_bytes()
    for size in range(0, len(content), len(content) // 25):
        path.write_bytes(content[:size])
        with pytest.raises(TableError, match="damaged"):
            load_dataset(path)


def test_a_file_that_may_not_be_read_is_an_environment_fault(path, monkeypatch):
    path.write_bytes(b"x")

    def refuse(*args, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(h5py, "File", refuse)
    with pytest.raises(EnvironmentFault, match="Permission denied"):
        load_dataset(path)


def test_a_full_disk_leaves_the_old_file_and_one_line(path):
    dataset().save(path)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # Python ignores SIGXFSZ
    try:
        with pytest.raises(EnvironmentFault, match=r"dataset\.h5: File too large"):
            dataset().save(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["dataset.h5"]


def test_a_path_that_is_not_utf8_can_be_written_and_read(tmp_path):
    path = tmp_path / "\udcff\udcfe.h5"
    dataset().save(path)
    assert_equal(load_dataset(path), dataset())


def test_importing_the_module_loads_neither_torch_nor_h5py():
    code = "import sys, seqcnn.data.dataset as d; sys.exit('torch' in sys.modules or 'h5py' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "changes", [{"target_names": ["y", "y"]}, {"transforms": {"z": Transform(name="log1p")}}]
)
def test_a_dataset_with_names_that_do_not_fit_is_refused(changes, path):
    dataset(**changes).save(path)
    with pytest.raises(TableError, match="damaged"):
        load_dataset(path)

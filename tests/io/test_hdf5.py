"""HDF5 files of others: what `load_dataset` and `load_attributions` refuse before anything is allocated."""

import json
import re
import shutil
import tracemalloc

import h5py
import numpy as np
import pytest
from support.paths import ROOT

from seqcnn.data.dataset import load_dataset
from seqcnn.errors import TableError
from seqcnn.interpret.attribution.attribution_file import Attributions, load_attributions
from seqcnn.io.hdf5 import checksum

HEADER = {"target": "y", "unit": "", "method": "ism"}


@pytest.fixture
def path(tmp_path, dataset):
    dataset.save(tmp_path / "d.h5")
    return tmp_path / "d.h5"


@pytest.fixture
def attributions(tmp_path):
    cube, rows, line = np.zeros((2, 4, 6), np.float32), np.zeros((2, 6), np.float32), np.zeros(2, np.int32)
    names = ["a", "b"]
    found = Attributions(names, cube.astype(np.uint8), cube, cube, rows, line, line + 6, rows[:, 0], HEADER)
    found.save(tmp_path / "a.h5")
    return tmp_path / "a.h5"


def sign(path):
    """Give a changed dataset the checksum of what it now holds, as an attacker would."""
    with h5py.File(path, "r+") as file:
        order = ("ids", "bases", "start", "insert_length", "split", "targets", "weights", "groups",
                 "max_train_identity",
                 "nearest_train_row", "recurring_fraction", "replicates", "categories")  # fmt: skip
        file.attrs["sha256"] = checksum(file.attrs["header"], {name: file[name][()] for name in order})


def from_disk(path):
    """Load a dataset whose sequences and names stay in the file, however few they are."""
    return load_dataset(path, megabytes=0)


def elsewhere(path):
    """Return a second file that holds the same arrays."""
    return shutil.copy(path, path.with_name("other.h5"))


def external_link(file, name, path):
    file[name] = h5py.ExternalLink(elsewhere(path), name)


def soft_link(file, name, path):
    file["hidden"] = 1
    file[name] = h5py.SoftLink("/hidden")


def virtual(file, name, path):
    layout = h5py.VirtualLayout((64,), np.float32)
    layout[:] = h5py.VirtualSource(elsewhere(path), "weights", (64,))
    file.create_virtual_dataset(name, layout)


def external_storage(file, name, path):
    file.create_dataset(name, (64,), np.float32, external=[("/etc/passwd", 0, 256)])


def references(file, name, path):
    file.create_dataset(name, data=np.array([file.ref] * 64, h5py.ref_dtype))


def text(file, name, path):
    file[name] = ["x"] * 64


def nothing_stored(file, name, path):
    file.create_dataset(name, (10**11,), np.float32)


def one_large_chunk(file, name, path):
    file.create_dataset(name, (64,), np.float32, maxshape=(None,), chunks=(10**8,), compression="gzip")


def group(file, name, path):
    file.create_group(name)


@pytest.mark.parametrize(
    "change", [external_link, soft_link, virtual, external_storage, references, text, nothing_stored,
               one_large_chunk, group],
)  # fmt: skip
@pytest.mark.parametrize(
    ("kind", "name"),
    [("dataset", "weights"), ("stored", "ids"), ("stored", "bases"), ("attributions", "prediction")],
)
def test_what_is_no_array_of_the_file_is_refused_before_it_is_allocated(
    change, kind, name, path, attributions
):
    load = {"dataset": load_dataset, "stored": from_disk, "attributions": load_attributions}[kind]
    path = attributions if kind == "attributions" else path
    load(path)
    with h5py.File(path, "r+") as file:
        del file[name]
        change(file, name, path)
    tracemalloc.start()
    with pytest.raises(TableError, match="or damaged") as caught:
        load(path)
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("split", np.full(64, 3, np.uint8)), ("split", np.zeros(63, np.uint8)), ("split", np.zeros(64)),
        ("bases", np.full((64, 30), 16, np.uint8)), ("bases", np.ones((64, 31), np.uint8)),
        ("bases", np.ones((64, 0), np.uint8)), ("bases", np.uint8(1)), ("bases", np.ones(64, np.uint8)),
        ("nearest_train_row", np.full(64, 64, np.int32)), ("nearest_train_row", np.full(64, -2, np.int32)),
        ("insert_length", np.full(64, -1, np.int32)), ("insert_length", np.full(64, 31, np.int32)),
        ("start", np.full(64, -1, np.int32)), ("start", np.full(64, 1, np.int32)),
        ("weights", np.full(64, -1, np.float32)), ("weights", np.full(64, np.nan, np.float32)),
        ("targets", np.full((64, 1), np.inf, np.float32)), ("targets", np.zeros((64, 1), ">f4")),
        ("targets", np.zeros((64, 1), np.float64)), ("targets", np.zeros((64, 1), np.longdouble)),
        ("groups", np.zeros(64, np.int64)), ("targets", np.zeros((64, 2), np.float32)),
        ("targets", np.zeros((64, 1), np.int32)), ("groups", np.zeros(64, np.float32)),
        ("categories", np.ones((64, 1), np.int32)), ("replicates", np.zeros((64, 2, 1), np.float32)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("load", [load_dataset, from_disk])
def test_arrays_that_do_not_fit_are_refused_even_with_the_right_checksum(name, value, load, path):
    with h5py.File(path, "r+") as file:
        del file[name]
        file[name] = value
    sign(path)
    with pytest.raises(TableError, match="not a seqcnn dataset, or damaged"):
        load(path)


@pytest.mark.parametrize(
    "change",
    [
        {"layout": {"length": 10**9}}, {"layout": {"length": 30, "x": 1}},
        {"layout": {"length": 30, "flank5": "AC?"}}, {"layout": []}, {"units": []},
        {"units": "u"}, {"target_names": [1]}, {"category_levels": [["a"]]}, {"category_levels": 1},
        {"provenance": []}, {"provenance": {"notes": "x"}}, {"provenance": {"split": 1}},
        {"provenance": {"inputs": {"a": 1}}},
    ],
    ids=str,
)  # fmt: skip
def test_a_header_of_another_form_is_refused_even_with_the_right_checksum(change, path):
    with h5py.File(path, "r+") as file:
        file.attrs["header"] = json.dumps(json.loads(file.attrs["header"]) | change)
    sign(path)
    with pytest.raises(TableError, match="not a seqcnn dataset, or damaged"):
        load_dataset(path)


@pytest.mark.parametrize("value", [1, b"x", np.zeros(1000), [b"x"] * 3])
def test_an_attribute_that_is_no_text_is_refused(value, path):
    with h5py.File(path, "r+") as file:
        file.attrs["header"] = value
    with pytest.raises(TableError):
        load_dataset(path)


def test_every_hdf5_file_is_opened_by_a_reader_that_checks():  # that of Keras: tests/model/imports
    root = ROOT / "seqcnn"
    reads = {p.name for p in root.rglob("*.py") if re.search(r"h5py\.File\([^)]*\"r\"", p.read_text())}
    assert reads == {"hdf5.py", "keras_file.py"}


def test_a_long_category_does_not_widen_every_row(tmp_path, dataset):
    from dataclasses import replace

    n = len(dataset)
    names = np.array(["x" * 1_000_000] + ["a"] * (n - 1), object)[:, None]
    replace(dataset, categories=names, category_names=["c"]).save(tmp_path / "d.h5")
    tracemalloc.start()
    loaded = load_dataset(tmp_path / "d.h5")
    assert tracemalloc.get_traced_memory()[1] < 20e6  # 4 MB per row otherwise
    tracemalloc.stop()
    assert loaded.categories.tolist() == names.tolist()


def test_what_no_model_header_can_hold_is_refused_in_one_line(tmp_path, dataset, tiny, one_thread):
    from dataclasses import replace

    from seqcnn.errors import ConfigError
    from seqcnn.model.train import train

    data = replace(dataset, target_names=["y" * 3000])
    with pytest.raises(ConfigError, match=r"model header: targets\.0: .* at most 2000 characters") as caught:
        train(data, tiny(), tmp_path / "m.safetensors", machine=one_thread)
    assert str(caught.value).isprintable()

"""Files of features: what is read, and what is refused."""

import io
import zipfile

import h5py
import numpy as np
import pytest

from seqcnn.data.features.feature_file import MAX_BYTES, read_features
from seqcnn.errors import TableError, UsageError


def write(path, arrays):
    """Write arrays by id, in the format of the suffix."""
    if path.suffix == ".npz":
        np.savez(path, **arrays)
        return path
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return path


@pytest.mark.parametrize("suffix", [".npz", ".h5"])
def test_vectors_are_one_position_and_matrices_are_positions_in_the_order_of_the_ids(tmp_path, suffix):
    vectors = write(tmp_path / f"v{suffix}", {"a": np.array([1, 2, 3]), "b/1": np.array([4.0, 5, 6])})
    assert read_features(vectors, ["b/1", "a"]).tolist() == [[[4, 5, 6]], [[1, 2, 3]]]
    matrices = write(tmp_path / f"m{suffix}", {"a": np.arange(6.0).reshape(2, 3), "b": np.zeros((2, 3))})
    features = read_features(matrices, ["a", "b"])
    assert (features.shape, features.dtype) == ((2, 2, 3), np.float32)
    assert features[0].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("suffix", [".npz", ".h5"])
@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": [1.0]}, "2 ids are missing, the first is 'b'"),
        ({"a": [1.0], "b": [np.nan], "c": [1.0]}, "'b' has NaN, infinite or too large values"),
        ({"a": [1.0], "b": [1e300], "c": [1.0]}, "'b' has NaN, infinite or too large values"),
        ({"a": [1.0], "b": [1.0, 2], "c": [1.0]}, r"'b' has the shape \(1, 2\); 'a' has \(1, 1\)"),
        ({"a": 1.0, "b": [1.0], "c": [1.0]}, r"'a' is an array float64 \(\); expected an .npz or .h5 file"),
        ({"a": np.zeros((1, 1, 1)), "b": [1.0], "c": [1.0]}, r"'a' is an array float64 \(1, 1, 1\)"),
        ({"a": [True], "b": [1.0], "c": [1.0]}, "'a' (is an array bool|cannot be read)"),
        ({"a": np.array([b"x"]), "b": [1.0], "c": [1.0]}, "'a' (is an array|cannot be read)"),
    ],
)
def test_missing_ids_and_values_that_are_no_features_are_refused(tmp_path, suffix, arrays, message):
    path = write(tmp_path / f"f{suffix}", {name: np.asarray(value) for name, value in arrays.items()})
    with pytest.raises(TableError, match=message) as caught:
        read_features(path, ["a", "b", "c"])
    assert "\n" not in str(caught.value)


def test_pickled_arrays_are_not_executed(tmp_path):
    np.savez(tmp_path / "f.npz", a=np.array([{"x": 1}], object))
    with pytest.raises(TableError, match=r"'a' cannot be read \(ValueError\)"):
        read_features(tmp_path / "f.npz", ["a"])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 damaged", b"id\tf1\na\t1\n", b"\x89HDF\r\n\x1a\n cut"])
def test_another_file_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(TableError, match=r"f: cannot be read \(\w+\); expected an .npz or .h5 file"):
        read_features(tmp_path / "f", ["a"])


def test_a_zip_file_of_other_files_an_id_twice_and_large_arrays_are_refused(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "text.npz", "w") as file:
        file.writestr("a", b"hello")
    with pytest.raises(TableError, match="'a' is no array; expected"):
        read_features(tmp_path / "text.npz", ["a"])
    np.savez(tmp_path / "twice.npz", a=np.ones(3))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(tmp_path / "twice.npz", "a") as file:
        file.writestr("a.npy", file.read("a.npy"))
    with pytest.raises(TableError, match=r"twice\.npz: 'a' is there twice"):
        read_features(tmp_path / "twice.npz", ["a"])
    np.savez_compressed(tmp_path / "bomb.npz", a=np.zeros(MAX_BYTES // 8 + 1))
    with pytest.raises(TableError, match=r"'a\.npy' has 67,\d+,\d+ bytes when unpacked; expected at most"):
        read_features(tmp_path / "bomb.npz", ["a"])


def test_an_array_that_declares_more_than_memory_holds_is_refused(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (10**7, 10**7)}
    )
    with zipfile.ZipFile(tmp_path / "f.npz", "w") as file:
        file.writestr("a.npy", header.getvalue() + bytes(100))
    with pytest.raises(TableError, match="'a' cannot be read"):
        read_features(tmp_path / "f.npz", ["a"])


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"f\.npz: No such file"):
        read_features(tmp_path / "f.npz", ["a"])

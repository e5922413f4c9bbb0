"""HDF5 bombs: small files that ask for much memory are refused before anything is allocated."""

import tracemalloc
import zlib
from contextlib import contextmanager

import h5py
import numpy as np
import pytest

from seqcnn.data.dataset import load_dataset
from seqcnn.errors import TableError
from seqcnn.interpret.attribution.attribution_file import load_attributions
from seqcnn.io.hdf5 import read_hdf5
from seqcnn.io.hdf5_checks import _name_bytes, checked_arrays

NAMES = h5py.special_dtype(vlen=bytes)


@contextmanager
def little_memory(megabytes=20):
    tracemalloc.start()
    yield
    assert tracemalloc.get_traced_memory()[1] < megabytes * 1e6
    tracemalloc.stop()


def shared_names(file, name, n=20_000, size=1 << 20, *, compressed=True):
    """Write n references to one name of `size` bytes."""
    file.create_dataset("one", (1,), NAMES, chunks=(1,))[0] = b"x" * size
    file.flush()
    _, reference = file["one"].id.read_direct_chunk((0,))
    keywords = {"chunks": (n,), "compression": "gzip" if compressed else None}
    many = file.create_dataset(name, (n,), NAMES, **keywords)
    many.id.write_direct_chunk((0,), zlib.compress(reference * n) if compressed else reference * n, 0)


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("megabytes", [None, 0])
def test_many_rows_that_share_one_long_name_are_refused_in_a_dataset(
    compressed, megabytes, dataset, tmp_path
):
    dataset.save(tmp_path / "d.h5")
    with h5py.File(tmp_path / "d.h5", "r+") as file:
        del file["ids"]
        shared_names(file, "ids", compressed=compressed)
    with little_memory(), pytest.raises(TableError, match="or damaged"):
        load_dataset(tmp_path / "d.h5", megabytes=megabytes)


def test_many_rows_that_share_one_long_name_are_refused_in_attributions(tmp_path):
    from support.fake_biology import fake_attributions

    fake_attributions("a").save(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file["ids"]
        shared_names(file, "ids")
    with little_memory(), pytest.raises(TableError, match="or damaged"):
        load_attributions(tmp_path / "a.h5")


def test_few_rows_that_share_one_long_name_are_refused_too(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        shared_names(file, "ids", n=50, compressed=False)  # 50 MB, less than any file may hold
    with h5py.File(tmp_path / "x.h5") as file, pytest.raises(ValueError, match="bytes of names in a file of"):
        checked_arrays(file, ["ids"])


def test_attributes_that_share_one_long_text_are_not_read(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w", track_order=True) as file:
        file.attrs["format"] = "f"
        for number in range(2000):
            file.attrs[f"a{number}"] = "x" * 10_000
    with little_memory(1):
        assert read_hdf5(tmp_path / "x.h5", "f", ()) == ({"format": "f"}, {})


def test_arrays_that_expand_two_hundred_fold_together_are_refused(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.attrs["format"] = "f"
        for number in range(4):
            file.create_dataset(f"a{number}", data=np.zeros(10**7, np.uint8), compression="gzip")
    names = [f"a{number}" for number in range(4)]
    arrays = read_hdf5(tmp_path / "x.h5", "f", names)[1]  # 40 MB: any file may hold that
    assert sum(map(len, arrays.values())) == 4 * 10**7
    with h5py.File(tmp_path / "x.h5", "a") as file:
        file.create_dataset("a4", data=np.zeros(3 * 10**7, np.uint8), compression="gzip")
    with little_memory(), pytest.raises(ValueError, match=r"70000000 bytes in a file of \d+"):
        read_hdf5(tmp_path / "x.h5", "f", [*names, "a4"])


@pytest.mark.parametrize("keywords", [{}, {"compression": "gzip"}, {"chunks": (7,)}])
@pytest.mark.parametrize("names", [[b"a", b"", b"name"] * 30, [b"a"], []])
@pytest.mark.parametrize("userblock", [0, 512])
def test_the_size_of_names_is_known_without_reading_them(names, keywords, userblock, tmp_path):
    if keywords and len(names) < 7:
        names = [*names, *[b"seven"] * 7]
    with h5py.File(tmp_path / "x.h5", "w", userblock_size=userblock) as file:
        file.create_dataset("ids", data=np.array(names, object), dtype=NAMES, **keywords)
    with h5py.File(tmp_path / "x.h5") as file:
        data = checked_arrays(file, ["ids"])["ids"]
        assert _name_bytes("ids", data, 10**9) == sum(map(len, names))


def compact(file):
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.COMPACT)
    kind = h5py.h5t.py_create(NAMES, logical=True)
    space = h5py.h5s.create_simple((3,))
    h5py.h5d.create(file.id, b"ids", kind, space, properties)


def shuffled(file):
    file.create_dataset("ids", data=[b"a"] * 9, dtype=NAMES, compression="gzip", shuffle=True)


def missing_chunk(file):
    file.create_dataset("ids", (9,), NAMES, chunks=(3,))[:3] = b"a"


def short_chunk(file):
    file.create_dataset("ids", (9,), NAMES, chunks=(9,), compression="gzip")
    file["ids"].id.write_direct_chunk((0,), zlib.compress(b"\0" * 100), 0)


def table_of_names(file):
    file.create_dataset("ids", data=np.array([[b"a", b"b"]], object), dtype=NAMES)


@pytest.mark.parametrize("write", [compact, shuffled, missing_chunk, short_chunk, table_of_names])
def test_names_that_are_stored_in_another_way_are_refused(write, tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        write(file)
    with h5py.File(tmp_path / "x.h5") as file, pytest.raises((ValueError, OSError, RuntimeError)):
        checked_arrays(file, ["ids"])


def test_addresses_of_four_bytes_are_refused(tmp_path):
    """References are then of 12 bytes, and would be read at the wrong places."""
    properties = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    properties.set_sizes(4, 4)
    file = h5py.File(h5py.h5f.create(bytes(tmp_path / "x.h5"), fcpl=properties))
    file.create_dataset("ids", data=[b"a"] * 9, dtype=NAMES)
    file.close()
    with h5py.File(tmp_path / "x.h5") as file, pytest.raises(ValueError, match="addresses of another size"):
        checked_arrays(file, ["ids"])

import csv
import gzip
import io
import sys

import numpy as np
import pytest
from python_calamine import CalamineWorkbook

from seqcnn.errors import EnvironmentFault, TableError
from seqcnn.io import table_output
from seqcnn.io.table_output import open_table

NAMES = ["id", "y"]
NOT_UTF_8 = b"caf\xe9".decode("utf-8", "surrogateescape")


def write(path, *chunks):
    """Write a table of ids and numbers, which come in chunks."""
    with open_table(path, NAMES, [[], np.zeros(0)]) as table:
        for ids, numbers in chunks:
            table.write([ids, np.array(numbers, float)])
    return path


def sheet(path):
    """Return the rows of a workbook, as typed values."""
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.tsv", b'id\ty\na,b\t0.3333333\n"c""d"\tNA\ne\t1e+20\n'),
        ("x.txt", b'id\ty\na,b\t0.3333333\n"c""d"\tNA\ne\t1e+20\n'),
        ("x.csv", b'id,y\n"a,b",0.3333333\n"c""d",NA\ne,1e+20\n'),
        ("x.CSV", b'id,y\n"a,b",0.3333333\n"c""d",NA\ne,1e+20\n'),
    ],
)
def test_the_suffix_csv_gives_commas_and_any_other_gives_tabs(tmp_path, name, content):
    path = write(tmp_path / name, (["a,b", 'c"d'], [1 / 3, np.nan]), (["e"], [1e20]))
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", ["x.csv", "x.tsv"])
def test_a_name_in_gz_compresses_the_same_text_to_the_same_bytes(tmp_path, name):
    plain, *zipped = (write(tmp_path / n, (["a"], [1])) for n in (name, f"{name}.gz", f"2{name}.GZ"))
    assert [gzip.decompress(path.read_bytes()) for path in zipped] == [plain.read_bytes()] * 2
    assert zipped[0].read_bytes() == zipped[1].read_bytes()


def test_a_compressed_workbook_is_refused(tmp_path):
    with pytest.raises(TableError, match=r"x\.xlsx\.gz: \.xlsx files are compressed already; leave out \.gz"):
        write(tmp_path / "x.xlsx.gz")
    assert not list(tmp_path.iterdir())


def test_a_workbook_holds_the_numbers_as_numbers_and_every_text_as_text(tmp_path):
    ids = ["=1+1", "007", "http://x.y", "{=A1}", "a\tb", "TRUE"]
    path = write(tmp_path / "x.xlsx", (ids, [1 / 3, np.nan, np.inf, -2, 0, 1e20]), (["é"], [1]))
    numbers = [0.3333333, "NA", "inf", -2.0, 0.0, 1e20, 1.0]
    assert sheet(path) == [NAMES, *map(list, zip([*ids, "é"], numbers, strict=True))]


def test_the_same_rows_give_the_same_bytes_of_a_workbook(tmp_path):
    first, second = (write(tmp_path / name, (["a"], [1])) for name in ("1.xlsx", "2.xlsx"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("name", ["x.tsv", "x.csv", "x.xlsx"])
def test_a_table_without_rows_has_its_header(tmp_path, name):
    path = write(tmp_path / name)
    separator = "," if name == "x.csv" else "\t"
    assert (sheet(path)[0] if name == "x.xlsx" else path.read_text().rstrip("\n").split(separator)) == NAMES


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet"])
def test_undecodable_bytes_are_refused_with_the_format_that_keeps_them(tmp_path, suffix):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    with pytest.raises(TableError, match=rf"x{suffix}: 'caf\\udce9' is not valid UTF-8.*; name a .csv file"):
        write(tmp_path / f"x{suffix}", ([NOT_UTF_8], [1]))
    assert not [*tmp_path.iterdir()]
    assert write(tmp_path / "x.csv", ([NOT_UTF_8], [1])).read_bytes() == b"id,y\ncaf\xe9,1\n"


def test_what_a_workbook_cannot_hold_is_refused_and_leaves_no_file(tmp_path, monkeypatch):
    path = tmp_path / "x.xlsx"
    with pytest.raises(TableError, match=r"x.xlsx: 'aaa.*longer than the 32,767 characters.*name a .csv"):
        write(path, (["a" * 32_768], [1]))
    with (
        pytest.raises(TableError, match=r"x.xlsx: 16,385 columns; a workbook holds 16,384; name a .csv"),
        open_table(path, ["a"] * 16_385, [[]] * 16_385),
    ):
        pass
    monkeypatch.setattr(table_output, "MAX_ROWS", 2)
    with pytest.raises(TableError, match=r"x.xlsx: more than the 2 rows that a workbook holds; name a .csv"):
        write(path, (["a", "b"], [1, 2]), (["c"], [3]))
    assert not [*tmp_path.iterdir()]
    assert len(sheet(write(path, (["a", "b"], [1, 2])))) == 3


def test_a_full_disk_behind_a_workbook_is_a_fault_of_the_environment(tmp_path):
    (tmp_path / "x.xlsx").symlink_to("/dev/full")
    with pytest.raises(EnvironmentFault, match="free some disk space"):
        write(tmp_path / "x.xlsx", (["a"], [1]))


def test_parquet_has_texts_and_numbers_and_null_for_a_missing_one(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    path = write(tmp_path / "x.parquet", (["a", "b"], [1 / 3, np.nan]), (["c"], [2]))
    table = parquet.read_table(path)
    assert table.to_pydict() == {"id": ["a", "b", "c"], "y": [0.3333333, None, 2.0]}
    assert [str(field.type) for field in table.schema] == ["string", "double"]
    assert parquet.read_table(write(tmp_path / "empty.parquet")).column_names == NAMES


def test_parquet_without_its_extra_names_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(EnvironmentFault, match=r"pyarrow is not installed; pip install 'seqcnn\[parquet\]'"):
        write(tmp_path / "x.parquet", (["a"], [1]))
    assert not [*tmp_path.iterdir()]


def test_any_csv_cell_is_read_back(tmp_path):
    names = ["a,b", 'c"d', "e\tf", "g\r\nh", " i "]
    path = write(tmp_path / "x.csv", (names, range(len(names))))
    rows = csv.reader(io.StringIO(path.read_bytes().decode(), newline=""))
    assert [row[0] for row in rows] == ["id", *names]

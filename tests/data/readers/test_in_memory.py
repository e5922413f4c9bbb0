from itertools import count, islice

import pytest

from seqcnn.data.readers import in_memory
from seqcnn.data.readers.in_memory import load_records
from seqcnn.data.readers.records import Batch, Record
from seqcnn.errors import SequenceError

FOUR = [Batch.of([Record(f"s{n}", bytes(500), n, n)]) for n in range(1, 5)]  # 2,000 bp


@pytest.fixture
def nine_bytes(tmp_path, monkeypatch):
    """Return the path of a file that may hold 200 x 9 bases."""
    monkeypatch.setattr(in_memory, "_MIN_LIMIT", 1000)
    (tmp_path / "x.fa.gz").write_bytes(b"123456789")
    return tmp_path / "x.fa.gz"


def test_records_are_held_up_to_200_times_the_size_of_their_file(nine_bytes):
    records = load_records(iter(FOUR[:3]), nine_bytes)
    assert records.names == ["s1", "s2", "s3"]
    assert records.bases == [bytes(500)] * 3
    assert records.line.tolist() == [1, 2, 3]
    with pytest.raises(SequenceError, match=r"x\.fa\.gz: over 200 times as large when decompressed"):
        load_records(iter(FOUR), nine_bytes)


def test_intervals_and_streams_may_hold_any_number_of_bases(nine_bytes):
    assert len(load_records(iter(FOUR), nine_bytes, nine_bytes)) == 4
    assert len(load_records(iter(FOUR), nine_bytes.with_name("-"))) == 4


def test_no_more_is_read_where_a_thousand_of_two_thousand_names_are_repeated(nine_bytes):
    endless = (Batch.of([Record("s", b"", n, n)]) for n in count(1))
    with pytest.raises(
        SequenceError, match=r"'s' names records 1 and 2; .*; and 1994 more; names must be unique"
    ):
        load_records(islice(endless, 1_000_000), nine_bytes)
    assert next(endless).number == 2001


def test_records_in_a_temporary_file_are_those_in_memory(nine_bytes):
    batches = [Batch.of([Record("a", b"\1\2", 1, 1), Record("b", b"\4", 3, 2)])]
    records = load_records(batches, nine_bytes, memory=1)
    assert list(zip(records.names, records.bases, strict=True)) == [("a", b"\1\2"), ("b", b"\4")]

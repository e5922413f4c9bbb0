from itertools import count, islice

import pytest

from seqcnn.data.readers import in_memory
from seqcnn.data.readers.fasta import Record
from seqcnn.data.readers.in_memory import load_records
from seqcnn.errors import SequenceError

FOUR = [Record(f"s{n}", bytes(500), n, n) for n in range(1, 5)]  # 2,000 bp


@pytest.fixture
def nine_bytes(tmp_path, monkeypatch):
    """Return the path of a file that may hold 200 x 9 bases."""
    monkeypatch.setattr(in_memory, "_MIN_LIMIT", 1000)
    (tmp_path / "x.fa.gz").write_bytes(b"123456789")
    return tmp_path / "x.fa.gz"


def test_records_are_held_up_to_200_times_the_size_of_their_file(nine_bytes):
    assert load_records(iter(FOUR[:3]), nine_bytes) == FOUR[:3]
    with pytest.raises(SequenceError, match=r"x\.fa\.gz: over 200 times as large when decompressed"):
        load_records(iter(FOUR), nine_bytes)


def test_intervals_and_streams_may_hold_any_number_of_bases(nine_bytes):
    assert load_records(iter(FOUR), nine_bytes, nine_bytes) == FOUR
    assert load_records(iter(FOUR), nine_bytes.with_name("-")) == FOUR


def test_no_more_is_read_after_a_thousand_repeated_names(nine_bytes):
    endless = (Record("s", b"", n, n) for n in count(1))
    with pytest.raises(
        SequenceError, match=r"'s' names records 1 and 2; .*; and 996 more; names must be unique"
    ):
        load_records(islice(endless, 1_000_000), nine_bytes)
    assert next(endless).number == 1003

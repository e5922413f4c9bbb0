import itertools

from hypothesis import given
from hypothesis import strategies as st

from seqcnn.data.readers.records import Batch, Record, batches_of, resized

RECORDS = [Record(f"r{n}", bytes([1 << n % 4]) * (n % 5), 2 * n - 1, n) for n in range(1, 30)]


def test_a_batch_holds_where_each_record_lies_in_one_array_of_bases():
    batch = Batch.of([Record("a", b"\x01\x02", 1, 4), Record("b", b"\x08", 3, 5)])
    assert (batch.names, batch.bases.tolist(), batch.number) == (["a", "b"], [1, 2, 8], 4)
    assert (batch.start.tolist(), batch.size.tolist(), batch.line.tolist()) == ([0, 2], [2, 1], [1, 3])


def test_a_batch_gives_its_records_back():
    assert list(Batch.of(RECORDS).records()) == RECORDS
    assert list(Batch.of([]).records()) == []


def test_a_part_of_a_batch_holds_no_bases_of_the_others():
    part = Batch.of(RECORDS).part(3, 6)
    assert list(part.records()) == RECORDS[3:6]
    assert len(part.bases) == sum(len(record.bases) for record in RECORDS[3:6])


@given(st.lists(st.integers(0, 9), max_size=9), st.integers(1, 9))
def test_resizing_changes_only_how_many_records_come_at_once(sizes, n):
    ends = [sum(sizes[:i]) for i in range(len(sizes) + 1)]
    batches = [Batch.of(RECORDS[a:b]) for a, b in itertools.pairwise(ends) if b <= len(RECORDS)]
    expected = [record for batch in batches for record in batch.records()]
    found = list(resized(batches, n))
    assert [record for batch in found for record in batch.records()] == expected
    assert all(len(batch) == n for batch in found[:-1])
    assert [list(batch.records()) for batch in batches_of(expected, n)] == [list(b.records()) for b in found]

"""Rows of a table without an object for each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcnn.columns import cells
from seqcnn.columns.cells import Rows

TABLE = [(1, ["title"]), (3, ["id", "y"]), (4, ["a", "1"]), (6, ["b", "-0.5"]), (7, ["\u03b1", ""])]


@given(st.lists(st.lists(st.text("ab\u03b1\udcff", max_size=3), max_size=3), max_size=12), st.data())
def test_rows_of_any_width_are_those_that_were_given(texts, data):
    table = list(enumerate(texts, start=1))
    split, begin, end = (data.draw(st.integers(0, 12)) for _ in range(3))
    rows = table[:split] + Rows.of(table[split:])
    assert list(rows) == [rows[i] for i in range(len(rows))] == table
    assert list(rows[begin:end]) == table[begin:end]


def test_more_rows_than_a_step_are_read_in_their_order(monkeypatch):
    monkeypatch.setattr(cells, "_STEP", 2)
    assert list(Rows.of(TABLE)) == TABLE


def test_a_column_is_that_of_the_rows_of_a_slice():
    rows = Rows.of(TABLE)[2:]
    assert rows.cells.column(1) == ["1", "-0.5", ""]
    assert list(rows.lines) == [4, 6, 7]
    with pytest.raises(IndexError):
        rows[3]

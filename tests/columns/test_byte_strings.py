"""Sequences and texts as columns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcnn.columns import byte_strings
from seqcnn.columns.byte_strings import ByteStrings, Texts, first_equal, rows_of

TEXTS = ["a", "", "\u03b1\u03b2", "a", "\udcff", "oligo_1"]


@given(st.lists(st.binary(max_size=5), max_size=20), st.data())
def test_strings_are_those_that_were_given(strings, data):
    columns = ByteStrings.of(iter(strings))
    index = data.draw(st.lists(st.sampled_from(range(len(strings))))) if strings else []
    assert columns == strings
    assert [columns[i] for i in range(len(strings))] == strings
    assert columns.take(np.array(index, int)) == [strings[i] for i in index]
    assert columns.sizes.tolist() == list(map(len, strings))


def test_all_strings_in_their_order_are_taken_without_a_copy():
    columns = ByteStrings.of([b"ab", b"c"])
    assert columns.take(np.arange(2)) is columns


def test_more_strings_than_a_step_are_read_in_their_order(monkeypatch):
    monkeypatch.setattr(byte_strings, "_STEP", 2)
    assert Texts.of(TEXTS) == TEXTS


def test_texts_may_hold_any_letters_and_bytes():
    texts = Texts.of(TEXTS)
    assert (list(texts), texts[-2], texts[1:3]) == (TEXTS, "\udcff", TEXTS[1:3])
    assert texts.take([5, 0]) == ["oligo_1", "a"]
    assert texts != TEXTS[:-1]
    with pytest.raises(IndexError):
        texts[6]


@pytest.mark.parametrize("equal_hashes", [False, True])
def test_equal_items_are_found_whatever_their_hashes(monkeypatch, equal_hashes):
    if equal_hashes:
        monkeypatch.setattr(byte_strings, "_hashes", lambda items: np.zeros(len(items), np.int64))
    assert first_equal(Texts.of(["b", "a", "b", "c", "a"])).tolist() == [0, 1, 0, 3, 1]
    assert rows_of(["c", "x", "a"], Texts.of(["a", "b", "c"])).tolist() == [2, -1, 0]
    assert rows_of([], []).tolist() == []

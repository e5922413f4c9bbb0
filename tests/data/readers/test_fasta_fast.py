"""The reader of many records at once against the one that reads them one by one."""

from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seqcnn.data.readers import fasta
from seqcnn.data.readers.fasta_errors import AMBIGUOUS, LOWER_CASE, MOSTLY_AMBIGUOUS, URACIL
from seqcnn.data.readers.fasta_fast import read_regular
from seqcnn.errors import SequenceError

LINE = st.one_of(
    st.text("ACGT", min_size=1, max_size=20),
    st.text("ACGT", min_size=1, max_size=20).map("{}\r".format),
    st.text("ACGTNRacgtuU", max_size=20),
    st.text("ab>é \t\x0b", min_size=1, max_size=8).map(">{}".format),
    st.sampled_from(
        ["", "\r", ">s", ">s ", "> s", ">s d\r", "A C", "AC\rG", "AC-GT", "\x00", ">a\rb", ">a\x00"]
    ),
)


def read(text):
    changes = Counter()
    found = read_regular(text, line=3, number=2, max_length=30, changes=changes)
    return (None if found is None else list(found.records())), changes


@given(st.lists(LINE, min_size=1, max_size=9), st.booleans())
@example(["ACGT", ">b", "NNNA", ">c", "uN"], False)
def test_it_reads_what_the_strict_reader_reads_or_leaves_it_to_that(lines, two_lines):
    lines = [line for letters in lines for line in (">s", letters)] if two_lines else [">s", *lines]
    text = "".join(f"{line}\n" for line in lines).encode()
    found, changes = read(text)
    if found is None:
        assert changes == {}
        return
    parser = fasta._Parser("x", 30, Counter())
    parser.line, parser.number = 3, 1
    assert list(parser._any_lines(text[1:-1].split(b"\n>"))) == found
    assert parser.changes == changes


@pytest.mark.parametrize(
    "text",
    [
        b">a\nACGT\n>b d\nAC\n",
        b">a\r\nAC\r\nGT\r\n\r\n>b d\r\nAC\r\n",
        b">a\nA\nCGT\n>b\td\n\nAC\n\n",
    ],
    ids=["two lines", "CRLF", "wrapped"],
)
def test_what_is_usual_is_read_at_once(text):
    found, changes = read(text)
    assert [(record.name, record.bases) for record in found] == [
        ("a", b"\x01\x02\x04\x08"),
        ("b", b"\x01\x02"),
    ]
    assert [record.number for record in found] == [2, 3]
    assert [record.line - 3 for record in found] == [0, text[: text.index(b">b")].count(b"\n")]
    assert changes == {}


def test_changes_are_counted_in_the_letters_and_not_in_the_names():
    found, changes = read(b">nuN\nACGT\n>b u\nacGU\nNN\nNR\n>c\nGn\n")
    assert [record.bases[:2] for record in found] == [b"\x01\x02", b"\x01\x02", b"\x04\x0f"]
    assert changes == {LOWER_CASE: 3, URACIL: 1, AMBIGUOUS: 5}
    assert read(b">c\nGnN\n")[1] == {LOWER_CASE: 1, AMBIGUOUS: 2, MOSTLY_AMBIGUOUS: 1}


@pytest.mark.parametrize(
    "text", [b">a\nA-\n", b">\nA\n", b">a\n>b\nA\n", b">a\n" + b"A" * 31 + b"\n", b">a\0\nA\n"]
)
def test_faults_are_left_to_the_strict_reader_which_names_them(text):
    assert read(text) == (None, {})
    with pytest.raises(SequenceError):
        list(fasta._Parser("x", 30, Counter()).batches(iter([text])))

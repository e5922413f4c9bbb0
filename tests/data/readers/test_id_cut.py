"""Ids that are cut on request."""

import logging
from collections import Counter

import pytest

from seqcnn.data.readers import id_cut
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.readers.id_cut import cut_ids, uncut_notes
from seqcnn.data.readers.sequences import read_batches, read_sequences
from seqcnn.errors import TableError, UsageError


def cut(names, until, **options):
    changes: Counter[str] = Counter()
    return cut_ids(names, until, where="t.tsv", changes=changes, **options), dict(changes)


@pytest.mark.parametrize(
    ("until", "name", "expected"),
    [
        ("blank", " s1\tx y", "s1"),
        ("pipe", "s1|chr1:5|+", "s1"),
        ("colon", "s1::chr1:5-9(+)", "s1"),
        ("colon", "s1|x", "s1|x"),
        ("strand", "chr1:5-9(+)", "chr1:5-9"),
        ("strand", "s1(-)", "s1"),
        ("strand", "s1(-)x", "s1(-)x"),
        ("blank", " ", ""),
    ],
)
def test_ids_are_cut_at_the_first_such_character(until, name, expected):
    assert cut([name], until)[0] == [expected]


def test_what_was_cut_is_counted_with_an_example():
    changes = cut(["a", "b:1", "c:2"], "colon")[1]
    assert changes == {"ids of t.tsv are cut at their first colon, such as 'b:1' -> 'b'": 2}
    assert uncut_notes("colon", changes) == []
    assert uncut_notes("colon", {}) == ["--id-until colon: no id has a colon; nothing was cut"]
    assert uncut_notes(None, {}) == []
    changes = cut(["a(+)", "b"], "strand")[1]
    assert changes == {"ids of t.tsv are cut at their strand, such as 'a(+)' -> 'a'": 1}
    assert uncut_notes("strand", changes) == []


def test_a_cut_that_makes_ids_equal_is_refused():
    with pytest.raises(TableError, match=r"t.tsv: --id-until pipe: 'a\|1' and 'a\|2' become 'a'; ids must"):
        cut(["a|1", "a|2"], "pipe")
    with pytest.raises(TableError, match=r"--id-until pipe: nothing is left of '\|1'"):
        cut(["|1", "a"], "pipe")
    assert cut(["a|1", "a|2"], "pipe", merge=True)[0] == ["a", "a"]
    assert cut(["a|1", "a|1"], "pipe")[0] == ["a", "a"]


FILES = {
    "s.fa": ">a|1\nACGT\n>b|2\nAC\n>c\nGGTT\n",
    "s.tsv": "id\tsequence\na|1\tACGT\nb|2\tAC\nc\tGGTT\n",
}


@pytest.mark.parametrize("name", FILES)
def test_ids_of_files_of_sequences_are_cut(tmp_path, name):
    (tmp_path / name).write_text(FILES[name])
    form = SequenceFormat(id_until="pipe")
    changes: Counter[str] = Counter()
    records = list(read_sequences(tmp_path / name, changes=changes, form=form))
    assert [(r.name, r.number) for r in records] == [("a", 1), ("b", 2), ("c", 3)]
    assert +changes == {"ids are cut at their first pipe, such as 'a|1' -> 'a'": 2}
    batches = list(read_batches(tmp_path / name, 2, changes=changes, form=form))
    assert [batch.names for batch in batches] == [["a", "b"], ["c"]]


def test_ids_of_one_batch_may_not_become_those_of_an_earlier_one(tmp_path, monkeypatch):
    (tmp_path / "s.fa").write_text(">a|1\nAC\n>b\nAC\n>a|2\nAC\n")
    form = SequenceFormat(id_until="pipe")
    with pytest.raises(TableError, match=r"s.fa: --id-until pipe: 'a\|1' and 'a\|2' become 'a'; ids must"):
        list(read_batches(tmp_path / "s.fa", 1, changes=Counter(), form=form))
    monkeypatch.setattr(id_cut, "MAX_COMPARED", 1)  # `a` is kept, `b` is forgotten
    with pytest.raises(TableError, match="become 'a'"):
        list(read_batches(tmp_path / "s.fa", 1, changes=Counter(), form=form))
    (tmp_path / "s.fa").write_text(">a\nAC\n>b|1\nAC\n>b|2\nAC\n")
    batches = list(read_batches(tmp_path / "s.fa", 1, changes=Counter(), form=form))
    assert [batch.names for batch in batches] == [["a"], ["b"], ["b"]]


def test_a_stream_without_that_character_is_noted_at_its_end(tmp_path, caplog):
    (tmp_path / "s.fa").write_text(">a\nAC\n")
    with caplog.at_level(logging.WARNING):
        list(read_sequences(tmp_path / "s.fa", changes=Counter(), form=SequenceFormat(id_until="colon")))
    assert caplog.messages == ["--id-until colon: no id has a colon; nothing was cut"]


@pytest.mark.parametrize(
    ("form", "kind", "message"),
    [
        ({"id_until": "pipe"}, "dataset", "d: --id-until belongs to a file of sequences; this is a dataset"),
        ({"decimal": ","}, "fasta", "d: --decimal belongs to a table; this is a FASTA file"),
        ({"genome": "g.fa"}, "fasta", "d: --genome belongs to a BED file; this is a FASTA file"),
        ({"genome": "g.fa"}, "table", "d: --genome belongs to a BED file; this is a table"),
    ],
)
def test_an_option_of_another_kind_of_file_is_refused(tmp_path, form, kind, message):
    with pytest.raises(UsageError, match=message):
        SequenceFormat(**form).refuse_unused(tmp_path / "d", kind)

import csv
import gzip
import random
import re
import subprocess
import sys
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.generated_inputs import GENERATED
from support.paths import BAD_INPUTS
from support.strategies import dna

from seqcnn.data.readers import fasta, fasta_errors
from seqcnn.data.readers.fasta import (
    REPEATED_NAME,
    check_names,
    count_repeated_names,
    read_fasta,
    read_fasta_batches,
)
from seqcnn.data.readers.fasta_errors import AMBIGUOUS, LOWER_CASE, MOSTLY_AMBIGUOUS, URACIL
from seqcnn.data.readers.records import Record, resized
from seqcnn.errors import SeqcnnError, SequenceError
from seqcnn.sequence.onehot import pack, unpack

READER = ("fasta", "name", "length", "compression", "other_format")  # classes that the reader alone decides
IUPAC = "ACGTRYSWKMBDHVN"


def _manifest():
    with (BAD_INPUTS / "manifest.tsv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t") if row["class"] in READER]
    return [pytest.param(row, id=f"{row['id']}-{row['file']}") for row in rows]


def _read(path, **options):
    return list(read_fasta(path, changes=Counter(), **options))


def _sequences(path):
    return [(record.name, unpack(record.bases)) for record in _read(path)]


@pytest.fixture
def written(tmp_path):
    def write(content, name="x.fa"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("row", _manifest())
def test_every_bad_input_is_read_or_refused_as_the_manifest_says(row, tmp_path):
    path = BAD_INPUTS / row["file"]
    if row["file"] in GENERATED:
        path = tmp_path / row["file"]
        path.write_bytes(GENERATED[row["file"]]())
    too_long_for_a_model = row["file"] in GENERATED or row["file"] == "long_51.fa"
    needs_unique_names = row["file"] == "dup_ids_train.fa"
    belongs_to_the_model = row["file"] in {"short_49.fa", "len1.fa"}

    def read():
        records = _read(path, max_length=50) if too_long_for_a_model else _read(path)
        if needs_unique_names:
            check_names([record.name for record in records], path)
        return records

    if row["expect_exit"] == "0" or belongs_to_the_model:
        assert all(len(record.bases) in {1, 49, 50, 53, 100} for record in read())
        return
    with pytest.raises(SeqcnnError, match=row["message_regex"]) as caught:
        read()
    message = str(caught.value)
    assert caught.value.exit_code == 2
    assert path.name in message
    assert len(message) <= 500
    assert message.isprintable()
    assert message.isascii()


@pytest.mark.parametrize(
    "name", ["crlf.fa", "crcrlf.fa", "lowercase.fa", "bom_utf8.fa", "no_trailing_newline.fa", "bgzf.fa.gz"]
)
def test_what_is_no_difference_gives_the_same_records(name):
    expected = _sequences(BAD_INPUTS / "blank_lines_leading.fa")
    assert [sequence for _, sequence in _sequences(BAD_INPUTS / name)] == [
        sequence for _, sequence in expected
    ]
    assert [found for found, _ in _sequences(BAD_INPUTS / name)] == ["s1", "s2", "s3"]


def test_a_record_is_its_name_packed_bases_line_and_number(written):
    path = written(b"\n>a b\nACGT\n\n>c\tx\nac gu\nRN\n")
    changes = Counter()
    assert list(read_fasta(path, changes=changes)) == [
        Record("a", b"\x01\x02\x04\x08", 2, 1),
        Record("c", b"\x01\x02\x04\x08\x05\x0f", 5, 2),
    ]
    assert changes == {LOWER_CASE: 4, URACIL: 1, AMBIGUOUS: 2}


def test_mostly_ambiguous_records_are_counted(written):
    changes = Counter()
    list(read_fasta(written(b">a\nNNNA\n>b\nNNAA\n"), changes=changes))
    assert changes == {AMBIGUOUS: 5, MOSTLY_AMBIGUOUS: 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b">a\nACGT\nAC-T\n", r"x\.fa: record 1 'a', line 3, position 7: '-' found \(an alignment gap"),
        (b">a\nACGT\n>b\nAC>T\n", r"record 2 'b', line 4, position 3: '>' found \(a header must start its"),
        (b">a\nAC\xc3\xa9\n", r"'a', line 2, position 3: '\\xe9' found"),
        (b">a\nAC\xff\n", r"'a', line 2, position 3: '\\udcff' found"),
        (b">a\nACGT\n>\nACGT\n", r"record 2, line 3: no name after '>'"),
        (b">a\0b\nACGT\n", r"record 1, line 1: NUL \(\\x00\) in the name"),
        (b">a\nACGT\n>b\n>c\nA\n", r"record 2 'b', line 3: no sequence"),
        (b">a\nACGTACGTACG\n", r"'a', line 1: 11 bp; expected at most 10 bp"),
        (b">a\nACGTACGTAC\n>b\nACGTACGTACG", r"record 2 'b', line 3: 11 bp"),
        (b">a\nAC\n>b\nNA\n", "record 2 'b', line 3: 'NA' is a missing value; expected a sequence"),
        (b">a\nAC\n>b\nna n\n>c\nAC\n", "record 2 'b', line 3: 'nan' is a missing value"),
        (
            b">a\nAC\n>b\x1b[31m x\nAC\n",
            r"record 2, line 3: control character '\\x1b' in the name 'b\\x1b\[31",
        ),
        (b">a\xc2\x9b\nAC\n", r"record 1, line 1: control character '\\x9b' in the name"),
        (b">a\xe2\x80\xa8b\nAC\n", r"record 1, line 1: control character '\\u2028' in the name"),
        (b">a\nNone\n", "record 1 'a', line 1: 'None' is a missing value"),
        (b">a\nN/A\n", "record 1 'a', line 1: 'N/A' is a missing value"),
        (b" >a\nACGT\n", r"line 1: '>a' found; expected FASTA"),
        (b"BZh91AY&SY", "line 1: this is bzip2"),
        (b"PK\x03\x04", "ZIP archive"),
        (b"SQLite", "'SQLite' found"),
    ],
)
def test_a_fault_is_named_with_its_place(content, message, written):
    with pytest.raises(SequenceError, match=message):
        _read(written(content), max_length=10)


@pytest.mark.parametrize("name", ["bomb_400MB_one_record.fa.gz", "bomb_200MB_header.fa.gz"])
def test_a_bomb_costs_no_memory(name, written):
    path = written(GENERATED[name]())
    tracemalloc.start()
    with pytest.raises(SequenceError, match="more than 10000000"):
        _read(path, max_length=50)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6


def test_a_record_longer_than_a_block_is_read_whole(written):
    letters = "".join(random.Random(1).choices("ACGTN", k=3_000_000))
    wrapped = "\n".join(letters[at : at + 71] for at in range(0, len(letters), 71))
    path = written(f">a\nAC\n>long\n{wrapped}\n>b\nGT\n".encode())
    records = _read(path, max_length=3_000_000)
    assert [(record.name, record.number) for record in records] == [("a", 1), ("long", 2), ("b", 3)]
    assert records[1].bases == pack(letters)
    assert records[2].line == 4 + wrapped.count("\n") + 1
    with pytest.raises(SequenceError, match="'long', line 3: 3000000 bp; expected at most 1000000 bp"):
        _read(path)


def test_a_fault_late_in_a_long_record_is_placed(written):
    path = written(b">a\n" + b"ACGT\n" * 500_000 + b"AC!T\n")
    with pytest.raises(SequenceError, match=r"'a', line 500002, position 2000003: '!' found"):
        _read(path, max_length=3_000_000)


def test_bytes_of_a_name_that_are_not_utf8_survive():
    (record,) = _read(BAD_INPUTS / "latin1_name.fa")
    assert record.name.encode("utf-8", "surrogateescape") == b"s\xe9q1"


def test_repeated_names_are_refused_by_record_number():
    with pytest.raises(SequenceError, match="'a' names records 1 and 3; 'b' names records 2 and 4"):
        check_names(["a", "b", "a", "b"], Path("x.fa"))
    check_names(["a", "b"], Path("x.fa"))


def test_repeated_names_are_counted_when_they_are_watched(written):
    changes = Counter()
    path = written(b">a\nA\n>b\nC\n>a\nG\n")
    (batch,) = count_repeated_names(resized(read_fasta_batches(path, changes=changes), 9), changes=changes)
    assert batch.names == ["a", "b", "a"]
    assert changes == {REPEATED_NAME: 1}


def test_importing_the_reader_is_cheap():
    code = "import seqcnn.data.readers.fasta, sys; print({'torch', 'pandas', 'Bio'} & set(sys.modules))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout == "set()\n"


names = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Z")), min_size=1, max_size=12)
records = st.lists(st.tuples(names, dna(IUPAC + IUPAC.lower(), max_size=90)), min_size=1)


@given(records, st.integers(1, 100), st.sampled_from(["\n", "\r\n", "\n\n"]), st.booleans(), st.booleans())
def test_wrapping_line_ends_gzip_and_description_change_nothing(
    tmp_path_factory, given_records, width, end, packed, description
):
    text = ""
    for name, letters in given_records:
        wrapped = end.join(letters[at : at + width] for at in range(0, len(letters), width))
        text += f">{name}{' described' if description else ''}{end}{wrapped}{end}"
    path = tmp_path_factory.getbasetemp() / "round.fa"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    assert _sequences(path) == [(name, letters.upper()) for name, letters in given_records]


line = st.one_of(
    st.text("AC", max_size=60),
    st.text("ACGTNnacgu \t\r", max_size=40),
    st.text("ab \t", max_size=12).map(">{}".format),
    st.sampled_from(["", ">s", "AC>GT", "AC-GT", "@r", "\x00", "é", ">a\rb"]),
)


@given(st.lists(line, max_size=12), st.lists(st.integers(1, 40), min_size=1, max_size=30), st.booleans())
@example(["A" * 11, "é"], [1], False)
def test_where_the_blocks_end_changes_nothing(lines, sizes, terminated):
    text = ("\n".join([">s1", *lines]) + "\n" * terminated).encode()
    blocks, at = [], 0
    while at < len(text):
        size = sizes[len(blocks) % len(sizes)]
        blocks.append(text[at : at + size])
        at += size

    def outcome(pieces, long):
        changes = Counter()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fasta, "_LONG", long)
            try:
                batches = fasta._Parser("x", 45, changes).batches(iter(pieces))
                return [record for batch in batches for record in batch.records()], changes
            except SequenceError as error:
                return str(error)

    expected = outcome([text], 1 << 20)
    assert outcome(blocks, 1 << 20) == expected
    assert outcome(blocks, 16) == expected


@pytest.mark.parametrize("width", [60, 1000])
def test_records_are_those_of_biopython(width, written):
    seqio = pytest.importorskip("Bio.SeqIO")
    draw = random.Random(width)
    texts = []
    for number in range(3000):
        letters = "".join(draw.choices("ACGT" if number % 7 else IUPAC + "acgt", k=draw.randint(1, 300)))
        wrapped = "\n".join(letters[at : at + width] for at in range(0, len(letters), width))
        texts.append(f">oligo_{number} length={len(letters)}\n{wrapped}\n")
    path = written("".join(texts).encode())
    with path.open() as stream:
        expected = [(record.id, str(record.seq).upper()) for record in seqio.parse(stream, "fasta")]
    found = _read(path)
    assert [(record.name, unpack(record.bases)) for record in found] == expected
    lines = path.read_text().splitlines()
    assert all(lines[record.line - 1].startswith(f">{record.name} ") for record in found)
    assert [record.number for record in found] == list(range(1, 3001))


def test_bgzip_data_without_its_last_block_are_refused(written):
    whole = (BAD_INPUTS / "bgzf.fa.gz").read_bytes()
    assert len(_read(written(whole))) > 0
    with pytest.raises(SequenceError, match=r"truncated bgzip data \(no end-of-file block\)"):
        _read(written(whole[:-28]))


def test_a_legal_name_is_shown_escaped_in_a_message(written):
    with pytest.raises(SequenceError, match=re.escape(r"'\x1b[31m'")):
        _read(written(b">\x1b[31m\nAC!T\n"))
    assert fasta_errors.MAX_HEADER < fasta._LONG  # a header is whole before a record counts as long

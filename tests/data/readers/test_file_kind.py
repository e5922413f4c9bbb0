import gzip
import io
import sys
from collections import Counter
from pathlib import Path

import pytest

from seqcnn.data.readers.fasta import read_fasta
from seqcnn.data.readers.file_kind import file_kind
from seqcnn.data.readers.table_file import read_table
from seqcnn.errors import SequenceError
from seqcnn.io.stream import STDIN

GENOME = Path("genome.fa")
NAMES = [
    "a",
    "a.fa",
    "a.txt",
    "a.tab",
    "a.TSV.GZ",
    "a.csv.bgz",
    "a.bed",
    "a.FA.gz",
    "a.narrowPeak",
    "a.dat",
]


def write(path, text):
    path.write_bytes(gzip.compress(text.encode()) if path.name.lower().endswith("gz") else text.encode())
    return path


@pytest.mark.parametrize("genome", [None, GENOME])
@pytest.mark.parametrize("name", NAMES)
def test_fasta_and_intervals_are_recognised_by_their_content(tmp_path, name, genome):
    assert file_kind(write(tmp_path / name, "\n>a\nACGT\n"), genome) == "fasta"
    if not genome and ".fa" in name.lower():
        return  # its reader refuses another content by line
    assert file_kind(write(tmp_path / name, "# x\nchr1\t2\t8\ta\n"), genome) == "bed"
    assert file_kind(write(tmp_path / name, "track type=bedGraph\nchr1\t2\t8\t0.5\n"), genome) == "bed"
    assert file_kind(write(tmp_path / name, "chrom\tstart\tend\tname\nchr1\t2\t8\ta\n"), GENOME) == "bed"


@pytest.mark.parametrize("name", ["a", "a.txt", "a.tab", "a.TSV.GZ", "a.csv.bgz", "a.dat"])
@pytest.mark.parametrize(
    "text",
    [
        "id\tsequence\ty\na\tACGT\t1\n",
        "id,sequence\na,ACGT\n",
        "chrom\tstart\tend\tsequence\nchr1\t2\t8\tACGT\n",
        "#chrom\tstart\tend\tsequence\nchr1\t2\t8\tACGT\n",
    ],
)
def test_a_table_is_recognised_by_its_header(tmp_path, name, text):
    assert file_kind(write(tmp_path / name, text), GENOME) == "table"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", "table"),
        ("a.Txt.gz", "table"),
        ("a.BED.bgz", "bed"),
        ("a.fa.gz", "fasta"),
        ("a", "fasta"),
    ],
)
def test_the_name_decides_for_a_file_that_cannot_be_read(tmp_path, name, kind):
    assert file_kind(tmp_path / name) == kind


def test_standard_input_is_fasta_or_with_a_genome_bed():
    assert file_kind(STDIN) == "fasta"
    assert file_kind(STDIN, GENOME) == "bed"


class Terminal(io.BufferedReader):
    def isatty(self):
        return True


def standard_input(monkeypatch, content, kind=io.BufferedReader):
    """Put bytes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(kind(io.BytesIO(content)), encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("id\tsequence\na\tACGT\n", "table"),
        ("id,seq\na,ACGT\n", "table"),
        (">a\nACGT\n", "fasta"),
        ("chr1\t2\t8\ta\n", "bed"),
        ("", "fasta"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_is_recognised_by_its_content_and_stays_whole(text, kind, pack, monkeypatch):
    content = pack(text.encode())
    standard_input(monkeypatch, content)
    assert file_kind(STDIN) == kind
    assert sys.stdin.buffer.read() == content


def test_a_terminal_is_not_read_to_recognise_it(monkeypatch):
    standard_input(monkeypatch, b"id\tsequence\n", Terminal)
    assert file_kind(STDIN) == "fasta"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_table_on_standard_input_is_read(encoding, monkeypatch):
    standard_input(monkeypatch, "id\tsequence\na\tACGT\n".encode(encoding))
    assert read_table(STDIN).rows == [["a", "ACGT"]]


def test_a_pipe_with_another_content_than_fasta_names_standard_input(tmp_path):
    path = tmp_path / "p"
    path.write_text("id\tsequence\n")
    message = "expected FASTA, '>name' at the start of a line; a table is read from a file or from standard"
    with pytest.raises(SequenceError, match=message):
        list(read_fasta(path, changes=Counter()))

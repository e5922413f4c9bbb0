import gzip
from pathlib import Path

import pytest

from seqcnn.data.readers.file_kind import file_kind
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

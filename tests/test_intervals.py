from collections import Counter
from pathlib import Path

import pytest

from seqcnn.data.onehot import unpack
from seqcnn.data.sequences import read_sequences
from seqcnn.errors import SequenceError, UsageError


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    (tmp_path / "g.fa").write_text(">chr1\nAAACCC\nGGGTTT\n>chr2\nacgtnn\n")
    return tmp_path / "g.fa"


def read(bed: str, genome: Path, changes=None):
    path = genome.with_name("r.bed")
    path.write_text(bed)
    records = read_sequences(path, genome=genome, changes=Counter() if changes is None else changes)
    return [(record.name, unpack(record.bases)) for record in records]


def test_intervals_are_half_open_and_read_on_their_strand(genome):
    bed = "# peaks\nchr1\t2\t8\tone\t0\t+\nchr1\t2\t8\ttwo\t0\t-\nchr1\t0\t3\n"
    assert read(bed, genome) == [("one", "ACCCGG"), ("two", "CCGGGT"), ("chr1:0-3(+)", "AAA")]


def test_lower_case_and_ambiguous_letters_are_counted(genome):
    changes: Counter[str] = Counter()
    assert read("chr2\t0\t6\tx\n", genome, changes) == [("x", "ACGTNN")]
    assert sorted(changes.values()) == [2, 6]


def test_nothing_is_written_beside_the_genome(genome):
    before = sorted(genome.parent.iterdir())
    read("chr1\t0\t3\n", genome)
    assert sorted(genome.parent.iterdir()) == sorted([*before, genome.with_name("r.bed")])


@pytest.mark.parametrize(
    ("bed", "message"),
    [
        ("chr3\t0\t3\n", "line 1: chromosome 'chr3' is not in"),
        ("chr1\t0\t3\nchr1\t5\t13\n", "line 2: .*12 bp"),
        ("chr1\t5\t5\n", "start < end"),
        ("chr1\tfive\t9\n", "expected chrom, start and end"),
        ("chr1\t0\t3\tx\t0\t?\n", "strand"),
    ],
)
def test_a_bad_interval_is_named_by_its_line(bed, message, genome):
    with pytest.raises(SequenceError, match=message):
        read(bed, genome)


def test_a_bed_file_without_a_genome_is_refused(tmp_path):
    (tmp_path / "r.bed").write_text("chr1\t0\t3\n")
    with pytest.raises(UsageError, match="--genome"):
        list(read_sequences(tmp_path / "r.bed", changes=Counter()))

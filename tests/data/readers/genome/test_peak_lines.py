"""HOMER's peak files and SAF tables as intervals: positions, strands, names, and refusals."""

from collections import Counter

import pytest

from seqcnn.data.readers.file_kind import SequenceFormat, file_kind
from seqcnn.data.readers.genome.bed import interval_table, read_loci
from seqcnn.data.readers.genome.peak_lines import ONE_BASED
from seqcnn.data.readers.sequences import read_sequences
from seqcnn.errors import SequenceError
from seqcnn.sequence.onehot import unpack

ROWS = "a\tchr1\t3\t8\t+\nb\tchr1\t3\t8\t-\nc\tchr1\t1\t3\t{plus}\nd\tchr1\t1\t3\t{minus}\n"
HEADERS = {
    "SAF": "GeneID\tChr\tStart\tEnd\tStrand\n",
    "annotatePeaks.pl": "PeakID (cmd=annotatePeaks.pl p.txt hg38)\tChr\tStart\tEnd\tStrand\n",
    "findPeaks": "# HOMER Peaks\n#PeakID\tchr\tstart\tend\tstrand\n",
    "none": "",
}


@pytest.fixture
def genome(tmp_path):
    (tmp_path / "g.fa").write_text(">chr1\nAAACCC\nGGGTTT\n>1\nACGTAC\n")
    return tmp_path / "g.fa"


def write(folder, text, name="peaks.txt"):
    (folder / name).write_text(text)
    return folder / name


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize(("plus", "minus"), [("+", "-"), ("0", "1")])
def test_positions_are_one_based_and_inclusive(header, plus, minus, genome, tmp_path):
    path = write(tmp_path, HEADERS[header] + ROWS.format(plus=plus, minus=minus))
    changes: Counter[str] = Counter()
    records = read_sequences(path, form=SequenceFormat(genome=genome), changes=changes)
    expected = [("a", "ACCCGG"), ("b", "CCGGGT"), ("c", "AAA"), ("d", "TTT")]
    assert [(record.name, unpack(record.bases)) for record in records] == expected
    assert changes == {ONE_BASED: 4}
    assert read_loci(path)[:1] == [("chr1", 2, 8)]


def test_with_a_header_chromosomes_may_be_numbers(genome, tmp_path):
    path = write(tmp_path, HEADERS["SAF"] + "a\t1\t2\t4\t.\n", "peaks.saf")
    records = read_sequences(path, form=SequenceFormat(genome=genome), changes=Counter())
    assert [(record.name, unpack(record.bases)) for record in records] == [("a", "CGT")]


def test_a_header_of_peaks_with_sequences_is_that_of_a_table(tmp_path):
    text = "id\tchr\tstart\tend\tstrand\tsequence\na\tchr1\t1\t4\t+\tACGT\n"
    assert file_kind(write(tmp_path, text), tmp_path / "g.fa") == "table"


def test_numbers_of_an_element_are_no_peak(tmp_path):
    assert file_kind(write(tmp_path, "e1\t0.5\t3\t4\t1\t0\n")) == "table"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("x\tchr1\t0\t8\t+\n", "line 2: 'x', 0-8 found; expected a name, and 1 <= start <= end"),
        ("x\tchr1\t9\t8\t+\n", "line 2: 'x', 9-8 found"),
        ("\tchr1\t1\t8\t+\n", "line 2: '', 1-8 found"),
        (
            "x\tchr1\t1\t8\t2\n",
            r"line 2: 'x\\tchr1\\t1\\t8\\t2' found; expected name, chromosome",
        ),
        ("x\tchr1\t1\t80\t+\n", "line 2: 0-80 found; 'chr1' has 12 bp"),
        ("x\x1b\tchr1\t1\t8\t+\n", r"line 2: control character '\\x1b'"),
    ],
)
def test_a_malformed_peak_is_refused_by_its_line(line, message, genome, tmp_path):
    path = write(tmp_path, HEADERS["SAF"] + line)
    with pytest.raises(SequenceError, match=message):
        list(read_sequences(path, form=SequenceFormat(genome=genome), changes=Counter()))


@pytest.mark.parametrize(
    ("name", "text", "columns"),
    [
        ("p.txt", "# x\n#PeakID\tchr\tstart\tend\tstrand\tScore\na\tchr1\t1\t8\t+\t2\n",
         "id PeakID chrom start end strand Score"),
        ("p.txt", "a\tchr1\t1\t8\t+\t2\n", "id name chrom start end strand column_6"),
        ("p.bed", "chr1\t1\t8\ta\t2\n", "id chrom start end name score"),
        ("p.bed", "#chr\tstart\tend\tname\ty\nchr1\t1\t8\ta\t2\n", "id chrom start end name y"),
        ("p.bedGraph.gz", "chr1\t1\t8\t2\n", "id chrom start end value"),
        ("p.bed", "chr1\t1\t8\t-2.5\n", "id chrom start end value"),
        ("p.bed", "#chr\tstart\tend\tActivity\nchr1\t1\t8\t2\n", "id chrom start end Activity"),
        ("p.narrowPeak", "chr1\t1\t8\ta\t5\t.\t2.5\t3\t4\t1\n",
         "id chrom start end name score strand signalValue pValue qValue peak"),
        ("p.broadPeak", "chr1\t1\t8\ta\t5\t.\t2.5\t3\t4\n",
         "id chrom start end name score strand signalValue pValue qValue"),
        ("p.bed", "chr1\t1\t8\ta\t5\t.\t1\t8\t0\n",
         "id chrom start end name score strand column_7 column_8 column_9"),
    ],
)  # fmt: skip
def test_columns_of_intervals_are_named_by_header_or_format(name, text, columns, tmp_path):
    table = interval_table(write(tmp_path, text, name), changes=Counter())
    assert table.columns == columns.split()
    assert table.rows[0][0] == ("a" if "a" in text.split("\n")[-2].split("\t") else "chr1:1-8")
    assert list(table.lines) == [text.count("\n")]

import errno
import gzip
import os
import struct
from collections import Counter
from pathlib import Path

import pytest
from Bio import bgzf

from seqcnn.data.readers.fasta_errors import MOSTLY_AMBIGUOUS
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.readers.genome import indexed_fasta
from seqcnn.data.readers.genome.bed import read_loci
from seqcnn.data.readers.genome.bed_lines import NO_STRAND, UNKNOWN_STRAND, VALUES, strand_elsewhere
from seqcnn.data.readers.genome.indexed_fasta import open_genome
from seqcnn.data.readers.sequences import read_sequences
from seqcnn.errors import EnvironmentFault, SequenceError, UsageError
from seqcnn.sequence.onehot import unpack


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    (tmp_path / "g.fa").write_text(">chr1\nAAACCC\nGGGTTT\n>chr2\nacgtnn\n")
    return tmp_path / "g.fa"


def read(bed: str, genome: Path, changes=None):
    path = genome.with_name("r.bed")
    path.write_text(bed)
    changes = Counter() if changes is None else changes
    records = read_sequences(path, form=SequenceFormat(genome=genome), changes=changes)
    return [(record.name, unpack(record.bases)) for record in records]


def test_intervals_are_half_open_and_read_on_their_strand(genome):
    bed = "# peaks\nchr1\t2\t8\tone\t0\t+\nchr1\t2\t8\ttwo\t0\t-\nchr1\t0\t3\n"
    assert read(bed, genome) == [("one", "ACCCGG"), ("two", "CCGGGT"), ("chr1:0-3", "AAA")]


def test_places_are_those_of_the_intervals(tmp_path):
    (tmp_path / "r.bed").write_text("# peaks\nchr1\t2\t8\tone\t0\t-\n\nchr2\t0\t3\n")
    assert read_loci(tmp_path / "r.bed") == [("chr1", 2, 8), ("chr2", 0, 3)]


def test_lower_case_and_ambiguous_letters_are_counted(genome):
    changes: Counter[str] = Counter()
    assert read("chr2\t0\t6\tx\n", genome, changes) == [("x", "ACGTNN")]
    assert sorted(changes.values()) == [1, 2, 6]


@pytest.mark.parametrize(
    "bed",
    [
        "chr1\t2\t8\ta\t+\nchr1\t2\t8\tb\t-\nchr1\t2\t8\tc\t.\nchr1\t2\t8\td\t*\n",
        "chr1\t2\t8\t+\ta\nchr1\t2\t8\t-\tb\nchr1\t2\t8\t.\tc\nchr1\t2\t8\t*\td\n",
        "chr1\t2\t8\ta\t0\t+\nchr1\t2\t8\tb\t0\t-\nchr1\t2\t8\tc\t0\t.\nchr1\t2\t8\td\t0\t*\n",
    ],
)
def test_the_strand_is_read_from_the_column_that_holds_it(bed, genome):
    changes: Counter[str] = Counter()
    bases = [("a", "ACCCGG"), ("b", "CCGGGT"), ("c", "ACCCGG"), ("d", "ACCCGG")]
    assert read(bed, genome, changes) == bases
    column = {"a": 5, "+": 4}.get(bed.split("\t")[3]) if bed.count("\t") == 16 else None
    elsewhere = {} if column is None else {strand_elsewhere(column - 1): 4}
    assert changes == elsewhere | {UNKNOWN_STRAND: 2}


def test_the_strand_of_four_columns_is_in_the_name(genome):
    bed = "chr1\t2\t8\t+\nchr1\t2\t8\t-\n"
    assert read(bed, genome) == [("chr1:2-8(+)", "ACCCGG"), ("chr1:2-8(-)", "CCGGGT")]


def test_four_columns_with_names_are_read_on_plus(genome):
    assert read("chr1\t2\t8\ta\nchr1\t0\t3\t.\n", genome) == [("a", "ACCCGG"), ("chr1:0-3", "AAA")]


def test_a_header_line_is_skipped(genome):
    bed = "chrom\tstart\tend\tname\tscore\tstrand\nchr1\t2\t8\ta\t0\t-\n"
    assert read(bed, genome) == [("a", "CCGGGT")]


def test_the_values_of_a_bedgraph_are_not_names(genome):
    assert read("track type=bedGraph\nchr1\t0\t3\t0.5\n", genome) == [("chr1:0-3", "AAA")]


@pytest.mark.parametrize(
    "bed",
    [
        "chr1\t0\t3\t0.5\nchr1\t2\t8\t1\n",
        "chr1\t0\t3\t7\nchr1\t2\t8\t7\n",
        "chr1\t0\t3\t-1\nchr1\t2\t8\t2\n",
        "#chrom\tstart\tend\tactivity\nchr1\t0\t3\t1\nchr1\t2\t8\t2\n",
    ],
)
def test_numbers_that_are_no_names_in_the_last_of_four_columns_are_values(bed, genome):
    changes: Counter[str] = Counter()
    assert [name for name, _ in read(bed, genome, changes)] == ["chr1:0-3", "chr1:2-8"]
    assert changes == {VALUES: 2, NO_STRAND: 2}


@pytest.mark.parametrize(
    "bed",
    [
        "chr1\t0\t3\t1\nchr1\t2\t8\t2\n",
        "chrom\tstart\tend\tName\nchr1\t0\t3\t1\nchr1\t2\t8\t2\n",
        "chr1\t0\t3\t1\nchr1\t2\t8\t2\t0.5\n",
    ],
)
def test_different_whole_numbers_and_those_that_a_header_calls_names_are_names(bed, genome):
    assert [name for name, _ in read(bed, genome)] == ["1", "2"]


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
        ("chr1\t0\t3\tx\t0\t+-\n", r"strand '\+-'"),
        ("chr1\t0\t3\tx\t0\t\n", "strand ''"),
        ("chr1\t0\t²\n", "expected chrom, start and end"),
        ("chr1\t٠\t٣\n", "expected chrom, start and end"),
        ("chr1\t-1\t3\n", "expected chrom, start and end"),
        ("chr1\t0\t" + "9" * 5000 + "\n", "expected chrom, start and end"),
        ("chr1 0 3\n", "tab-separated"),
        ("chr1\t0\t3\ta\x1b[2J\n", r"line 1: control character '\\x1b' in the name"),
        ("chr1\t0\t3\ta\nchr1\t0\t3\t-\n", "line 2: .*a strand may be in one column only"),
        ("chr1\t0\t3\ta\t-\nchr1\t0\t3\tb\t5\n", "line 2: .*a strand may be in one column only"),
        ("chr1\t0\t3\t-\nchr1\t0\t3\n", "line 2: .*a strand may be in one column only"),
        ("chr1\t0\t3\t+\t-\n", "line 1: .*a strand may be in one column only"),
        ("chr1\t0\t3\ta\t-\t.\n", "strand '-' in column 5, and '.' in column 6"),
        ("chr1\t0\t3\t-\ta\t0\n", "strand '-' in column 4, and '0' in column 6"),
        ("seqnames\tstart\tend\twidth\tstrand\nchr1\t1\t3\t3\t-\n", "line 1: .*1-based"),
        ("# nothing\n\n", "empty; there are no intervals"),
        ("", "empty; there are no intervals"),
    ],
)
def test_a_bad_interval_is_named_by_its_line(bed, message, genome):
    with pytest.raises(SequenceError, match=message):
        read(bed, genome)


def test_a_bed_file_without_a_genome_is_refused(tmp_path):
    (tmp_path / "r.bed").write_text("chr1\t0\t3\n")
    with pytest.raises(UsageError, match="--genome"):
        list(read_sequences(tmp_path / "r.bed", changes=Counter()))


def test_comments_and_blank_lines_are_skipped_and_a_missing_name_is_the_place(genome):
    bed = "track name=x\nbrowser position chr1\n\nchr1\t0\t2\t.\t0\t-\r\nchr1\t0\t2\t\t0\t.\n"
    assert read(bed, genome) == [("chr1:0-2(-)", "TT"), ("chr1:0-2(.)", "AA")]


def test_records_know_their_line_and_their_number(genome):
    path = genome.with_name("r.bed")
    path.write_text("#\nchr1\t0\t2\n\nchr1\t0\t2\n")
    records = read_sequences(path, form=SequenceFormat(genome=genome), changes=Counter())
    assert [(record.line, record.number) for record in records] == [(2, 1), (4, 2)]


def test_an_interval_longer_than_the_limit_is_refused(genome):
    path = genome.with_name("r.bed")
    path.write_text("chr1\t0\t5\n")
    with pytest.raises(SequenceError, match="line 1: 0-5 found; expected at most 4 bp"):
        list(read_sequences(path, form=SequenceFormat(genome=genome), max_length=4, changes=Counter()))


def test_masked_intervals_are_counted(genome):
    changes: Counter[str] = Counter()
    read("chr2\t3\t6\nchr2\t0\t6\n", genome, changes)
    assert changes[MOSTLY_AMBIGUOUS] == 1


def index(genome, text, age):
    """Write a .fai that is `age` seconds older than the genome."""
    path = genome.with_name(genome.name + ".fai")
    path.write_text(text)
    now = genome.stat().st_mtime
    os.utime(path, (now - age, now - age))
    return path


def test_an_index_beside_the_genome_is_used_and_not_touched(genome, caplog):
    path = index(genome, "chr1\t12\t6\t6\t7\nchr2\t6\t26\t6\t7\n", age=0)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    assert read("chr1\t0\t6\tx\n", genome) == [("x", "AAACCC")]
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert "index" not in caplog.text


def test_an_index_older_than_the_genome_is_not_used(genome):
    path = index(genome, "chr1\t12\t6\t6\t7\nchr2\t6\t26\t6\t7\n", age=60)
    assert read("chr1\t0\t6\tx\n", genome) == [("x", "AAACCC")]
    assert path.read_text().startswith("chr1")


def test_a_missing_index_of_a_large_genome_is_logged_and_that_of_a_small_one_is_not(
    genome, caplog, monkeypatch
):
    caplog.set_level("INFO", "seqcnn")
    read("chr1\t0\t6\tx\n", genome)
    assert caplog.records == []
    monkeypatch.setattr(indexed_fasta, "_LARGE", 1)
    read("chr1\t0\t6\tx\n", genome)
    text = "no index beside it, or an older one: building one for this run; "
    text += "`samtools faidx` makes a permanent one"
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [("INFO", f"{genome}: {text}")]


@pytest.mark.parametrize("line", ["chr1\t12\t3\t12\t13\n", "chr1\t12\t7\t6\t7\n", "only\t6\t6\t6\t7\n", "x"])
def test_an_index_of_another_genome_is_not_used(genome, line, caplog):
    """Not even if it is newer: copies of a genome get new times of change."""
    path = index(genome, line, age=-60)
    assert read("chr1\t0\t6\tx\n", genome) == [("x", "AAACCC")]
    assert path.read_text() == line
    assert "its index (g.fa.fai) is of another file: building one for this run" in caplog.text


def test_names_of_chromosomes_without_chr_are_explained(genome):
    expected = r"line 1: chromosome '1' is not in .*g\.fa \('chr1', 'chr2'\); pass --chromosome-prefix add"
    with pytest.raises(SequenceError, match=expected):
        read("1\t0\t6\tx\n", genome)


@pytest.mark.parametrize(("chrom", "prefix"), [("1", "add"), ("chrchr1", "remove"), ("chr1", "add")])
def test_a_chromosome_prefix_is_changed_on_request_and_names_stay(chrom, prefix, genome):
    path, changes = genome.with_name("r.bed"), Counter()
    path.write_text(f"{chrom}\t0\t6\n{chrom}\t0\t3\tx\n")
    form = SequenceFormat(genome=genome, chromosome_prefix=prefix)
    records = [(r.name, unpack(r.bases)) for r in read_sequences(path, form=form, changes=changes)]
    assert records == [(f"{chrom}:0-6", "AAACCC"), ("x", "AAA")]
    renamed = 0 if chrom == "chr1" else 2
    sentence = "intervals whose contig the genome has under another name (--chromosome-prefix"
    assert changes == {NO_STRAND: 2, f"{sentence} {prefix})": renamed}


def test_loci_with_and_without_chr_are_one_if_the_prefix_may_be_changed(tmp_path):
    (tmp_path / "r.bed").write_text("chr1\t2\t8\n1\t0\t3\n")
    assert read_loci(tmp_path / "r.bed", "add") == [("1", 2, 8), ("1", 0, 3)]
    assert read_loci(tmp_path / "r.bed") == [("chr1", 2, 8), ("1", 0, 3)]


def test_an_option_of_another_kind_of_file_is_refused(genome):
    for form, word in (
        (SequenceFormat(chromosome_prefix="add"), "--chromosome-prefix belongs to a BED file"),
        (SequenceFormat(sequence="dna"), "--sequence-column belongs to a table"),
        (SequenceFormat(sheet="data"), "--sheet belongs to a table"),
    ):
        with pytest.raises(UsageError, match=f"g.fa: {word}; this is a FASTA file"):
            read_sequences(genome, form=form, changes=Counter())


def test_a_control_character_in_the_name_of_a_chromosome_is_refused(genome):
    genome.write_bytes(b">chr1\x1b[2J\nACGT\n")
    with pytest.raises(SequenceError, match=r"g\.fa: control character '\\x1b' in the name 'chr1"):
        read("chr1\t0\t3\n", genome)


def test_a_letter_that_is_no_dna_is_named_by_its_place(genome):
    genome.write_text(">chr1\nACGTXA\n")
    with pytest.raises(SequenceError, match=r"line 1: 'X' at 'chr1', position 5; expected DNA letters"):
        read("chr1\t2\t6\tx\t0\t-\n", genome)


def test_a_bgzip_genome_gives_the_same_and_nothing_is_written_beside_it(genome):
    packed = genome.with_name("g.fa.gz")
    with bgzf.BgzfWriter(str(packed)) as stream:
        stream.write(genome.read_bytes())
    bed = "chr1\t2\t8\tx\t0\t-\n"
    assert read(bed, packed) == read(bed, genome) == [("x", "CCGGGT")]
    assert sorted(path.name for path in genome.parent.iterdir()) == ["g.fa", "g.fa.gz", "r.bed"]


def test_the_indices_of_a_bgzip_genome_are_not_touched(genome):
    packed = genome.with_name("g.fa.gz")
    with bgzf.BgzfWriter(str(packed)) as stream:
        stream.write(genome.read_bytes())
    path = index(packed, "only\t6\t6\t6\t7\n", age=0)  # without a .gzi it is of no use
    assert read("chr1\t2\t8\tx\n", packed) == [("x", "ACCCGG")]
    assert path.read_text().startswith("only")


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (lambda b: b[: len(b) // 2], "truncated gzip data"),
        (lambda b: b[:30] + b"\xff" + b[31:], r"corrupt gzip data \(.*\)"),
    ],
)
def test_a_damaged_bgzip_genome_is_one_line(genome, damage, kind):
    packed = genome.with_name("g.fa.gz")
    with bgzf.BgzfWriter(str(packed)) as stream:
        stream.write(genome.read_bytes())
    packed.write_bytes(damage(packed.read_bytes()))
    with pytest.raises(SequenceError, match=rf"g\.fa\.gz: {kind}; copy or download the file again"):
        read("chr1\t2\t8\tx\n", packed)


def test_bgzip_data_that_are_damaged_behind_a_good_index_are_one_line(genome):
    packed = genome.with_name("g.fa.gz")
    text = b">chr1\n" + b"ACGT\n" * 400 + b">chr2\nACGT\n"
    with bgzf.BgzfWriter(str(packed)) as stream:
        for part in (text[:20], text[20:-20], text[-20:]):
            stream.write(part)
            stream.flush()
    with packed.open("rb") as file:
        starts = [(start, begin) for start, _, begin, _ in bgzf.BgzfBlocks(file)]
    data = bytearray(packed.read_bytes())
    data[starts[2][0] - 8] ^= 1  # the CRC of the second block
    packed.write_bytes(data)
    packed.with_name("g.fa.gz.fai").write_text("chr1\t1600\t6\t4\t5\nchr2\t4\t2012\t4\t5\n")
    pairs = [number for start in starts[1:] for number in start]
    packed.with_name("g.fa.gz.gzi").write_bytes(struct.pack(f"<{len(pairs) + 1}Q", len(pairs) // 2, *pairs))
    with pytest.raises(SequenceError, match=r"line 1: 'chr1':800-804: damaged data \(.CRC is.*gzip -t"):
        read("chr1\t800\t804\tx\n", packed)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("g.fa.gz", gzip.compress(b">chr1\nACGT\n", mtime=0)),
        ("g.fa", b">chr1\nACG\nACGTA\nAC\n"),
        ("g.fa", b">chr1\nACG\n>chr1\nACG\n"),
        ("g.fa", b"{}"),
        ("g.fa", b""),
    ],
)
def test_a_genome_that_cannot_be_indexed_is_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SequenceError, match=r"g\.fa") as caught:
        read("chr1\t0\t3\n", tmp_path / name)
    assert "\n" not in str(caught.value)
    assert "/genome.fa" not in str(caught.value)


def test_a_genome_that_is_not_there_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match=r"no\.fa: No such file; check the path of the genome's FASTA"):
        read("chr1\t0\t3\n", tmp_path / "no.fa")


def test_a_genome_that_may_not_be_read_is_an_environment_fault(genome, monkeypatch):
    opened = Path.open

    def refuse(path, *args, **options):
        if path == genome:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(EnvironmentFault, match=r"g\.fa: Permission denied"):
        read("chr1\t0\t3\n", genome)


def test_a_genome_that_changes_while_it_is_read_is_refused(genome):
    genome.with_name("r.bed").write_text("chr1\t0\t3\nchr1\t3\t6\n")
    records = read_sequences(genome.with_name("r.bed"), form=SequenceFormat(genome=genome), changes=Counter())
    next(records)
    os.utime(genome, (0, 0))
    with pytest.raises(SequenceError, match=r"g\.fa: changed while it was read"):
        list(records)


def test_a_genome_that_is_a_pipe_is_refused_because_it_is_read_at_random(tmp_path):
    os.mkfifo(tmp_path / "g.fa")
    with (
        pytest.raises(UsageError, match=r"g\.fa: a pipe found; expected a regular file"),
        open_genome(tmp_path / "g.fa"),
    ):
        pass

"""An index is used if it is that of the genome, byte for byte; everything else is noticed."""

import struct

import pytest
from Bio import bgzf

from seqcnn.data.readers.genome.index_check import index_fits

GENOME = b">chr1 x\nAAACCC\nGGGTTT\nAC\n>chr2\nacgtnn\n\n>empty\n>last\nACGTAC\nACG"
FAI = "chr1\t14\t8\t6\t7\nchr2\t6\t31\t6\t7\nempty\t0\t46\t0\t0\nlast\t9\t52\t6\t7\n"


def fits(tmp_path, genome=GENOME, fai=FAI):
    (tmp_path / "g.fa").write_bytes(genome)
    (tmp_path / "g.fa.fai").write_text(fai)
    return index_fits(tmp_path / "g.fa", tmp_path / "g.fa.fai")


def test_the_index_of_a_genome_fits_in_any_order(tmp_path):
    assert fits(tmp_path)
    assert fits(tmp_path, fai="".join(FAI.splitlines(keepends=True)[::-1]))


def test_line_ends_of_two_bytes_are_line_ends(tmp_path):
    genome = b">chr1\r\nAAACCC\r\nGGG\r\n>chr2\r\nA\r\n"
    assert fits(tmp_path, genome, "chr1\t9\t7\t6\t8\nchr2\t1\t27\t1\t3\n")
    assert not fits(tmp_path, genome, "chr1\t9\t7\t6\t7\nchr2\t1\t27\t1\t3\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("chr1\t14\t8", "chr1\t14\t9"),  # offsets that are shifted
        ("chr1\t14\t8", "chr1\t14\t7"),
        ("chr1\t14\t8", "chr1\t13\t8"),  # lengths
        ("chr1\t14\t8", "chr1\t15\t8"),
        ("chr2\t6\t31", "chr2\t5\t31"),
        ("last\t9", "last\t8"),
        ("last\t9", "last\t10"),
        ("chr2\t6\t31\t6\t7", "chr2\t6\t31\t6\t7\nchr2\t6\t31\t6\t7"),
        ("chr2\t6\t31\t6\t7", "chr2\t7\t31\t7\t8"),
        ("8\t6\t7", "8\t7\t8"),  # lines
        ("8\t6\t7", "8\t6\t8"),
        ("8\t6\t7", "8\t0\t1"),
        ("31\t6\t7", "31\t6\t9"),
        ("chr1\t", "chrX\t"),  # names
        ("chr2\t6\t31\t6\t7\n", ""),  # contigs
        ("empty\t0\t46\t0\t0\n", ""),
        ("last\t9\t52\t6\t7\n", ""),
        ("last\t9\t52\t6\t7\n", "last\t9\t52\t6\t7\nmore\t5\t70\t5\t6\n"),
        ("chr1\t14", "chr1\t-14"),  # not an index
        ("chr1\t14", "chr1\t" + "9" * 400),
        ("last\t9", "last\t999999999999999"),  # farther than file systems can seek
        ("last\t9\t52\t6\t7", "last\t999999999999999\t52\t1\t3"),
        ("chr1\t14\t8\t6\t7", "chr1 14 8 6 7"),
        (FAI, ""),
    ],
)
def test_another_index_does_not_fit(tmp_path, old, new):
    assert old in FAI
    assert not fits(tmp_path, fai=FAI.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b">chr1 x", b">chr1 xyz"),  # the edits that leave an index behind
        (b">chr2", b">chr3"),
        (b"AAACCC", b"AAACC"),
        (b"AAACCC\nGGGTTT", b"AAACC\nCGGGTTT"),
        (b"ACGTAC\nACG", b"ACGTAC\nACG\nT"),
        (b"ACGTAC\nACG", b"ACGTAC"),
        (b"acgtnn\n\n", b"acgtnn\n>new\nA\n"),
    ],
)
def test_the_index_does_not_fit_another_genome(tmp_path, old, new):
    assert old in GENOME
    assert not fits(tmp_path, GENOME.replace(old, new))


@pytest.fixture
def packed(tmp_path):
    """Return a bgzip genome of three blocks, and its indices."""
    path = tmp_path / "g.fa.gz"
    with bgzf.BgzfWriter(str(path)) as stream:
        for part in (GENOME[:20], GENOME[20:40], GENOME[40:]):
            stream.write(part)
            stream.flush()
    with path.open("rb") as file:
        starts = [(start, begin) for start, _, begin, _ in bgzf.BgzfBlocks(file)]
    (tmp_path / "g.fa.gz.fai").write_text(FAI)
    return path, tmp_path / "g.fa.gz.fai", tmp_path / "g.fa.gz.gzi", starts


def write_gzi(path, starts):
    path.write_bytes(struct.pack("<Q", len(starts)) + b"".join(struct.pack("<QQ", *s) for s in starts))


def test_the_indices_of_a_bgzip_genome_fit_with_and_without_its_last_empty_block(packed):
    genome, fai, gzi, starts = packed
    assert len(starts) == 4
    for blocks in (starts[1:], starts[1:-1]):
        write_gzi(gzi, blocks)
        assert index_fits(genome, fai, gzi)


@pytest.mark.parametrize(
    "change",
    [
        lambda starts: starts[2:],
        lambda starts: [(starts[1][0] + 1, starts[1][1]), *starts[2:]],
        lambda starts: [(starts[1][0], starts[1][1] + 1), *starts[2:]],
        lambda starts: starts,
        lambda starts: [],
    ],
)
def test_other_blocks_do_not_fit(packed, change):
    genome, fai, gzi, starts = packed
    write_gzi(gzi, change(starts))
    assert not index_fits(genome, fai, gzi)


def test_wrong_contigs_of_a_bgzip_genome_are_noticed(packed):
    genome, fai, gzi, starts = packed
    write_gzi(gzi, starts[1:])
    fai.write_text(FAI.replace("chr2\t6\t31", "chr2\t6\t32"))
    assert not index_fits(genome, fai, gzi)


@pytest.mark.parametrize("size", [0, 10, 60])
def test_a_cut_genome_or_index_does_not_fit(packed, size):
    genome, fai, gzi, starts = packed
    write_gzi(gzi, starts[1:])
    gzi.write_bytes(gzi.read_bytes()[: size // 2])
    assert not index_fits(genome, fai, gzi)
    write_gzi(gzi, starts[1:])
    genome.write_bytes(genome.read_bytes()[:size])
    assert not index_fits(genome, fai, gzi)


@pytest.mark.parametrize(
    ("content", "fit"), [(bytes(8), True), (b"", False), (bytes(11), False), (bytes(7), False)]
)
def test_the_index_of_a_genome_of_one_block_is_a_count_of_none(content, fit, tmp_path):
    genome, fai, gzi = (tmp_path / name for name in ("g.fa.gz", "fai", "gzi"))
    with bgzf.BgzfWriter(str(genome)) as stream:
        stream.write(GENOME)
    fai.write_text(FAI)
    gzi.write_bytes(content)
    assert index_fits(genome, fai, gzi) == fit

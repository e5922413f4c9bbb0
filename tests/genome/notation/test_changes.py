"""SPDI, HGVS and chromosome:position:ref:alt are read as their definitions say."""

import re

import pytest

from seqcnn.errors import TableError
from seqcnn.genome.notation.changes import Unread, parse
from seqcnn.genome.notation.sites import site_of
from seqcnn.genome.notation.variant_table import read_notations
from seqcnn.sequence.onehot import pack

CONTIG = "ACGTTGCA"


class Contig:
    """One contig, `chr1`."""

    def __init__(self):
        self.sizes = {"chr1": len(CONTIG)}

    def fetch(self, contig, start, end):
        return pack(CONTIG[start:end])


def alleles(text, column):
    site = site_of(parse(text, column, "v.tsv, line 2"), text, Contig())
    return site.start + 1, site.ref, site.alts[0], site.reason


@pytest.mark.parametrize(
    ("column", "text", "position", "ref", "alt"),
    [
        ("spdi", "chr1:2:G:T", 3, "G", "T"),
        ("spdi", "chr1:2:1:T", 3, "G", "T"),
        ("spdi", "chr1:2:GT:", 2, "CGT", "C"),
        ("spdi", "chr1:2:2:", 2, "CGT", "C"),
        ("spdi", "chr1:2::AA", 2, "C", "CAA"),
        ("spdi", "chr1:0::AA", 1, "A", "AAA"),
        ("variant", "chr1:3:g:t", 3, "G", "T"),
        ("variant", "chr1-3-GTT-G", 3, "GTT", "G"),
        ("hgvs", "chr1:g.3G>T", 3, "G", "T"),
        ("hgvs", "chr1:g.3_4del", 2, "CGT", "C"),
        ("hgvs", "chr1:g.3_4delGT", 2, "CGT", "C"),
        ("hgvs", "chr1:g.3del", 2, "CG", "C"),
        ("hgvs", "chr1:g.2_3insAA", 2, "C", "CAA"),
        ("hgvs", "chr1:g.3_4delinsC", 3, "GT", "C"),
        ("hgvs", "chr1:g.3_4dup", 3, "GT", "GTGT"),
        ("hgvs", "chr1:g.2_4inv", 2, "CGT", "ACG"),
    ],
)
def test_a_notation_gives_the_alleles_of_a_vcf(column, text, position, ref, alt):
    assert alleles(text, column) == (position, ref, alt, "")


def test_bases_that_differ_from_the_genome_are_kept_for_the_comparison():
    assert alleles("chr1:g.3A>T", "hgvs")[:3] == (3, "A", "T")
    assert alleles("chr1:2:AA:", "spdi")[:3] == (2, "CAA", "C")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("chr2:g.3_4del", "missing_contig"), ("chr1:g.8_9del", "beyond_contig"), ("chr1:g.0del", "contig_end")],
)
def test_a_place_that_the_genome_does_not_have_is_the_reason(text, reason):
    assert alleles(text, "hgvs")[3] == reason


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("spdi", "chr1:3:G"),
        ("spdi", "chr1:3:G:T:A"),
        ("hgvs", "chr1:g.3_9insA"),
        ("hgvs", "chr1:g.3_4ins"),
        ("hgvs", "chr1:g.4_3del"),
        ("hgvs", "chr1:g.3_4delACG"),
        ("hgvs", "chr1:c.3A>G"),
        ("hgvs", "chr1:g.3_4A>G"),
        ("variant", "chr1:3::T"),
        ("variant", "chr1:3-G-T"),
        ("variant", "rs123"),
        ("variant", ""),
    ],
)
def test_what_is_not_the_notation_of_the_column_is_no_variant(column, text):
    unread = parse(text, column, "v.tsv, line 2")
    assert unread.reason == ("transcript" if ":c." in text else "malformed")
    assert unread.message.startswith(f"v.tsv, line 2: {column} '{text}'")
    assert "; expected " in unread.message or "; positions of a transcript" in unread.message


def test_the_column_of_another_notation_is_named():
    unread = parse("chr1:g.3G>T", "variant", "v.tsv, line 2")
    assert unread.message.endswith("; name the column 'hgvs'")


@pytest.mark.parametrize("alt", ["", ".", "*", "<DEL>"])
def test_an_allele_without_bases_is_that_of_a_vcf(alt):
    assert alleles(f"chr1:3:G:{alt}", "variant") == (3, "G", alt or ".", "")


@pytest.mark.parametrize("text", ["NM_000546.6:c.215C>G", "ENST00000269305:n.3A>G", "NP_000537.3:p.Pro72Arg"])
def test_positions_of_a_transcript_are_named_with_what_to_give(text):
    unread = parse(text, "hgvs", "v.tsv, line 2")
    assert unread.reason == "transcript"
    assert re.search(r"protein \([cnp]\.\) are not read; expected genomic ones", unread.message)


@pytest.mark.parametrize(
    "table",
    [
        "chrom\tpos\tref\talt\nchr1\t3\tG\tT, A\n",
        "variant\tn\nchr1:3:G:T,A\t1\n",
        "variant\tn\nchr1-3-G-T,A\t1\n",
    ],
)
def test_several_alternative_alleles_are_a_variant_each(table, tmp_path):
    (tmp_path / "v.tsv").write_text(table)
    variants = read_notations(tmp_path / "v.tsv")
    assert [text.replace("-", ":") for text, _ in variants] == ["chr1:3:G:T", "chr1:3:G:A"]
    assert [change.becomes("G") for _, change in variants] == ["T", "A"]


def test_columns_of_a_vcf_give_the_variants_of_a_table(tmp_path):
    table = tmp_path / "v.tsv"
    table.write_text("gene\tChr\tPos\tREF\tALT\nA\tchr1\t3\tG\tT\n")
    ((text, change),) = read_notations(table)
    assert text == "chr1:3:G:T"
    assert (change.contig, change.start, change.end, change.becomes("G")) == ("chr1", 2, 3, "T")


def test_a_table_without_variants_is_told_of_all_that_are_read(tmp_path):
    table = tmp_path / "v.tsv"
    table.write_text("chrom\tstart\tref\talt\nchr1\t3\tG\tT\n")
    with pytest.raises(
        TableError, match=r"no column of variants; expected one of .*; or chrom, pos, ref and"
    ):
        read_notations(table)


def test_a_row_that_is_no_variant_has_its_line_and_the_others_are_read(tmp_path):
    (tmp_path / "v.tsv").write_text("variant\tn\nrs1\t1\nchr1:3:G:<DEL>,T\t2\n")
    (_, unread), *others = read_notations(tmp_path / "v.tsv")
    assert isinstance(unread, Unread)
    assert unread.message.startswith(f"{tmp_path / 'v.tsv'}, line 2: variant 'rs1'; expected chr1:100:A:G")
    assert [text for text, _ in others] == ["chr1:3:G:<DEL>", "chr1:3:G:T"]


def test_a_table_in_which_no_row_is_a_variant_is_refused(tmp_path):
    (tmp_path / "v.tsv").write_text("hgvs\tn\nchr1:g.3G\t1\nrs2\t2\n")
    with pytest.raises(TableError, match=r"line 2: hgvs 'chr1:g.3G'; .* \(none of 2 rows is a variant\)$"):
        read_notations(tmp_path / "v.tsv")

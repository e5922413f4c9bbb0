"""Regions of variants: the text chr1:10-20 and BED files."""

import pytest

from seqcnn.errors import SeqcnnError, UsageError
from seqcnn.genome.locus.regions import Regions, parse_region, read_regions
from seqcnn.genome.variant.vcf import Site

SIZES = {"chr1": 1000, "HLA:1": 50}


def test_a_region_counts_from_1_and_both_ends_belong_to_it():
    assert parse_region("chr1:1-1,000", SIZES) == ("chr1", 0, 1000)
    assert parse_region("HLA:1:11-20", SIZES) == ("HLA:1", 10, 20)
    assert parse_region("1:5-5", SIZES, "add") == ("chr1", 4, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1", "region 'chr1'; expected contig:start-end, counted from 1"),
        ("chr1:0-5", "0-5 found; 'chr1' has the positions 1 to 1,000"),
        (
            "chr1:9-5",
            "'chr1:9-5': the start 9 is after the end 5; expected contig:start-end, such as chr1:5-9",
        ),
        ("chr:320-300", "region 'chr:320-300': the start 320 is after the end 300"),
        ("chr1:9-1001", "9-1,001 found"),
        ("1:9-10", "'1' is not in the genome or library .*; pass --chromosome-prefix add"),
    ],
)
def test_what_is_no_region_of_the_genome_is_refused(text, message):
    with pytest.raises(UsageError, match=message):
        parse_region(text, SIZES)


@pytest.mark.parametrize(
    ("start", "ref", "is_inside"),
    [(9, "A", False), (10, "A", True), (19, "A", True), (20, "A", False), (8, "AC", False), (8, "ACG", True),
     (35, "A", True), (41, "A", False)],
)  # fmt: skip
def test_a_site_is_inside_if_ref_shares_a_base_with_a_region(start, ref, is_inside, tmp_path):
    (tmp_path / "r.bed").write_text("chr1\t30\t41\nchr1\t10\t20\nchr1\t12\t15\n")
    site = Site("chr1", start, ".", ref, ["T"], [])
    assert read_regions(str(tmp_path / "r.bed"), SIZES, None).has(site) == is_inside
    assert not Regions([("HLA:1", 0, 50)]).has(site)


def test_a_bed_file_outside_of_the_genome_is_refused(tmp_path):
    (tmp_path / "r.bed").write_text("chr2\t30\t41\n")
    with pytest.raises(SeqcnnError, match="'chr2' is not in the genome"):
        read_regions(str(tmp_path / "r.bed"), SIZES, None)


@pytest.mark.parametrize("text", ["chr1:320", "none.bed"])
def test_what_is_neither_a_file_nor_a_region_is_refused_with_both_forms(text):
    with pytest.raises(
        UsageError, match=f"--regions '{text}': no such file; expected a BED file, or contig:st"
    ):
        read_regions(text, SIZES, None)

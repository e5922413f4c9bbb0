import pytest

from seqcnn.data.readers.genome.contigs import common_name, contig_name, unknown_contigs


@pytest.mark.parametrize(
    ("name", "known", "prefix", "expected"),
    [
        ("1", ["chr1"], "add", "chr1"),
        ("chr1", ["chr1"], "add", "chr1"),
        ("chr1", ["1"], "remove", "1"),
        ("1", ["1"], "remove", "1"),
        ("1", ["1", "chr1"], "add", "1"),
        ("9", ["chr1"], "add", "9"),
        ("1", ["chr1"], "remove", "1"),
        ("1", ["chr1"], None, "1"),
    ],
)
def test_a_prefix_changes_only_names_that_a_genome_has_with_it(name, known, prefix, expected):
    assert contig_name(name, known, prefix) == expected


def test_notations_of_a_contig_have_one_name_if_the_prefix_may_be_changed():
    assert [common_name(name, "add") for name in ("chr1", "1")] == ["1", "1"]
    assert common_name("chr1", None) == "chr1"


def test_the_remedy_for_unknown_contigs_is_the_change_that_helps():
    assert unknown_contigs(["chr1"], ["1"], "g.fa").endswith("('1'); pass --chromosome-prefix remove")
    assert unknown_contigs(["1"], ["chr1"], "g.fa").endswith("('chr1'); pass --chromosome-prefix add")
    assert unknown_contigs(["x"], ["y"], "g.fa") == "'x' is not in g.fa ('y'); check its names"

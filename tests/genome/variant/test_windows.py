"""From a variant to the windows of both alleles: exact bases, and every reason not to score it."""

import numpy as np
import pytest

from seqcnn.errors import SequenceError
from seqcnn.genome.reference import open_reference
from seqcnn.genome.variant.alleles import REASONS, kind_of, reason_not_scored
from seqcnn.genome.variant.windows import AlleleWindows, GenomeWindows, RecordWindows, even_shifts
from seqcnn.genome.window_limits import too_ambiguous
from seqcnn.model.inference.trained_model import load_model
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack, unpack

#          0         1         2
#          012345678901234567890123
CONTIG = "ACGTTGCAAGCTtaccgatNGGCA"


@pytest.fixture
def genome(tmp_path):
    path = tmp_path / "g.fa"
    path.write_text(f">c1\n{CONTIG[:10]}\n{CONTIG[10:20]}\n{CONTIG[20:]}\n>c2\nNNNNNNNNNNAC\n")
    with open_reference(path) as opened:
        yield opened


def windows(genome, *variant, size=6, **how):
    found = GenomeWindows(genome, size, **how)(*variant)
    return (
        tuple([unpack(w) for w in side] for side in found[:2]) if isinstance(found, AlleleWindows) else found
    )


def test_a_genome_knows_its_contigs_and_gives_any_place(genome):
    assert genome.sizes == {"c1": 24, "c2": 12}
    assert [unpack(genome.fetch("c1", 0, 4)), unpack(genome.fetch("c2", 9, 12))] == ["ACGT", "NAC"]
    assert unpack(genome.fetch("c1", 20, 24)) == "GGCA"


def test_places_in_any_order_have_the_bases_of_the_file(tmp_path):
    """Blocks of 8 kb to 256 kb are read, depending on the places before."""
    rng = np.random.default_rng(0)
    contigs = {name: "".join(rng.choice([*"ACGTN"], size=n)) for name, n in (("a", 300_000), ("b", 20_000))}
    (tmp_path / "g.fa").write_text("".join(f">{name}\n{bases}\n" for name, bases in contigs.items()))
    random = [
        ("ab"[i], s) for i, s in zip(rng.integers(0, 2, 300), rng.integers(0, 19_000, 300), strict=True)
    ]
    with open_reference(tmp_path / "g.fa") as genome:
        for name, start in [
            *random,
            *(("a", s) for s in range(0, 299_000, 700)),
            ("a", 5000),
            ("a", 299_000),
        ]:
            assert unpack(genome.fetch(name, start, start + 1000)) == contigs[name][start : start + 1000]
        assert unpack(genome.fetch("a", 0, 300_000)) == contigs["a"]


def test_a_genome_of_other_letters_is_refused_when_it_is_read(tmp_path):
    (tmp_path / "x.fa").write_text(">c1\nAC*T\n")
    with open_reference(tmp_path / "x.fa") as opened, pytest.raises(SequenceError, match="position 3"):
        opened.fetch("c1", 0, 4)


def test_a_substitution_sits_in_the_middle_of_both_windows(genome):
    # 6 bp: (6 - 1) // 2 = 2 bases before it, 3 after it
    assert windows(genome, "c1", 4, "T", "A") == (["GTTGCA"], ["GTAGCA"])


def test_soft_masked_bases_are_bases(genome):
    assert windows(genome, "c1", 13, "A", "G") == (["CTTACC"[1:] + "G"], ["TTGCCG"])


def test_several_changed_bases_stay_together(genome):
    # (6 - 2) // 2 = 2 bases before GC at 5, 2 after it
    assert windows(genome, "c1", 5, "GC", "TA") == (["TTGCAA"], ["TTTAAA"])


def test_a_deletion_fills_its_window_from_both_flanks(genome):
    # TTG -> T deletes TG at 4..5: (6 - 2) // 2 = 2 before the two bases, 6 // 2 = 3 before nothing
    assert windows(genome, "c1", 3, "TTG", "T") == (["GTTGCA"], ["CGTCAA"])


def test_an_insertion_takes_as_much_from_both_flanks(genome):
    # T -> TCC inserts CC before position 4: 3 before nothing, (6 - 2) // 2 = 2 before the two bases
    assert windows(genome, "c1", 3, "T", "TCC") == (["CGTTGC"], ["GTCCTG"])


def test_exchanging_the_alleles_exchanges_the_windows(genome, tmp_path):
    (tmp_path / "other.fa").write_text(f">c1\n{CONTIG[:4]}CC{CONTIG[4:]}\n")
    ref, alt = windows(genome, "c1", 3, "T", "TCC")
    with open_reference(tmp_path / "other.fa") as other:
        assert windows(other, "c1", 3, "TCC", "T") == (alt, ref)


def test_the_other_strand_is_the_reverse_complement_with_as_many_bases_before_the_allele(genome):
    # on '-', 2 bases before and 3 after the base: positions 1..6 of '+'
    ref, alt = windows(genome, "c1", 4, "T", "G", strand="-")
    assert (ref, alt) == (
        [unpack(reverse_complement(pack("CGTTGC")))],
        [unpack(reverse_complement(pack("CGTGGC")))],
    )
    assert ref == ["GCAACG"]
    assert ref[0][2] == "A"


def test_shifted_windows_move_towards_the_3_end(genome):
    ref, alt = windows(genome, "c1", 6, "C", "T", shifts=[-1, 0, 1])
    assert ref == ["TTGCAA"[-6:], "TGCAAG", "GCAAGC"]
    assert alt == ["TTGTAA", "TGTAAG", "GTAAGC"]


@pytest.mark.parametrize(("n", "shifts"), [(1, [0]), (2, [-15, 15]), (3, [-20, 0, 20])])
def test_shifts_are_even_and_within_the_middle_half(n, shifts):
    assert even_shifts(n, 120) == shifts


def test_a_window_may_begin_and_end_with_its_contig(genome):
    assert windows(genome, "c1", 2, "G", "A") == (["ACGTTG"], ["ACATTG"])
    assert windows(genome, "c1", 1, "C", "A") == "contig_end"
    assert windows(genome, "c1", 20, "G", "A") == "n_rich"
    assert windows(genome, "c1", 21, "G", "A", size=4) == (["GGCA"], ["GACA"])
    assert windows(genome, "c1", 22, "C", "A", size=4) == "contig_end"


@pytest.mark.parametrize(
    ("variant", "reason"),
    [
        (("c9", 4, "T", "A"), "missing_contig"),
        (("c1", 4, "G", "A"), "ref_mismatch"),
        (("c1", 23, "AT", "A"), "beyond_contig"),
        (("c1", 400, "A", "C"), "beyond_contig"),
        (("c1", -1, "A", "C"), "contig_end"),
        (("c1", 23, "A", "C"), "contig_end"),
        (("c1", 4, "T", "<DEL>"), "symbolic"),
        (("c1", 4, "T", "<NON_REF>"), "symbolic"),
        (("c1", 4, "T", "G]17:198982]"), "symbolic"),
        (("c1", 4, "T", "]13:123456]T"), "symbolic"),
        (("c1", 4, "T", "T."), "symbolic"),
        (("c1", 4, "T", ".T"), "symbolic"),
        (("c1", 4, "T", "*"), "star"),
        (("c1", 4, "T", "."), "no_alt"),
        (("c1", 4, "T", "T"), "same"),
        (("c1", 4, "T", "N"), "ambiguous_allele"),
        (("c1", 19, "N", "A"), "ambiguous_allele"),
        (("c1", 4, "T", "TAAAAAAA"), "too_long"),
        (("c2", 10, "A", "C"), "contig_end"),
        (("c1", 17, "A", "C"), "n_rich"),
    ],
)
def test_what_cannot_be_scored_has_a_reason(genome, variant, reason):
    assert reason in REASONS
    assert windows(genome, *variant) == reason


@pytest.mark.parametrize(
    ("alleles", "kind", "words"),
    [
        (("A", "C"), (1, 1), "substitutions of 1 bp"),
        (("ACG", "TCA"), (2, 2), "substitutions of 2 bp"),
        (("A", "ATT"), (0, 2), "insertions of 2 bp"),
        (("GATCAG", "GTT"), (3, 0), "deletions of 3 bp"),
    ],
)
def test_the_kind_is_that_of_the_trimmed_alleles(alleles, kind, words):
    assert kind_of(*alleles) == kind_of(*(f"CA{allele}TT" for allele in alleles)) == kind
    assert str(kind_of(*alleles)) == words


def test_plain_alleles_have_no_reason():
    assert reason_not_scored("ACG", "T") is None


def test_a_tenth_of_a_window_may_be_ambiguous():
    assert not too_ambiguous(pack("ACGTACGTAN"))
    assert too_ambiguous(pack("ACGTACGTRN"))


@pytest.fixture
def library(bundle):
    header = load_model(bundle).header.model_copy(update={"min_length": 28})
    return RecordWindows({"r": pack("ACGTA" * 6), "short": pack("ACGTA" * 5 + "ACGT")}, header)


def test_the_window_of_a_record_is_the_record(library):
    ref, alt, *_ = library("r", 1, "C", "T")
    assert (unpack(ref[0]), unpack(alt[0])) == ("ACGTA" * 6, "ATGTA" + "ACGTA" * 5)


def test_an_indel_changes_the_length_of_a_record(library):
    assert unpack(library("short", 28, "T", "TG")[1][0]) == "ACGTA" * 5 + "ACGTG"
    assert unpack(library("short", 27, "GT", "G")[1][0]) == "ACGTA" * 5 + "ACG"


@pytest.mark.parametrize(
    ("variant", "reason"),
    [
        (("x", 1, "C", "T"), "missing_contig"),
        (("r", 1, "A", "T"), "ref_mismatch"),
        (("r", 29, "AC", "A"), "beyond_contig"),
        (("r", -1, "A", "T"), "contig_end"),
        (("r", 0, "A", "AC"), "too_long"),
        (("r", 0, "ACGT", "A"), "too_short"),
        (("r", 0, "A", "*"), "star"),
    ],
)
def test_what_cannot_be_scored_in_a_record_has_a_reason(library, variant, reason):
    assert library(*variant) == reason

"""Normalised alleles are those of `bcftools norm`: trimmed, and left-aligned against the contig."""

import numpy as np
import pytest

from seqcnn.genome.variant.normalise import NormalisedAlleles, normalise, trim_alleles
from seqcnn.sequence.onehot import pack


def reader(contig):
    packed = pack(contig)
    return lambda start, end: packed[start:end]


@pytest.mark.parametrize(
    ("alleles", "change"),
    [
        (("A", "C"), (7, "A", "C")),
        (("CA", "CG"), (8, "A", "G")),
        (("AC", "GC"), (7, "A", "G")),
        (("C", "CTT"), (8, "", "TT")),
        (("CTT", "C"), (8, "TT", "")),
        (("AAA", "AA"), (7, "A", "")),
        (("CAT", "CGCT"), (8, "A", "GC")),
    ],
)
def test_alleles_lose_what_they_share(alleles, change):
    assert trim_alleles(7, *alleles) == NormalisedAlleles(*change)


#          123456789012345678901234567890
CONTIG = "GGGCACACACAGGGTTTTTNTTTCAGCAGc"


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        # the figure of Tan, Abecasis and Kang (2015): one deletion of CA in GGGCACACACAGGG, seven notations
        ((8, "CAC", "C"), (3, "GCA", "G")),
        ((8, "CACA", "CA"), (3, "GCA", "G")),
        ((3, "GCACA", "GCA"), (3, "GCA", "G")),
        ((2, "GGCA", "GG"), (3, "GCA", "G")),
        ((4, "CAC", "C"), (3, "GCA", "G")),
        ((9, "ACA", "A"), (3, "GCA", "G")),
        ((3, "GCA", "G"), (3, "GCA", "G")),
        # insertions in a repeat of one and of three bases
        ((19, "T", "TT"), (14, "G", "GT")),
        ((15, "T", "TTT"), (14, "G", "GTT")),
        ((29, "G", "GCAG"), (23, "T", "TCAG")),
        ((30, "C", "CAGC"), (23, "T", "TCAG")),
        # N ends a repeat
        ((23, "TT", "T"), (20, "NT", "N")),
        # the contig's start: the base after the change follows it
        ((2, "GG", "G"), (1, "GG", "G")),
        ((1, "G", "CG"), (1, "G", "CG")),
        ((1, "G", "GG"), (1, "G", "GG")),
        ((3, "G", "GG"), (1, "G", "GG")),
        # substitutions and deletion-insertions are trimmed on both sides
        ((4, "CAC", "CTC"), (5, "A", "T")),
        ((5, "AC", "GT"), (5, "AC", "GT")),
        ((11, "AGGGT", "ACT"), (12, "GGG", "C")),
        ((24, "CAGCAG", "CAT"), (26, "GCAG", "T")),
    ],
)
def test_all_notations_of_a_haplotype_become_that_of_bcftools_norm(written, normal):
    fetch = reader(CONTIG)
    position, ref, alt = written
    found = normalise(position - 1, ref, alt, fetch).vcf_notation(fetch)
    assert (found.start + 1, found.ref, found.alt) == normal


def test_a_random_notation_of_a_random_haplotype_is_normalised():
    """The haplotype is the same, no shared base is left, and an indel cannot be shifted further."""
    rng = np.random.default_rng(1)
    for _ in range(500):
        contig = "".join(rng.choice([*"AC"], size=30))  # of two letters: many repeats
        start, n, m = rng.integers(5, 20), *rng.integers(1, 6, 2)
        ref, alt = contig[start : start + n], "".join(rng.choice([*"AC"], size=m))
        if ref == alt:
            continue
        change = normalise(int(start), ref, alt, reader(contig))
        for s, r, a in (change, change.vcf_notation(reader(contig))):
            assert contig[s : s + len(r)] == r
            assert contig[:s] + a + contig[s + len(r) :] == contig[:start] + alt + contig[start + n :]
        assert not (change.ref and change.alt) or (
            change.ref[0] != change.alt[0] and change.ref[-1] != change.alt[-1]
        )
        if not (change.ref and change.alt) and change.start:
            assert contig[change.start - 1] != (change.ref or change.alt)[-1]


def test_a_repeat_longer_than_a_block_is_followed_to_its_start():
    fetch = reader("G" + "CA" * 3000)
    assert normalise(5998, "ACA", "A", fetch) == (1, "CA", "")
    assert normalise(6000, "A", "ACA", fetch) == (1, "", "CA")

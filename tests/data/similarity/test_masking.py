"""Constant flanks and barcodes are found, and removed."""

import random

import pytest

from seqcnn.data.similarity.masking import masked_codes
from seqcnn.sequence.onehot import pack

N = 600


def library(build, n=N):
    draw = random.Random(1)
    return [build(i, lambda k: "".join(draw.choices("ACGT", k=k))) for i in range(n)]


def remaining(sequences):
    codes, words = masked_codes([pack(s) for s in sequences])
    ends = zip(codes.offset[:-1], codes.offset[1:], strict=True)
    return ["".join("ACGTN"[code] for code in codes.bases[begin:end]) for begin, end in ends], words


def families(n=N, size=2, length=80):
    """Inserts in families of copies."""
    draw = random.Random(2)
    inserts = ["".join(draw.choices("ACGT", k=length)) for _ in range(n // size)]
    return [inserts[i // size] for i in range(n)]


def test_random_sequences_are_compared_whole():
    sequences = library(lambda i, draw: draw(80))
    assert remaining(sequences) == (sequences, "")


def test_constant_flanks_are_removed():
    sequences = library(lambda i, draw: "ACTGGCCGCTTCACTG" + draw(80) + "GGTGCC")
    assert remaining(sequences) == ([s[16:96] for s in sequences], "22 constant positions")


def test_one_constant_position_is_singular():
    sequences = library(lambda i, draw: "A" + draw(80))
    assert remaining(sequences)[1] == "1 constant position"


def test_flanks_of_inserts_of_many_lengths_are_found_from_both_ends():
    sequences = library(lambda i, draw: "ACTGGCCGC" + draw(40 + i % 30) + "GGTGCCAA")
    assert remaining(sequences) == ([s[9:-8] for s in sequences], "17 constant positions")


def test_a_barcode_of_twins_is_removed():
    inserts = families()
    sequences = library(lambda i, draw: "ACTGGCCGC" + draw(12) + inserts[i])
    assert remaining(sequences) == (inserts, "9 constant and 12 barcode positions")


def test_scanning_mutations_are_no_barcode():
    inserts = families()

    def mutated(i, draw):
        at = random.Random(i).randrange(0, 66)
        return inserts[i][:at] + draw(14) + inserts[i][at + 14 :]

    assert remaining(library(mutated))[1] == ""


def test_all_bases_behind_a_fixed_breakpoint_are_no_barcode():
    inserts = families(length=200)
    sequences = library(lambda i, draw: inserts[i][:100] + draw(100))
    assert remaining(sequences) == (sequences, "")


@pytest.mark.parametrize("gap", [3, 8])
def test_bases_that_match_after_a_shift_are_no_barcode(gap):
    inserts = families(length=120)
    sequences = library(lambda i, draw: (inserts[i][:94] + draw(gap * (i % 2)) + inserts[i][94:])[:120])
    assert remaining(sequences) == (sequences, "")


def test_ends_behind_insertions_at_any_position_are_no_barcode():
    inserts, draw = families(length=200), random.Random(4)
    positions = [draw.randint(20, 150) * (i % 2) for i in range(N)]
    sequences = [(s[:at] + "".join(draw.choices("ACGT", k=30)) * (at > 0) + s[at:])[:200]
                 for s, at in zip(inserts, positions, strict=True)]  # fmt: skip
    assert remaining(sequences) == (sequences, "")


@pytest.mark.parametrize("n", [1, 30])
def test_variants_of_one_parent_are_compared_whole(n):
    parent = families(2)[0]
    sequences = [parent[:i] + "A" + parent[i + 1 :] for i in range(n)]
    assert remaining(sequences) == (sequences, "")

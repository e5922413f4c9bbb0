"""Constant flanks and barcodes are found, and left out."""

import random

import numpy as np
import pytest

from seqcnn.data.similarity.masking import MASKED, masked_codes
from seqcnn.sequence.onehot import pack

N = 600


def library(build, n=N):
    draw = random.Random(1)
    return [build(i, lambda k: "".join(draw.choices("ACGT", k=k))) for i in range(n)]


def left_out(sequences):
    codes, words = masked_codes([pack(s) for s in sequences])
    parts = np.split(codes.bases == MASKED, codes.offset[1:-1])
    return parts, words


def families(n=N):
    """Inserts in pairs of twins."""
    draw = random.Random(2)
    inserts = ["".join(draw.choices("ACGT", k=80)) for _ in range(n // 2)]
    return [inserts[i // 2] for i in range(n)]


def test_random_sequences_are_compared_whole():
    parts, words = left_out(library(lambda i, draw: draw(80)))
    assert (np.sum(parts), words) == (0, "")


def test_constant_flanks_are_left_out():
    parts, words = left_out(library(lambda i, draw: "ACTGGCCGCTTCACTG" + draw(80) + "GGTGCC"))
    assert all(np.flatnonzero(p).tolist() == [*range(16), *range(96, 102)] for p in parts)
    assert words == "22 constant positions"


def test_flanks_of_inserts_of_many_lengths_are_found_from_both_ends():
    parts, words = left_out(library(lambda i, draw: "ACTGGCCGC" + draw(40 + i % 30) + "GGTGCCAA"))
    assert all(np.flatnonzero(p).tolist() == [*range(9), *range(len(p) - 8, len(p))] for p in parts)
    assert words == "17 constant positions"


def test_a_barcode_of_twins_is_left_out():
    inserts = families()
    parts, words = left_out(library(lambda i, draw: "ACTGGCCGC" + draw(12) + inserts[i]))
    assert all(np.flatnonzero(p).tolist() == list(range(21)) for p in parts)
    assert words == "9 constant and 12 barcode positions"


def test_scanning_mutations_are_no_barcode():
    inserts = families()

    def mutated(i, draw):
        at = random.Random(i).randrange(0, 66)
        return inserts[i][:at] + draw(14) + inserts[i][at + 14 :]

    assert left_out(library(mutated))[1] == ""


@pytest.mark.parametrize("n", [1, 30])
def test_variants_of_one_parent_are_compared_whole(n):
    parent = families(2)[0]
    parts, words = left_out([parent[:i] + "A" + parent[i + 1 :] for i in range(n)])
    assert (np.sum(parts), words) == (0, "")

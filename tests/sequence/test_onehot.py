import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.strategies import dna

from seqcnn.errors import SequenceError
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import ALPHABET, IUPAC, expand, one_hot, pack, unpack

UNIONS = {
    "A": "A",
    "C": "C",
    "G": "G",
    "T": "T",
    "R": "AG",
    "Y": "CT",
    "S": "CG",
    "W": "AT",
    "K": "GT",
    "M": "AC",
    "B": "CGT",
    "D": "AGT",
    "H": "ACT",
    "V": "ACG",
    "N": "ACGT",
}
SEQUENCES = dna(IUPAC[1:], max_size=60)


def test_one_hot_rows_follow_the_alphabet():
    assert ALPHABET == "ACGT"
    assert torch.equal(one_hot("ACGT"), torch.eye(4))  # RC tests cannot see A, G, C, T order; this does
    assert one_hot("GGA").tolist() == [[0, 0, 1], [0, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert one_hot("ACGT").dtype == torch.float32


def test_packed_bases_are_the_bits_of_the_bam_convention():
    assert pack("ACGTRYSWKMBDHVN") == bytes([1, 2, 4, 8, 5, 10, 6, 9, 12, 3, 14, 13, 11, 7, 15])


@pytest.mark.parametrize("letter", UNIONS)
def test_every_iupac_code_shares_one_among_its_bases_or_is_zero(letter):
    bases = UNIONS[letter]
    shared = [1 / len(bases) if base in bases else 0 for base in ALPHABET]
    assert one_hot(letter)[:, 0].tolist() == pytest.approx(shared)
    assert one_hot(letter, "zero")[:, 0].tolist() == (shared if len(bases) == 1 else [0] * 4)


def test_lower_case_and_u_and_bytes_are_read_as_upper_case_dna():
    assert pack("acguryswkmbdhvn") == pack("ACGTRYSWKMBDHVN") == pack(b"ACGURYSWKMBDHVN")
    assert unpack(pack("acgu")) == "ACGT"


@pytest.mark.parametrize("ambiguity", ["share", "zero"])
def test_padding_becomes_a_column_of_zeros(ambiguity):
    packed = torch.tensor([[0, 1]], dtype=torch.uint8)
    assert expand(packed, ambiguity).tolist() == [[[0, 1], [0, 0], [0, 0], [0, 0]]]
    assert unpack(b"\0\1") == "-A"


def test_reverse_complement_of_every_code_is_the_known_one():
    assert unpack(reverse_complement(pack("ACGTRYSWKMBDHVN"))) == "NBDHVKMWSRYACGT"


@given(SEQUENCES)
def test_reverse_complement_is_a_flip_of_the_one_hot(letters):
    packed = pack(letters)
    assert unpack(packed) == letters
    assert reverse_complement(reverse_complement(packed)) == packed
    other = unpack(reverse_complement(packed))
    assert torch.equal(one_hot(other), one_hot(letters).flip(0, 1))


@given(st.lists(SEQUENCES.map(lambda s: s.ljust(60, "A")), min_size=1, max_size=4), st.booleans())
def test_expand_of_a_batch_is_one_hot_of_each_row(letters, share):
    ambiguity = "share" if share else "zero"
    packed = torch.from_numpy(np.array([list(pack(s)) for s in letters], np.uint8))
    assert torch.equal(expand(packed, ambiguity), torch.stack([one_hot(s, ambiguity) for s in letters]))


@pytest.mark.parametrize("ambiguity", ["share", "zero"])
@pytest.mark.parametrize("length", [16, 15, 1, 0])
def test_every_pair_of_bases_becomes_its_two_columns(ambiguity, length):
    values = torch.arange(16, dtype=torch.uint8)
    packed = torch.cat([torch.cartesian_prod(values, values).flatten(), values]).view(-1, 16)[:, :length]
    bits = torch.stack([packed.bitwise_and(bit).ne(0) for bit in (1, 2, 4, 8)], 1).float()
    count = bits.sum(1, keepdim=True)
    expected = bits / count.clamp(min=1) if ambiguity == "share" else bits * count.le(1)
    assert torch.equal(expand(packed, ambiguity), expected)


def test_the_four_numbers_of_a_base_are_neighbours_so_that_channels_last_copies_nothing():
    x = expand(torch.ones((3, 8), dtype=torch.uint8))
    picture = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
    assert picture.data_ptr() == x.data_ptr()


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_part_of_a_batch_is_expanded_as_the_whole(at):
    packed = torch.tensor([[1, 2, 4, 8, 15]], dtype=torch.uint8)
    assert torch.equal(expand(packed[:, at:]), expand(packed)[:, :, at:])


def test_what_was_expanded_without_gradients_first_is_differentiable_later():
    with torch.inference_mode():
        expand(torch.ones((1, 2), dtype=torch.uint8))
    x = expand(torch.ones((1, 2), dtype=torch.uint8)).requires_grad_()
    (x**2).sum().backward()
    assert x.grad.sum() == 4


@pytest.mark.parametrize(
    ("letters", "found"),
    [
        ("ACXT", "'X' at position 3"),
        ("AC-T", "'-' at position 3"),
        ("AC T", "' ' at position 3"),
        ("ACéT", r"'\\xe9' at position 3"),
        ("A\udcffC", r"'\\udcff' at position 2"),
        ("A\ud800C", r"'\\ud800' at position 2"),
        (b"AC\xffT", r"'\\xff' at position 3"),
        ("=", "'=' at position 1"),
    ],
)
def test_pack_names_the_bad_character_and_its_position(letters, found):
    with pytest.raises(SequenceError, match=found):
        pack(letters)


def test_pack_refuses_an_empty_sequence():
    with pytest.raises(SequenceError, match="empty sequence"):
        one_hot("")


@pytest.mark.parametrize("word", ["NA", "nan", "NaN", "None", "N/A", "null", "<NA>", b"NA", " na "])
def test_a_word_for_a_missing_value_is_no_sequence(word):
    with pytest.raises(SequenceError, match="is a missing value; expected a sequence"):
        one_hot(word)


def test_several_sequences_at_once_are_refused_with_the_remedy():
    with pytest.raises(SequenceError, match="list found; expected one sequence"):
        one_hot(["ACGT"])

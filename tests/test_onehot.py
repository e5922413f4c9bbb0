import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqcnn.data.onehot import ALPHABET, IUPAC, expand, one_hot, pack, reverse_complement, unpack
from seqcnn.errors import SequenceError

CODES = {"R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC"} | {
    "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"
}  # fmt: skip


def test_one_hot_rows_follow_the_alphabet():
    assert torch.equal(one_hot("ACGT"), torch.eye(4))  # RC tests cannot see A, G, C, T order; this does


def test_case_does_not_matter_and_u_is_t():
    assert pack("acgu") == pack("ACGT") == bytes([1, 2, 4, 8])


@pytest.mark.parametrize(("code", "bases"), CODES.items())
def test_an_ambiguous_base_is_shared_or_zero(code, bases):
    share = torch.tensor([[(base in bases) / len(bases)] for base in ALPHABET])
    torch.testing.assert_close(one_hot(code, "share"), share)
    assert torch.equal(one_hot(code, "zero"), torch.zeros(4, 1))


def test_padding_is_a_column_of_zeros():
    assert torch.equal(expand(torch.zeros(1, 1, dtype=torch.uint8)), torch.zeros(1, 4, 1))


def test_the_reverse_complement_of_aacgr_is_ycgtt():
    assert unpack(reverse_complement(pack("AACGR"))) == "YCGTT"


@given(st.text(IUPAC[1:], min_size=1))
def test_reverse_complement_flips_the_last_two_axes_and_is_its_own_inverse(letters):
    packed = pack(letters)
    assert unpack(reverse_complement(reverse_complement(packed))) == letters
    turned = one_hot(unpack(reverse_complement(packed)))
    assert torch.equal(turned, one_hot(letters).flip(0, 1))


def test_a_batch_is_the_stack_of_its_sequences():
    rows = np.frombuffer(pack("ACN") + pack("GTR"), np.uint8).reshape(2, 3).copy()
    assert torch.equal(expand(torch.from_numpy(rows)), torch.stack([one_hot("ACN"), one_hot("GTR")]))


def test_one_hot_names_the_bad_character_and_its_position():
    with pytest.raises(SequenceError, match=r"'-' at position 3"):
        one_hot("AC-T")


def test_an_empty_sequence_is_refused():
    with pytest.raises(SequenceError, match="empty"):
        one_hot("")

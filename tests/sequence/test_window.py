import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.strategies import dna

from seqcnn.errors import ConfigError, SequenceError
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack, unpack
from seqcnn.sequence.window import Layout, slide

DNA = dna("ACGTNR", min_size=0, max_size=12)
INSERT = dna("ACGTNR", max_size=12)


def placed(insert, length, **policy):
    row, start, size = Layout(length, **policy).place(pack(insert))
    return unpack(row), start, size


@pytest.mark.parametrize(
    ("align", "row", "start"),
    [("left", "ACG----", 0), ("right", "----ACG", 4), ("center", "--ACG--", 2)],
)
def test_without_flanks_the_rest_of_the_window_is_padding(align, row, start):
    assert placed("ACG", 7, align=align) == (row, start, 3)


@pytest.mark.parametrize(
    ("align", "row", "start"),
    [("left", "ACGTT--", 0), ("right", "--CCACG", 4), ("center", "CCACGTT", 2)],
)
def test_flanks_shorter_than_the_room_sit_next_to_the_insert(align, row, start):
    assert placed("ACG", 7, align=align, flank5="CC", flank3="TT") == (row, start, 3)


@pytest.mark.parametrize(
    ("align", "row", "start"),
    [("left", "ACGTTTG", 0), ("right", "ACCCACG", 4), ("center", "CCACGTT", 2)],
)
def test_of_flanks_longer_than_the_room_the_bases_next_to_the_insert_are_shown(align, row, start):
    assert placed("ACG", 7, align=align, flank5="GACCC", flank3="TTTGA") == (row, start, 3)


def test_an_odd_room_gives_the_extra_base_to_the_3_prime_side():
    assert placed("ACG", 6, align="center") == ("-ACG--", 1, 3)


@pytest.mark.parametrize(("align", "row"), [("left", "ACG"), ("right", "CGT"), ("center", "ACG")])
def test_crop_cuts_the_side_away_from_the_alignment(align, row):
    assert placed("ACGT", 3, align=align, crop=True, flank5="AA", flank3="AA") == (row, 0, 3)


def test_an_insert_of_exactly_the_window_needs_no_crop():
    assert placed("ACGT", 4, flank5="AA", flank3="AA") == ("ACGT", 0, 4)


def test_an_insert_longer_than_the_window_is_refused():
    with pytest.raises(SequenceError, match="5 bp; at most 4 bp are expected"):
        placed("ACGTA", 4)


@pytest.mark.parametrize("flank", ["flank5", "flank3"])
def test_a_flank_that_is_no_dna_is_named(flank):
    with pytest.raises(ConfigError, match=rf"{flank}: 'X' at position 2"):
        placed("ACG", 7, **{flank: "AX"})


def test_rows_are_the_placed_inserts_in_their_order():
    rows = Layout(4, align="right", flank5="TT").rows([pack("A"), pack("CGCG")])
    assert [unpack(row.tobytes()) for row in rows.bases] == ["-TTA", "CGCG"]
    assert (rows.start.tolist(), rows.insert_length.tolist(), len(rows)) == ([3, 0], [1, 4], 2)
    assert unpack(rows.take(np.array([1])).bases.tobytes()) == "CGCG"


def view(insert, start, length, *, shift, reverse, flanks):
    """Look at one construct through the moved window, a base at a time."""
    insert = reverse_complement(insert) if reverse else insert
    five, three = (pack(flank) if flank else b"" for flank in flanks)
    construct = five + insert + three
    first = len(five) - start + shift  # of the window, in the construct
    return bytes(construct[i] if 0 <= i < len(construct) else 0 for i in range(first, first + length))


@settings(max_examples=200, deadline=None)
@given(
    inserts=st.lists(INSERT, min_size=1, max_size=5),
    room=st.integers(0, 9),
    align=st.sampled_from(["left", "right", "center"]),
    flanks=st.tuples(DNA, DNA),
    data=st.data(),
)
def test_slide_shows_the_construct_as_a_moved_window_does(inserts, room, align, flanks, data):
    packed = [pack(insert) for insert in inserts]
    length, n = max(map(len, packed)) + room, len(packed)
    rows = Layout(length, align, *flanks).rows(packed)
    shift = data.draw(st.lists(st.integers(-25, 25), min_size=n, max_size=n))
    reverse = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    got = slide(
        torch.from_numpy(rows.bases.copy()),
        torch.from_numpy(rows.start),
        torch.from_numpy(rows.insert_length),
        shift=torch.tensor(shift),
        reverse=torch.tensor(reverse),
        flanks=flanks,
    )
    assert got.dtype == torch.uint8
    assert [bytes(row.tolist()) for row in got] == [
        view(insert, int(start), length, shift=s, reverse=r, flanks=flanks)
        for insert, start, s, r in zip(packed, rows.start, shift, reverse, strict=True)
    ]


def test_slide_by_nothing_on_the_given_strand_changes_nothing():
    rows = Layout(6, "center", "GG", "CC").rows([pack("ACG"), pack("TTTTT")])
    bases = torch.from_numpy(rows.bases.copy())
    still = {"shift": torch.zeros(2, dtype=torch.int64), "reverse": torch.zeros(2, dtype=torch.bool)}
    start, size = torch.from_numpy(rows.start), torch.from_numpy(rows.insert_length)
    assert torch.equal(slide(bases, start, size, **still, flanks=("GG", "CC")), bases)


@given(
    st.lists(dna("ACGTNR", min_size=0, max_size=12), max_size=9),
    st.sampled_from(["left", "right", "center"]),
    DNA,
    DNA,
)
def test_many_inserts_are_laid_out_as_each_by_itself(inserts, align, flank5, flank3):
    layout = Layout(8, align=align, flank5=flank5, flank3=flank3, crop=True)
    packed = [pack(insert) if insert else b"" for insert in inserts]
    rows = layout.rows(packed)
    found = zip(rows.bases, rows.start.tolist(), rows.insert_length.tolist(), strict=True)
    assert [(row.tobytes(), start, size) for row, start, size in found] == list(map(layout.place, packed))


def test_inserts_of_rows_are_those_that_were_laid_out():
    inserts = [pack(s) for s in ("ACG", "A", "ACGTA")]
    assert Layout(5, "center", "TT", "GG").rows(inserts).inserts() == inserts

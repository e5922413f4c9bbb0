import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqcnn.data.layout import Layout, slide
from seqcnn.data.onehot import pack, reverse_complement, unpack
from seqcnn.errors import SequenceError

DNA = st.text("ACGTN", min_size=1, max_size=12)


def placed(letters: str, **layout: object) -> str:
    return unpack(Layout(**layout).place(pack(letters))[0])


@pytest.mark.parametrize(
    ("layout", "row"),
    [
        ({"align": "left"}, "ACG----"),
        ({"align": "right"}, "----ACG"),
        ({"align": "center"}, "--ACG--"),
        ({"align": "left", "flank3": "TTTTTT"}, "ACGTTTT"),
        ({"align": "right", "flank5": "CCTTAG"}, "TTAGACG"),
        ({"align": "center", "flank5": "A", "flank3": "T"}, "-AACGT-"),
    ],
)
def test_a_short_insert_sits_on_its_side_and_the_flanks_fill_the_rest(layout, row):
    assert placed("ACG", length=7, **layout) == row


@pytest.mark.parametrize(("align", "row"), [("left", "ACG"), ("right", "TTA"), ("center", "GTT")])
def test_cropping_cuts_the_side_away_from_the_alignment(align, row):
    assert placed("ACGTTA", length=3, align=align, crop=True) == {"center": "CGT"}.get(align, row)


def test_a_longer_insert_is_refused_unless_cropping_is_asked_for():
    with pytest.raises(SequenceError, match=r"6 bp; at most 3 bp"):
        placed("ACGTTA", length=3)


def slow_slide(insert: str, layout: Layout, shift: int, *, reverse: bool) -> str:
    """Cut the shifted window out of the construct, letter by letter."""
    _, start, _ = layout.place(pack(insert))
    body = unpack(reverse_complement(pack(insert))) if reverse else insert
    construct = layout.flank5 + body + layout.flank3
    first = len(layout.flank5) - start + shift
    window = range(first, first + layout.length)
    return "".join(construct[at] if 0 <= at < len(construct) else "-" for at in window)


@given(
    st.lists(DNA, min_size=1, max_size=4),
    st.integers(-15, 15),
    st.booleans(),
    st.sampled_from(["left", "right", "center"]),
    st.text("ACGT", max_size=8),
    st.text("ACGT", max_size=8),
)
def test_sliding_equals_cutting_the_window_from_the_construct(inserts, shift, reverse, align, flank5, flank3):
    layout = Layout(12, align, flank5, flank3)
    rows = layout.rows([pack(insert) for insert in inserts])
    columns = (torch.from_numpy(np.array(column)) for column in (rows.bases, rows.start, rows.size))
    n = len(inserts)
    moved = slide(
        *columns, shift=torch.full((n,), shift), reverse=torch.full((n,), reverse), flanks=(flank5, flank3)
    )
    expected = [slow_slide(insert, layout, shift, reverse=reverse) for insert in inserts]
    assert [unpack(bytes(row.tolist())) for row in moved] == expected

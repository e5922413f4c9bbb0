"""Letters of logos, in SVG and in matplotlib."""

import numpy as np
import pytest

from seqcnn.plotting.letters import Letter, draw_letters, letter_path, stacked_letters
from seqcnn.plotting.panel import Logos
from seqcnn.plotting.style import axes_of
from seqcnn.plotting.svg_logo import logo

HEIGHTS = np.array([[1.0, 0], [0.5, 0], [0, 0], [0, -1.0]])  # A 1 and C 0.5; T -1


def test_letters_stack_from_the_line_outwards():
    assert list(stacked_letters(HEIGHTS)) == [
        Letter(0, "C", 0.0, 0.5), Letter(0, "A", 0.5, 1.0), Letter(1, "T", -1.0, 1.0),
    ]  # fmt: skip


@pytest.mark.parametrize("base", "ACGT")
def test_the_outline_of_a_letter_fills_a_box_of_one(base):
    box = letter_path(base).get_extents()
    assert box.extents.tolist() == pytest.approx([0, 0, 1, 1])


def test_letters_in_axes_have_the_heights_of_the_logo():
    _, axes = axes_of(2, 2)
    draw_letters(axes, HEIGHTS, first=5)
    boxes = [path.get_extents().extents.tolist() for path in axes.collections[0].get_paths()]
    expected = [[4.5, 0, 5.5, 0.5], [4.5, 0.5, 5.5, 1.5], [5.5, -1, 6.5, 0]]
    assert np.array(boxes) == pytest.approx(np.array(expected))
    assert axes.get_xlim() == (4.5, 6.5)


@pytest.mark.parametrize(("limits", "label"), [((-0.159, 0.4), "−0.159"), ((-1.234e-5, 1e-5), "−1.23e−05")])
def test_the_margin_of_a_logo_has_room_for_the_labels_of_its_scale(limits, label):
    picture = logo(HEIGHTS * 1e-6, limits)
    x, _, width, _ = map(float, picture.view_box.split())
    assert f">{label}</text>" in picture.inline
    assert -x >= 4 + 5.8 * len(label)  # digits of sans-serif fonts are at most 0.64 em wide, here 9 units
    assert width == pytest.approx(-x + 2 * 10 + 12)


def test_a_logo_as_pdf_has_a_page():
    assert Logos([logo(HEIGHTS, (-1, 2))], []).pdf("title").startswith(b"%PDF")

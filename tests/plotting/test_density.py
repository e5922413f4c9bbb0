"""Points of a scatter: each by itself, or hexagons where they are many."""

import numpy as np
import pytest

from seqcnn.plotting.style import axes_of, draw_density


@pytest.mark.parametrize(("n", "lines", "hexagons"), [(499, 1, 0), (500, 0, 1)])
def test_few_points_are_drawn_as_they_are(n, lines, hexagons):
    _, axes = axes_of(2, 2)
    x = np.linspace(0, 1, n)
    draw_density(axes, (x, x), extent=(0, 1, 0, 1))
    assert (len(axes.lines), len(axes.collections)) == (lines, hexagons)

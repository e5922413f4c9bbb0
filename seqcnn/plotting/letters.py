"""Letters of sequence logos: their outlines, colours, and how they stack at a position."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from seqcnn.sequence.onehot import ALPHABET

BASE_COLOURS = {"A": "#009e73", "C": "#0072b2", "G": "#e69f00", "T": "#d55e00"}
"""Okabe and Ito's palette, safe for colour-blind readers."""


class Letter(NamedTuple):
    """One letter of a logo."""

    column: int
    """From 0."""
    base: str
    bottom: float
    """Lower edge, in the units of the heights."""
    height: float
    """Above 0."""


def stacked_letters(heights: np.ndarray) -> Iterator[Letter]:
    """Yield the letters of heights (4, W): the lowest next to 0, negative ones below the line."""
    for column, values in enumerate(heights.T.tolist()):
        for sign in (1, -1):
            edge = 0.0
            for height, base in sorted((sign * h, b) for h, b in zip(values, ALPHABET, strict=True)):
                if height > 0:
                    yield Letter(column, base, edge if sign > 0 else edge - height, height)
                    edge += sign * height


@cache
def letter_path(base: str) -> Any:
    """Return the outline of a letter, stretched to a box of 1 x 1, as a matplotlib Path."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path
    from matplotlib.textpath import TextPath

    path = TextPath((0, 0), base, size=100, prop=FontProperties(family="DejaVu Sans", weight="bold"))
    box = path.get_extents()
    vertices = (path.vertices - [box.x0, box.y0]) / [box.width, box.height]
    return Path(np.where((path.codes == Path.CLOSEPOLY)[:, None], 0.0, vertices), path.codes)


def draw_letters(axes: Any, heights: np.ndarray, *, first: int = 1, down: bool = False) -> None:
    """Draw the letters of heights (4, W) into matplotlib axes; `first` is the position of column 0, bp.

    With `down` positions run down the axes, from the top, and heights to the right.
    """
    from matplotlib.collections import PathCollection
    from matplotlib.transforms import Affine2D

    letters = list(stacked_letters(heights))
    paths = [
        letter_path(base).transformed(
            Affine2D().scale(height, -1).translate(bottom, column + first + 0.5)
            if down
            else Affine2D().scale(1, height).translate(column + first - 0.5, bottom)
        )
        for column, base, bottom, height in letters
    ]
    axes.add_collection(PathCollection(paths, facecolors=[BASE_COLOURS[a.base] for a in letters], lw=0))
    ends = first - 0.5, first + heights.shape[1] - 0.5
    if down:
        axes.set_ylim(ends[::-1])
    else:
        axes.set_xlim(ends)

"""Heights of bases -> a logo as SVG, small and as sharp as the page; its letters stand once in the page."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqcnn.plotting.formatting import minus
from seqcnn.sequence.onehot import ALPHABET

BASE_WIDTH = 10
"""Of a letter, in the units of the picture."""

HEIGHT = 60
"""Of the letters' room."""

_LEFT, _BELOW = 34, 14  # room for the scale and for the positions
_TICK = 10  # bp
_LEAST = 0.3  # a lower letter is not drawn


def glyphs() -> str:
    """Return the hidden SVG with the four letters that the logos of a page refer to, each of size 1 x 1."""
    paths = "".join(f'<path id="base-{base}" d="{_outline(base)}"/>' for base in ALPHABET)
    return f'<svg width="0" height="0" aria-hidden="true" focusable="false"><defs>{paths}</defs></svg>'


def logo(
    heights: np.ndarray, limits: tuple[float, float], *, first: int = 1, width: int | None = None
) -> str:
    """Draw letters of some heights (4, W), those below 0 under the line.

    Parameters
    ----------
    heights
        Of each base at each position; 0 is no letter.
    limits
        Lowest and highest value of the scale; 0 lies between them.
    first
        Position of the first column, bp.
    width
        Columns that the picture has room for; by default those that there are.
    """
    low, high = limits
    unit = HEIGHT / (high - low)
    zero = high * unit
    across = (width or heights.shape[1]) * BASE_WIDTH
    parts = [f'<path class="line" d="M0 {zero:.1f}H{across}M0 0V{HEIGHT}"/>']
    parts += [_word(-4, 8, f"{high:.3g}", "end"), _word(-4, HEIGHT, f"{low:.3g}", "end")]
    parts += [
        _word((at - first + 0.5) * BASE_WIDTH, HEIGHT + 12, str(at), "middle")
        for at in range(first, first + heights.shape[1])
        if at % _TICK == 0
    ]
    parts += _letters(heights * unit, zero)
    box = f"{-_LEFT} -2 {across + _LEFT + 12} {HEIGHT + _BELOW + 2}"
    return f'<svg class="logo" viewBox="{box}" aria-hidden="true" focusable="false">{"".join(parts)}</svg>'


def _letters(heights: np.ndarray, zero: float) -> Iterator[str]:
    """Yield the letters of each position: the lowest next to the line."""
    for at, column in enumerate(heights.T.tolist()):
        for sign in (1, -1):
            edge = zero
            for height, base in sorted((sign * h, b) for h, b in zip(column, ALPHABET, strict=True)):
                if height > 0:
                    top = edge - height if sign > 0 else edge
                    edge -= sign * height
                    if height >= _LEAST:
                        place = f"matrix({BASE_WIDTH} 0 0 {height:.1f} {at * BASE_WIDTH} {top:.1f})"
                        yield f'<use href="#base-{base}" class="{base}" transform="{place}"/>'


def _word(x: float, y: float, text: str, anchor: str) -> str:
    """Write a number."""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{minus(text)}</text>'


def _outline(letter: str) -> str:
    """Return a letter's outline, stretched to a box of 1 x 1, y pointing down."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    path = TextPath((0, 0), letter, size=100, prop=FontProperties(family="DejaVu Sans", weight="bold"))
    box = path.get_extents()
    size = np.array([box.width, box.height])
    commands = {1: "M", 2: "L", 3: "Q", 4: "C", 79: "Z"}
    parts = []
    for vertices, code in path.iter_segments(simplify=False):
        points = (vertices.reshape(-1, 2) - [box.x0, box.y0]) / size
        shown = [f"{x:.3f} {1 - y:.3f}" for x, y in points] if code != 79 else []
        parts.append(commands[int(code)] + " ".join(shown))
    return "".join(parts)

"""Sequence logos as SVG: the one drawing of letters in pages and in files of their own.

A page holds `glyphs()` once; its logos refer to these four letters.  A logo file holds them itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from seqcnn.errors import printable
from seqcnn.plotting.formatting import minus
from seqcnn.plotting.style import MAX_TEXT
from seqcnn.sequence.onehot import ALPHABET

BASE_WIDTH = 10
"""Width of a letter, in units of the picture."""

HEIGHT = 60
"""Height of the scale, in units of the picture."""

BASE_COLOURS = {"A": "#009e73", "C": "#0072b2", "G": "#e69f00", "T": "#d55e00"}
"""Okabe and Ito's palette, safe for colour-blind readers."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 12, 2, 14  # margins for the scale and for the positions
_TICK_BP = 10
_MIN_HEIGHT = 0.3  # lower letters are not drawn
_TITLE_HEIGHT = 20


@dataclass(frozen=True, slots=True)
class Logo:
    """The SVG elements of one logo, without the letters that they refer to."""

    elements: str
    width: int

    @property
    def view_box(self) -> str:
        """The `viewBox` of the picture."""
        return f"{-_LEFT} {-_TOP} {self.width + _LEFT + _RIGHT} {HEIGHT + _TOP + _BOTTOM}"

    @property
    def inline(self) -> str:
        """The picture as an element of a page that holds `glyphs()`."""
        box = f'viewBox="{self.view_box}"'
        return f'<svg class="logo" {box} aria-hidden="true" focusable="false">{self.elements}</svg>'


def glyphs() -> str:
    """Return a hidden SVG element with the four letters that logos refer to, each of size 1 x 1."""
    return f'<svg width="0" height="0" aria-hidden="true" focusable="false">{_definitions()}</svg>'


def logo(
    heights: np.ndarray, limits: tuple[float, float], *, first: int = 1, width: int | None = None
) -> Logo:
    """Draw letters of some heights (4, W), negative ones below the line.

    Parameters
    ----------
    heights
        Height of each base at each position; 0 is no letter.
    limits
        Lowest and highest value of the scale; 0 lies between them.
    first
        Position of the first column, bp.
    width
        Columns that the picture has room for; by default W.
    """
    low, high = limits
    unit = HEIGHT / (high - low)
    zero = high * unit
    across = (width or heights.shape[1]) * BASE_WIDTH
    line = 'class="line" fill="none" stroke="currentColor" stroke-width="0.8" stroke-opacity="0.6"'
    parts = [f'<path {line} d="M0 {zero:.1f}H{across}M0 0V{HEIGHT}"/>']
    parts += [_label(-4, 8, f"{high:.3g}", "end"), _label(-4, HEIGHT, f"{low:.3g}", "end")]
    parts += [
        _label((position - first + 0.5) * BASE_WIDTH, HEIGHT + 12, str(position), "middle")
        for position in range(first, first + heights.shape[1])
        if position % _TICK_BP == 0
    ]
    return Logo("".join([*parts, *_letters(heights * unit, zero)]), across)


def logo_file(logos: Sequence[Logo], *, title: str = "") -> str:
    """Return an SVG document with logos of one width below each other."""
    top = _TITLE_HEIGHT if title else 0
    width, height = logos[0].width + _LEFT + _RIGHT, HEIGHT + _TOP + _BOTTOM
    head = f'<text x="{_LEFT}" y="13" font-size="11">{escape(printable(title)[:MAX_TEXT])}</text>'
    rows = [
        f'<svg y="{top + height * row}" width="{width}" height="{height}" viewBox="{row_logo.view_box}">'
        f"{row_logo.elements}</svg>"
        for row, row_logo in enumerate(logos)
    ]
    size = f'width="{width}" height="{top + height * len(logos)}"'
    start = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">'
    return "\n".join([start, _definitions(), *([head] if title else []), *rows, "</svg>"]) + "\n"


def _letters(heights: np.ndarray, zero: float) -> Iterator[str]:
    """Yield the letters of each position: the lowest next to the line."""
    for column, values in enumerate(heights.T.tolist()):
        for sign in (1, -1):
            edge = zero
            for height, base in sorted((sign * h, b) for h, b in zip(values, ALPHABET, strict=True)):
                if height > 0:
                    top = edge - height if sign > 0 else edge
                    edge -= sign * height
                    if height >= _MIN_HEIGHT:
                        matrix = f"matrix({BASE_WIDTH} 0 0 {height:.1f} {column * BASE_WIDTH} {top:.1f})"
                        yield f'<use href="#base-{base}" transform="{matrix}"/>'


def _label(x: float, y: float, text: str, anchor: str) -> str:
    """Return the SVG element of a number on an axis."""
    return f'<text x="{x:g}" y="{y:g}" font-size="9" text-anchor="{anchor}">{minus(text)}</text>'


def _definitions() -> str:
    """Return the SVG definitions of the four letters."""
    paths = (
        f'<path id="base-{base}" fill="{BASE_COLOURS[base]}" d="{_outline(base)}"/>' for base in ALPHABET
    )
    return f"<defs>{''.join(paths)}</defs>"


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
        coordinates = [f"{x:.3f} {1 - y:.3f}" for x, y in points] if code != 79 else []
        parts.append(commands[int(code)] + " ".join(coordinates))
    return "".join(parts)

"""Sequence logos as SVG: inline in pages, and as files of their own.

A page holds `glyphs()` once; its logos refer to these four letters.  A logo file holds them itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from seqcnn.errors import printable
from seqcnn.plotting.formatting import minus
from seqcnn.plotting.letters import BASE_COLOURS, letter_path, stacked_letters
from seqcnn.plotting.style import MAX_TEXT
from seqcnn.sequence.onehot import ALPHABET

BASE_WIDTH = 10
"""Width of a letter, in units of the picture."""

HEIGHT = 60
"""Height of the scale, in units of the picture."""

_RIGHT, _TOP, _BOTTOM = 12, 4, 14  # margins for the last position and for the positions
_FONT_SIZE = 9
_DIGIT_WIDTH = 0.65 * _FONT_SIZE  # upper bound of the width of a digit or a minus sign in a sans-serif font
_GAP = 4  # between the labels of the scale and its axis
_TICK_BP = 10
_MIN_HEIGHT = 0.3  # lower letters are not drawn
_TITLE_HEIGHT = 20


@dataclass(frozen=True, slots=True, eq=False)
class Logo:
    """Letters of some heights on a scale."""

    heights: np.ndarray
    """(4, W), height of each base at each position; 0 is no letter."""
    limits: tuple[float, float]
    """Lowest and highest value of the scale; 0 lies between them."""
    first: int
    """Position of the first column, bp."""
    columns: int
    """Columns that the picture has room for."""
    marked: tuple[int, int] | None = None
    """First position of a shaded span, and the position after it; a line if they are equal."""

    @property
    def width(self) -> float:
        """Width of the picture."""
        return self._left + self.columns * BASE_WIDTH + _RIGHT

    @property
    def height(self) -> int:
        """Height of the picture."""
        return _TOP + HEIGHT + _BOTTOM

    @property
    def view_box(self) -> str:
        """The `viewBox` of the picture."""
        return f"{-self._left:g} {-_TOP} {self.width:g} {self.height}"

    @property
    def inline(self) -> str:
        """The picture as an element of a page that holds `glyphs()`."""
        box = f'width="{self.width:g}" height="{self.height}" viewBox="{self.view_box}"'
        return f'<svg class="logo" {box} aria-hidden="true" focusable="false">{self.elements}</svg>'

    @property
    def elements(self) -> str:
        """The elements of the picture, without the letters that they refer to."""
        low, high = self.limits
        unit = HEIGHT / (high - low)
        line = 'class="line" fill="none" stroke="currentColor" stroke-width="0.8" stroke-opacity="0.6"'
        parts = [self._mark]
        parts += [
            f'<path {line} d="M0 {high * unit:.1f}H{self.heights.shape[1] * BASE_WIDTH}M0 0V{HEIGHT}"/>'
        ]
        top, bottom = self._labels
        parts += [_label(-_GAP, 5, top, "end"), _label(-_GAP, HEIGHT, bottom, "end")]
        parts += [
            _label((position - self.first + 0.5) * BASE_WIDTH, HEIGHT + 12, str(position), "middle")
            for position in range(self.first, self.first + self.heights.shape[1])
            if position % _TICK_BP == 0
        ]
        return "".join([*parts, *_letters(self.heights * unit, high * unit)])

    @property
    def _mark(self) -> str:
        """The shading of the marked span."""
        if self.marked is None:
            return ""
        start, end = ((position - self.first) * BASE_WIDTH for position in self.marked)
        box = f'x="{start:g}" y="0" width="{max(end - start, 1.5):g}" height="{HEIGHT}"'
        return f'<rect {box} fill="currentColor" fill-opacity="0.15"/>'

    @property
    def _labels(self) -> tuple[str, str]:
        """The highest and the lowest value of the scale as text."""
        low, high = self.limits
        return minus(f"{high:.3g}"), minus(f"{low:.3g}")

    @property
    def _left(self) -> float:
        """Width of the labels of the scale."""
        return _GAP + max(3, *map(len, self._labels)) * _DIGIT_WIDTH


def glyphs() -> str:
    """Return a hidden SVG element with the four letters that logos refer to, each of size 1 x 1."""
    return f'<svg width="0" height="0" aria-hidden="true" focusable="false">{_definitions()}</svg>'


def logo(
    heights: np.ndarray, limits: tuple[float, float], *, first: int = 1, width: int | None = None
) -> Logo:
    """Return a logo of some heights (4, W), negative ones below the line; `width` is W by default."""
    return Logo(heights, limits, first, width or heights.shape[1])


def logo_file(logos: Sequence[Logo], *, title: str = "") -> str:
    """Return an SVG document with logos of one width below each other."""
    top = _TITLE_HEIGHT if title else 0
    width, height = max(line.width for line in logos), logos[0].height
    head = f'<text x="4" y="13" font-size="11">{escape(printable(title)[:MAX_TEXT])}</text>'
    rows = [
        f'<svg y="{top + height * row}" width="{line.width:g}" height="{height}" viewBox="{line.view_box}">'
        f"{line.elements}</svg>"
        for row, line in enumerate(logos)
    ]
    size = f'width="{width:g}" height="{top + height * len(logos)}"'
    start = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">'
    return "\n".join([start, _definitions(), *([head] if title else []), *rows, "</svg>"]) + "\n"


def _letters(heights: np.ndarray, zero: float) -> Iterator[str]:
    """Yield the elements of letters of heights (4, W) in units of the picture; `zero` is y of the line."""
    for column, base, bottom, height in stacked_letters(heights):
        if height >= _MIN_HEIGHT:
            top = zero - bottom - height
            matrix = f"matrix({BASE_WIDTH} 0 0 {height:.1f} {column * BASE_WIDTH} {top:.1f})"
            yield f'<use href="#base-{base}" transform="{matrix}"/>'


def _label(x: float, y: float, text: str, anchor: str) -> str:
    """Return the SVG element of a number on an axis."""
    return f'<text x="{x:g}" y="{y:g}" font-size="{_FONT_SIZE}" text-anchor="{anchor}">{text}</text>'


def _definitions() -> str:
    """Return the SVG definitions of the four letters."""
    paths = (
        f'<path id="base-{base}" fill="{BASE_COLOURS[base]}" d="{_outline(base)}"/>' for base in ALPHABET
    )
    return f"<defs>{''.join(paths)}</defs>"


def _outline(base: str) -> str:
    """Return a letter's outline as the data of an SVG path, y pointing down."""
    commands = {1: "M", 2: "L", 3: "Q", 4: "C", 79: "Z"}
    parts = []
    for vertices, code in letter_path(base).iter_segments(simplify=False):
        points = vertices.reshape(-1, 2) if code != 79 else []
        parts.append(commands[int(code)] + " ".join(f"{x:.3f} {1 - y:.3f}" for x, y in points))
    return "".join(parts)

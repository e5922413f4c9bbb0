"""A drawing with its caption: an element of a page, and SVG and PDF files of the same name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

from seqcnn.plotting.letters import draw_letters
from seqcnn.plotting.style import INK, rows_of_axes, styled
from seqcnn.plotting.svg import inline_of, page_svg, pdf
from seqcnn.plotting.svg_logo import Logo, logo_file

_BASE_INCHES = 0.14  # width of a letter of a logo as PDF
_ROW_INCHES = 1.0


class Drawing(Protocol):
    """What a panel shows."""

    def inline(self, prefix: str) -> str:
        """Return an element of a page; its ids start with `prefix`."""

    def svg(self) -> str:
        """Return an SVG document."""

    def pdf(self) -> bytes:
        """Return a PDF document."""


@dataclass(frozen=True)
class Plot:
    """A matplotlib figure."""

    figure: Any

    def inline(self, prefix: str) -> str:
        """Return an element of a page; its ids start with `prefix`."""
        return inline_of(self._document, prefix)

    def svg(self) -> str:
        """Return an SVG document."""
        return self._document

    def pdf(self) -> bytes:
        """Return a PDF document."""
        return pdf(self.figure)

    @cached_property
    def _document(self) -> str:
        """The figure as an SVG document, drawn once."""
        return page_svg(self.figure)


@dataclass(frozen=True)
class Logos:
    """Logos of one sequence, or of one motif."""

    lines: Sequence[Logo]
    """Below each other, in files."""
    blocks: Sequence[Logo]
    """The same letters in a page, as many blocks per row as it has room for."""

    def inline(self, prefix: str) -> str:
        """Return an element of a page that holds the letters once."""
        return f'<div class="logos">{"".join(row.inline for row in self.blocks)}</div>'

    def svg(self) -> str:
        """Return an SVG document."""
        return logo_file(self.lines)

    def pdf(self) -> bytes:
        """Return a PDF document."""
        columns = max(row.columns for row in self.lines)
        with styled():
            size = (0.8 + _BASE_INCHES * columns, _ROW_INCHES * len(self.lines))
            figure, rows = rows_of_axes(*size, len(self.lines))
            for axes, row in zip(rows, self.lines, strict=True):
                draw_letters(axes, row.heights, first=row.first)
                axes.axhline(0, color=INK, lw=0.6)
                axes.set(ylim=row.limits, xlim=(row.first - 0.5, row.first + columns - 0.5))
        return pdf(figure)


@dataclass(frozen=True)
class Panel:
    """A drawing and its caption."""

    title: str
    text: str
    drawing: Drawing
    name: str = ""
    """Anchor in the page and stem of the files: letters, digits and hyphens."""

    @property
    def inline(self) -> str:
        """The drawing as an element of a page."""
        return self.drawing.inline(f"{self.name}-")


def numbered(panels: Sequence[Panel], stem: str, *, first: int = 1) -> list[Panel]:
    """Return panels named `stem-1`, `stem-2`, ..."""
    return [replace(panel, name=f"{stem}-{i}") for i, panel in enumerate(panels, start=first)]

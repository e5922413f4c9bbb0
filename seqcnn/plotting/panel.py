"""A drawing with its caption: an element of a page, and SVG and PDF files of the same name and title."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from typing import Any, Protocol

from seqcnn.errors import printable
from seqcnn.plotting.letters import draw_letters
from seqcnn.plotting.style import INK, rows_of_axes, styled
from seqcnn.plotting.svg import inline_of, page_svg, pdf
from seqcnn.plotting.svg_logo import Logo, logo_file

_BASE_INCHES = 0.14  # width of a letter of a logo as PDF
_ROW_INCHES = 1.0

MAX_STEM = 80
"""Characters of a title in the name of a file."""


class Drawing(Protocol):
    """What a panel shows."""

    def inline(self, prefix: str) -> str:
        """Return an element of a page; its ids start with `prefix`."""

    def svg(self) -> str:
        """Return an SVG document."""

    def pdf(self, title: str) -> bytes:
        """Return a PDF document with a title among its properties."""


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

    def pdf(self, title: str) -> bytes:
        """Return a PDF document with a title among its properties."""
        return pdf(self.figure, title)

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
    title: str = ""
    """Text above the letters, in files."""

    def inline(self, prefix: str) -> str:
        """Return an element of a page that holds the letters once."""
        return f'<div class="logos">{"".join(row.inline for row in self.blocks)}</div>'

    def svg(self) -> str:
        """Return an SVG document."""
        return logo_file(self.lines, title=self.title)

    def pdf(self, title: str) -> bytes:
        """Return a PDF document with a title among its properties."""
        return pdf(self.figure, title)

    @property
    def figure(self) -> Any:
        """The letters as a matplotlib figure."""
        columns = max(row.columns for row in self.lines)
        with styled():
            size = (0.8 + _BASE_INCHES * columns, _ROW_INCHES * len(self.lines))
            figure, rows = rows_of_axes(*size, len(self.lines))
            for axes, row in zip(rows, self.lines, strict=True):
                draw_letters(axes, row.heights, first=row.first)
                axes.axhline(0, color=INK, lw=0.6)
                axes.set(ylim=row.limits, xlim=(row.first - 0.5, row.first + columns - 0.5))
            if self.title:
                figure.suptitle(self.title, fontsize=9)
        return figure


@dataclass(frozen=True)
class Panel:
    """A drawing and its caption."""

    title: str
    text: str
    drawing: Drawing
    name: str = ""
    """Anchor in the page and stem of the files: ASCII letters, digits, hyphens and underscores."""

    @property
    def inline(self) -> str:
        """The drawing as an element of a page."""
        return self.drawing.inline(f"{self.name}-")

    @property
    def svg(self) -> str:
        """The drawing as an SVG document with its title, which viewers show."""
        head, start, rest = self.drawing.svg().partition("<svg")
        tag, end, content = rest.partition(">")
        return f"{head}{start}{tag}{end}<title>{escape(self._caption)}</title>{content}"

    @property
    def pdf(self) -> bytes:
        """The drawing as a PDF document with its title among the properties."""
        return self.drawing.pdf(self._caption)

    @property
    def _caption(self) -> str:
        """The title and the text below it."""
        return printable(f"{self.title}. {self.text}" if self.text else self.title)


def named(panels: Sequence[Panel], stem: str) -> list[Panel]:
    """Return panels with the names of their files, `stem_title`, also unique where case does not count.

    >>> [panel.name for panel in named([Panel("activity: cnn, seed 1", "", Plot(None))], "residuals")]
    ['residuals_activity_cnn-seed-1']
    """
    names: list[str] = []
    for i, panel in enumerate(panels, start=1):
        parts = [re.sub("[^A-Za-z0-9_]+", "-", part).strip("-_") for part in panel.title.split(": ")]
        name = "_".join([stem, *filter(None, parts)])[: len(stem) + MAX_STEM].rstrip("-_")
        is_taken = name == stem or name.casefold() in (other.casefold() for other in names)
        names.append(f"{name}-{i}" if is_taken else name)
    return [replace(panel, name=name) for panel, name in zip(panels, names, strict=True)]

"""Matplotlib figures as SVG, inline or as files, as PNG and as PDF; the same figure gives the same bytes."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from seqcnn.errors import printable
from seqcnn.io.atomic import atomic_path
from seqcnn.plotting.style import INK, MAX_TEXT, styled

DPI = 180
"""Resolution of the parts that are pixels."""

_PIXELS_PER_POINT = 1.6  # of the widest drawing in a page: 9 pt are the size of the text below a title

_SCROLLED_WIDTH, _MIN_PIXELS_PER_POINT = 400, 1.15  # points; wider drawings are scrolled on a phone

_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


def plain(figure: Any) -> Any:
    """Make every text of a figure literal: no mathematics, control characters escaped, long lines cut."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)
        text.set_text("\n".join(printable(line)[:MAX_TEXT] for line in text.get_text().split("\n")))
    return figure


@contextmanager
def any_letter() -> Iterator[None]:
    """Silence the warning about letters that the font does not have."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        yield


def save_svg(figure: Any, path: Path) -> None:
    """Write a matplotlib figure as an SVG file, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(svg_text(figure), encoding="utf-8", newline="\n")


def inline_svg(figure: Any, prefix: str) -> str:
    """Return a figure as an SVG element of a page: its ids start with `prefix`, its ink is the text's."""
    return inline_of(page_svg(figure), prefix)


def page_svg(figure: Any) -> str:
    """Return a figure as an SVG document without margins and background."""
    return svg_text(figure, dpi=DPI, transparent=True, bbox_inches="tight", pad_inches=0.04)


def inline_of(document: str, prefix: str) -> str:
    """Return an SVG document of matplotlib as an element of a page; as `inline_svg`."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", document[document.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'((?:\bid|xlink:href)="#?|url\(#)(?!data:)', rf"\g<1>{prefix}", svg)
    width = float(re.search(r'<svg[^>]*? width="([0-9.]+)pt"', svg)[1])  # type: ignore[index]
    style = f"max-width: {_PIXELS_PER_POINT * width:.0f}px"
    if width > _SCROLLED_WIDTH:
        style += f"; min-width: {_MIN_PIXELS_PER_POINT * width:.0f}px"
    start = f'<svg aria-hidden="true" focusable="false" style="{style}" '
    return svg.replace(INK, "currentColor").replace("<svg ", start, 1)


@styled()
def svg_text(figure: Any, **savefig: Any) -> str:
    """Return a figure as an SVG document; `savefig` are matplotlib's options."""
    out = StringIO()
    with any_letter():
        plain(figure).savefig(out, format="svg", metadata=_NO_METADATA, **savefig)
    return out.getvalue()


@styled()
def png(figure: Any) -> bytes:
    """Return a matplotlib figure as PNG, 200 dots per inch."""
    out = BytesIO()
    with any_letter():
        plain(figure).savefig(out, format="png", dpi=200, metadata={"Software": None})
    return out.getvalue()


@styled()
def pdf(figure: Any, title: str) -> bytes:
    """Return a matplotlib figure as a PDF document of a title, without margins and background."""
    out = BytesIO()
    with any_letter():
        plain(figure).savefig(
            out, format="pdf", dpi=2 * DPI, transparent=True, bbox_inches="tight", pad_inches=0.04,
            metadata={"Title": title, **dict.fromkeys(("CreationDate", "Creator", "Producer"))},
        )  # fmt: skip
    return out.getvalue()

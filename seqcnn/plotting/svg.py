"""Drawings of the stations -> SVG; the same drawing gives the same bytes."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from seqcnn.errors import printable
from seqcnn.io.atomic import atomic_path

_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


LONGEST = 120
"""Characters of a text in a drawing."""


def plain(drawing: Any) -> Any:
    """Let every text of a drawing be shown as it is: no mathematics, control characters escaped."""
    from matplotlib.text import Text

    for text in drawing.findobj(Text):
        text.set_parse_math(False)
        text.set_text("\n".join(printable(line)[:LONGEST] for line in text.get_text().split("\n")))
    return drawing


@contextmanager
def any_letter() -> Iterator[None]:
    """Let a drawing hold letters that the font does not have, without a warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        yield


def svg(drawing: Any, **how: Any) -> bytes:
    """Return a matplotlib Figure as SVG; `how` goes to `savefig`."""
    import matplotlib

    out = BytesIO()
    with any_letter(), matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "seqcnn"}):
        plain(drawing).savefig(out, format="svg", metadata=_METADATA, **how)
    return out.getvalue()


def save_svg(drawing: Any, path: Path) -> None:
    """Write a matplotlib Figure as SVG, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(svg(drawing))


def address(picture: bytes) -> str:
    """Return an SVG picture as an address that a page can hold."""
    return "data:image/svg+xml;base64," + base64.b64encode(picture).decode()

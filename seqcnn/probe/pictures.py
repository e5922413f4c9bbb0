"""Drawings of the stations -> SVG; the same drawing gives the same bytes."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path
from typing import Any

from seqcnn.data.output import atomic_path

_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


def svg(drawing: Any, **how: Any) -> bytes:
    """Return a matplotlib Figure as SVG; `how` goes to `savefig`."""
    import matplotlib

    out = BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "seqcnn"}):
        drawing.savefig(out, format="svg", metadata=_METADATA, **how)
    return out.getvalue()


def save_svg(drawing: Any, path: Path) -> None:
    """Write a matplotlib Figure as SVG, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(svg(drawing))


def address(picture: bytes) -> str:
    """Return an SVG picture as an address that a page can hold."""
    return "data:image/svg+xml;base64," + base64.b64encode(picture).decode()

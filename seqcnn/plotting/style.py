"""Drawings of the report: one look, dense parts as pixels, and SVG that belongs into a page.

A drawing's ink is the page's text colour, light or dark; its ids are its own; and the same drawing
gives the same bytes.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from io import StringIO
from typing import Any

import numpy as np

INK = "#12344a"
"""Stands for the colour of the page's text."""

COLOURS = {"train": "#0072b2", "val": "#e69f00", "test": "#009e73", "trend": "#d55e00"}
"""Okabe and Ito's palette, safe for colour-blind readers."""

DASHED = {"color": INK, "lw": 0.9, "ls": (0, (4, 3))}

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "seqcnn",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "text.parse_math": False,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}

HEXAGONS = 38
"""Across a density plot."""

DPI = 180
"""Of the dense parts."""


def styled() -> AbstractContextManager[None]:
    """Return a context in which drawings have the look of the report."""
    import matplotlib

    return matplotlib.rc_context(STYLE)  # type: ignore[no-any-return]


def axes_of(width: float, height: float) -> tuple[Any, Any]:
    """Return a drawing of the given size in inches, and its axes."""
    from matplotlib.figure import Figure

    drawing = Figure((width, height), layout="constrained")
    return drawing, drawing.subplots()


def draw_density(
    axes: Any, points: tuple[np.ndarray, np.ndarray], *, extent: tuple[float, ...], ratio: float = 1.0
) -> None:
    """Draw points as hexagons, brighter where denser; `ratio` is height over width of the axes."""
    import matplotlib
    from matplotlib.colors import ListedColormap

    colours = ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0.25, 1, 256)))
    look = {"bins": "log", "mincnt": 1, "cmap": colours, "lw": 0.1, "rasterized": True}
    axes.hexbin(*points, gridsize=(HEXAGONS, round(HEXAGONS / 3**0.5 * ratio)), extent=extent, **look)


def limits(values: np.ndarray) -> tuple[float, float]:
    """Return the range of some values with a margin, never empty."""
    low, high = float(values.min()), float(values.max())
    margin = 0.04 * (high - low) or 0.5 + 0.04 * abs(low)
    return low - margin, high + margin


def svg_of(drawing: Any, prefix: str) -> str:
    """Return a drawing as an SVG element, its ids starting with `prefix`."""
    out = StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    form = {"format": "svg", "dpi": DPI, "transparent": True, "metadata": nothing}
    drawing.savefig(out, bbox_inches="tight", pad_inches=0.04, **form)
    text = out.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'((?:\bid|xlink:href)="#?|url\(#)(?!data:)', rf"\g<1>{prefix}", svg)
    return svg.replace(INK, "currentColor").replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)

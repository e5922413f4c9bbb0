"""The one look of all figures: sizes, colours, and dense parts as pixels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

INK = "#12344a"
"""Colour of text and axes; `inline_svg` replaces it by the page's text colour, light or dark."""

CELL_INK = "#22303c"
"""Colour of text on coloured cells, which a dark page leaves as it is."""

COLOURS = {"train": "#0072b2", "val": "#e69f00", "test": "#009e73", "trend": "#d55e00"}
"""Okabe and Ito's palette, safe for colour-blind readers."""

LINE_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7f7f7f")
"""Colours of lines that a legend identifies, from the same palette."""

DASHED = {"color": INK, "lw": 0.9, "ls": (0, (4, 3))}

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "seqcnn",
    "pdf.fonttype": 42,
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

MAX_TEXT = 120
"""Characters of one line of text in a figure."""

MIN_DENSITY_POINTS = 500
"""Points below which each is drawn, without hexagons."""

HEXAGONS = 38
"""Number of hexagons across a density plot."""

_WIDE, _NARROW = 6.5, 2.9  # inches, of the only panel of a section and of one of several


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save figures with this look, whatever a user's `matplotlibrc` says; also a decorator."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def axes_of(width: float, height: float) -> tuple[Any, Any]:
    """Return a figure of a size in inches, and its axes."""
    figure, axes = rows_of_axes(width, height)
    return figure, axes[0]


def panel_axes(count: int, height: float) -> tuple[Any, Any]:
    """Return a figure of a height in inches, and its axes: wide if it is the only one of `count` panels."""
    return axes_of(_WIDE if count == 1 else _NARROW, height)


def rows_of_axes(width: float, height: float, rows: int = 1) -> tuple[Any, list[Any]]:
    """Return a figure of a size in inches, and its axes, one row below the other."""
    from matplotlib.figure import Figure

    figure = Figure((width, height), layout="constrained")
    return figure, list(figure.subplots(rows, squeeze=False)[:, 0])


def draw_density(
    axes: Any, points: tuple[np.ndarray, np.ndarray], *, extent: tuple[float, ...], ratio: float = 1.0
) -> None:
    """Draw points as hexagons, brighter where denser; `ratio` is height over width of the axes.

    Fewer than `MIN_DENSITY_POINTS` are drawn as they are.
    """
    if len(points[0]) < MIN_DENSITY_POINTS:
        size = 4 if len(points[0]) < MIN_DENSITY_POINTS / 4 else 2.5
        axes.plot(*points, "o", ms=size, mew=0, alpha=0.7, color=COLOURS["test"], rasterized=True)
        axes.set(xlim=extent[:2], ylim=extent[2:])
        return
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

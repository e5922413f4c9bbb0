"""Figure of a dependency map: the pairs of positions as a square, the logo of the sequence on two sides."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np

from seqcnn.plotting.formatting import with_minus
from seqcnn.plotting.letters import draw_letters
from seqcnn.plotting.style import INK

_SIDE = 6.0  # inches; the sizes below, too
_LOGO, _GAP = 0.55, 0.05
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.55, 1.2, 0.3, 0.45
_BAR_WIDTH, _BAR_HEIGHT = 0.12, 1.8
_DIAGONAL = "#e8ecef"
_LABEL_WIDTH = 34  # letters of a line beside the colour bar
_N_TICKS = 12


def dependency_figure(
    epistasis: np.ndarray, heights: np.ndarray, *, first: int, label: str, title: str = ""
) -> Any:
    """Draw a dependency map and return a matplotlib Figure.

    Parameters
    ----------
    epistasis
        (P, P), values for i < j, which are drawn on both sides of the diagonal; red is positive.
    heights
        (4, P), heights of the letters beside the map.
    first
        Position of the first base, bp.
    label
        What the colours are.
    title
        Title of the figure.
    """
    from matplotlib.figure import Figure

    size = (_LEFT + _LOGO + _GAP + _SIDE + _RIGHT, _TOP + _LOGO + _GAP + _SIDE + _BOTTOM)
    figure = Figure(size)
    left, top = _LEFT + _LOGO + _GAP, size[1] - _TOP - _LOGO - _GAP
    upper = figure.add_axes(_share(size, left, top + _GAP, _SIDE, _LOGO))
    side = figure.add_axes(_share(size, _LEFT, _BOTTOM, _LOGO, _SIDE))
    square = figure.add_axes(_share(size, left, _BOTTOM, _SIDE, _SIDE))
    _draw_logos(upper, side, heights, first)
    image = _draw_map(square, epistasis, first)
    bar = figure.add_axes(_share(size, left + _SIDE + 0.45, top - _BAR_HEIGHT, _BAR_WIDTH, _BAR_HEIGHT))
    figure.colorbar(image, cax=bar)
    bar.tick_params(labelsize=6.5)
    bar.set_ylabel(textwrap.fill(label, _LABEL_WIDTH), fontsize=6.5, parse_math=False)
    figure.text(left / size[0], 1 - 0.06 / size[1], title, fontsize=9, va="top", parse_math=False)
    return figure


def _share(
    size: tuple[float, float], left: float, bottom: float, width: float, height: float
) -> tuple[float, float, float, float]:
    """Return a box in inches as shares of a figure's size."""
    return left / size[0], bottom / size[1], width / size[0], height / size[1]


def _draw_logos(upper: Any, side: Any, heights: np.ndarray, first: int) -> None:
    """Draw the logo above and at the left of the map, on one scale."""
    low, high = min(float(heights.min(initial=0.0)), 0.0), max(float(heights.max(initial=0.0)), 0.0)
    scale = (low, high) if high > low else (0.0, 1.0)
    draw_letters(upper, heights, first=first)
    draw_letters(side, heights, first=first, down=True)
    upper.axhline(0, color=INK, lw=0.5)
    side.axvline(0, color=INK, lw=0.5)
    labels = [with_minus(f"{end:.2g}") for end in scale]
    upper.set_ylim(scale)
    upper.set_yticks(scale, labels, fontsize=6.5)
    side.set_xlim(scale)
    side.set_xticks([])
    upper.set_xticks([])
    upper.spines["bottom"].set_visible(False)
    side.spines[["bottom", "left"]].set_visible(False)
    side.set_yticks([])


def _draw_map(axes: Any, epistasis: np.ndarray, first: int) -> Any:
    """Draw the map with ticks at round positions; return the image."""
    count = len(epistasis)
    both = np.where(np.isnan(epistasis), epistasis.T, epistasis)
    limit = float(np.nanmax(np.abs(both), initial=0.0)) or 1.0
    ends = (first - 0.5, first + count - 0.5)
    image = axes.imshow(both, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto",
                        extent=(*ends, *ends[::-1]), interpolation="nearest")  # fmt: skip
    axes.set_facecolor(_DIAGONAL)
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200) if count <= _N_TICKS * step or step == 200)
    ticks = [position for position in range(first, first + count) if position % step == 0]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks], fontsize=7)
    axes.set_yticks(ticks, [f"{tick:,}" for tick in ticks], fontsize=7)
    axes.yaxis.tick_right()
    axes.set_xlabel("position, bp", fontsize=7.5)
    return image

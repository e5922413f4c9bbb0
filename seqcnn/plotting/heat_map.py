"""Heat map of the effects of all single-base changes of a sequence, with a logo of the reference.

Lines of `LINE_BP` below each other, each with two axes: the logo, in which the height of a base is minus the
mean effect of its changes, and the effects of the changes, with the letter of the reference in its cell.
"""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np

from seqcnn.plotting.formatting import with_minus
from seqcnn.plotting.letters import draw_letters
from seqcnn.plotting.style import CELL_INK, INK
from seqcnn.sequence.onehot import ALPHABET

LINE_BP = 60
"""bp in one line."""

TICK_BP = 10

_CELL = 0.155  # inches; the sizes below, too
_LOGO, _HEAT = 0.55, 4 * _CELL
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.72, 1.0, 0.3, 0.2
_GAP, _TICKS = 0.04, 0.36  # below the logo; below the heat map
_REFERENCE = "#e8ecef"
_LABEL_WIDTH = 26  # letters of a line beside the colour bar
_BAR_HEIGHT = 1.1


def reference_heights(effects: np.ndarray, bases: str) -> np.ndarray:
    """Return the heights of the reference's letters, (4, L): minus the mean effect of the other bases.

    Parameters
    ----------
    effects
        (4, L), NaN where there is none; that of the reference itself is not used.
    bases
        The reference; bases other than A, C, G and T have no letter.
    """
    heights = np.zeros(effects.shape)
    for position, base in enumerate(bases):
        if base in ALPHABET:
            row = ALPHABET.index(base)
            heights[row, position] = -np.delete(effects[:, position], row).mean()
    return np.nan_to_num(heights)


def effect_figure(effects: np.ndarray, bases: str, *, label: str, title: str = "") -> Any:
    """Draw effects (4, L): red raises the prediction, blue lowers it; return a matplotlib Figure.

    NaN is left blank.  `label` says what the colours are.
    """
    from matplotlib.figure import Figure

    lines, columns = range(0, len(bases), LINE_BP), min(LINE_BP, len(bases))
    line_height = _LOGO + _GAP + _HEAT + _TICKS
    size = (_LEFT + max(columns, 20) * _CELL + _RIGHT, _TOP + len(lines) * line_height + _BOTTOM)
    figure, heights = Figure(size), reference_heights(effects, bases)
    limit = float(np.nanmax(np.abs(effects), initial=0.0)) or 1.0
    low, high = min(float(heights.min(initial=0.0)), 0.0), max(float(heights.max(initial=0.0)), 0.0)
    scale = (low, high) if high > low else (0.0, 1.0)
    for number, start in enumerate(lines):
        part = slice(start, start + LINE_BP)
        top = size[1] - _TOP - number * line_height
        width = len(bases[part]) * _CELL
        logo = _axes(figure, (_LEFT, top - _LOGO, width, _LOGO))
        _draw_logo(logo, heights[:, part], start + 1, scale)
        heat = _axes(figure, (_LEFT, top - _LOGO - _GAP - _HEAT, width, _HEAT))
        image = _draw_heat(heat, effects[:, part], bases[part], start + 1, limit)
    if lines:
        _draw_bar(figure, image, label)
    figure.text(_LEFT / size[0], 1 - 0.06 / size[1], title, fontsize=9, va="top", parse_math=False)
    figure.text(_LEFT / size[0], 0.04 / size[1], "position, bp", fontsize=7.5, va="bottom")
    return figure


def _axes(figure: Any, box: tuple[float, float, float, float]) -> Any:
    """Add axes at left, bottom, width and height in inches."""
    width, height = figure.get_size_inches()
    return figure.add_axes((box[0] / width, box[1] / height, box[2] / width, box[3] / height))


def _draw_logo(axes: Any, heights: np.ndarray, first: int, scale: tuple[float, float]) -> None:
    """Draw the letters of one line, on the scale of all lines."""
    draw_letters(axes, heights, first=first)
    axes.axhline(0, color=INK, lw=0.5)
    axes.set_ylim(scale)
    axes.set_yticks(scale, [with_minus(f"{end:.2g}") for end in scale], fontsize=6.5)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])


def _draw_heat(axes: Any, effects: np.ndarray, bases: str, first: int, limit: float) -> Any:
    """Draw the effects of one line, with the reference's letters; return the image."""
    end = first + len(bases) - 1
    image = axes.imshow(effects, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto",
                        extent=(first - 0.5, end + 0.5, 3.5, -0.5), interpolation="nearest")  # fmt: skip
    for position, base in enumerate(bases, start=first):
        if base in ALPHABET:
            row = ALPHABET.index(base)
            axes.add_patch(_cell(position, row))
            axes.text(position, row, base, fontsize=6.5, ha="center", va="center_baseline", color=CELL_INK)
    axes.set_yticks(range(4), list(ALPHABET), fontsize=6.5)
    ticks = [position for position in range(first, end + 1) if position % TICK_BP == 0 or position == first]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks], fontsize=7)
    return image


def _cell(position: int, row: int) -> Any:
    """Return the background of a reference base."""
    from matplotlib.patches import Rectangle

    return Rectangle((position - 0.5, row - 0.5), 1, 1, facecolor=_REFERENCE, lw=0)


def _draw_bar(figure: Any, image: Any, label: str) -> None:
    """Draw the colour bar beside the first line."""
    width, height = figure.get_size_inches()
    bar = _axes(figure, (width - _RIGHT + 0.15, height - _TOP - _BAR_HEIGHT, 0.1, _BAR_HEIGHT))
    figure.colorbar(image, cax=bar)
    bar.tick_params(labelsize=6.5)
    bar.set_ylabel(textwrap.fill(label, _LABEL_WIDTH), fontsize=6.5, parse_math=False)

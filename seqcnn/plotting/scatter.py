"""A scatter of two measures of one quantity: square, with the same limits and ticks on both axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqcnn.plotting.style import DASHED, axes_of, draw_density, limits

_MAX_INTERVALS = 6  # between ticks


def scatter(x: np.ndarray, y: np.ndarray, *, labels: tuple[str, str], text: str) -> Any:
    """Return a figure of paired numbers (n,), with the dashed line of equality.

    Parameters
    ----------
    x, y
        Numbers in the same unit.
    labels
        Labels of the two axes.
    text
        Lines in the upper left corner, such as r and n.
    """
    figure, axes = axes_of(2.9, 2.8)
    low, high = limits(np.concatenate([x, y]))
    draw_density(axes, (x, y), extent=(low, high, low, high))
    axes.plot([low, high], [low, high], **DASHED)
    ticks = _ticks(low, high)
    axes.set(xlim=(low, high), ylim=(low, high), xticks=ticks, yticks=ticks, aspect="equal")
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.text(0.03, 0.99, text, transform=axes.transAxes, ha="left", va="top", fontsize=8)
    return figure


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers within a range."""
    from matplotlib.ticker import MaxNLocator

    values = np.asarray(MaxNLocator(_MAX_INTERVALS, steps=[1, 2, 5, 10]).tick_values(low, high))
    return [value for value in values.tolist() if low <= value <= high]

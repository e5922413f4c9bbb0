"""Attributions -> logos of sequences, a figure of the mean size by position, and a folder of both."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.errors import place, plural
from seqcnn.interpret.attribution.attribution_file import Attributions
from seqcnn.io.atomic import atomic_path, refuse_file
from seqcnn.plotting.panel import Logos
from seqcnn.plotting.style import COLOURS, INK, axes_of, styled
from seqcnn.plotting.svg import save_svg
from seqcnn.plotting.svg_logo import Logo, logo

logger = logging.getLogger(__name__)

MAX_LOGOS = 20
"""Sequences that get a logo file: the first ones."""

LINE_BP = 60
"""bp in one line of a logo file."""

BLOCK_BP = 30
"""bp in one block of a logo in a page: its letters are readable on a phone."""


def write_logos(attributions: Attributions, folder: Path, *, max_logos: int = MAX_LOGOS) -> list[Path]:
    """Write `summary.svg`, and `0001.svg`, ... of the first sequences, into a folder.

    Raises
    ------
    UsageError
        If `folder` is a file.
    EnvironmentFault
        If the folder cannot be written.
    """
    refuse_file(folder)
    rows = list(range(min(max_logos, len(attributions))))
    save_svg(summary_figure(attributions), folder / "summary.svg")
    limits = common_scale(attributions, rows)
    paths = [folder / f"{row + 1:04d}.svg" for row in rows]
    for row, path in zip(rows, paths, strict=True):
        with atomic_path(path) as temporary:
            temporary.write_text(logo_of(attributions, row, limits).svg(), encoding="utf-8", newline="\n")
    logger.info("%s in %s", plural(len(paths) + 1, "picture"), place(folder))
    return [folder / "summary.svg", *paths]


@styled()
def summary_figure(attributions: Attributions) -> Any:
    """Return the figure of `draw_profile` with a title."""
    header, count = attributions.header, plural(len(attributions), "sequence")
    figure = draw_profile(attributions, size=(8, 3))
    figure.suptitle(f"{header['target']}: {header['method']}, {count}")
    return figure


def logo_of(attributions: Attributions, row: int, limits: tuple[float, float] | None = None) -> Logos:
    """Return the logo of one sequence with its prediction; without `limits`, on its own scale."""
    unit = f" ({attributions.header['unit']})" if attributions.header["unit"] else ""
    title = f"{attributions.ids[row][:80]}: predicted {attributions.prediction[row]:.3g}{unit}"
    lines = logo_lines(attributions, row, limits or common_scale(attributions, [row]))
    return Logos(lines, lines, title)


def logo_lines(
    attributions: Attributions, row: int, limits: tuple[float, float], *, line_bp: int = LINE_BP
) -> list[Logo]:
    """Return the logo of one sequence in lines of `line_bp`; positions are bp from 1."""
    offset = int(attributions.start[row])
    start = max(offset, 0)
    stop = min(offset + int(attributions.insert_length[row]), attributions.projected.shape[2])
    return [
        logo(
            attributions.projected[row][:, line : min(line + line_bp, stop)],
            limits,
            first=line - offset + 1,
            width=min(line_bp, stop - start),
        )
        for line in range(start, stop, line_bp)
    ]


def common_scale(attributions: Attributions, rows: list[int]) -> tuple[float, float]:
    """Return the lowest and highest attribution of some sequences, with 0 between them."""
    values = attributions.by_position[rows]
    low, high = min(float(values.min(initial=0)), 0.0), max(float(values.max(initial=0)), 0.0)
    return (low, high) if high > low else (0.0, 1.0)


def draw_profile(attributions: Attributions, *, size: tuple[float, float] = (6.5, 2.3)) -> Any:
    """Draw the mean |attribution| by position, of the sequences and of shuffled ones; return a Figure."""
    figure, axes = axes_of(*size)
    means = [np.abs(values).mean(0) for values in (attributions.by_position, attributions.control)]
    positions = np.arange(1, len(means[0]) + 1)
    axes.plot(positions, means[1], color=INK, lw=1.0, alpha=0.5, label="shuffled")
    axes.plot(positions, means[0], color=COLOURS["train"], lw=1.3, label="sequences")
    axes.set(xlabel="position in the window, bp", ylabel="mean |attribution|")
    axes.set_ylim(0, 1.25 * max(float(mean.max()) for mean in means) or 1)
    axes.legend(ncols=2, loc="upper left")
    return figure

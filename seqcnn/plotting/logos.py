"""Attributions -> a folder of pictures: a logo a sequence, and where attributions lie over all of them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from seqcnn.errors import place
from seqcnn.extras import extra
from seqcnn.interpret.attribution.attribution_file import Attributions
from seqcnn.io.atomic import refuse_file
from seqcnn.plotting.svg import save_svg
from seqcnn.sequence.onehot import ALPHABET

logger = logging.getLogger(__name__)

MOST = 20
"""Sequences that get a page: the first ones."""

LINE_BP = 100
"""bp in a line of a logo."""

COLOURS = {"A": "#009e73", "C": "#0072b2", "G": "#e69f00", "T": "#d55e00"}
"""Okabe and Ito's palette, safe for colour-blind readers."""

_STYLE: dict[Any, Any] = {"font.size": 9, "text.parse_math": False}


def draw_folder(found: Attributions, folder: Path, *, most: int = MOST) -> list[Path]:
    """Draw `summary.svg`, and `0001.svg`, ... of the first sequences, into a folder.

    Raises
    ------
    UsageError
        If `folder` is a file.
    EnvironmentFault
        If logomaker is not installed, or the folder cannot be written.
    """
    refuse_folder(folder)
    pages = {"summary.svg": draw_summary(found)}
    limits = _limits(found.by_position[:most])
    for number in range(min(most, len(found))):
        pages[f"{number + 1:04d}.svg"] = draw_logo(found, number, limits)
    for name, drawing in pages.items():
        save_svg(drawing, folder / name)
    logger.info("%d pictures in %s", len(pages), place(folder))
    return [folder / name for name in pages]


def refuse_folder(folder: Path) -> None:
    """Raise before any work: `UsageError` if `folder` is a file, `EnvironmentFault` without logomaker."""
    extra("logomaker")
    refuse_file(folder)


def draw_logo(found: Attributions, number: int, limits: tuple[float, float] | None = None) -> Any:
    """Draw the attributions of one sequence as letters, `LINE_BP` a line; a matplotlib Figure."""
    import matplotlib

    logo = extra("logomaker").Logo
    start = max(int(found.start[number]), 0)
    stop = min(int(found.start[number] + found.size[number]), found.projected.shape[2])
    table = pd.DataFrame(found.projected[number].T[start:stop], columns=list(ALPHABET))
    table.index += start - int(found.start[number])
    lines = [table.iloc[at : at + LINE_BP] for at in range(0, len(table), LINE_BP)]
    with matplotlib.rc_context(_STYLE):
        drawing, axes = _axes(10, 0.7 + 1.3 * len(lines), len(lines))
        for line, place_ in zip(lines, axes, strict=True):
            logo(line, ax=place_, color_scheme=COLOURS, flip_below=False, show_spines=False)
            place_.axhline(0, color="black", lw=0.5)
            place_.set(
                xlim=(line.index[0] - 1, line.index[0] + LINE_BP), ylim=limits or _limits(table.sum(axis=1))
            )
        unit = f" ({found.header['unit']})" if found.header["unit"] else ""
        drawing.suptitle(f"{found.ids[number][:80]}: predicted {found.prediction[number]:.3g}{unit}")
        drawing.supxlabel("Position in the sequence, bp (from 0)")
        drawing.supylabel("Attribution")
    return drawing


def draw_summary(found: Attributions) -> Any:
    """Draw the mean size of attributions by position, of the sequences and of the shuffled ones."""
    import matplotlib

    with matplotlib.rc_context(_STYLE):
        drawing, (axes,) = _axes(8, 3, 1)
        for values, label, colour in (
            (found.by_position, "sequences", COLOURS["C"]),
            (found.control, "shuffled sequences", "#888888"),
        ):
            axes.plot(np.abs(values).mean(0), label=label, color=colour, lw=1.2)
        unit = f", {found.header['unit']}" if found.header["unit"] else ""
        axes.set(
            xlabel="Position in the model's window, bp (from 0)", ylabel=f"Mean |attribution|{unit}",
            title=f"{found.header['target'][:80]}: {found.header['method']}, {len(found)} sequences",
        )  # fmt: skip
        axes.set_ylim(bottom=0)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    return drawing


def _axes(width: float, height: float, lines: int) -> tuple[Any, list[Any]]:
    """Return a drawing of a size in inches, and its axes, one below the other."""
    from matplotlib.figure import Figure

    drawing = Figure((width, height), layout="constrained")
    return drawing, list(drawing.subplots(lines, squeeze=False)[:, 0])


def _limits(values: Any) -> tuple[float, float]:
    """Return the range of some attributions and 0, with a margin."""
    low, high = min(float(np.min(values)), 0.0), max(float(np.max(values)), 0.0)
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin

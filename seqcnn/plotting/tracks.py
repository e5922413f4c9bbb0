"""bedGraph tracks of a scan -> a picture of the first regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby, islice
from pathlib import Path
from typing import Any

MOST_REGIONS = 4
"""Regions that are drawn, the first ones of the tracks."""

MOST_VALUES = 20_000
"""Values that are drawn of a region, from its start."""

_COLOURS = {"plus": "#0072b2", "minus": "#d55e00", "both": "#0072b2"}


def draw_tracks(bedgraphs: Mapping[str, Path], *, label: str) -> Any:
    """Draw the values along the first regions, a line a track; a matplotlib Figure."""
    import matplotlib
    from matplotlib.figure import Figure

    found = {name: list(islice(_regions(path), MOST_REGIONS)) for name, path in bedgraphs.items()}
    count = max(1, *map(len, found.values()))
    with matplotlib.rc_context({"font.size": 8, "text.parse_math": False}):
        drawing = Figure((8, 0.6 + 1.7 * count), layout="constrained")
        axes = drawing.subplots(count, squeeze=False)[:, 0]
        for track, regions in found.items():
            for each, (contig, at, values) in zip(axes, regions, strict=False):
                each.plot(at, values, lw=0.9, color=_COLOURS[track], label=f"{track} strand")
                each.set_title(ascii(contig)[1:-1][:60], loc="left", fontsize=8)
                each.spines[["top", "right"]].set_visible(False)
        axes[0].legend(frameon=False, fontsize=7, loc="upper right", ncols=2)
        drawing.supxlabel("middle of the window, bp (from 0)", fontsize=8)
        drawing.supylabel(label, fontsize=8)
    return drawing


def _regions(bedgraph: Path) -> Iterator[tuple[str, list[int], list[float]]]:
    """Yield contig, positions and values of each run of one contig."""
    with bedgraph.open(encoding="utf-8", errors="surrogateescape") as lines:
        for contig, run in groupby((line.rstrip("\n").split("\t") for line in lines), lambda cells: cells[0]):
            cells = list(islice(run, MOST_VALUES))
            yield contig, [int(c[1]) for c in cells], [float(c[3]) for c in cells]

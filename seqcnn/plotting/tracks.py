"""bedGraph tracks of a scan -> a figure of the first regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from seqcnn.plotting.style import COLOURS, rows_of_axes, styled

MAX_REGIONS = 4
"""Regions in the figure, the first ones of the tracks."""

MAX_VALUES = 20_000
"""Values per region, from its start."""

TRACK_COLOURS = {"plus": COLOURS["train"], "minus": COLOURS["trend"], "both": COLOURS["train"]}
"""Strand of a track -> colour of its line."""


def draw_tracks(bedgraphs: Mapping[str, Path], *, label: str) -> Any:
    """Draw the values along the first regions, one line per track; return a matplotlib Figure."""
    tracks = {name: list(islice(_regions(path), MAX_REGIONS)) for name, path in bedgraphs.items()}
    count = max(1, *map(len, tracks.values()))
    with styled():
        figure, axes = rows_of_axes(8, 0.6 + 1.7 * count, count)
        for name, regions in tracks.items():
            for panel, (contig, positions, values) in zip(axes, regions, strict=False):
                panel.plot(positions, values, lw=0.9, color=TRACK_COLOURS[name], label=f"{name} strand")
                panel.set_title(ascii(contig)[1:-1][:60], loc="left", fontsize=8)
        axes[0].legend(fontsize=7, loc="upper right", ncols=2)
        figure.supxlabel("middle of the window, bp (from 0)", fontsize=8)
        figure.supylabel(label, fontsize=8)
    return figure


def _regions(bedgraph: Path) -> Iterator[tuple[str, list[int], list[float]]]:
    """Yield contig, positions and values of each run of one contig."""
    with bedgraph.open(encoding="utf-8", errors="surrogateescape") as lines:
        for contig, run in groupby((line.rstrip("\n").split("\t") for line in lines), lambda cells: cells[0]):
            cells = list(islice(run, MAX_VALUES))
            yield contig, [int(c[1]) for c in cells], [float(c[3]) for c in cells]

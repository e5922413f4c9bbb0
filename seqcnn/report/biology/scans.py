"""Scans along long sequences: tracks around the highest peaks, and a table of peaks."""

from __future__ import annotations

import heapq
from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.plotting.formatting import UNDEFINED, minus, plural
from seqcnn.plotting.style import INK, axes_of
from seqcnn.plotting.svg import inline_svg
from seqcnn.plotting.tracks import TRACK_COLOURS
from seqcnn.report.biology.bigwig import read_bigwig
from seqcnn.report.biology.section import Content, Panel, numeric, read_rows, section, value_cell
from seqcnn.report.content.tables import Cell, Column, Table

MAX_PEAKS = 20
"""Peaks in the table."""

MAX_CONTIGS = 3
"""Contigs with a figure."""

FLANK_BP = 2000
"""bp shown on either side of the highest peak of a contig."""

_STRANDS = {"plus": "+", "minus": "-", "both": "."}
"""Name of a track -> strand in the table of peaks."""

Row = dict[str, str]


@section("What is predicted along a sequence?", "scan")
def scans(folder: Path, dataset: Dataset) -> Content:
    """The curve is the prediction of the window around each position, one line per strand; rings mark
    peaks, the highest values within half a window. Periodicity of a few bp is an artefact: pooling
    starts at the first base of the window, so its bins change as the window slides. Predictions of
    out-of-distribution windows are unreliable.
    """
    columns = ("contig", "position", "strand", "value", "site", "out_of_distribution")
    count, kept = 0, []
    for count, row in enumerate(read_rows(folder / "peaks.tsv", *columns), start=1):
        kept.append((numeric(row, "value") or 0.0, -count, row))
        kept = kept if len(kept) < 100 * MAX_PEAKS else heapq.nlargest(MAX_PEAKS, kept)
    peaks = [row for *_, row in heapq.nlargest(MAX_PEAKS, kept)]
    contigs = list(dict.fromkeys(row["contig"] for row in peaks))[:MAX_CONTIGS]
    wide = [_track(folder, [row for row in peaks if row["contig"] == c], i) for i, c in enumerate(contigs)]
    heads = [Column("Contig", "text"), Column("Position"), Column("Strand", "text")]
    heads += [
        Column("Predicted", "number", "descending"),
        Column("Site"),
        Column("Out of distribution", "text"),
    ]
    table = Table("peak-table", f"The {len(peaks)} highest peaks", heads, list(map(_cells, peaks)),
                  dash="beyond the end of the sequence, or not known")  # fmt: skip
    return Content([f"{plural(count, 'peak')} (peaks.tsv)."], wide=wide, tables=[table] if peaks else [])


def _track(folder: Path, peaks: list[Row], number: int) -> Panel:
    """Draw the values around the highest peak of a contig."""
    contig, middle = peaks[0]["contig"], int(peaks[0]["position"])
    drawing, axes = axes_of(10.5, 2.0)
    for name, strand in _STRANDS.items():
        if not (folder / f"{name}.bw").is_file():
            continue
        start, values = read_bigwig(folder / f"{name}.bw", contig, middle - FLANK_BP, middle + FLANK_BP)
        end = start + len(values)
        axes.plot(np.arange(start, end) + 1, values, color=TRACK_COLOURS[name], lw=1.1, label=minus(strand))
        mine = [r for r in peaks if r["strand"] == strand and start < int(r["position"]) <= end]
        positions = [int(row["position"]) for row in mine]
        axes.plot(
            positions, [float(row["value"]) for row in mine], "o", ms=6, mfc="none", mec=TRACK_COLOURS[name]
        )
    axes.set(xlabel="position, bp", ylabel="predicted", xlim=(start + 1, end))
    axes.legend(title="strand", labelcolor=INK)
    return contig, f"{start + 1:,} to {end:,} bp", inline_svg(drawing, f"scan-{number}-")


def _cells(row: Row) -> list[Cell]:
    """Return the table's row of one peak."""
    site = numeric(row, "site")
    return [
        Cell(row["contig"]),
        Cell(f"{int(row['position']):,}", int(row["position"])),
        Cell(minus(row["strand"])),
        value_cell(numeric(row, "value")),
        Cell(UNDEFINED if site is None else f"{site:,.0f}", site),
        Cell(row["out_of_distribution"].replace("NA", UNDEFINED)),
    ]

"""Scans along long sequences: tracks around the highest peaks, and a table of peaks."""

from __future__ import annotations

import heapq
from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.extras import extra
from seqcnn.plotting.formatting import UNDEFINED, minus, plural
from seqcnn.plotting.style import INK, axes_of
from seqcnn.plotting.svg import inline_svg
from seqcnn.plotting.tracks import TRACK_COLOURS
from seqcnn.report.biology.section import Drawn, Found, number_in, rows_of, section, value_cell
from seqcnn.report.content.tables import Cell, Column, Table

SHOWN = 20
"""Peaks in the table."""

TRACKS = 3
"""Contigs that are drawn."""

AROUND_BP = 2000
"""Of a long contig, so many bp on either side of its highest peak are drawn."""

_STRANDS = {"plus": "+", "minus": "-", "both": "."}
"""Name of a track -> strand in the table of peaks."""

Row = dict[str, str]


@section("What does it predict along a sequence?", "scan")
def scans(folder: Path, dataset: Dataset) -> Found:
    """The curve is the prediction of the window around each position, a line a strand; rings mark
    peaks, the highest values within half a window. A saw-tooth of some bp is no biology: a network
    pools neighbouring positions from the window's start on, and as the window slides, others share a
    pool. Predictions of out-of-distribution windows are unreliable.
    """
    columns = ("contig", "position", "strand", "value", "site", "out_of_distribution")
    count, kept = 0, []
    for count, row in enumerate(rows_of(folder / "peaks.tsv", *columns), start=1):
        kept.append((number_in(row, "value") or 0.0, -count, row))
        kept = kept if len(kept) < 100 * SHOWN else heapq.nlargest(SHOWN, kept)
    peaks = [row for *_, row in heapq.nlargest(SHOWN, kept)]
    contigs = list(dict.fromkeys(row["contig"] for row in peaks))[:TRACKS]
    wide = [_track(folder, [row for row in peaks if row["contig"] == c], i) for i, c in enumerate(contigs)]
    heads = [Column("Contig", "text"), Column("Position"), Column("Strand", "text")]
    heads += [
        Column("Predicted", "number", "descending"),
        Column("Site"),
        Column("Out of distribution", "text"),
    ]
    table = Table("peak-table", f"The {len(peaks)} highest peaks", heads, list(map(_cells, peaks)),
                  dash="beyond the end of the sequence, or not known")  # fmt: skip
    return Found([f"{plural(count, 'peak')} (peaks.tsv)."], wide=wide, tables=[table] if peaks else [])


def _track(folder: Path, peaks: list[Row], number: int) -> Drawn:
    """Draw the values around the highest peak of a contig."""
    contig, middle = peaks[0]["contig"], int(peaks[0]["position"])
    drawing, axes = axes_of(10.5, 2.0)
    for name, strand in _STRANDS.items():
        if not (folder / f"{name}.bw").is_file():
            continue
        track = extra("pybigtools").open(str(folder / f"{name}.bw"))
        size = track.chroms()[contig]
        start, end = max(middle - AROUND_BP, 0), min(middle + AROUND_BP, size)
        values = np.full(end - start, np.nan)
        for first, stop, value in track.records(contig, start, end):
            values[max(first - start, 0) : stop - start] = value
        axes.plot(np.arange(start, end) + 1, values, color=TRACK_COLOURS[name], lw=1.1, label=minus(strand))
        mine = [r for r in peaks if r["strand"] == strand and start < int(r["position"]) <= end]
        at = [int(row["position"]) for row in mine]
        axes.plot(at, [float(row["value"]) for row in mine], "o", ms=6, mfc="none", mec=TRACK_COLOURS[name])
    axes.set(xlabel="position, bp", ylabel="predicted", xlim=(start + 1, end))
    axes.legend(title="strand", labelcolor=INK)
    return contig, f"{start + 1:,} to {end:,} bp", inline_svg(drawing, f"scan-{number}-")


def _cells(row: Row) -> list[Cell]:
    """Return the table's row of one peak."""
    site = number_in(row, "site")
    return [
        Cell(row["contig"]),
        Cell(f"{int(row['position']):,}", int(row["position"])),
        Cell(minus(row["strand"])),
        value_cell(number_in(row, "value")),
        Cell(UNDEFINED if site is None else f"{site:,.0f}", site),
        Cell(row["out_of_distribution"].replace("NA", UNDEFINED)),
    ]

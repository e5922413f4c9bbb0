"""Scans along long sequences: tracks around the highest peaks, and a table of peaks."""

from __future__ import annotations

import heapq
from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.errors import TableError, place, plural, show
from seqcnn.genome.track.bigwig import read_bigwig
from seqcnn.io.regular_file import has_file
from seqcnn.io.tsv import MAX_WHOLE, Row
from seqcnn.plotting.formatting import UNDEFINED, minus
from seqcnn.plotting.panel import Panel, Plot
from seqcnn.plotting.style import INK, axes_of
from seqcnn.plotting.tracks import TRACK_COLOURS
from seqcnn.report.biology.hits import hit_sentence, hit_tables
from seqcnn.report.biology.section import Content, section, station_rows, value_cell
from seqcnn.report.content.tables import Cell, Column, Table

MAX_PEAKS = 20
"""Peaks in the table."""

MAX_CONTIGS = 3
"""Contigs with a figure."""

FLANK_BP = 2000
"""bp shown on either side of the highest peak of a contig."""

_STRANDS = {"plus": "+", "minus": "-", "both": "."}
"""Name of a track -> strand in the table of peaks."""


@section("What is predicted along a sequence?", "scan")
def scans(folder: Path, dataset: Dataset) -> Content:
    """The curve is the prediction of the window around each position, one line per strand; rings mark
    peaks, the highest values within half a window. Periodicity of a few bp is an artefact: pooling
    starts at the first base of the window, so its bins change as the window slides. Predictions of
    out-of-distribution windows are unreliable.
    """
    columns = ("contig", "position", "strand", "value", "site", "out_of_distribution")
    count, kept = 0, []
    for count, row in enumerate(station_rows(folder, "peaks.tsv", *columns), start=1):
        row.one_of("strand", tuple(_STRANDS.values()))
        kept.append((row.known("value"), -count, row))
        kept = kept if len(kept) < 100 * MAX_PEAKS else heapq.nlargest(MAX_PEAKS, kept)
    peaks = [row for *_, row in heapq.nlargest(MAX_PEAKS, kept)]
    contigs = list(dict.fromkeys(row["contig"] for row in peaks))[:MAX_CONTIGS]
    wide = [_track(folder, [row for row in peaks if row["contig"] == c]) for c in contigs]
    heads = [Column("Contig", "text"), Column("Position"), Column("Strand", "text")]
    heads += [
        Column("Predicted", "number", "descending"),
        Column("Site"),
        Column("Out of distribution", "text"),
    ]
    caption = f"The {len(peaks)} highest peaks" if len(peaks) > 1 else "Peak"
    table = Table("peak-table", caption, heads, list(map(_cells, peaks)),
                  dash="beyond the end of the sequence, or not known")  # fmt: skip
    tables = [*([table] if peaks else []), *hit_tables(folder, "scan")]
    sentences = [f"{plural(count, 'peak')} (peaks.tsv).", *hit_sentence(folder)]
    return Content(sentences, wide=wide, tables=tables)


def _track(folder: Path, peaks: list[Row]) -> Panel:
    """Draw the values around the highest peak of a contig."""
    contig, middle = peaks[0]["contig"], peaks[0].whole("position", low=1)
    names = [name for name in _STRANDS if has_file(folder / f"{name}.bw", folder)]
    if not names:
        raise TableError(
            f"{place(folder)}: no track; expected {', '.join(f'{name}.bw' for name in _STRANDS)}"
        )
    drawing, axes = axes_of(10.5, 2.0)
    for name in names:
        start, values = _values(folder / f"{name}.bw", contig, middle)
        end = start + len(values)
        positions = np.arange(start, end) + 1
        axes.plot(positions, values, color=TRACK_COLOURS[name], lw=1.1, label=minus(_STRANDS[name]))
        mine = [
            (row.whole("position"), row.known("value")) for row in peaks if row["strand"] == _STRANDS[name]
        ]
        rings = [ring for ring in mine if start < ring[0] <= end]
        axes.plot(
            *zip(*rings, strict=True), "o", ms=6, mfc="none", mec=TRACK_COLOURS[name]
        ) if rings else None
    axes.set(xlabel="position, bp", ylabel="predicted", xlim=(start + 1, end))
    axes.legend(title="strand", labelcolor=INK)
    return Panel(contig, f"{start + 1:,} to {end:,} bp", Plot(drawing))


def _values(path: Path, contig: str, middle: int) -> tuple[int, np.ndarray]:
    """Return the values of a track around a position, and the 0-based start of the first."""
    try:
        start, values = read_bigwig(path, contig, middle - FLANK_BP, middle + FLANK_BP)
    except ValueError as error:
        fault = f"cut or damaged, or without position {middle} of {show(contig, 40)}"
        raise TableError(f"{place(path)}: {fault}, which peaks.tsv has") from error
    if not start < middle <= start + len(values) or np.isinf(values).any():
        raise TableError(
            f"{place(path)}: no finite values at {middle} of {show(contig, 40)}, which peaks.tsv has"
        )
    return start, values


def _cells(row: Row) -> list[Cell]:
    """Return the table's row of one peak."""
    site, position = row.number("site", 1, MAX_WHOLE), row.whole("position", low=1)
    return [
        Cell(row["contig"]),
        Cell(f"{position:,}", position),
        Cell(minus(row["strand"])),
        value_cell(row.known("value")),
        Cell(UNDEFINED if site is None else f"{site:,.0f}", site),
        Cell(row["out_of_distribution"].replace("NA", UNDEFINED)),
    ]

"""Motifs that the model has learned: logo, positions, effect and best matching known motif."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.interpret.motif.database import read_meme
from seqcnn.interpret.motif.motif import information
from seqcnn.interpret.motifs import MAX_MATCH_Q
from seqcnn.plotting.formatting import UNDEFINED, plural
from seqcnn.plotting.svg_logo import logo
from seqcnn.report.biology.section import Content, numeric, read_rows, section, value_cell
from seqcnn.report.content.tables import Cell, Column, Table

MAX_MOTIFS = {"pattern": 30, "filter": 10}
"""Kind -> maximum number of its motifs in the table."""

_COLUMNS = (
    "name", "kind", "sites", "sequences", "effect_sd", "effect_at_sites", "position_q1", "position_median",
    "position_q3", "match", "match_q",
)  # fmt: skip


@section("Which motifs has the model learned?", "motifs")
def motifs(folder: Path, dataset: Dataset) -> Content:
    """Patterns recur in the attributions (TF-MoDISco); filters are those of the first layer, often
    parts of motifs. The effect is the prediction with the motif minus that without it. q is the q-value
    of the best match among known motifs (Tomtom). The position is the median with the quartiles of the
    sites; the bar shows them along the sequence.
    """
    rows = sorted(read_rows(folder / "motifs.tsv", *_COLUMNS), key=_rank)
    if not rows:
        return Content(["No motif was found."])
    shares = read_meme(folder / "motifs.meme")
    length = max([int(dataset.rows.insert_length.max()), *(numeric(r, "position_q3") or 0 for r in rows)])
    known = {row["match"] for row in rows if (q := numeric(row, "match_q")) is not None and q < MAX_MATCH_Q}
    patterns = sum(row["kind"] == "pattern" for row in rows)
    counts = f"{plural(patterns, 'pattern')} and {plural(len(rows) - patterns, 'filter')}"
    sentences = [f"{counts}; matches to {plural(len(known), 'known motif')} at q < {MAX_MATCH_Q:g}."]
    shown = [
        row for kind, limit in MAX_MOTIFS.items() for row in [r for r in rows if r["kind"] == kind][:limit]
    ]
    if len(shown) < len(rows):
        sentences.append(f"The {len(shown)} with the largest effects are shown; motifs.html has all.")
    columns = [Column("Motif", "text"), Column("Logo, bits", "text"), Column("Kind", "text")]
    columns += [Column("Sites", "number", "descending"), Column("Position, bp")]
    columns += [Column("Effect", "number", "descending"), Column("Best match", "text"), Column("q")]
    cells = [_cells(row, shares[row["name"]], length) for row in shown]
    caption = "Motifs, patterns first, largest effects first"
    return Content(sentences, tables=[Table("motif-table", caption, columns, cells, dash="not known")])


def _rank(row: dict[str, str]) -> tuple[bool, float]:
    """Return the sort key: patterns, then filters, each by decreasing effect."""
    pattern = row["kind"] == "pattern"
    return not pattern, -abs(numeric(row, "effect_at_sites" if pattern else "effect_sd") or 0)


def _cells(row: dict[str, str], shares: np.ndarray, length: float) -> list[Cell]:
    """Return the table's row of one motif."""
    low, middle, high = (numeric(row, f"position_{name}") or 0 for name in ("q1", "median", "q3"))
    bar = tuple(round(100 * value / length, 2) for value in (low, middle, high))
    q = numeric(row, "match_q")
    known = row["match"] != "NA"
    return [
        Cell(row["name"]),
        Cell("", picture=logo(shares * information(shares), (0.0, 2.0)).inline),
        Cell(row["kind"]),
        Cell(f"{int(row['sites']):,}", int(row["sites"])),
        Cell(f"{middle:.0f} ({low:.0f} to {high:.0f})", middle, (bar[0], bar[1], bar[2])),
        value_cell(numeric(row, "effect_at_sites"), signed=True),
        Cell(row["match"] if known else UNDEFINED),
        Cell(UNDEFINED if q is None else f"{q:.2g}", q),
    ]

"""Motifs that the model has learned: logo, positions, effect and best matching known motif."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.errors import TableError, place, plural
from seqcnn.interpret.motif.database import read_meme
from seqcnn.interpret.motif.motif import information
from seqcnn.interpret.motif.page import MAX_MATCH_Q, hidden_sentence, known_match, shown_by_effect
from seqcnn.io.tsv import Row, limited
from seqcnn.plotting.formatting import UNDEFINED
from seqcnn.plotting.svg_logo import logo
from seqcnn.report.biology.hits import hit_sentence, hit_tables
from seqcnn.report.biology.section import Content, file_of, section, station_rows, value_cell
from seqcnn.report.content.tables import Cell, Column, Table
from seqcnn.sequence.window import MAX_LENGTH

MAX_MOTIFS = {"pattern": 30, "filter": 10}
"""Kind -> maximum number of its motifs in the table."""

_COLUMNS = (
    "name", "kind", "sites", "sequences", "effect_sd", "effect_at_sites", "position_q1", "position_median",
    "position_q3", "match", "match_q",
)  # fmt: skip


@section("Which motifs has the model learned?", "motifs")
def motifs(folder: Path, dataset: Dataset) -> Content:
    """Patterns recur in the attributions (TF-MoDISco); filters are those of the first layer, often
    parts of motifs. The effect is the prediction with the motif minus that without it, mean over the
    sequences with a site. q is the q-value of the best match among known motifs (Tomtom). The position
    is the median with the quartiles of the sites; the bar shows them along the sequence.
    """
    rows = limited(station_rows(folder, "motifs.tsv", *_COLUMNS))
    if not rows:
        return Content(["No motif was found.", *hit_sentence(folder)], tables=hit_tables(folder, "motifs"))
    shares = _logos(file_of(folder, "motifs.meme"), rows)
    length = max([int(dataset.rows.insert_length.max()), *(_position(row, "q3") for row in rows)])
    known = {row["match"] for row in rows if known_match(row["match"], _q_value(row))}
    patterns = sum(row["kind"] == "pattern" for row in rows)
    counts = f"{plural(patterns, 'pattern')} and {plural(len(rows) - patterns, 'filter')}"
    sentences = [f"{counts}; matches to {plural(len(known), 'known motif')} at q < {MAX_MATCH_Q:g}."]
    effects = [(row.one_of("kind", tuple(MAX_MOTIFS)), _effect(row)) for row in rows]
    ranked = [rows[i] for i in shown_by_effect(effects)]
    sentences += [f"{text[0].upper()}{text[1:]}." for text in hidden_sentence(len(rows) - len(ranked))]
    shown = [
        row for kind, limit in MAX_MOTIFS.items() for row in [r for r in ranked if r["kind"] == kind][:limit]
    ]
    if len(shown) < len(ranked):
        sentences.append(f"The {len(shown)} with the largest effects are shown; motifs.html has all of them.")
    cells = [_cells(row, shares[row["name"]], length) for row in shown]
    tables = [*([_table(cells)] if cells else []), *hit_tables(folder, "motifs")]
    return Content([*sentences, *hit_sentence(folder)], tables=tables)


def _table(cells: list[list[Cell]]) -> Table:
    """Return the table of motifs from its rows."""
    columns = [Column("Motif", "text"), Column("Logo, bits", "text"), Column("Kind", "text")]
    columns += [Column("Sites", "number", "descending"), Column("Position, bp")]
    columns += [Column("Effect", "number", "descending"), Column("Best match", "text"), Column("q")]
    caption = "Motifs, patterns first, largest effects first"
    dash = f"no known motif matches at q < {MAX_MATCH_Q:g}, or not known"
    return Table("motif-table", caption, columns, cells, dash=dash)


def _logos(path: Path, rows: list[Row]) -> dict[str, np.ndarray]:
    """Return name -> base frequencies (4, width); raise `TableError` if the table has other motifs."""
    shares = read_meme(path)
    if [*shares] != [row["name"] for row in rows]:
        raise TableError(f"{place(path)}: {len(shares)} motifs, which are not those of motifs.tsv")
    return shares


def _effect(row: Row) -> float:
    """Return the effect at the sites, NaN if it was not measured."""
    effect = row.number("effect_at_sites")
    return np.nan if effect is None else effect


def _position(row: Row, name: str) -> float:
    """Return a quartile of the positions of the sites, in bp."""
    return row.known(f"position_{name}", 0, MAX_LENGTH)


def _q_value(row: Row) -> float | None:
    """Return the q-value of the best match, None if there is none."""
    return row.number("match_q", 0, 1)


def _cells(row: Row, shares: np.ndarray, length: float) -> list[Cell]:
    """Return the table's row of one motif."""
    low, middle, high = (_position(row, name) for name in ("q1", "median", "q3"))
    bar = tuple(round(100 * value / length, 2) for value in (low, middle, high))
    q, sites = _q_value(row), row.whole("sites")
    match = known_match(row["match"], q)
    return [
        Cell(row["name"]),
        Cell("", picture=logo(shares * information(shares), (0.0, 2.0)).inline),
        Cell(row["kind"]),
        Cell(f"{sites:,}", sites),
        Cell(f"{middle:.0f} ({low:.0f} to {high:.0f})", middle, (bar[0], bar[1], bar[2])),
        value_cell(row.number("effect_at_sites"), signed=True),
        Cell(match or UNDEFINED),
        Cell(UNDEFINED if match is None or q is None else f"{q:.2g}", q if match else None),
    ]

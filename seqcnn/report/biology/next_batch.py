"""The next batch: what was chosen to be measured, and why."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from seqcnn.data.dataset import Dataset
from seqcnn.errors import plural
from seqcnn.io.tsv import NA, Row
from seqcnn.plotting.formatting import UNDEFINED
from seqcnn.report.biology.designs import Range
from seqcnn.report.biology.section import Content, section, station_rows, value_cell
from seqcnn.report.content.tables import Cell, Column, Table
from seqcnn.selection.batch_order import CHOSEN

MAX_ROWS = 100
"""Sequences on the page."""

_COLUMNS = (
    "id",
    "rank",
    "predicted",
    "predicted_sd",
    "nearest",
    "distance",
    "cluster_size",
    "library_distance",
    "parents",
)


@section("Sequences to measure next", "next")
def batch(folder: Path, dataset: Dataset) -> Content:
    """Chosen where the networks disagree, and far, in the last hidden layer of the networks, from measured
    sequences and from one another. Each is the farthest of the candidates that were nearest to the same
    measured or chosen sequence. SD is the standard deviation over the networks of an ensemble.
    """
    values, shown, total, controls = Range(), [], 0, Counter[str]()
    for row in station_rows(folder, "batch.tsv", *_COLUMNS):
        if (kind := row.get("kind", CHOSEN)) != CHOSEN:
            controls[kind] += 1
            continue
        total += 1
        values.add(row.known("predicted"))
        shown += [row] if total <= MAX_ROWS else []
    if not shown:
        return Content(["No sequence was chosen."])
    sentences = [f"{plural(total, 'sequence')}, predicted {values}; batch.fa has them in this order."]
    if controls:
        counts = ", ".join(f"{count} {kind}" for kind, count in controls.items())
        sentences.append(f"Controls under the same constraints: {counts}.")
    if total > MAX_ROWS:
        sentences.append(f"The first {MAX_ROWS} are shown; batch.tsv has all.")
    heads = [Column("Sequence", "text"), Column("Rank"), Column("Predicted"), Column("SD")]
    heads += [Column("Nearest", "text"), Column("Distance"), Column("Candidates near it")]
    heads += [
        Column("Distance to the library"),
        Column("Made of", "text"),
        Column("Out of distribution", "text"),
    ]
    dash = "not known: a single network has no SD, a candidate of a file no parents"
    table = Table("next-table", "Chosen sequences", heads, list(map(_cells, shown)), dash=dash)
    return Content(sentences, tables=[table])


def _cells(row: Row) -> list[Cell]:
    """Return the table's row of one sequence."""
    rank, size = row.whole("rank", 1), row.whole("cluster_size", 1)
    return [
        Cell(row["id"]),
        Cell(f"{rank}", rank),
        value_cell(row.number("predicted")),
        value_cell(row.number("predicted_sd", low=0)),
        Cell(row["nearest"]),
        value_cell(row.number("distance", low=0)),
        Cell(f"{size:,}", size),
        value_cell(row.number("library_distance", low=0)),
        Cell(UNDEFINED if row["parents"] == NA else row["parents"].replace(",", ", ")),
        Cell(row.get("out_of_distribution", UNDEFINED)),
    ]

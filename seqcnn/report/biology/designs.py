"""Designs: predictions, edits, and the order sheet."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.design.front_figure import FILES, KINDS, draw_front
from seqcnn.errors import TableError, has_control, place, plural
from seqcnn.io.regular_file import has_file
from seqcnn.io.stream import read_lines
from seqcnn.io.tsv import Row, limited, refuse_cut
from seqcnn.plotting.formatting import UNDEFINED, minus, percent
from seqcnn.plotting.panel import Panel, Plot
from seqcnn.report.biology.section import Content, file_of, section, station_rows, value_cell
from seqcnn.report.content.tables import Cell, Column, Table

MAX_DESIGNS = 100
"""Designs on the page."""

_COLUMNS = (
    "id",
    "sequence",
    "start",
    "length",
    "gc",
    "edits",
    "predicted",
    "predicted_sd",
    "predicted_of_start",
    "changes",
)

_DNA = re.compile("[ACGT]+")


@section("Designed sequences", "design")
def designs(folder: Path, dataset: Dataset) -> Content:
    """Predictions of designs are extrapolations of the model, not measurements: order some start
    sequences as controls. SD is the standard deviation over the networks of an ensemble; edits are
    given as old base, position, new base.
    """
    after, before, shown, total, kinds = Range(), Range(), [], 0, Counter[str]()
    for total, row in enumerate(station_rows(folder, "designs.tsv", *_COLUMNS), start=1):
        kinds[row.get("kind", "design")] += 1
        if row.get("kind", "design") == "design":
            after.add(row.known("predicted"))
            before.add(row.known("predicted_of_start"))
        shown += [row] if total <= MAX_DESIGNS else []
    if not shown:
        return Content(["No sequence satisfied all constraints."])
    n_designs = kinds.pop("design", 0)
    sentences = [f"{plural(n_designs, 'design')}, predicted {after}; start sequences {before}."]
    if kinds:
        counts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        sentences.append(f"Controls under the same constraints: {counts}.")
    if total > MAX_DESIGNS:
        sentences.append(f"The first {MAX_DESIGNS} are shown; designs.tsv and designs.fa have all.")
    heads = [Column("Design", "text"), Column("Predicted", "number", "descending"), Column("SD")]
    heads += [Column("Start", "text"), Column("Of the start"), Column("Edits"), Column("GC")]
    heads += [Column("Out of distribution", "text"), Column("What was edited", "edits")]
    dash = "not known: a single network has no SD"
    table = Table(
        "design-table", "Designs and their start sequences", heads, list(map(_cells, shown)), dash=dash
    )
    sheet = _order_sheet(file_of(folder, "designs.fa"), shown, total)
    panels = [_front(folder)] if has_file(folder / FILES[1], folder) else []
    return Content(sentences, panels, tables=[table], sheet=("Order sheet (designs.fa)", sheet))


def _front(folder: Path) -> Panel:
    """Draw the Pareto set of several goals."""
    rows = limited(station_rows(folder, FILES[1], "kind"))
    heads = [head for head in (rows[0].columns if rows else ()) if head != "kind"]
    kinds = np.array([row.one_of("kind", tuple(KINDS)) for row in rows])
    values = np.array([[row.known(head) for head in heads] for row in rows])
    if len(heads) < 2 or "design" not in kinds:
        raise TableError(
            f"{place(folder / FILES[1])}: expected designs, and a column for each of several goals"
        )
    drawing = draw_front({kind: values[kinds == kind] for kind in KINDS}, heads)
    text = "no design is better in one goal without being worse in another one; axes point to what is wanted"
    return Panel("Pareto set of the goals", text, Plot(drawing))


@dataclass
class Range:
    """Smallest and largest of the numbers that were added."""

    low: float = math.inf
    high: float = -math.inf

    def add(self, value: float) -> None:
        """Add a number."""
        self.low, self.high = min(self.low, value), max(self.high, value)

    def __str__(self) -> str:
        """Return the range as text."""
        return minus(f"{self.low:.2f} to {self.high:.2f}")


def _cells(row: Row) -> list[Cell]:
    """Return the table's row of one design."""
    gc, edits = row.known("gc", 0, 1), row.whole("edits")
    return [
        Cell(row["id"]),
        value_cell(row.number("predicted")),
        value_cell(row.number("predicted_sd", low=0)),
        Cell(row["start"]),
        value_cell(row.number("predicted_of_start")),
        Cell(f"{edits}", edits),
        Cell(percent(gc), gc),
        Cell(row.get("out_of_distribution", UNDEFINED)),
        Cell(row["changes"].replace(",", ", ")),
    ]


def _order_sheet(path: Path, shown: list[Row], total: int) -> list[str]:
    """Return the FASTA of the designs that are shown; raise `TableError` if it is not that of the table."""
    refuse_cut(path)
    lines: list[str] = []
    count = 0
    for count, line in read_lines(path, expected="FASTA", fault=TableError):
        lines += [line] if count <= 2 * len(shown) else []
    records = zip(lines[::2], lines[1::2], strict=False)
    same = [
        header.split(" ")[0] == f">{row['id']}" and row["sequence"] in bases and _DNA.fullmatch(bases)
        for row, (header, bases) in zip(shown, records, strict=False)
    ]
    if count != 2 * total or not all(same) or has_control("".join(lines)):
        raise TableError(
            f"{place(path)}: its records are not the {plural(total, 'design')} of designs.tsv, in order"
        )
    return lines

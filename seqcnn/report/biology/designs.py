"""Designs: predictions, edits, and the order sheet."""

from __future__ import annotations

from pathlib import Path

from seqcnn.data.dataset import Dataset
from seqcnn.plotting.formatting import UNDEFINED, minus, percent, plural
from seqcnn.report.biology.section import Content, numeric, read_rows, section, value_cell
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

Row = dict[str, str]


@section("Designed sequences", "design")
def designs(folder: Path, dataset: Dataset) -> Content:
    """Predictions of designs are extrapolations of the model, not measurements: order some start
    sequences as controls. SD is the standard deviation over the networks of an ensemble; edits are
    given as old base, position, new base.
    """
    rows = list(read_rows(folder / "designs.tsv", *_COLUMNS))
    if not rows:
        return Content(["No sequence satisfied all constraints."])
    after, before = (
        [numeric(row, name) or 0 for row in rows] for name in ("predicted", "predicted_of_start")
    )
    sentences = [
        minus(
            f"{plural(len(rows), 'design')}, predicted {min(after):.2f} to {max(after):.2f}; "
            f"start sequences {min(before):.2f} to {max(before):.2f}."
        )
    ]
    if len(rows) > MAX_DESIGNS:
        sentences.append(f"The first {MAX_DESIGNS} are shown; designs.tsv and designs.fa have all.")
    heads = [Column("Design", "text"), Column("Predicted", "number", "descending"), Column("SD")]
    heads += [Column("Start", "text"), Column("Of the start"), Column("Edits"), Column("GC")]
    heads += [Column("Out of distribution", "text"), Column("What was edited", "edits")]
    cells = [_cells(row) for row in rows[:MAX_DESIGNS]]
    dash = "not known: a single network has no SD"
    table = Table("design-table", "Designs and their start sequences", heads, cells, dash=dash)
    return Content(
        sentences, tables=[table], sheet=("Order sheet (designs.fa)", _sheet(folder / "designs.fa"))
    )


def _cells(row: Row) -> list[Cell]:
    """Return the table's row of one design."""
    gc = float(row["gc"])
    return [
        Cell(row["id"]),
        value_cell(numeric(row, "predicted")),
        value_cell(numeric(row, "predicted_sd")),
        Cell(row["start"]),
        value_cell(numeric(row, "predicted_of_start")),
        Cell(row["edits"], int(row["edits"])),
        Cell(percent(gc), gc),
        Cell(row.get("out_of_distribution", UNDEFINED)),
        Cell(row["changes"].replace(",", ", ")),
    ]


def _sheet(path: Path) -> list[str]:
    """Return the FASTA of the designs that are shown."""
    lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    return lines[: 2 * MAX_DESIGNS]

"""Designs: what is predicted of them, what was edited, and the sheet to order from."""

from __future__ import annotations

from pathlib import Path

from seqcnn.data.dataset import Dataset
from seqcnn.plotting.formatting import UNDEFINED, minus, percent, plural
from seqcnn.report.biology.section import Found, number_in, rows_of, section, value_cell
from seqcnn.report.content.tables import Cell, Column, Table

SHOWN = 100
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


@section("Designs, ready to order", "design")
def designs(folder: Path, dataset: Dataset) -> Found:
    """Predictions of designs are extrapolations of the model, not measurements: order some start
    sequences as controls. SD is the standard deviation over the networks of an ensemble; edits are
    given as old base, position, new base.
    """
    rows = list(rows_of(folder / "designs.tsv", *_COLUMNS))
    if not rows:
        return Found(["No sequence satisfied all constraints."])
    after, before = (
        [number_in(row, name) or 0 for row in rows] for name in ("predicted", "predicted_of_start")
    )
    sentences = [
        minus(
            f"{plural(len(rows), 'design')}, predicted {min(after):.2f} to {max(after):.2f}; "
            f"start sequences {min(before):.2f} to {max(before):.2f}."
        )
    ]
    if len(rows) > SHOWN:
        sentences.append(f"The first {SHOWN} are shown; designs.tsv and designs.fa have all.")
    heads = [Column("Design", "text"), Column("Predicted", "number", "descending"), Column("SD")]
    heads += [Column("Start", "text"), Column("Of the start"), Column("Edits"), Column("GC")]
    heads += [Column("Out of distribution", "text"), Column("What was edited", "edits")]
    cells = [_cells(row) for row in rows[:SHOWN]]
    dash = "not known: a single network has no SD"
    table = Table("design-table", "Designs and their start sequences", heads, cells, dash=dash)
    return Found(sentences, tables=[table], sheet=("Order sheet (designs.fa)", _sheet(folder / "designs.fa")))


def _cells(row: Row) -> list[Cell]:
    """Return the table's row of one design."""
    gc = float(row["gc"])
    return [
        Cell(row["id"]),
        value_cell(number_in(row, "predicted")),
        value_cell(number_in(row, "predicted_sd")),
        Cell(row["start"]),
        value_cell(number_in(row, "predicted_of_start")),
        Cell(row["edits"], int(row["edits"])),
        Cell(percent(gc), gc),
        Cell(row.get("out_of_distribution", UNDEFINED)),
        Cell(row["changes"].replace(",", ", ")),
    ]


def _sheet(path: Path) -> list[str]:
    """Return the FASTA of the designs that are shown."""
    lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    return lines[: 2 * SHOWN]

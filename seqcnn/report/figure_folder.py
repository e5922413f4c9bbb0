"""The folder beside a report: each figure as SVG and PDF and each table as CSV, named as in the page."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from unicodedata import normalize
from urllib.parse import quote

from seqcnn.errors import listed, place, printable, show
from seqcnn.io.atomic import atomic_path
from seqcnn.io.regular_file import has_file, refuse_outside
from seqcnn.io.tsv import NA, number_cell, table_lines
from seqcnn.model.inference.prediction_table import spreadsheet_safe
from seqcnn.plotting.formatting import UNDEFINED
from seqcnn.plotting.panel import Panel
from seqcnn.report.content.tables import Cell, Column, Table

logger = logging.getLogger(__name__)

CONTENTS = "contents.csv"
"""File of the folder that lists the others, with the captions of the page."""


def folder_of(page: Path) -> Path:
    """Return the folder of the figures of a page: `report.html` has `report_figures`."""
    return page.with_name(f"{page.stem}_figures")


def has_room(page: Path) -> bool:
    """Return whether there can be a folder beside a page: not beside a device or a pipe."""
    return not os.path.abspath(page).startswith("/dev/") and (not page.exists() or page.is_file())


def link_of(page: Path) -> str:
    """Return the address of that folder relative to the page."""
    return quote(os.fsencode(folder_of(page).name))


def write_folder(folder: Path, panels: Sequence[Panel], tables: Sequence[Table]) -> None:
    """Write the files of panels and tables, each whole or not at all; log other files in the folder.

    A new folder is removed if a file cannot be written.

    Raises
    ------
    TableError
        If the folder is a link that leads elsewhere, or a file of these names in it is such a link, a pipe or
        a folder; before anything is written.
    """
    written = {CONTENTS, *(f"{table.name}.csv" for table in tables)}
    written |= {f"{panel.name}{suffix}" for panel in panels for suffix in (".svg", ".pdf")}
    refuse_outside(folder, folder.parent)
    for name in sorted(written):
        has_file(folder / name, folder)
    is_new = not folder.exists()
    try:
        _write_files(folder, panels, tables)
    except BaseException:
        if is_new:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if others := sorted(show(path.name) for path in folder.iterdir() if path.name not in written):
        logger.warning("%s: holds other files than those of this report: %s", place(folder), listed(others))
    logger.info("figures (SVG, PDF) and tables (CSV) written to %s", place(folder))


def _write_files(folder: Path, panels: Sequence[Panel], tables: Sequence[Table]) -> None:
    """Write the files of panels and tables, and their list."""
    for panel in panels:
        _write(folder / f"{panel.name}.svg", panel.svg.encode())
        _write(folder / f"{panel.name}.pdf", panel.pdf)
    for table in tables:
        _write_csv(folder / f"{table.name}.csv", table_rows(table))
    _write_csv(folder / CONTENTS, _contents(panels, tables))


def table_rows(table: Table) -> Iterator[list[str]]:
    """Yield the lines of a table's file.

    A column of numbers has all digits, and `low` and `high` beside it where the page shows an interval; what
    has no number is the text of the page, and a dash is `NA`.  Percentages are fractions.
    """
    ends = [any(row[i].bounds for row in table.rows) for i in range(len(table.columns))]
    yield [name for pair in zip(table.columns, ends, strict=True) for name in _heads(*pair)]
    for row in table.rows:
        cells = zip(row, table.columns, ends, strict=True)
        yield [text for cell, column, bounded in cells for text in _cells(cell, column, bounded)]


def _cells(cell: Cell, column: Column, bounded: bool) -> list[str]:
    """Return a cell, and its interval in a column that has intervals."""
    text = NA if cell.text == UNDEFINED else spreadsheet_safe(printable(cell.text))
    if column.kind == "number" and cell.value is not None:
        text = number_cell(float(cell.value))
    bounds = [number_cell(end) for end in cell.bounds] if cell.bounds else [NA, NA]
    return [text, *bounds] if bounded else [text]


def _heads(column: Column, bounded: bool) -> list[str]:
    """Return the names of a column, and of its interval."""
    name = normalize("NFKC", column.label).rstrip(" ↑↓")  # R² is R2 in a file
    name = spreadsheet_safe(printable(name))
    return [name, f"{name} low", f"{name} high"] if bounded else [name]


def _contents(panels: Sequence[Panel], tables: Sequence[Table]) -> Iterator[list[str]]:
    """Yield the lines of the list of files."""
    yield ["name", "title", "text"]
    for name, title, text in (
        *((panel.name, panel.title, panel.text) for panel in panels),
        *((table.name, table.caption, " ".join(table.notes)) for table in tables),
    ):
        yield [name, spreadsheet_safe(printable(title)), spreadsheet_safe(printable(text))]


def _write_csv(path: Path, rows: Iterator[list[str]]) -> None:
    """Write lines of cells, whole or not at all."""
    _write(path, table_lines(rows, ",").encode())


def _write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)

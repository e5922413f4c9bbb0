"""An IGVF sequence design -> clean columns beside the measurements, and which rows share a variant or place.

Positions are 0-based half-open.  Lists, such as `["SNV"]`, become plain text; missing cells become NA.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from seqcnn.data.assay.columns import MAX_LEVELS
from seqcnn.data.assay.lab_tables import Measurements
from seqcnn.data.readers.lab_formats import DESIGN, LISTS
from seqcnn.data.readers.tables import Table
from seqcnn.data.similarity.loci import Locus, label_links, overlap_links
from seqcnn.errors import TableError, listed, show
from seqcnn.io.tsv import NA

_MISSING_CELLS = {"", ".", NA}
_CATEGORIES = ("category", "class", "variant_class")
_PLACE = ("chr", "start", "end")
_ITEMS = re.compile(r"""[^\s\[\]"',]+""")
_SPDI = re.compile(r"([^\s:]+:[0-9]+):[^\s:]*:[^\s:]*")
_POSITION = re.compile(r"([0-9]{1,15})(\.0)?")


def tidy(design: Table) -> Table:
    """Return a design with plain text for lists, and NA for cells that are missing."""
    columns = [_tidied(name, design.text(name)) for name in design.columns]
    return replace(design, rows=[list(row) for row in zip(*columns, strict=True)])


def _tidied(name: str, cells: list[str]) -> list[str]:
    """Return the cells of one column."""
    if name not in DESIGN or name in ("name", "sequence"):
        return cells
    if name in LISTS:
        cells = [",".join(_ITEMS.findall(cell)) for cell in cells]
    return [NA if cell in _MISSING_CELLS else cell for cell in cells]


def related(design: Table) -> np.ndarray:
    """Link the rows of one variant, by sequence and position of its SPDI, and those of overlapping places.

    Parameters
    ----------
    design
        As `tidy` gives it.

    Returns
    -------
    Pairs of row numbers, int64 (E, 2).

    Raises
    ------
    TableError
        If a place is none.
    """
    return np.concatenate([overlap_links(_places(design)), label_links(_variants(design))])


def categories(table: Table, names: Collection[str]) -> tuple[str, ...]:
    """Return those of a design's columns `names` whose values tell measurements apart, and are few."""
    values = {name: set(table.text(name)) - {NA} for name in _CATEGORIES if name in names}
    return tuple(name for name, found in values.items() if 2 <= len(found) <= MAX_LEVELS)


def joined(measured: Measurements, design: Table) -> Table:
    """Return measurements with the columns of the design that they lack; NA where a row is not designed."""
    table = measured.table
    added = [name for name in design.columns if name not in table.columns and name != "sequence"]
    at = [design.columns.index(name) for name in added]
    cells = {name: [row[i] for i in at] for name, row in zip(design.text("name"), design.rows, strict=True)}
    empty = [NA] * len(added)
    ids = table.text(measured.id_column)
    rows = [row + cells.get(name, empty) for name, row in zip(ids, table.rows, strict=True)]
    return replace(table, columns=table.columns + added, rows=rows)


def _places(design: Table) -> list[Locus | None]:
    """Return the place of each row, None where it is not known."""
    there = [name for name in _PLACE if name in design.columns]
    if not there:
        return [None] * len(design.rows)
    if missing := [show(name) for name in _PLACE if name not in there]:
        raise TableError(f"{design.name}: no column {', '.join(missing)}; chr, start and end go together")
    ref = design.text("ref") if "ref" in design.columns else [NA] * len(design.rows)
    cells = zip(design.lines, ref, *map(design.text, _PLACE), strict=True)
    places, faults = [], []
    for line, build, chrom, *bounds in cells:
        known = NA not in (chrom, *bounds)
        start, end = (int(match[1]) if (match := _POSITION.fullmatch(cell)) else -1 for cell in bounds)
        if known and not 0 <= start < end:
            faults.append(f"line {line}: {show('-'.join(bounds), 40)}")
        places.append((f"{build} {chrom}", start, end) if known else None)
    if faults:
        raise TableError(f"{design.name}: {listed(faults)}; expected positions, start < end, or NA")
    return places


def _variants(design: Table) -> list[list[str]]:
    """Return the sequence and position of each variant of each row; what is no SPDI names a variant, too."""
    cells = design.text("SPDI") if "SPDI" in design.columns else [NA] * len(design.rows)
    items = [[] if cell == NA else cell.split(",") for cell in cells]
    return [[match[1] if (match := _SPDI.fullmatch(item)) else item for item in row] for row in items]

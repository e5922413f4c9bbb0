"""IGVF sequence designs: clean columns, and pairs of rows that share a variant or a locus.

Positions are 0-based half-open.  Lists, such as `["SNV"]`, become plain text; missing cells become NA.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from seqcnn.data.assay.columns import MAX_LEVELS
from seqcnn.data.assay.lab.measured import Measurements
from seqcnn.data.readers.lab_formats import DESIGN, LISTS
from seqcnn.data.readers.tables import Table
from seqcnn.data.similarity.loci import Locus, label_links, overlap_links
from seqcnn.errors import TableError, listed, show
from seqcnn.io.tsv import NA

_MISSING_CELLS = {"", ".", NA}
_CATEGORIES = ("category", "class", "variant_class")
_LOCUS_COLUMNS = ("chr", "start", "end")
_ITEMS = re.compile(r"""[^\s\[\]"',]+""")
_SPDI = re.compile(r"([^\s:]+:[0-9]+):[^\s:]*:[^\s:]*")
_POSITION = re.compile(r"([0-9]{1,15})(\.0)?")


def tidy(design: Table) -> Table:
    """Return a design with lists as plain text and missing cells as NA."""
    columns = [_tidied(name, design.text(name)) for name in design.columns]
    return replace(design, rows=[list(row) for row in zip(*columns, strict=True)])


def _tidied(name: str, cells: Sequence[str]) -> Sequence[str]:
    """Return the cells of one column."""
    if name not in DESIGN or name in ("name", "sequence"):
        return cells
    if name in LISTS:
        cells = [",".join(_ITEMS.findall(cell)) for cell in cells]
    return [NA if cell in _MISSING_CELLS else cell for cell in cells]


def related_links(design: Table) -> np.ndarray:
    """Link the rows of one variant, by sequence and position of its SPDI, and those of overlapping loci.

    Parameters
    ----------
    design
        As `tidy` returns it.

    Returns
    -------
    Pairs of row numbers, int64 (E, 2).

    Raises
    ------
    TableError
        If a locus is malformed.
    """
    return np.concatenate([overlap_links(_loci(design)), label_links(_variants(design))])


def categories(table: Table, names: Collection[str]) -> tuple[str, ...]:
    """Return the category columns among `names` that have 2 to `MAX_LEVELS` distinct values."""
    values = {name: set(table.text(name)) - {NA} for name in _CATEGORIES if name in names}
    return tuple(name for name, levels in values.items() if 2 <= len(levels) <= MAX_LEVELS)


def joined(measured: Measurements, design: Table) -> Table:
    """Return measurements with the further columns of the design; NA for rows that it does not have."""
    table = measured.table
    added = [name for name in design.columns if name not in table.columns and name != "sequence"]
    indices = [design.columns.index(name) for name in added]
    cells = {
        name: [row[i] for i in indices] for name, row in zip(design.text("name"), design.rows, strict=True)
    }
    empty = [NA] * len(added)
    ids = table.text(measured.id_column)
    rows = [row + cells.get(name, empty) for name, row in zip(ids, table.rows, strict=True)]
    return replace(table, columns=table.columns + added, rows=rows)


def _loci(design: Table) -> list[Locus | None]:
    """Return the locus of each row, None where it is not known."""
    present = [name for name in _LOCUS_COLUMNS if name in design.columns]
    if not present:
        return [None] * len(design.rows)
    if missing := [show(name) for name in _LOCUS_COLUMNS if name not in present]:
        raise TableError(f"{design.name}: no column {', '.join(missing)}; chr, start and end go together")
    ref = design.text("ref") if "ref" in design.columns else [NA] * len(design.rows)
    cells = zip(design.lines, ref, *map(design.text, _LOCUS_COLUMNS), strict=True)
    loci, faults = [], []
    for line, build, chrom, *bounds in cells:
        placed = NA not in (chrom, *bounds)
        start, end = (int(match[1]) if (match := _POSITION.fullmatch(cell)) else -1 for cell in bounds)
        if placed and not 0 <= start < end:
            faults.append(f"line {line}: {show('-'.join(bounds), 40)}")
        loci.append((f"{build} {chrom}", start, end) if placed else None)
    if faults:
        raise TableError(f"{design.name}: {listed(faults)}; expected positions, start < end, or NA")
    return loci


def _variants(design: Table) -> list[list[str]]:
    """Return the sequence and position of the variants of each row; other text is kept as it is."""
    cells = design.text("SPDI") if "SPDI" in design.columns else [NA] * len(design.rows)
    items = [[] if cell == NA else cell.split(",") for cell in cells]
    return [[match[1] if (match := _SPDI.fullmatch(item)) else item for item in row] for row in items]

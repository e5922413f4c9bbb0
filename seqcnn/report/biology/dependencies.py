"""Dependency maps: pairs of positions whose changes have other effects together than alone."""

from __future__ import annotations

from itertools import groupby, islice
from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.errors import TableError, place, plural, show
from seqcnn.interpret.dependencies import MAX_POSITIONS
from seqcnn.interpret.dependency.figure import dependency_figure
from seqcnn.interpret.dependency.page import EXPLANATION
from seqcnn.io.regular_file import has_file
from seqcnn.io.tsv import Row, limited
from seqcnn.plotting.formatting import decimal
from seqcnn.plotting.panel import Panel, Plot
from seqcnn.report.biology.section import Content, section, station_rows
from seqcnn.report.content.tables import Cell, Column, Table
from seqcnn.sequence.onehot import ALPHABET, IUPAC
from seqcnn.sequence.window import MAX_LENGTH

MAX_MAPS = 4
"""Sequences with a map on the page."""

MAX_PAIRS = 20
"""Pairs of motifs in the table."""

_MAX_PAIRS = MAX_POSITIONS * (MAX_POSITIONS - 1) // 2

_SUMMARY = "pair_summary.tsv"

_COLUMNS = (
    "id", "position_1", "position_2", "ref_1", "alt_1", "ref_2", "alt_2", "epistasis", "attribution_1",
    "attribution_2",
)  # fmt: skip


@section("Which positions depend on each other?", "dependencies", EXPLANATION)
def dependencies(folder: Path, dataset: Dataset) -> Content:
    """Read the pairs of the first sequences; see `EXPLANATION`."""
    panels: list[Panel] = []
    count = 0
    rows = station_rows(folder, "dependencies.tsv", *_COLUMNS)
    for name, mine in groupby(rows, key=lambda row: row["id"]):
        count += 1
        if len(panels) < MAX_MAPS:
            panels.append(_map(folder / "dependencies.tsv", name, list(islice(mine, _MAX_PAIRS + 1))))
    tables = [_pair_table(folder)] if has_file(folder / _SUMMARY, folder) else []
    if not count:
        return Content(["No sequence had pairs of changes."], tables=tables)
    files = "dependencies.tsv has all numbers, dependencies.html the maps of up to 20 sequences."
    return Content([f"{plural(count, 'sequence')}; {files}"], wide=panels, tables=tables)


def _map(path: Path, name: str, rows: list[Row]) -> Panel:
    """Draw the map of one sequence from its pairs of positions."""
    pairs = [(row.whole("position_1", 1, MAX_LENGTH), row.whole("position_2", 1, MAX_LENGTH)) for row in rows]
    first, last = pairs[0][0], pairs[-1][1]
    size = last - first + 1
    i, j = np.triu_indices(size if 2 <= size <= MAX_POSITIONS else 0, 1)
    if pairs != [*zip((i + first).tolist(), (j + first).tolist(), strict=True)]:
        where = f"{place(path)}: {show(name, 40)}: {len(rows)} pairs of positions {first} to {last}"
        raise TableError(f"{where}; expected all pairs, in order")
    epistasis, heights = np.full((size, size), np.nan), np.zeros((len(ALPHABET), size))
    for row, a, b in zip(rows, i, j, strict=True):
        epistasis[a, b] = row.known("epistasis")
        for side, column in ((1, a), (2, b)):
            row.one_of(f"alt_{side}", tuple(ALPHABET))
            if (base := row.one_of(f"ref_{side}", tuple(IUPAC[1:]))) in ALPHABET:
                heights[ALPHABET.index(base), column] = row.known(f"attribution_{side}")
    strongest = rows[int(np.abs(epistasis[i, j]).argmax())]
    drawing = dependency_figure(
        epistasis, heights, first=first, label="epistasis, in the units of the target"
    )
    return Panel(name, f"strongest pair {_changes(strongest)}", Plot(drawing))


def _changes(row: Row) -> str:
    """Return the pair of changes of a row with its epistasis, such as A12G and C30T: +0.50."""
    changes = [f"{row[f'ref_{side}']}{row[f'position_{side}']}{row[f'alt_{side}']}" for side in (1, 2)]
    return f"{' and '.join(changes)}: {decimal(row.known('epistasis'), 2, signed=True)}"


def _pair_table(folder: Path) -> Table:
    """Return the table of pairs of motifs, those of most sequences."""
    columns = ("motif_1", "motif_2", "pairs", "sequences", "epistasis", "low", "high")
    rows = limited(station_rows(folder, _SUMMARY, *columns))[:MAX_PAIRS]
    heads = [Column("Motif", "text"), Column("Motif", "text"), Column("Pairs", "number", "descending")]
    heads += [Column("Sequences", "number", "descending"), Column("Epistasis", "number", "descending")]
    return Table(
        "motif-pair-table", "Pairs of motif sites, most sequences first", heads, list(map(_pair_cells, rows)),
        notes=(
            "Epistasis is what two sites of a sequence add to the prediction together, minus what each "
            "adds where the other is replaced by random bases: mean over the sequences with its 95 % "
            "interval. Positive values are synergy, negative ones redundancy.",
        ),
    )  # fmt: skip


def _pair_cells(row: Row) -> list[Cell]:
    """Return the table's row of one pair of motifs."""
    counts = [row.whole(name, 1) for name in ("pairs", "sequences")]
    low, high, value = row.number("low"), row.number("high"), row.known("epistasis")
    text = decimal(value, signed=True)
    if low is not None and high is not None:
        text += f" ({decimal(low, signed=True)} to {decimal(high, signed=True)})"
    bounds = None if low is None or high is None else (low, high)
    return [
        Cell(row["motif_1"]),
        Cell(row["motif_2"]),
        *(Cell(f"{count:,}", count) for count in counts),
        Cell(text, value, bounds=bounds),
    ]

"""Hits of motifs, of `motifs --hits` and `scan --hits`: counts, co-occurrence and spacing."""

from __future__ import annotations

from pathlib import Path

from seqcnn.errors import plural
from seqcnn.interpret.motif.hit_tables import HIT_FILES
from seqcnn.io.regular_file import has_file
from seqcnn.io.tsv import NA, Row, limited
from seqcnn.plotting.formatting import UNDEFINED
from seqcnn.report.biology.section import station_rows, value_cell
from seqcnn.report.content.tables import Cell, Column, Table

MAX_ROWS = 20
"""Motifs, and pairs of motifs, in the tables: the most frequent ones."""

_COUNT_NOTE = (
    "A hit is a match on which the prediction depends. The contribution is the sum of the attributions of "
    "its bases, in the units of the target: mean and SD over the hits.",
)
_PAIR_NOTE = (
    "Expected is the number of sequences with both motifs if they were independent; p is that of as many or "
    "more (one-sided, hypergeometric), not corrected for the number of pairs. The gap is the distance "
    "between two hits: median with quartiles, and the most frequent one with its number of pairs.",
)


def hit_tables(folder: Path, station: str) -> list[Table]:
    """Return the tables of hits of a station's folder, none if it has no hits."""
    _, _, counts, pairs = HIT_FILES
    if not has_file(folder / counts, folder):
        return []
    rows = limited(station_rows(folder, counts, "motif", "match", "hits", "plus_strand", "sequences",
                                "contribution_mean", "contribution_sd"))  # fmt: skip
    by_pair = limited(station_rows(folder, pairs, "motif_a", "motif_b", "sequences", "expected", "p", "pairs",
                                   "same_strand", "gap_q1", "gap_median", "gap_q3", "gap_mode",
                                   "gap_mode_pairs"))  # fmt: skip
    return [*_counts(rows, station), *_pairs(by_pair, station)]


def hit_sentence(folder: Path) -> list[str]:
    """Return the sentence on the number of hits, none if they were not searched."""
    if not has_file(folder / HIT_FILES[2], folder):
        return []
    rows = limited(station_rows(folder, HIT_FILES[2], "motif", "hits"))
    total = sum(row.whole("hits", 1) for row in rows)
    return [f"{plural(total, 'hit')} of {plural(len(rows), 'motif')} (hits.tsv)."]


def _counts(rows: list[Row], station: str) -> list[Table]:
    """Return the table of hits per motif."""
    heads = [Column("Motif", "text"), Column("Known motif", "text"), Column("Hits", "number", "descending")]
    heads += [Column("On +"), Column("Sequences", "number", "descending")]
    heads += [Column("Contribution", "number", "descending"), Column("SD")]
    cells = [_count_cells(row) for row in rows[:MAX_ROWS]]
    caption, dash = _caption("Hits per motif", len(rows)), "no known motif, or not defined for one hit"
    name = f"{station}-hit-table"
    return [Table(name, caption, heads, cells, dash=dash, notes=_COUNT_NOTE)] if cells else []


def _count_cells(row: Row) -> list[Cell]:
    """Return the table's row of one motif."""
    counts = [row.whole(name) for name in ("hits", "plus_strand", "sequences")]
    numbers = [row.number(name) for name in ("contribution_mean", "contribution_sd")]
    return [
        Cell(row["motif"]),
        Cell(UNDEFINED if row["match"] == NA else row["match"]),
        *(Cell(f"{count:,}", count) for count in counts),
        value_cell(numbers[0], signed=True),
        value_cell(numbers[1]),
    ]


def _pairs(rows: list[Row], station: str) -> list[Table]:
    """Return the table of motifs with hits in one sequence."""
    heads = [Column("Motif", "text"), Column("Motif", "text"), Column("Sequences", "number", "descending")]
    heads += [Column("Expected"), Column("p"), Column("Pairs", "number", "descending")]
    heads += [Column("On one strand"), Column("Gap, bp"), Column("Most frequent gap")]
    cells = [_pair_cells(row) for row in rows[:MAX_ROWS]]
    caption, dash = (
        _caption("Pairs of hits in one sequence", len(rows)),
        "not defined for a motif with itself",
    )
    name = f"{station}-pair-table"
    return [Table(name, caption, heads, cells, dash=dash, notes=_PAIR_NOTE)] if cells else []


def _pair_cells(row: Row) -> list[Cell]:
    """Return the table's row of one pair of motifs."""
    sequences, pairs, same = (row.whole(name) for name in ("sequences", "pairs", "same_strand"))
    expected, p = row.number("expected", 0), row.number("p", 0, 1)
    low, middle, high = (row.known(f"gap_{name}") for name in ("q1", "median", "q3"))
    mode, count = row.known("gap_mode"), row.whole("gap_mode_pairs", 1)
    return [
        Cell(row["motif_a"]),
        Cell(row["motif_b"]),
        Cell(f"{sequences:,}", sequences),
        Cell(UNDEFINED if expected is None else f"{expected:.3g}", expected),
        Cell(UNDEFINED if p is None else f"{p:.2g}", p),
        Cell(f"{pairs:,}", pairs),
        Cell(f"{same:,}", same),
        Cell(f"{middle:g} ({low:g} to {high:g})", middle),
        Cell(f"{mode:g} ({count:,})", mode),
    ]


def _caption(what: str, count: int) -> str:
    """Return the caption of a table of the most frequent ones."""
    return f"{what}: the {MAX_ROWS} most frequent of {count:,}" if count > MAX_ROWS else what

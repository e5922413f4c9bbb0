"""Variants: the strongest, and what was not scored and why."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from seqcnn.data.dataset import Dataset
from seqcnn.genome.variant.alleles import REASONS, SCORED
from seqcnn.plotting.formatting import UNDEFINED, plural
from seqcnn.report.biology.section import Found, number_in, rows_of, section, value_cell
from seqcnn.report.content.tables import Cell, Column, Table

SHOWN = 20
"""Variants in the table."""

Row = dict[str, str]


@section("What do variants do?", "variants")
def variants(folder: Path, dataset: Dataset) -> Found:
    """The effect is the prediction with the alternative allele minus that with the reference; SD is
    how far the networks of an ensemble disagree about it. The percentile is among random changes of
    the same sequences: at 100 an effect is larger, up or down, than any of them, at 50 it is
    nothing special.
    """
    counts: Counter[str] = Counter()
    rows = _scored(folder / "effects.tsv", counts)
    strongest = heapq.nlargest(SHOWN, rows, key=lambda row: abs(number_in(row, "effect") or 0))
    sentences = [f"{counts[SCORED]:,} of {plural(counts.total(), 'allele')} were scored (effects.tsv)."]
    columns = [Column("Variant", "text"), Column("Effect", "number", "descending"), Column("SD")]
    columns += [
        Column("Percentile"),
        Column("Reference"),
        Column("Alternative"),
        Column("Out of distribution", "text"),
    ]
    caption = f"The {len(strongest)} strongest effects"
    dash = "not known: a single network has no SD"
    table = Table("variant-table", caption, columns, [_cells(row) for row in strongest], dash=dash)
    return Found(sentences, tables=[*([table] if strongest else []), *_reasons(counts)])


def _scored(path: Path, counts: Counter[str]) -> Iterator[Row]:
    """Yield the alleles that were scored, and count all by their reason."""
    for row in rows_of(path, "ref", "alt", "effect", "ref_prediction", "alt_prediction", "reason"):
        counts[row["reason"]] += 1
        if row["reason"] == SCORED:
            yield row


def _cells(row: Row) -> list[Cell]:
    """Return the table's row of one allele."""
    change = f"{row['ref']} \N{RIGHTWARDS ARROW} {row['alt']}"
    if "contig" in row:
        own = "" if row["id"] == "." else f" ({row['id']})"
        change = f"{row['contig']}:{row['position']} {change}{own}"
    numbers = (("effect", True, 3), ("effect_sd", False, 3), ("percentile", False, 1))
    cells = [value_cell(number_in(row, c), signed=s, digits=d) for c, s, d in numbers]
    cells += [value_cell(number_in(row, f"{allele}_prediction")) for allele in ("ref", "alt")]
    return [Cell(change), *cells, Cell(row.get("out_of_distribution", UNDEFINED))]


def _reasons(counts: Counter[str]) -> list[Table]:
    """Return what was not scored, and why."""
    rows = [
        [Cell(code), Cell(f"{counts[code]:,}", counts[code]), Cell(why)]
        for code, why in REASONS.items()
        if counts[code]
    ]
    columns = [Column("Reason", "text"), Column("Alleles", "number", "descending"), Column("Why", "text")]
    return [Table("unscored", "Not scored", columns, rows)] if rows else []

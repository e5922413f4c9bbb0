"""Variants: the largest effects, and the alleles that were not scored."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from seqcnn.data.dataset import Dataset
from seqcnn.errors import plural
from seqcnn.genome.variant.alleles import REASONS, SCORED
from seqcnn.io.regular_file import has_file
from seqcnn.io.tsv import NA, Row
from seqcnn.plotting.formatting import UNDEFINED
from seqcnn.report.biology.section import Content, section, station_rows, value_cell
from seqcnn.report.content.tables import Cell, Column, Table

MAX_VARIANTS = 20
"""Variants in the table."""

PERCENTILE = (
    "Percentile of |effect|: the percentage of random changes of the same kind whose absolute effect is "
    "smaller: substitutions, insertions or deletions of as many bases, at random places of the genome or "
    "library. At 95, one random change in 20 has a larger effect."
)
"""What the percentile of a variant is."""

CALL = (
    "Call: effect if the absolute effect is larger than all but a fraction of these random changes (--alpha, "
    "0.05 by default) and, of an ensemble, its 95% interval over the networks excludes 0; none if it "
    "and that interval are within; uncertain otherwise."
)
"""What the call of a variant is."""

PAGE = "effects.html"
"""File of the page with the largest effects and their logos."""

_COLUMNS = ("ref", "alt", "effect", "ref_prediction", "alt_prediction", "reason")


@section("What are the effects of variants?", "variants")
def variants(folder: Path, dataset: Dataset) -> Content:
    """The effect is the prediction with the alternative allele minus that with the reference; SD is
    its standard deviation over the networks of an ensemble.
    """
    counts: Counter[str] = Counter()
    scored = _scored(folder, counts)
    largest = heapq.nlargest(MAX_VARIANTS, scored, key=lambda row: abs(row.known("effect")))
    sentences = [f"Scored: {counts[SCORED]:,} of {plural(counts.total(), 'allele')} (effects.tsv)."]
    if has_file(folder / PAGE, folder):
        sentences.append(f"{PAGE} shows them along each contig, and the largest ones with logos.")
    columns = [Column("Variant", "text"), Column("Effect", "number", "descending"), Column("SD")]
    columns += [
        Column("Percentile of |effect|"),
        Column("Call", "text"),
        Column("Reference"),
        Column("Alternative"),
        Column("Out of distribution", "text"),
    ]
    caption = f"The {len(largest)} largest effects" if len(largest) > 1 else "Effect"
    dash = "not known: a single network has no SD"
    rows = [_cells(row) for row in largest]
    table = Table("variant-table", caption, columns, rows, dash=dash, notes=(PERCENTILE, CALL))
    return Content(sentences, tables=[*([table] if largest else []), *_reasons(counts)])


def _scored(folder: Path, counts: Counter[str]) -> Iterator[Row]:
    """Yield the scored alleles, and count all alleles by their reason."""
    for row in station_rows(folder, "effects.tsv", *_COLUMNS):
        reason = row.one_of("reason", (SCORED, *REASONS))
        counts[reason] += 1
        if reason == SCORED:
            yield row


def _cells(row: Row) -> list[Cell]:
    """Return the table's row of one allele."""
    change = f"{row['ref']} \N{RIGHTWARDS ARROW} {row['alt']}"
    if "contig" in row or "position" in row:
        own = "" if row["id"] == "." else f" ({row['id']})"
        change = f"{row['contig']}:{row.whole('position')} {change}{own}"
    cells = [
        value_cell(row.known("effect"), signed=True),
        value_cell(row.number("effect_sd", low=0)),
        value_cell(row.number("percentile", 0, 100), digits=1),
        Cell(row.get("call", UNDEFINED).replace(NA, UNDEFINED)),
        *(value_cell(row.known(f"{allele}_prediction")) for allele in ("ref", "alt")),
    ]
    return [Cell(change), *cells, Cell(row.get("out_of_distribution", UNDEFINED))]


def _reasons(counts: Counter[str]) -> list[Table]:
    """Return the table of alleles that were not scored."""
    rows = [
        [Cell(code), Cell(f"{counts[code]:,}", counts[code]), Cell(why)]
        for code, why in REASONS.items()
        if counts[code]
    ]
    columns = [Column("Reason", "text"), Column("Alleles", "number", "descending"), Column("Why", "text")]
    return [Table("unscored", "Not scored", columns, rows)] if rows else []

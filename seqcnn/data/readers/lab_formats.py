"""Recognition of lab formats by the names of columns or, without a header line, by cells.

MPRAsnakeflow and MPRAflow write one line per replicate and oligo.  The MPRA group of the IGVF consortium
defines a design of sequences, and elements with one line each, either by name or as BED6+5 without a header
line, which is also ENCODE's format of MPRA and STARR-seq results.  limma, mpralm, BCalm and MPRAnalyze write
one line per sequence, with the name of the sequence as R's row name or as the column `ID`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

UNIT = "log2 RNA/DNA"
"""Unit of activities of MPRAsnakeflow, MPRAflow and IGVF."""

ELEMENT_ACTIVITY = "log2FoldChange"
"""Column of the activity of elements."""

_RESULTS = ("log2FoldChange", "inputCount", "outputCount", "minusLog10PValue", "minusLog10QValue")
PER_OLIGO_NUMBERS = (
    "dna_counts",
    "rna_counts",
    "dna_normalized",
    "rna_normalized",
    "log2FoldChange",
    "n_bc",
)
ELEMENT = ("oligo_name", *_RESULTS)
GENOMIC_ELEMENT = ("chrom", "chromStart", "chromEnd", "name", "score", "strand", *_RESULTS)
DESIGN = (
    "name",
    "sequence",
    "category",
    "class",
    "source",
    "ref",
    "chr",
    "start",
    "end",
    "strand",
    "variant_class",
    "variant_pos",
    "SPDI",
    "allele",
    "info",
)


@dataclass(frozen=True, slots=True)
class PerOligo:
    """Columns of a table with one row per replicate and oligo."""

    tool: str
    id: str
    activity: str
    barcodes: str
    counts: tuple[str, ...]
    """Numbers that are summed over the replicates, as those of the barcodes are; others are averaged."""


@dataclass(frozen=True, slots=True)
class ResultTable:
    """Columns of a table with one row per sequence."""

    tool: str
    columns: frozenset[str]
    """Columns by which it is recognised."""
    activity: str
    unit: str = ""
    barcodes: str = ""
    """Column with the number of barcodes; '' if there is none."""
    hint: str = ""
    """What the activity means."""


_SNAKEFLOW = PerOligo("MPRAsnakeflow", "oligo_name", "log2FoldChange", "n_bc", ("dna_counts", "rna_counts"))
_FLOW = PerOligo(
    "MPRAflow", "name", "log2", "n_obs_bc", ("dna_count", "rna_count", "dna_counts", "rna_counts")
)
_CONTRAST = "a difference if the model compares conditions or alleles"

RESULT_TABLES = (
    ResultTable(
        "limma, mpralm or BCalm", frozenset({"logFC", "AveExpr", "P.Value", "adj.P.Val"}), "logFC",
        "log2 fold change", hint=_CONTRAST,
    ),
    ResultTable(
        "MPRAnalyze (testEmpirical)", frozenset({"statistic", "zscore", "mad.score", "pval.mad"}),
        "statistic", hint="by default the transcription rate alpha",
    ),
    ResultTable(
        "MPRAnalyze (testLrt)", frozenset({"statistic", "pval", "fdr", "df.test", "logFC"}), "logFC",
        hint=_CONTRAST,
    ),
    ResultTable(
        "MPRAflow's average of the replicates", frozenset({"name", "mean_log2", "mean_n_obs_bc"}),
        "mean_log2", UNIT, "mean_n_obs_bc",
    ),
)  # fmt: skip
"""Tables of results with one row per sequence."""

LISTS = ("variant_class", "variant_pos", "SPDI", "allele")
"""Columns of a design whose cells are lists, such as `["SNV"]`."""

_INTEGER = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?|NA|[nN]a[nN]|[+-]?[iI]nf")


def per_oligo_format(columns: Collection[str]) -> PerOligo | None:
    """Return the format of a table with one row per replicate and oligo, or None for another table.

    Columns of MPRAsnakeflow's may be missing.
    """
    if {"replicate", "oligo_name"} <= {*columns} and not {*PER_OLIGO_NUMBERS}.isdisjoint(columns):
        return _SNAKEFLOW
    return _FLOW if {"replicate", _FLOW.id, _FLOW.activity, _FLOW.barcodes} <= {*columns} else None


def result_format(columns: Collection[str]) -> ResultTable | None:
    """Return the format of a table of results with one row per sequence, or None for another table."""
    return next((form for form in RESULT_TABLES if form.columns <= {*columns}), None)


def is_per_barcode(columns: Collection[str]) -> bool:
    """Return whether a table is the per-barcode output of MPRAsnakeflow."""
    return {"barcode", "oligo_name"} <= {*columns}


def is_per_variant(columns: Collection[str]) -> bool:
    """Return whether a table holds IGVF's effects of variants, as MPRAlib writes them."""
    return {"log2FoldChange", "refAllele", "altAllele"} <= {*columns}


def is_counts(columns: Collection[str]) -> bool:
    """Return whether a table holds counts of DNA and RNA per replicate, as MPRAlib writes them."""
    return all(any(name.startswith(prefix) for name in columns) for prefix in ("dna_count_", "rna_count_"))


def is_design(columns: Collection[str]) -> bool:
    """Return whether a table is an IGVF sequence design."""
    return {"name", "sequence"} <= {*columns} and not {"variant_class", "SPDI"}.isdisjoint(columns)


def element_id(columns: Collection[str]) -> str | None:
    """Return the id column of a table of elements, or None for other tables."""
    return next((t[i] for t, i in ((ELEMENT, 0), (GENOMIC_ELEMENT, 3)) if {*t} <= {*columns}), None)


def columns_without_header(line: str) -> list[str] | None:
    """Return the columns of a table of elements without a header line, or None for another table."""
    cells = line.split("\t")
    if len(cells) == len(ELEMENT):
        named = not _NUMBER.fullmatch(cells[0])
        return list(ELEMENT) if named and all(map(_NUMBER.fullmatch, cells[1:])) else None
    if len(cells) == len(GENOMIC_ELEMENT):
        placed = all(map(_INTEGER.fullmatch, cells[1:3])) and cells[5] in ("+", "-", ".")
        return list(GENOMIC_ELEMENT) if placed and all(map(_NUMBER.fullmatch, cells[6:])) else None
    return None

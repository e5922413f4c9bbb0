"""Recognition of lab formats by the names of columns or, without a header line, by cells.

MPRAsnakeflow writes one line per replicate and oligo.  The MPRA group of the IGVF consortium defines the
others: a design of sequences, and elements with one line each, either by name or as BED6+5 without a
header line, which is also ENCODE's format of MPRA and STARR-seq results.
"""

from __future__ import annotations

import re
from collections.abc import Collection

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
LISTS = ("variant_class", "variant_pos", "SPDI", "allele")
"""Columns of a design whose cells are lists, such as `["SNV"]`."""

_INTEGER = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?|NA|[nN]a[nN]|[+-]?[iI]nf")


def is_per_oligo(columns: Collection[str]) -> bool:
    """Return whether a table is the per-oligo output of MPRAsnakeflow, possibly with missing columns."""
    return {"replicate", "oligo_name"} <= {*columns} and not {*PER_OLIGO_NUMBERS}.isdisjoint(columns)


def is_per_barcode(columns: Collection[str]) -> bool:
    """Return whether a table is the per-barcode output of MPRAsnakeflow."""
    return {"barcode", "oligo_name"} <= {*columns}


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

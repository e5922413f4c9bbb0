"""Variants of a DataFrame as a VCF or a table of pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from seqcnn.api.frames import named_in_errors
from seqcnn.errors import TableError, listed, refuse_control, show
from seqcnn.genome.notation.changes import NOTATIONS
from seqcnn.genome.notation.variant_table import vcf_columns
from seqcnn.genome.variants import VariantInput
from seqcnn.io.atomic import temporary_folder
from seqcnn.io.tsv import table_lines

_COLUMNS = ("contig", "position", "ref", "alt")


@contextmanager
def variant_input(variants: str | Path | pd.DataFrame | None) -> Iterator[VariantInput]:
    """Yield the file of the variants: the caller's VCF, or one with the variants or pairs of a DataFrame.

    A DataFrame may also have one of the columns of `notation.changes.NOTATIONS`, and the names `chrom` and
    `pos` for `contig` and `position`.

    Raises
    ------
    TableError
        If a column is missing or there twice, a value is missing, or a position is not a whole number.
    """
    if not isinstance(variants, pd.DataFrame):
        yield VariantInput(vcf=None if variants is None else Path(variants))
        return
    variants = variants.rename(columns=dict(zip(vcf_columns([*map(str, variants)]), _COLUMNS, strict=False)))
    if notation := next((name for name in NOTATIONS if name in variants), ""):
        _refuse_faulty_columns(variants, (notation,))
        with _file(
            "variants.tsv", table_lines([[notation], *([_plain([x])[0]] for x in variants[notation])])
        ) as path:
            yield VariantInput(table=path)
        return
    pairs = "contig" not in variants and "position" not in variants
    _refuse_faulty_columns(variants, ("ref", "alt") if pairs else _COLUMNS)
    text = _pairs_table(variants) if pairs else _vcf(variants)
    with _file("pairs.tsv" if pairs else "variants.vcf", text) as path:
        yield VariantInput(pairs=path) if pairs else VariantInput(vcf=path)


@contextmanager
def _file(name: str, text: str) -> Iterator[Path]:
    """Yield a temporary file, which errors call `variants`."""
    with temporary_folder() as folder:
        path = folder / name
        path.write_text(text, encoding="utf-8", newline="\n")
        with named_in_errors(path, "variants"):
            yield path


def _vcf(variants: pd.DataFrame) -> str:
    """Return a VCF."""
    names = variants["id"].fillna(".") if "id" in variants else ["."] * len(variants)
    positions = np.asarray(variants["position"])
    if positions.dtype.kind not in "iu":
        raise TableError(
            f"variants: position of type {positions.dtype} found; expected whole numbers, 1-based"
        )
    alts = variants["alt"].replace("", ".")  # an empty ALT of a table is a missing one
    columns = (variants["contig"], positions, names, variants["ref"], alts)
    lines = ["##fileformat=VCFv4.3", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    lines += ["\t".join([*_plain(cells), ".", ".", "."]) for cells in zip(*columns, strict=True)]
    return "".join(f"{line}\n" for line in lines)


def _pairs_table(variants: pd.DataFrame) -> str:
    """Return a table of pairs of records."""
    pairs = zip(variants["ref"], variants["alt"], strict=True)
    return table_lines([["ref", "alt"], *map(_plain, pairs)])


def _plain(cells: Iterable[object]) -> list[str]:
    """Return cells as text; refuse control characters."""
    texts = [str(cell) for cell in cells]
    refuse_control(texts, "variants", TableError)
    return texts


def _refuse_faulty_columns(variants: pd.DataFrame, needed: Sequence[str]) -> None:
    """Raise `TableError` for missing and repeated columns, and a row without a needed value."""
    if missing := [name for name in needed if name not in variants]:
        raise TableError(
            f"variants: no column {listed([show(name) for name in missing])}; expected contig, position "
            "(1-based), ref, alt and, if there are names, id; or ref and alt alone, names of records"
        )
    for name in (*needed, "id"):
        if (variants.columns == name).sum() > 1:
            raise TableError(f"variants: several columns {show(name)} found; rename all but one")
        if name != "id" and (absent := np.flatnonzero(variants[name].isna())).size:
            raise TableError(
                f"variants: row {absent[0] + 1}: no {name}; {len(absent)} missing values in this column; "
                "remove these rows"
            )

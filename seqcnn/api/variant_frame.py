"""Variants of a DataFrame as a VCF."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from seqcnn.api.frames import named_in_errors
from seqcnn.errors import TableError, listed, refuse_control, show
from seqcnn.io.atomic import temporary_folder


@contextmanager
def variants_file(variants: str | Path | pd.DataFrame) -> Iterator[Path]:
    """Yield the path of a VCF: the caller's, or one with the variants of a DataFrame.

    Raises
    ------
    TableError
        If a column is missing or there twice, a value is missing, or a position is not a whole number.
    """
    if not isinstance(variants, pd.DataFrame):
        yield Path(variants)
        return
    if missing := [name for name in ("contig", "position", "ref", "alt") if name not in variants]:
        raise TableError(
            f"variants: no column {listed([show(name) for name in missing])}; expected contig, position "
            "(1-based), ref, alt and, if there are names, id"
        )
    _refuse_faulty_columns(variants)
    names = variants["id"].fillna(".") if "id" in variants else ["."] * len(variants)
    positions = np.asarray(variants["position"])
    if positions.dtype.kind not in "iu":
        raise TableError(
            f"variants: position of type {positions.dtype} found; expected whole numbers, 1-based"
        )
    columns = (variants["contig"], positions, names, variants["ref"], variants["alt"])
    lines = ["##fileformat=VCFv4.3", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    for cells in zip(*columns, strict=True):
        refuse_control(map(str, cells), "variants", TableError)
        lines.append("\t".join([*map(str, cells), ".", ".", "."]))
    with temporary_folder() as folder:
        path = folder / "variants.vcf"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        with named_in_errors(path, "variants"):
            yield path


def _refuse_faulty_columns(variants: pd.DataFrame) -> None:
    """Raise `TableError` for a repeated column, or a variant without contig, position or allele."""
    for name in ("contig", "position", "ref", "alt", "id"):
        if (variants.columns == name).sum() > 1:
            raise TableError(f"variants: several columns {show(name)} found; rename all but one")
        if name != "id" and (missing := np.flatnonzero(variants[name].isna())).size:
            raise TableError(
                f"variants: row {missing[0] + 1}: no {name}; {len(missing)} missing values in this column; "
                "remove these rows"
            )

"""Converters from published files to rows: an id, a sequence, and the columns of a targets table.

A row is a dict of texts: `id`, `sequence` (5' to 3', case as published), then the columns of the
targets table in their order.  Numbers keep the digits of the source; a missing value is `NA`.
Files are named as at their source.  Where a file is a *joined* table (the source's own tables
joined beforehand, values untouched) it stands for the originals, and gives the same rows.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import math
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from seqcnn.errors import EnvironmentFault, TableError
from seqcnn.io.spreadsheet import read_sheet
from seqcnn.io.tsv import NA

TEST_FRACTION, VAL_FRACTION = 0.15, 0.10
"""Fractions of the rows that `sets_by_group` holds out."""

TERMINATOR_BP = 170
"""Length of the terminators that the authors kept."""

VARIABLE_REGION = slice(30, 192)
"""The part of a 210-nt splicing oligo between primer and barcode (30 nt) and primer (18 nt)."""

MIN_T0_READS = 100
"""A 5' UTR counts in the comparison with the publication when its reads before growth pass this."""

Row = dict[str, str]
Files = Mapping[str, Path]


class Published(NamedTuple):
    """The rows of a public dataset, and sentences on what they lack."""

    rows: list[Row]
    gaps: tuple[str, ...] = ()


def terminators(files: Files) -> Published:
    """Read the plant terminators from the joined table, or from the source's R data (extra `fetch`)."""
    joined = files.get("terminators.tsv.gz")
    rows = _table(joined) if joined else _join_terminators(files)
    columns = ("enrichment_tobacco", "enrichment_maize", "tobacco_rep1", "tobacco_rep2")
    return Published(
        [
            {"id": row["id"], "sequence": row["sequence"]}
            | {column: row[column] for column in columns}
            | {"published_set": row["set"], "class": row["class"], "species": row["species"]}
            for row in rows
        ]
    )


def splicing_introns(files: Files) -> Published:
    """Read the retained introns; the authors keep rows with more than 0.3 canonical reads."""
    return _splicing(files, "retained_introns.tsv.gz", "TableS5.xlsx", 0.3)


def splicing_exons(files: Files) -> Published:
    """Read the cassette exons; the authors keep rows with more than 0.5 canonical reads."""
    return _splicing(files, "cassette_exons.tsv.gz", "TableS6.xlsx", 0.5)


def yeast_5utr(files: Files) -> Published:
    """Read the native yeast 5' UTR pieces; pieces of one ORF stay in one set.

    The source has ln((t1 + 1) / (t0 + 1)) + 0.160847, of pieces without a read as well: these are NA.
    """
    table = _table(files["Native_UTRs.csv.gz"], ",")
    orfs = [row["UTR_name"].split(":")[0] for row in table]
    return Published(
        [
            {
                "id": row["UTR_name"],
                "sequence": row["UTR"],
                "growth_rate": row["growth_rate"] if int(row["t0"]) or int(row["t1"]) else NA,
                "t0": row["t0"],
                "reads": "t0_up_to_100" if int(row["t0"]) <= MIN_T0_READS else "t0_over_100",
                "orf": orf,
                "gene_set": part,
                "gene_set_t0_100": NA if part == "test" and int(row["t0"]) <= MIN_T0_READS else part,
            }
            for row, orf, part in zip(table, orfs, sets_by_group(orfs), strict=True)
        ]
    )


def sets_by_group(groups: Sequence[str]) -> list[str]:
    """Assign whole groups to test, val or train, in the order of the SHA-256 of their names.

    Parameters
    ----------
    groups
        Name of the group of each row, N names.

    Returns
    -------
    N of 'test', 'val', 'train': a group is test while fewer than 15 % of the rows come before it,
    val while fewer than 25 % do, else train.  The order of the rows does not matter.
    """
    sizes = Counter(groups)
    test, val = TEST_FRACTION * len(groups), (TEST_FRACTION + VAL_FRACTION) * len(groups)
    part, before = {}, 0
    for name in sorted(sizes, key=lambda name: hashlib.sha256(name.encode()).hexdigest()):
        part[name] = "test" if before < test else "val" if before < val else "train"
        before += sizes[name]
    return [part[name] for name in groups]


def _splicing(files: Files, joined: str, workbook: str, min_canonical: float) -> Published:
    """Read one splicing table: the variable region of rows that pass the authors' filter."""
    table = _table(files[joined]) if joined in files else _workbook(files[workbook])
    genes = ["unnamed" if row["gene name"] == NA else row["gene name"] for row in table]
    rows = [
        {
            "id": row["library index"],
            "sequence": row["sequence"][VARIABLE_REGION],
            "splicing_ratio": str(float(row["splicing ratio (log2)"])),  # a workbook drops the .0
            "replicate_1": _finite(row.get("replicate_1_log2", NA)),
            "replicate_2": _finite(row.get("replicate_2_log2", NA)),
            "gene": gene,
            "subset": row.get("subset", NA),
            "published_set": row.get("published_set", NA).replace("unused", NA),
            "gene_set": part,
        }
        for row, gene, part in zip(table, genes, sets_by_group(genes), strict=True)
        if row["splicing ratio (log2)"] != NA
        if row["fraction_canonical"] != NA and float(row["fraction_canonical"]) > min_canonical
    ]
    return Published(rows, _splicing_gaps(table[0]))


def _splicing_gaps(row: Row) -> tuple[str, ...]:
    """Return sentences on what a splicing table lacks, given one of its rows."""
    if "published_set" in row:
        return ()
    return (
        "published_set, replicate_1 and replicate_2 are all NA: at the source they are in pickle files, "
        "which are not read because loading a pickle runs code; split by gene_set instead",
    )


def _join_terminators(files: Files) -> list[Row]:
    """Join the tobacco and maize tables as the authors do: by id, species and sequence; 170 bp only."""
    test = {row["id"] for row in _table(files["terminator_data_predictions.tsv"])}
    key = ("id", "Species", "seq")
    maize = {
        tuple(row[name] for name in key): row["mean_enrichment"]
        for row in _r_table(files["data_seq_proto.Rdata"], (*key, "mean_enrichment"))
    }
    columns = (*key, "Controls", "mean_enrichment", "rep1", "rep2")
    return [
        {
            "id": row["id"],
            "species": row["Species"],
            "class": row["Controls"],
            "sequence": row["seq"],
            "enrichment_tobacco": row["mean_enrichment"],
            "enrichment_maize": maize[tuple(row[name] for name in key)],
            "tobacco_rep1": row["rep1"],
            "tobacco_rep2": row["rep2"],
            "set": "test" if row["id"] in test else "train",
        }
        for row in _r_table(files["data_seq.Rdata"], columns)
        if len(row["seq"]) == TERMINATOR_BP and tuple(row[name] for name in key) in maize
    ]


def _table(path: Path, delimiter: str = "\t") -> list[Row]:
    """Read a delimited text table, plain or gzip, as rows of texts."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=delimiter))


def _workbook(path: Path) -> list[Row]:
    """Read the only sheet of a workbook as rows of texts, NA for an empty cell."""
    header, *rows = read_sheet(path, None, fault=TableError).rows
    return [{name: cell or NA for name, cell in zip(header, row, strict=True)} for row in rows]


def _r_table(path: Path, columns: Iterable[str]) -> list[Row]:
    """Read columns of the only data frame of an .Rdata file as rows of texts."""
    try:
        import rdata
    except ImportError as error:
        raise EnvironmentFault(
            f"{path.name}: reading R data needs the package rdata; pip install 'seqcnn[fetch]'"
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # attributes of classes that it does not know, such as grouped tables
        (frame,) = rdata.read_rda(path).values()
    missing = frame.isna()
    texts = {name: frame[name].astype(object).mask(missing[name], None).map(_text) for name in columns}
    return [dict(zip(texts, values, strict=True)) for values in zip(*texts.values(), strict=True)]


def _text(value: object) -> str:
    """Return one cell as text: floats with all digits, NA for an empty cell."""
    if value is None or value != value:  # NaN differs from itself
        return NA
    return repr(float(value)) if isinstance(value, float) else str(value)


def _finite(number: str) -> str:
    """Replace the log2 of no reads (-inf) by NA."""
    return number if number != NA and math.isfinite(float(number)) else NA
